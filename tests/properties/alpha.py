"""Whether two Python files are the same code but for names, constants and docstrings.

Names may differ where they come from a spec; what they stand for may not: each name is bound in
the same scope of both files, and two names of one scope stay two.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import Any

SCOPES = (ast.FunctionDef, ast.Lambda, ast.ClassDef)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)


def differences(before: str, after: str, ours: Callable[[str], bool]) -> list[str]:
    """What differs besides names that are `ours` in the first file, a line each."""
    comparison = Comparison(ours)
    try:
        compile(after, "after.py", "exec")
        comparison.scope(undocumented(before), undocumented(after), [])
    except (SyntaxError, ValueError, Differs) as error:
        return [f"{type(error).__name__}: {error}"]
    return comparison.found


class Differs(Exception):
    pass


def undocumented(text: str) -> ast.Module:
    """The tree of a file without its docstrings: an empty one is not written."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        match node:
            case ast.Module() | ast.ClassDef() | ast.FunctionDef():
                if ast.get_docstring(node, clean=False) is not None:
                    node.body = node.body[1:] or [ast.Pass()]
    return tree


def bound(node: ast.AST) -> set[str]:
    """The names that a scope binds itself."""
    found: set[str] = set()
    for n in inside(node):
        match n:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                found.add(name)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.alias(name=name, asname=alias):
                found.add(alias or name.partition(".")[0])
            case ast.arg(arg=name):
                found.add(name)
            case ast.ExceptHandler(name=str(name)):
                found.add(name)
    return found


def inside(node: ast.AST) -> Iterator[ast.AST]:
    """What belongs to a scope; of an inner one only its name."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, (*SCOPES, *COMPREHENSIONS)):
            yield from inside(child)


class Comparison:
    def __init__(self, ours: Callable[[str], bool]) -> None:
        self.ours = ours
        self.found: list[str] = []
        self.arguments: dict[str, set[str]] = {}

    def scope(self, a: Any, b: Any, outer: list[Scope]) -> None:
        self.fields(a, b, [*outer, Scope(a, b)])

    def fields(self, a: ast.AST, b: ast.AST, scopes: list[Scope]) -> None:
        for field in a._fields:
            if not isinstance(a, ast.Constant):
                self.compare(getattr(a, field, None), getattr(b, field, None), scopes)

    def compare(self, a: Any, b: Any, scopes: list[Scope]) -> None:
        if isinstance(a, list) and isinstance(b, list):
            for x, y in zip_longest(a, b):
                self.compare(x, y, scopes)
            return
        if type(a) is not type(b):
            raise Differs(f"{shown(a)} became {shown(b)}")
        match a:
            case ast.FunctionDef() | ast.ClassDef():
                self.name(a.name, b.name, scopes)
                self.scope(a, b, scopes)
            case (
                ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp()
            ):
                self.scope(a, b, scopes)
            case ast.Name():
                self.name(a.id, b.id, scopes)
            case ast.arg():
                self.name(a.arg, b.arg, scopes)
                self.arguments.setdefault(a.arg, set()).add(b.arg)
                self.compare(a.annotation, b.annotation, scopes)
            case ast.alias():
                self.word(a.name, b.name)
                self.name(a.asname or a.name, b.asname or b.name, scopes)
            case ast.keyword():
                if a.arg in self.arguments:
                    if b.arg not in self.arguments[a.arg]:
                        self.found.append(f"the argument {a.arg} became {b.arg}")
                elif a.arg is not None:
                    self.word(a.arg, b.arg)
                self.compare(a.value, b.value, scopes)
            case ast.AST():
                self.fields(a, b, scopes)
            case str():
                self.word(a, b)
            case _ if a != b:
                raise Differs(f"{a} became {b}")

    def word(self, a: str, b: str) -> None:
        """An attribute or a module: another only where the spec names it."""
        if a != b and not self.ours(a) and b.rstrip("_0123456789") != a.rstrip("_0123456789"):
            self.found.append(f"{a} became {b}")

    def name(self, a: str, b: str, scopes: list[Scope]) -> None:
        """Both bound in the same scope, or both builtins and the same."""
        # What a class binds is not seen from its methods.
        seen = [i for i, s in enumerate(scopes) if not s.is_class or s is scopes[-1]]
        at = max((i for i in seen if a in scopes[i].a), default=-1)
        other = max((i for i in seen if b in scopes[i].b), default=-1)
        if at != other:
            self.found.append(f"{a}, now {b}, means something else")
        elif at < 0:
            if a != b:
                self.found.append(f"{a} became {b}")
        elif scopes[at].names.setdefault(a, b) != b or scopes[at].back.setdefault(b, a) != a:
            self.found.append(f"{a} and {scopes[at].back[b]} are both {b}")
        else:
            self.word(a, b)


class Scope:
    def __init__(self, a: ast.AST, b: ast.AST) -> None:
        self.a, self.b = bound(a), bound(b)
        self.is_class = isinstance(a, ast.ClassDef)
        self.names: dict[str, str] = {}
        self.back: dict[str, str] = {}


def shown(node: Any) -> str:
    return ast.unparse(node) if isinstance(node, ast.AST) else repr(node)
