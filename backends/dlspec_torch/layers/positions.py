"""Positions."""

from __future__ import annotations

from collections.abc import Mapping

from dlspec.backend.protocol import Emit, Emitted, Use, X
from dlspec.emit import python as py
from dlspec.ops import positions
from dlspec.ops.base import Op

ROLES = {"start": "start", "stop": "length", "step": "step"}


def arange(use: Use) -> Emitted:
    """Made where an input is."""
    start, stop, step = (use.given(getattr(use.op, n), r) for n, r in ROLES.items())
    first = () if start.value == 0 and step.value == 1 else (start,)
    last = () if step.value == 1 else (step,)
    named = {"device": py.Attribute(X[0], "device")} if use.x else {}
    made = py.call("torch.arange", *first, stop, *last, dtype=py.Atom("torch.int32"), **named)
    return Emitted(made)


LAYERS: Mapping[type[Op], Emit] = {positions.range: arange}
