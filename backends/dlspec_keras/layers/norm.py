"""Normalisation."""

from __future__ import annotations

from dlspec.backend.protocol import SELF, Emit, Emitted, Slot, Use, X
from dlspec.emit import python as py
from dlspec.expr import Const, Expr, Term
from dlspec.ops.base import Op
from dlspec.ops.group_norm import GroupNorm, InstanceNorm
from dlspec.ops.norm import BatchNorm, LayerNorm, Normalize, RMSNorm
from dlspec.ops.response_norm import LocalResponseNorm
from dlspec_keras.layers.common import function, kept_axis, keras_axis, layer
from dlspec_keras.layers.lengths import real


def batch_norm(use: Use) -> Emitted:
    if not use.op.running_stats:
        name = "StatelessBatchNormalization"
        return _of_batch(use, name, {}, (name, "moments"))
    name = "ExactBatchNormalization" if use.exact else "layers.BatchNormalization"
    helpers = ("ExactBatchNormalization",) if use.exact else ()
    return _of_batch(use, name, {"momentum": _momentum(use)}, helpers)


def _momentum(use: Use) -> Slot:
    """Keras's is the share of the old average that stays."""
    made_by = use.origins.get("momentum")
    kept: Expr | None = None
    if made_by is not None and not isinstance(made_by, Const):
        kept = Term("-", (Const(1), made_by))
    return use.given(round(1 - use.op.momentum, 12), "momentum", kept).or_default(0.99)


def _of_batch(use: Use, name: str, own: dict[str, Slot], helpers: tuple[str, ...]) -> Emitted:
    """A normalisation whose layer takes a mask of the real places, channels last."""
    channels = keras_axis(use.op.sizes["in_channels"], use.x[0])
    axis = -1 if use.named else channels
    make = py.call(
        name,
        axis=use.fixed(axis).or_default(-1),
        **own,
        epsilon=use.field("eps").or_default(1e-3),
        center=use.field("bias").or_default(True),
        scale=use.field("scale").or_default(True),
    )
    if not use.named:
        return Emitted(layer(make).call, make, helpers)
    place = use.fixed(channels).or_default(-1)
    call = py.call("masked_norm", SELF, X[0], real(use), place)
    return Emitted(call, make, (*helpers, "masked_norm", "sequence_mask"))


def group_norm(use: Use) -> Emitted:
    return _grouped(use, use.field("groups").or_default(32))


def instance_norm(use: Use) -> Emitted:
    """Every channel a group of its own."""
    if use.op.running_stats:
        name = "InstanceNormalization"
        return _of_batch(use, name, {"momentum": _momentum(use)}, (name, "moments"))
    return _grouped(use, use.fixed(-1))


def _grouped(use: Use, groups: Slot) -> Emitted:
    axis = use.fixed(keras_axis(use.op.channels, use.x[0])).or_default(-1)
    make = py.call(
        "layers.GroupNormalization",
        groups,
        axis=axis,
        epsilon=use.field("eps").or_default(1e-3),
        center=use.field("bias").or_default(True),
        scale=use.field("scale").or_default(True),
    )
    if not use.named:
        return layer(make)
    call = py.call("masked_group_norm", SELF, X[0], real(use), axis)
    return Emitted(call, make, ("masked_group_norm", "sequence_mask"))


def layer_norm(use: Use) -> Emitted:
    make = py.call(
        "layers.LayerNormalization",
        axis=_axes(use).or_default(-1),
        epsilon=use.field("eps").or_default(1e-3),
        center=use.field("bias").or_default(True),
        scale=use.field("scale").or_default(True),
    )
    return layer(make)


def rms_norm(use: Use) -> Emitted:
    """Keras's layer scales along the last axes only."""
    axes = _places(use)
    eps = use.field("eps").or_default(1e-6 if use.op.scale else 1e-7)
    if not use.op.scale:
        return function("rms_normalization", axis=_axes(use).or_default(-1), epsilon=eps)
    ends = tuple(range(-len(axes), 0))
    last = use.fixed(ends if len(ends) > 1 else -1)
    make = py.call("layers.RMSNormalization", axis=last.or_default(-1), epsilon=eps)
    if axes == ends:
        return layer(make)
    moved = py.call("ops.moveaxis", X[0], _axes(use), last)
    return Emitted(py.call("ops.moveaxis", py.call(SELF, moved), last, _axes(use)), make)


def normalize(use: Use) -> Emitted:
    inf = py.call("float", py.literal("inf"))
    call = py.call(
        "normalized",
        X[0],
        axis=_axes(use).or_default(-1),
        p=inf if use.op.p == "inf" else use.field("p").or_default(2.0),
        eps=use.field("eps").or_default(1e-12),
    )
    return Emitted(call, helpers=("normalized",))


def local_response_norm(use: Use) -> Emitted:
    call = py.call(
        "local_response_norm",
        X[0],
        use.field("size"),
        axis=use.fixed(keras_axis(0, use.x[0])).or_default(-1),
        alpha=use.field("alpha").or_default(1e-4),
        beta=use.field("beta").or_default(0.75),
        k=use.field("k").or_default(1.0),
    )
    return Emitted(call, helpers=("local_response_norm",))


def _axes(use: Use) -> Slot:
    axes = _places(use)
    return use.fixed(axes[0] if len(axes) == 1 else axes)


def _places(use: Use) -> tuple[int, ...]:
    """The axes that are normalised over, as they are kept, counted from the end."""
    x = use.x[0]
    return tuple(sorted(kept_axis(a, x) - x.rank for a in use.op.axes(x)))


LAYERS: dict[type[Op], Emit] = {
    BatchNorm: batch_norm,
    GroupNorm: group_norm,
    InstanceNorm: instance_norm,
    LayerNorm: layer_norm,
    RMSNorm: rms_norm,
    Normalize: normalize,
    LocalResponseNorm: local_response_norm,
}
