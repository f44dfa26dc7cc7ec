"""Normalisation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dlspec.backend.protocol import SELF, Emit, Emitted, Slot, Use, X
from dlspec.emit import python as py
from dlspec.ops.base import Op
from dlspec.ops.group_norm import GroupNorm, InstanceNorm
from dlspec.ops.norm import BatchNorm, LayerNorm, Normalize, RMSNorm
from dlspec.ops.response_norm import LocalResponseNorm
from dlspec_torch.layers.common import (
    MOST,
    applied,
    batched,
    by_rank,
    method,
    norm_power,
    of_channels,
)
from dlspec_torch.layers.lengths import real


def batch_norm(use: Use) -> Emitted:
    shape = use.x[0].shape
    make = py.call(
        by_rank("nn.BatchNorm", 1 if len(shape) > MOST else max(len(shape) - 1, 1)),
        use.size("in_channels"),
        eps=use.field("eps").or_default(1e-5),
        momentum=use.field("momentum").or_default(0.1),
        affine=use.fixed(use.op.scale or use.op.bias).or_default(True),
        track_running_stats=use.field("running_stats").or_default(True),
    )
    if use.named:
        return _masked(use, make, "masked_norm")
    return _of_channels(use, make, folds=True)


def _masked(use: Use, make: py.Expr, function: str) -> Emitted:
    """What a layer gives whose statistics are those of the real places."""
    place = use.fixed(use.op.sizes["in_channels"] % use.x[0].rank + 1).or_default(1)
    kept = _kept(use, make)
    call = py.call(function, SELF, X[0], real(use), place)
    return Emitted(call, kept.make, (*kept.helpers, function, "sequence_mask"))


def group_norm(use: Use) -> Emitted:
    make = py.call(
        "nn.GroupNorm",
        use.field("groups"),
        use.size("in_channels"),
        eps=use.field("eps").or_default(1e-5),
        affine=use.fixed(use.op.scale or use.op.bias).or_default(True),
    )
    return _of_channels(use, make)


def instance_norm(use: Use) -> Emitted:
    rank = use.x[0].rank
    make = py.call(
        by_rank("nn.InstanceNorm", 1 if rank > MOST else rank - 1),
        use.size("in_channels"),
        eps=use.field("eps").or_default(1e-5),
        momentum=use.field("momentum").or_default(0.1),
        affine=use.fixed(use.op.scale or use.op.bias).or_default(False),
        track_running_stats=use.field("running_stats").or_default(False),
    )
    if use.named and use.op.running_stats:
        made = _masked(use, make, "masked_instance_norm")
        return replace(made, helpers=(*made.helpers, "masked_norm", "masked_group_norm"))
    return _of_channels(use, make, folds=True)


def _of_channels(use: Use, make: py.Expr, folds: bool = False) -> Emitted:
    """The layer with what it learns, on whichever axis has the channels."""
    if use.named:
        return _masked(use, make, "masked_group_norm")
    kept = _kept(use, make)
    made = of_channels(use, make, folds)
    return Emitted(made.call, kept.make, kept.helpers)


def layer_norm(use: Use) -> Emitted:
    make = py.call(
        "nn.LayerNorm",
        _sizes(use),
        eps=use.field("eps").or_default(1e-5),
        elementwise_affine=use.fixed(use.op.scale or use.op.bias).or_default(True),
        bias=use.fixed(use.op.bias or not use.op.scale).or_default(True),
    )
    return _over_axes(use, _kept(use, make))


def rms_norm(use: Use) -> Emitted:
    """PyTorch's own eps is that of the dtype."""
    make = py.call(
        "nn.RMSNorm",
        _sizes(use),
        eps=use.field("eps"),
        elementwise_affine=use.field("scale").or_default(True),
    )
    return _over_axes(use, applied(make))


def _over_axes(use: Use, emitted: Emitted) -> Emitted:
    """A layer of the last axes, on these."""
    rank, axes = use.x[0].rank, use.op.axes(use.x[0])
    if axes == tuple(range(rank - len(axes), rank)):
        return emitted
    there = tuple(a + 1 for a in axes) if len(axes) > 1 else axes[0] + 1
    ends = tuple(range(rank + 1 - len(axes), rank + 1)) if len(axes) > 1 else rank
    value = method(X[0], "movedim", there, ends)
    back = method(py.call(SELF, value), "movedim", ends, there)
    return Emitted(back, emitted.make, emitted.helpers)


def normalize(use: Use) -> Emitted:
    x = use.x[0]
    axes = use.op.axes(x)
    at = tuple(batched(a - x.rank if use.op.axis is None else a, x) for a in axes)
    return Emitted(
        py.call(
            "F.normalize",
            X[0],
            p=norm_power(use),
            dim=use.fixed(at[0] if len(at) == 1 else at).or_default(1),
            eps=use.field("eps").or_default(1e-12),
        )
    )


def local_response_norm(use: Use) -> Emitted:
    return Emitted(
        py.call(
            "F.local_response_norm",
            X[0],
            use.field("size"),
            alpha=use.field("alpha").or_default(1e-4),
            beta=use.field("beta").or_default(0.75),
            k=use.field("k").or_default(1.0),
        )
    )


def _sizes(use: Use) -> py.Expr:
    """The sizes of the axes that are normalised over, in order."""
    roles = {axis % use.x[0].rank: role for role, axis in use.op.sizes.items()}
    sizes: tuple[Slot, ...] = tuple(use.size(roles[a]) for a in use.op.axes(use.x[0]))
    return sizes[0] if len(sizes) == 1 else py.Tuple(sizes)


def _kept(use: Use, make: py.Expr) -> Emitted:
    """The layer with only the scale, or only the shift, where its class has both or neither."""
    if use.op.scale == use.op.bias or (use.op.scale and isinstance(use.op, LayerNorm)):
        return applied(make)
    missing = "bias" if use.op.scale else "weight"
    return applied(py.call("without", make, missing), ("without",))


LAYERS: Mapping[type[Op], Emit] = {
    BatchNorm: batch_norm,
    GroupNorm: group_norm,
    InstanceNorm: instance_norm,
    LayerNorm: layer_norm,
    RMSNorm: rms_norm,
    Normalize: normalize,
    LocalResponseNorm: local_response_norm,
}
