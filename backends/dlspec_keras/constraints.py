"""What weights are held to in `train.py` of a program, by Keras's constraints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlspec.backend.protocol import UnsupportedOp
from dlspec.emit import python as py
from dlspec.ir.model import layers
from dlspec.ops.constraints import Constraint, OfNorms, max_norm, min_max_norm
from dlspec_keras.case import Case


def rule(made: Constraint, axes: tuple[int, ...] | None) -> tuple[py.Expr, py.Expr]:
    """A constraint of Keras, and the axes of the weight that its norms are taken over."""
    given: dict[str, Any] = {}
    match made:
        case max_norm():
            given |= {"max_value": made.max}
        case min_max_norm():
            given |= {"min_value": made.min, "max_value": made.max}
            given |= {"rate": made.rate} if made.rate != 1 else {}
    kind = py.Code(f"keras.constraints.{KINDS[made.kind()]}")
    return py.call("partial", kind, **given) if given else kind, py.literal(axes)


KINDS = {
    "non_neg": "NonNeg",
    "max_norm": "MaxNorm",
    "unit_norm": "UnitNorm",
    "min_max_norm": "MinMaxNorm",
}


def check_constraints(case: Case) -> None:
    """Raises UnsupportedOp where a variable of Keras is not one weight, but two or a part."""
    held = case.model.constraints
    check_biases(case, held)
    for layer in layers(case.model):
        op = layer.apply.op
        grouped = "ConvTranspose" in op.kind() and getattr(op, "groups", 1) > 1
        if grouped and isinstance(held.get(f"{layer.name}.weight"), OfNorms):
            raise UnsupportedOp(op.kind(), "the norms of groups lie in parts of one axis")


def check_biases(case: Case, held: Mapping[str, object]) -> None:
    """Raises UnsupportedOp where something is said of one bias of a GRU and not of the other."""
    for layer in layers(case.model):
        kind = layer.apply.op.kind()
        if not kind.endswith("GRU") or getattr(layer.apply.op, "reset", "after") == "before":
            continue
        ih, hh = (
            {n.removeprefix(start): held[n] for n in held if n.startswith(start)}
            for start in (f"{layer.name}.bias_ih", f"{layer.name}.bias_hh")
        )
        if ih != hh:
            raise UnsupportedOp(kind, "its two biases are one variable of Keras's")
