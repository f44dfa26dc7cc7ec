"""Integers whose least and greatest are known before a program runs, where they name places."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from dlspec.expr import fixed
from dlspec.ir import model as ir
from dlspec.length import Dynamic
from dlspec.ops.batch_size import SIZE
from dlspec.ops.draws import randint
from dlspec.ops.pool import MaxPool1D, MaxPool2D, MaxPool3D
from dlspec.ops.positions import range as range_
from dlspec.ops.raw import Buffer, flat
from dlspec.tensor import Tensor

Known = tuple[int, int] | None
"""The least and the greatest number of a tensor; the greatest at the bound of a dynamic size."""


def known(flow: ir.Flow, wires: Mapping[str, Known], output: int = 0) -> Known:
    """Those of an output of a flow; `wires` has them for the names of wires."""
    match flow:
        case ir.Wire(name=name):
            return wires.get(name)
        case ir.Apply(op=range_() as op):
            numbers = _positions(op)
        case ir.Apply(op=Buffer(value=value)) if not isinstance(value, Tensor):
            numbers = flat(value)
        case ir.Apply(op=randint(low=low, high=high)):
            numbers = (low, high - 1)
        case ir.Apply(op=MaxPool1D() | MaxPool2D() | MaxPool3D() as op, inputs=(x,)):
            if op.returns[output] != "places":
                return None
            numbers = (0, math.prod(map(int, x.types[0].shape[1:])) - 1)
        case ir.Select(value=value, index=index):
            return known(value, wires, index)
        case _:
            return None
    return (int(min(numbers)), int(max(numbers))) if numbers else None


def _positions(op: range_) -> Sequence[int]:
    """The numbers of a range; none where its size is that of a batch, which has no bound."""
    if isinstance(op.stop, Dynamic) and (op.step < 0 or SIZE in op.stop.length.names):
        return ()
    return range(op.start, int(op.stop), op.step) if fixed(op.start) else ()
