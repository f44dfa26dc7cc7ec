"""Losses as PyTorch's own functions: each term of the sum, on tensors with the batch in front."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dlspec.emit import python as py
from dlspec.ir.recipe import LossTerm
from dlspec.recipe.losses import MAE, MSE, BinaryCrossEntropy, CrossEntropy, Huber
from dlspec.tensor import FLOATS, Tensor

Term = Callable[[LossTerm, py.Expr, py.Expr, Tensor, Tensor], py.Expr]
"""Gives the code of a term from the code and the types of its output and its target."""


def total(
    terms: tuple[LossTerm, ...],
    names: Mapping[str, str],
    outputs: Mapping[str, Tensor],
    fields: Mapping[str, Tensor],
) -> py.Expr:
    """The sum of the terms, each with its factor; `names` has the variable of each tensor."""
    found: py.Expr | None = None
    for term in terms:
        output, target = py.Atom(names[term.output]), py.Atom(names[term.target])
        value = _TERMS[type(term.loss)](
            term, output, target, outputs[term.output], fields[term.target]
        )
        if term.factor != 1:
            value = py.Binary(py.literal(term.factor), "*", value)
        found = value if found is None else py.Binary(found, "+", value)
    assert found is not None
    return found


def _elementwise(function: str, **arguments: str) -> Term:
    """A loss of differences; `arguments` are fields of the loss, by PyTorch's names."""

    def term(
        use: LossTerm, output: py.Expr, target: py.Expr, made: Tensor, wanted: Tensor
    ) -> py.Expr:
        given: dict[str, Any] = {n: getattr(use.loss, field) for n, field in arguments.items()}
        given = {n: v for n, v in given.items() if v != 1}
        return _reduced(use, function, output, _alike(target, made, wanted), **given)

    return term


def cross_entropy(
    use: LossTerm, output: py.Expr, target: py.Expr, made: Tensor, wanted: Tensor
) -> py.Expr:
    loss = use.loss
    assert isinstance(loss, CrossEntropy)
    given: dict[str, Any] = {}
    if loss.class_weights is not None:
        weights = py.literal(list(loss.class_weights))
        device = py.Attribute(output, "device")
        given["weight"] = py.call("torch.tensor", weights, device=device)
    if loss.label_smoothing:
        given["label_smoothing"] = loss.label_smoothing
    axis = (use.axis or 0) + 1
    logits = output if axis == 1 else _moved(output, axis)
    spread = wanted.dtype in FLOATS and axis != 1
    return _reduced(
        use, "F.cross_entropy", logits, _moved(target, axis) if spread else target, **given
    )


def _moved(value: py.Expr, axis: int) -> py.Expr:
    """The classes on the axis behind the batch, where PyTorch wants them."""
    return py.call(py.Attribute(value, "movedim"), axis, 1)


def binary_cross_entropy(
    use: LossTerm, output: py.Expr, target: py.Expr, made: Tensor, wanted: Tensor
) -> py.Expr:
    loss = use.loss
    assert isinstance(loss, BinaryCrossEntropy)
    if wanted.dtype not in FLOATS:
        target = py.call(py.Attribute(target, "to"), py.Attribute(output, "dtype"))
    if loss.label_smoothing:
        kept = py.Binary(py.literal(1 - loss.label_smoothing), "*", target)
        target = py.Binary(kept, "+", py.literal(loss.label_smoothing / 2))
    given: dict[str, Any] = {}
    if loss.positive_weight != 1:
        device = py.Attribute(output, "device")
        given["pos_weight"] = py.call("torch.tensor", loss.positive_weight, device=device)
    target = _alike(target, made, wanted)
    return _reduced(use, "F.binary_cross_entropy_with_logits", output, target, **given)


def _alike(target: py.Expr, made: Tensor, wanted: Tensor) -> py.Expr:
    """The target in the output's shape: one number may stand against a scalar. It is the target
    that changes, since no gradient goes back through it."""
    if made.rank > wanted.rank:
        return py.call(py.Attribute(target, "unsqueeze"), 1)
    if made.rank < wanted.rank:
        return py.call(py.Attribute(target, "squeeze"), 1)
    return target


def _reduced(use: LossTerm, function: str, *args: py.Expr, **given: Any) -> py.Expr:
    """The mean over all elements, or over the examples of the sum of each."""
    if use.loss.reduction == "mean":
        return py.call(function, *args, **given)
    summed = py.call(function, *args, **given, reduction="sum")
    return py.Binary(summed, "/", py.call("len", args[0]))


_TERMS: Mapping[type[Any], Term] = {
    MSE: _elementwise("F.mse_loss"),
    MAE: _elementwise("F.l1_loss"),
    Huber: _elementwise("F.huber_loss", delta="delta"),
    CrossEntropy: cross_entropy,
    BinaryCrossEntropy: binary_cross_entropy,
}
