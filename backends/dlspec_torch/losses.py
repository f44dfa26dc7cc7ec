"""Losses as PyTorch's own functions: each term of the sum, on tensors with the batch in front."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

from dlspec.backend.protocol import Comparison, Emitted, Hole, X
from dlspec.emit import python as py
from dlspec.expr import fixed
from dlspec.ir.recipe import LossTerm
from dlspec.recipe.losses import (
    CTC,
    KL,
    MAE,
    MSE,
    BinaryCrossEntropy,
    CrossEntropy,
    Huber,
    KLNormal,
    Loss,
)
from dlspec.tensor import FLOATS, Tensor

Term = Callable[[Any, py.Expr, py.Expr, Tensor, Tensor], py.Expr]
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

    def term(use: Any, output: py.Expr, target: py.Expr, made: Tensor, wanted: Tensor) -> py.Expr:
        given: dict[str, Any] = {n: getattr(use.loss, field) for n, field in arguments.items()}
        given = {n: v for n, v in given.items() if v != 1}
        return _reduced(use, function, *_alike(use, output, target, made, wanted), **given)

    return term


def cross_entropy(
    use: Any, output: py.Expr, target: py.Expr, made: Tensor, wanted: Tensor
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
    use: Any, output: py.Expr, target: py.Expr, made: Tensor, wanted: Tensor
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
    pair = _alike(use, output, target, made, wanted)
    return _reduced(use, "F.binary_cross_entropy_with_logits", *pair, **given)


def _alike(
    use: Any, output: py.Expr, target: py.Expr, made: Tensor, wanted: Tensor
) -> tuple[py.Expr, py.Expr]:
    """Both in one shape: one number may stand against a scalar. It is the target that changes,
    since no gradient goes back through it; but the elements have its shape."""
    if made.rank == wanted.rank:
        return output, target
    if use.loss.reduction is None:
        change = "squeeze" if made.rank > wanted.rank else "unsqueeze"
        return py.call(py.Attribute(output, change), 1), target
    change = "unsqueeze" if made.rank > wanted.rank else "squeeze"
    return output, py.call(py.Attribute(target, change), 1)


def _reduced(use: LossTerm, function: str, *args: py.Expr, **given: Any) -> py.Expr:
    """The mean over all elements, or over the examples of the sum of each."""
    if use.loss.reduction == "mean":
        return py.call(function, *args, **given)
    if use.loss.reduction is None:
        return py.call(function, *args, **given, reduction="none")
    summed = py.call(function, *args, **given, reduction="sum")
    return py.Binary(summed, "/", py.call("len", args[0]))


def kl(use: Any, output: py.Expr, target: py.Expr, made: Tensor, wanted: Tensor) -> py.Expr:
    logs = [
        py.call(py.Attribute(py.call(py.Attribute(p, "clamp"), min=1e-7), "log"))
        for p in (output, target)
    ]
    product = py.Binary(output, "*", py.Binary(logs[0], "-", logs[1]))
    axis = use.loss.axis % made.rank + 1
    return _over(use, py.call(py.Attribute(product, "sum"), axis), made.rank - 1)


def kl_normal(use: Any, mu: py.Expr, logvar: py.Expr, made: Tensor, wanted: Tensor) -> py.Expr:
    square, variance = py.Binary(mu, "**", py.literal(2)), py.call(py.Attribute(logvar, "exp"))
    value: py.Expr = py.Binary(
        py.Binary(py.Binary(square, "+", variance), "-", py.literal(1)), "-", logvar
    )
    if made.rank:
        axes = 1 if made.rank == 1 else tuple(range(1, made.rank + 1))
        value = py.call(py.Attribute(value, "sum"), axes)
    return _over(use, py.Binary(value, "/", py.literal(2)), 0)


def ctc(use: Any, output: py.Expr, target: py.Expr, made: Tensor, wanted: Tensor) -> py.Expr:
    """The lengths of both are given where rows differ."""
    given: dict[str, Any] = {"blank": use.loss.blank}
    given |= {name: Hole(name) for name in ("frames", "labels") if name in use.named}
    if use.loss.zero_infinity:
        given["zero_infinity"] = True
    return _over(use, py.call("ctc_loss", output, target, **given), 0)


def _over(use: Any, value: py.Expr, rank: int) -> py.Expr:
    """The mean of what is there for each element, or over the examples of the sum of each."""
    if use.loss.reduction is None:
        return value
    if use.loss.reduction == "sum" and rank:
        value = py.call(py.Attribute(value, "sum"), 1 if rank == 1 else tuple(range(1, rank + 1)))
    return py.call(py.Attribute(value, "mean"))


_TERMS: Mapping[type[Any], Term] = {
    MSE: _elementwise("F.mse_loss"),
    MAE: _elementwise("F.l1_loss"),
    Huber: _elementwise("F.huber_loss", delta="delta"),
    CrossEntropy: cross_entropy,
    BinaryCrossEntropy: binary_cross_entropy,
    KL: kl,
    KLNormal: kl_normal,
    CTC: ctc,
}


# --- with what stands beside output and target ------------------------------------------------


def compare(use: Comparison) -> Emitted:
    """A loss of two tensors in a graph."""
    term = _TERMS[type(use.loss)]
    helpers = ("ctc_loss",) if use.loss.aligns else ()
    if not {"where", "weight"} & use.named.keys():
        return Emitted(term(use, X[0], X[1], use.output, use.target), helpers=helpers)
    target: py.Expr = X[1]
    counts = _spread(use, "where")
    if counts is not None and use.target.dtype == "class" and not use.loss.aligns:
        # a class that does not count may be any number
        target = py.call("torch.where", counts, target, 0)
    value = term(_each(use), X[0], target, use.output, use.target)
    weight = _spread(use, "weight")
    if weight is not None:
        value = py.Binary(weight, "*", value)
    if counts is not None:
        value = py.call("torch.where", counts, value, 0)
    rank = len(_elements(use))
    if use.loss.reduction is None or counts is None or use.loss.reduction == "sum":
        return Emitted(_over(use, value, rank), helpers=helpers)
    mean = py.Binary(py.call(py.Attribute(value, "sum")), "/", _count(use, value))
    return Emitted(mean, helpers=helpers)


def _elements(use: Comparison) -> tuple[int, ...]:
    return use.loss.elements(use.output, use.target)


def _each(use: Comparison) -> Comparison:
    """The same, of each element."""
    loss: Loss = use.loss.model_copy(update={"reduction": None})
    return Comparison(loss, use.axis, use.output, use.target, use.named)


def _spread(use: Comparison, name: str) -> py.Expr | None:
    """What stands beside, for each element."""
    t = use.named.get(name)
    if t is None:
        return None
    missing = len(_elements(use)) - t.rank
    if t.common or not missing:
        return Hole(name)
    return py.Index(Hole(name), py.Code(f"(..., {', '.join(['None'] * missing)})"))


def _count(use: Comparison, value: py.Expr) -> py.Expr:
    """How many elements count, at least one."""
    t, shape = use.named["where"], _elements(use)
    count: py.Expr = py.call(py.Attribute(Hole("where"), "sum"))
    if t.rank < len(shape):
        size: py.Expr = py.literal(prod(map(int, shape)))
        if not all(map(fixed, shape)):
            size = py.call(py.Attribute(py.Index(X[1], py.literal(0)), "numel"))
        if use.target.rank > len(shape) and not all(map(fixed, shape)):
            size = py.Binary(size, "//", py.literal(int(use.target.shape[use.axis or 0])))
        count = py.Binary(size, "*", count)
    return py.call(py.Attribute(count, "clamp"), min=1)
