"""What an op reads of a list of tensors, where it reads all of it."""

from __future__ import annotations

from collections.abc import Sequence

from dlspec.ir import model as ir
from dlspec.ops.arithmetic import add


def whole(read: Sequence[ir.Flow]) -> ir.Wire | None:
    """The wire of a list whose elements these are, all of them in order; None for others."""
    listed = [
        f.value if isinstance(f, ir.Select) and f.index == i else f for i, f in enumerate(read)
    ]
    names = {f.name if isinstance(f, ir.Wire) and f.is_list else None for f in listed}
    one = listed[0]
    if not isinstance(one, ir.Wire) or names != {one.name} or len(one.types) != len(read):
        return None
    return one


def summands(flow: ir.Flow, site: int) -> tuple[ir.Flow, ...]:
    """What `sum` adds up, which is a chain of additions of one site."""
    if isinstance(flow, ir.Apply) and isinstance(flow.op, add) and flow.site == site:
        return (*summands(flow.inputs[0], site), flow.inputs[1])
    return (flow,)
