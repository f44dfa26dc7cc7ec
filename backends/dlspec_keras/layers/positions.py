"""Positions, and numbers between two."""

from __future__ import annotations

from dlspec.backend.protocol import Emit, Emitted, Use
from dlspec.emit import python as py
from dlspec.ops import positions
from dlspec.ops.base import Op
from dlspec_keras.layers.common import as_float

ROLES = {"start": "start", "stop": "length", "step": "step"}


def arange(use: Use) -> Emitted:
    start, stop, step = (use.given(getattr(use.op, n), r) for n, r in ROLES.items())
    first = () if start.value == 0 and step.value == 1 else (start,)
    last = () if step.value == 1 else (step,)
    return Emitted(py.call("ops.arange", *first, stop, *last, dtype=py.literal("int32")))


def linspace(use: Use) -> Emitted:
    numbers = (use.field("start"), use.field("stop"), use.field("count"))
    return as_float(py.call("ops.linspace", *numbers))


LAYERS: dict[type[Op], Emit] = {positions.range: arange, positions.linspace: linspace}
