"""Sizes and types in the published IR."""

from __future__ import annotations

from typing import Any

from dlspec.length.sizes import Dynamic
from dlspec.length.terms import Length
from dlspec.tensor import DTYPES, Tensor


def written(size: int) -> str:
    """A size as the published IR has it: `512`, `T <= 512`, `(T + 1) // 2 <= 256`."""
    return repr(size) if isinstance(size, Dynamic) else str(int(size))


def read(text: str) -> int:
    """What `written` wrote. Raises ValueError."""
    expression, bounded, bound = text.partition("<=")
    if not bounded:
        return int(text)
    import ast  # of a document alone

    try:
        found = _read(ast.parse(expression.strip(), mode="eval").body)
    except SyntaxError:
        raise ValueError(f"{text} is not a size") from None
    return Dynamic(int(bound), found)


def _read(node: Any) -> Length:
    import ast

    match node:
        case ast.Constant(value=int() as n):
            return Length.of(n)
        case ast.Name(id=name):
            return Length.of(name)
        case ast.UnaryOp(op=ast.USub(), operand=a):
            return _read(a) * -1
        case ast.BinOp(left=a, op=ast.Add(), right=b):
            return _read(a) + _read(b)
        case ast.BinOp(left=a, op=ast.Sub(), right=b):
            return _read(a) - _read(b)
        case ast.BinOp(left=a, op=ast.Mult(), right=b):
            return _read(a) * _read(b)
        case ast.BinOp(left=a, op=ast.FloorDiv(), right=ast.Constant(value=int() as by)):
            return _read(a) // by
    raise ValueError(f"{ast.unparse(node)} is not a size")


def written_type(t: Tensor) -> str:
    """A type as the published IR has it: `i32[T <= 512]`."""
    return t.written(written)


def read_type(value: Tensor | str) -> Tensor:
    """What `written_type` wrote. Raises ValueError."""
    if isinstance(value, Tensor):
        return value
    dtype, bracket, rest = value.partition("[")
    groups = [[read(n) for n in g.split(",") if n.strip()] for g in rest[:-1].split("][")]
    if dtype == "class":
        classes = groups[0][0] if bracket and groups[0] else None
        return Tensor("class", tuple(groups[1]) if len(groups) > 1 else (), classes)
    if dtype not in DTYPES or not bracket:
        raise ValueError(f"{value} is not a type")
    return Tensor(dtype, tuple(groups[0]))  # type: ignore[arg-type]
