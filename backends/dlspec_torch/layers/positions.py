"""Positions, and numbers between two: made where an input is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlspec.backend.protocol import Emit, Emitted, Use, X
from dlspec.emit import python as py
from dlspec.ops import positions
from dlspec.ops.base import Op

ROLES = {"start": "start", "stop": "length", "step": "step"}


def there(use: Use) -> dict[str, Any]:
    return {"device": py.Attribute(X[0], "device")} if use.x else {}


def arange(use: Use) -> Emitted:
    start, stop, step = (use.given(getattr(use.op, n), r) for n, r in ROLES.items())
    first = () if start.value == 0 and step.value == 1 else (start,)
    last = () if step.value == 1 else (step,)
    dtype = py.Atom("torch.int32")
    return Emitted(py.call("torch.arange", *first, stop, *last, dtype=dtype, **there(use)))


def linspace(use: Use) -> Emitted:
    numbers = (use.field("start"), use.field("stop"), use.field("count"))
    return Emitted(py.call("torch.linspace", *numbers, **there(use)))


LAYERS: Mapping[type[Op], Emit] = {positions.range: arange, positions.linspace: linspace}
