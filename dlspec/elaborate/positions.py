"""Lists of numbers where a tensor is meant: `range(T) -> Embedding(512, dim)`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dlspec.elaborate.arithmetic import Range
from dlspec.expr import Const, Expr, Size, Static, Term, fixed, with_origin
from dlspec.frozen import frozen
from dlspec.ops import positions


@frozen
class Evenly:
    """`range(T)` for a dynamic T: no list, but positions where a tensor is meant."""

    start: int
    stop: int
    step: int

    def __str__(self) -> str:
        return f"range({self.start}, {self.stop}, {self.step})"

    @property
    def positions(self) -> positions.range:
        return positions.range(start=self.start, stop=self.stop, step=self.step)


def steps(arguments: Sequence[Static]) -> Evenly | None:
    """What `range` of these is, if one of them is dynamic; None for a list of numbers."""
    whole = all(isinstance(a.value, int) and not isinstance(a.value, bool) for a in arguments)
    if not whole or all(fixed(a.value) for a in arguments) or len(arguments) > 3:
        return None
    first, *rest = (with_origin(a.value, a.origin) for a in arguments)
    start, stop = (first, rest[0]) if rest else (0, first)
    step = rest[1] if len(rest) > 1 else 1
    return Evenly(start, stop, step) if fixed(step) and step != 0 else None


def is_range(found: Any) -> bool:
    """Whether a value is what `range` gave, and not another list of numbers."""
    return isinstance(found, Static) and isinstance(found.value, Range | Evenly)


def evenly(found: Any) -> positions.range | None:
    """The positions that a list of integers stands for; None if they are no such list."""
    if isinstance(found, Static) and isinstance(found.value, Evenly):
        return found.value.positions
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
