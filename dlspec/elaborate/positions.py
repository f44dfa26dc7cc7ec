"""Lists of numbers where a tensor is meant: `range(T) -> Embedding(512, dim)`."""

from __future__ import annotations

from typing import Any

from dlspec.elaborate.arithmetic import Range
from dlspec.expr import Const, Expr, Size, Static, Term
from dlspec.ops import positions


def is_range(found: Any) -> bool:
    """Whether a value is what `range` gave, and not another list of numbers."""
    return isinstance(found, Static) and isinstance(found.value, Range)


def evenly(found: Any) -> positions.range | None:
    """The positions that a list of integers stands for; None if they are no such list."""
    values = found.value if isinstance(found, Static) else None
    if (
        not isinstance(values, list)
        or not values
        or any(type(v) not in (int, Size) for v in values)
    ):
        return None
    start, step = values[0], values[1] - values[0] if len(values) > 1 else 1
    stop = start + step * len(values)
    if step == 0 or values != list(range(start, stop, step)):
        return None
    given = _written(found.origin)
    return positions.range(
        start=Size(start, given.get("start")),
        stop=Size(stop, given.get("stop")),
        step=Size(step, given.get("step")),
    )


def _written(origin: Expr | None) -> dict[str, Expr]:
    """The arithmetic of `range(n)` and `range(a, b)`; of steps, the end may lie further on."""
    match origin:
        case Term("range", (stop,)):
            return {"start": Const(0), "stop": stop, "step": Const(1)}
        case Term("range", (start, stop)):
            return {"start": start, "stop": stop, "step": Const(1)}
    return {}


def hint(found: Any) -> str:
    """What is written instead of a list that stands for no positions."""
    numbers = isinstance(found, Static) and isinstance(found.value, list)
    return "name it: `let table = Buffer([...])`" if numbers and found.value else ""
