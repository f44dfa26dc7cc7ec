"""Normalisation."""

from __future__ import annotations

from dlspec.backend.protocol import Emit, Emitted, Slot, Use
from dlspec.emit import python as py
from dlspec.expr import Const, Expr, Term
from dlspec.ops.base import Op
from dlspec.ops.norm import BatchNorm, LayerNorm
from dlspec_keras.layers.common import kept_axis, keras_axis, layer


def batch_norm(use: Use) -> Emitted:
    """Keras's momentum is the share of the old average that stays."""
    axis = keras_axis(0 if use.op.axis is None else use.op.axis, use.x[0])
    made_by = use.origins.get("momentum")
    kept: Expr | None = None
    if made_by is not None and not isinstance(made_by, Const):
        kept = Term("-", (Const(1), made_by))
    momentum = use.given(round(1 - use.op.momentum, 12), "momentum", kept)
    make = py.call(
        "ExactBatchNormalization" if use.exact else "layers.BatchNormalization",
        axis=use.fixed(axis).or_default(-1),
        momentum=momentum.or_default(0.99),
        epsilon=use.field("eps").or_default(1e-3),
        center=use.field("bias").or_default(True),
        scale=use.field("scale").or_default(True),
    )
    return Emitted(layer(make).call, make, ("ExactBatchNormalization",) if use.exact else ())


def layer_norm(use: Use) -> Emitted:
    make = py.call(
        "layers.LayerNormalization",
        axis=_axes(use).or_default(-1),
        epsilon=use.field("eps").or_default(1e-3),
        center=use.field("bias").or_default(True),
        scale=use.field("scale").or_default(True),
    )
    return layer(make)


def _axes(use: Use) -> Slot:
    x = use.x[0]
    axes = sorted(kept_axis(a, x) - x.rank for a in use.op.axes(x))
    return use.fixed(axes[0] if len(axes) == 1 else tuple(axes))


LAYERS: dict[type[Op], Emit] = {BatchNorm: batch_norm, LayerNorm: layer_norm}
