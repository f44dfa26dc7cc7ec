"""Arguments as a spec writes them, for the boxes of a picture."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dlspec.declared import Declared, written
from dlspec.ops.base import Op
from dlspec.ops.extern import Extern
from dlspec.ops.indexing import REST, Item, getitem
from dlspec.units import Quantity


def given(op: Op) -> Iterator[str]:
    """The arguments of an op as a spec gives them, positional ones without their names."""
    cls = type(op)
    if isinstance(op, getitem):
        yield f"[{', '.join(map(_place, op.at))}]"
        return
    if isinstance(op, Extern):
        yield from (f"{n}={value(v)}" for n, v in op.arguments_)
        return
    left = {
        f.removesuffix("_"): getattr(op, f) for f in cls.model_fields if f in op.model_fields_set
    }
    if cls.variadic is not None and cls.variadic in left:
        yield from map(value, left.pop(cls.variadic))
    for name in cls.positional:
        if name not in left:
            break
        given = left.pop(name)
        yield given if name in cls.of_layers else value(given)
    left |= left.pop(cls.further or "", {})
    yield from (f"{n}={value(v)}" for n, v in left.items())


def arguments(values: dict[str, Any]) -> str:
    """The arguments of a block."""
    return ", ".join(f"{n}={value(v)}" for n, v in values.items())


def value(found: Any) -> str:
    """A value of compile time."""
    match found:
        case bool() | int() | str() | None | Declared():
            return written(found)
        case list():
            return f"[{', '.join(map(value, found))}]"
        case tuple():
            return f"({', '.join(map(value, found))})"
        case float():
            return f"{found:g}"
        case Quantity():
            return f"{found.value:g} {found.unit}"
        case _:
            return str(found)


def _place(item: Item) -> str:
    """What stands between two commas of brackets: `0`, `1:`, `::2`, `none`, `...`."""
    if not isinstance(item, tuple):
        return REST if item == REST else written(item)
    start, stop, step = ("" if n is None else str(n) for n in item)
    return f"{start}:{stop}:{step}" if step else f"{start}:{stop}"
