"""The statements of the standard library, read and written again: meaning and layout are kept."""

import argparse
import ast
import asyncio.base_events
import dataclasses
import statistics
import typing
from collections.abc import Callable
from types import ModuleType

import pytest

from dlspec.emit.python import (
    Assign,
    Class,
    Code,
    Do,
    Expr,
    For,
    Function,
    If,
    Module,
    Param,
    Raise,
    Raw,
    Return,
    Statement,
    While,
)


class Reader:
    """Turns what our statements cover into them, and leaves the rest out."""

    def __init__(self, source: str) -> None:
        self.lines = source.splitlines(keepends=True)

    def expr(self, node: ast.expr) -> Expr:
        code = Code(ast.unparse(node))
        str(code)  # raises what generated code has no use for
        return code

    def body(self, nodes: list[ast.stmt]) -> list[Statement]:
        found = []
        for node in nodes:
            try:
                found.append(self.statement(node))
            except ValueError:
                continue
        return found or [Raw("pass")]

    def statement(self, node: ast.stmt) -> Statement:
        e, b = self.expr, self.body
        match node:
            case ast.Expr(value) if not isinstance(value, ast.Constant):
                return Do(e(value))
            case ast.Assign([target], value):
                return Assign(e(target), e(value))
            case ast.AugAssign(target, ast.Add(), value):
                return Assign(e(target), e(value), op="+")
            case ast.Return(value):
                return Return(e(value)) if value else Return()
            case ast.Raise(value, None) if value:
                return Raise(e(value))
            case ast.If(test, body, otherwise):
                return If(e(test), b(body), b(otherwise) if otherwise else ())
            case ast.For(target, iterable, body, []):
                return For(e(target), e(iterable), b(body))
            case ast.While(test, body, []):
                return While(e(test), b(body))
            case ast.FunctionDef(name, args, body, decorators, returns):
                params = list(self.params(args))
                above = [e(d) for d in decorators]
                return Function(name, params, b(body), e(returns) if returns else "", "", above)
            case ast.ClassDef(name, bases, [], body):
                return Class(name, [e(base) for base in bases], "", b(body))
        raise ValueError(type(node).__name__)

    def params(self, args: ast.arguments) -> list[Param]:
        def param(arg: ast.arg, default: ast.expr | None, stars: str = "") -> Param:
            annotation = self.expr(arg.annotation) if arg.annotation else ""
            return Param(stars + arg.arg, annotation, self.expr(default) if default else None)

        if args.posonlyargs:
            raise ValueError("positional-only")
        none: list[ast.expr | None] = [None] * (len(args.args) - len(args.defaults))
        found = list(map(param, args.args, none + args.defaults))
        if args.vararg:
            found.append(param(args.vararg, None, "*"))
        elif args.kwonlyargs:
            found.append(Param("*"))
        found += map(param, args.kwonlyargs, args.kw_defaults)
        return found + ([param(args.kwarg, None, "**")] if args.kwarg else [])


MODULES = [argparse, asyncio.base_events, dataclasses, statistics, typing]


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.__name__)
def test_real_code_is_stable_and_means_the_same(
    formatted: Callable[..., str], module: ModuleType
) -> None:
    assert module.__file__
    with open(module.__file__, encoding="utf-8") as file:
        source = file.read()
    body = Reader(source).body(ast.parse(source).body)
    text = Module("", (), body).render()
    assert text.count("\n") > 300
    assert formatted(text) == text
    wide = Module("", (), body, width=10_000).render()
    assert ast.dump(ast.parse(text)) == ast.dump(ast.parse(wide))
    again = Reader(text).body(ast.parse(text).body)
    assert Module("", (), again).render() == text
