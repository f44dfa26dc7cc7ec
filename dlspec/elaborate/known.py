"""Integers whose least and greatest are known before a program runs, where they name places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dlspec.expr import fixed
from dlspec.ir import model as ir
from dlspec.length import Dynamic
from dlspec.ops.batch_size import SIZE
from dlspec.ops.draws import randint
from dlspec.ops.positions import range as range_
from dlspec.ops.raw import Buffer, flat
from dlspec.tensor import Tensor

Known = tuple[int, int]
"""The least and the greatest number of a tensor; the greatest at the bound of a dynamic size."""


def known(flow: ir.Flow, wires: Mapping[str, Known]) -> Known | None:
    """Those of what a flow gives; `wires` has them for the names of wires."""
    match flow:
        case ir.Wire(name=name):
            return wires.get(name)
        case ir.Apply(op=range_() as op):
            numbers = _positions(op)
        case ir.Apply(op=Buffer(value=value)) if not isinstance(value, Tensor):
            numbers = flat(value)
        case ir.Apply(op=randint(low=low, high=high)):
            numbers = (low, high - 1)
        case _:
            return None
    return (int(min(numbers)), int(max(numbers))) if numbers else None


def _positions(op: range_) -> Sequence[int]:
    """The numbers of a range; none where its size is that of a batch, which has no bound."""
    if isinstance(op.stop, Dynamic) and (op.step < 0 or SIZE in op.stop.length.names):
        return ()
    return range(op.start, int(op.stop), op.step) if fixed(op.start) else ()
