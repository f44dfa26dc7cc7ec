"""Normalisation."""

from __future__ import annotations

from collections.abc import Mapping

from dlspec.backend.protocol import SELF, Emit, Emitted, Slot, Use, X
from dlspec.backend.sizes import slot
from dlspec.emit import python as py
from dlspec.expr import fixed
from dlspec.ops.base import Op
from dlspec.ops.norm import BatchNorm, LayerNorm
from dlspec_torch.layers.common import applied, by_rank, method


def batch_norm(use: Use) -> Emitted:
    shape = use.x[0].shape
    folded = len(shape) > 4  # places on more axes than PyTorch has a class for count alike
    make = py.call(
        by_rank("nn.BatchNorm", 1 if folded else max(len(shape) - 1, 1)),
        use.size("in_channels"),
        eps=use.field("eps").or_default(1e-5),
        momentum=use.field("momentum").or_default(0.1),
        affine=use.fixed(use.op.scale or use.op.bias).or_default(True),
    )
    axis = use.op.sizes["in_channels"] % len(shape)
    value = X[0] if axis == 0 else method(X[0], "movedim", axis + 1, 1)
    call: py.Expr = py.call(SELF, method(value, "flatten", 2) if folded else value)
    if folded:
        places = tuple(
            slot(use, s, "size") if fixed(s) else py.literal(-1)
            for a, s in enumerate(shape)
            if a != axis
        )
        call = method(call, "unflatten", 2, py.Tuple(places))
    call = call if axis == 0 else method(call, "movedim", 1, axis + 1)
    kept = _kept(use, make)
    return Emitted(call, kept.make, kept.helpers)


def layer_norm(use: Use) -> Emitted:
    rank = use.x[0].rank
    axes = use.op.axes(use.x[0])
    last = tuple(range(rank - len(axes), rank))
    make = py.call(
        "nn.LayerNorm",
        _sizes(use, axes),
        eps=use.field("eps").or_default(1e-5),
        elementwise_affine=use.fixed(use.op.scale or use.op.bias).or_default(True),
        bias=use.fixed(use.op.bias or not use.op.scale).or_default(True),
    )
    emitted = _kept(use, make)
    if axes == last:
        return emitted
    there = tuple(a + 1 for a in axes) if len(axes) > 1 else axes[0] + 1
    ends = tuple(range(-len(axes), 0)) if len(axes) > 1 else -1
    value = method(X[0], "movedim", there, ends)
    back = method(py.call(SELF, value), "movedim", ends, there)
    return Emitted(back, emitted.make, emitted.helpers)


def _sizes(use: Use, axes: tuple[int, ...]) -> py.Expr:
    """The sizes of these axes, in order."""
    roles = {axis % use.x[0].rank: role for role, axis in use.op.sizes.items()}
    sizes: tuple[Slot, ...] = tuple(use.size(roles[a]) for a in axes)
    return sizes[0] if len(sizes) == 1 else py.Tuple(sizes)


def _kept(use: Use, make: py.Expr) -> Emitted:
    """The layer with only the scale, or only the shift, where its class has both or neither."""
    if use.op.scale == use.op.bias or (use.op.scale and isinstance(use.op, LayerNorm)):
        return applied(make)
    missing = "bias" if use.op.scale else "weight"
    return applied(py.call("without", make, missing), ("without",))


LAYERS: Mapping[type[Op], Emit] = {BatchNorm: batch_norm, LayerNorm: layer_norm}
