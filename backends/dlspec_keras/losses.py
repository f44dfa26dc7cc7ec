"""Losses by `keras.ops`: each term of the sum, on tensors with the batch in front."""

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
)
from dlspec.tensor import FLOATS, Tensor

Term = Callable[[Any, py.Expr, py.Expr, Tensor, Tensor], py.Expr]
"""Gives the code of a `LossTerm` from the code and the types of its output and its target."""


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
        types = outputs[term.output], fields[term.target]
        value = _TERMS[type(term.loss)](term, output, target, *types)
        if term.factor != 1:
            value = py.Binary(py.literal(term.factor), "*", value)
        found = value if found is None else py.Binary(found, "+", value)
    assert found is not None
    return found


def difference(function: str) -> Term:
    """A loss that is a function of differences."""

    def term(use: Any, output: py.Expr, target: py.Expr, made: Tensor, wanted: Tensor) -> py.Expr:
        error = py.Binary(alike(output, made, wanted), "-", target)
        return reduced(use, py.call(function, error), wanted.rank)

    return term


def huber(use: Any, output: py.Expr, target: py.Expr, made: Tensor, wanted: Tensor) -> py.Expr:
    """Keras averages over the last axis; for a sum there is one behind it."""
    given = {} if use.loss.delta == 1 else {"delta": use.loss.delta}
    pair = [target, alike(output, made, wanted)]
    if use.loss.reduction != "mean":
        pair = [py.Index(p, py.Code("(..., None)")) for p in pair]
    return reduced(use, py.call("keras.losses.huber", *pair, **given), wanted.rank)


def cross_entropy(
    use: Any, output: py.Expr, target: py.Expr, made: Tensor, wanted: Tensor
) -> py.Expr:
    """Keras has the classes on the last axis."""
    loss, axis = use.loss, use.axis or 0
    last = axis == made.rank - 1
    logits = output if last else py.call("ops.moveaxis", output, axis + 1, -1)
    given: dict[str, Any] = {"from_logits": True}
    if loss.label_smoothing:
        given["label_smoothing"] = loss.label_smoothing
    if wanted.dtype in FLOATS:
        spread = target if last else py.call("ops.moveaxis", target, axis + 1, -1)
        value = py.call("keras.losses.categorical_crossentropy", spread, logits, **given)
        return reduced(use, value, made.rank - 1)
    classes = int(made.shape[axis])
    if loss.class_weights is not None:
        dtype = py.Attribute(output, "dtype")
        weights = py.call("ops.convert_to_tensor", tuple(loss.class_weights), dtype)
        return weighted(use, logits, target, weights, classes, wanted.rank)
    if loss.label_smoothing:
        spread = py.call("ops.one_hot", target, classes)
        value = py.call("keras.losses.categorical_crossentropy", spread, logits, **given)
    else:
        name = "keras.losses.sparse_categorical_crossentropy"
        value = py.call(name, target, logits, **given)
    return reduced(use, value, wanted.rank)


def weighted(
    use: Any, logits: py.Expr, target: py.Expr, weights: py.Expr, classes: int, rank: int
) -> py.Expr:
    """The mean over the weights of the rows' classes."""
    loss = use.loss
    each = py.call("ops.take", weights, target)
    if loss.label_smoothing:
        spread = py.Binary(
            py.Binary(
                py.literal(1 - loss.label_smoothing),
                "*",
                py.call("ops.one_hot", target, classes),
            ),
            "+",
            py.literal(loss.label_smoothing / classes),
        )
        log = py.call("ops.log_softmax", logits)
        product = py.Binary(py.Binary(spread, "*", weights), "*", log)
        value: py.Expr = py.Unary("-", py.call("ops.sum", product, axis=-1))
    else:
        name = "keras.losses.sparse_categorical_crossentropy"
        value = py.Binary(each, "*", py.call(name, target, logits, from_logits=True))
    if use.loss.reduction == "sum":
        return reduced(use, value, rank)
    return py.Binary(py.call("ops.sum", value), "/", py.call("ops.sum", each))


def binary_cross_entropy(
    use: Any, output: py.Expr, target: py.Expr, made: Tensor, wanted: Tensor
) -> py.Expr:
    loss = use.loss
    logits = alike(output, made, wanted)
    if wanted.dtype not in FLOATS:
        target = py.call("ops.cast", target, py.Attribute(output, "dtype"))
    if loss.label_smoothing:
        kept = py.Binary(py.literal(1 - loss.label_smoothing), "*", target)
        target = py.Binary(kept, "+", py.literal(loss.label_smoothing / 2))
    if loss.positive_weight == 1:
        value: py.Expr = py.call("ops.binary_crossentropy", target, logits, from_logits=True)
        return reduced(use, value, wanted.rank)
    positive = py.Binary(py.literal(loss.positive_weight), "*", target)
    positive = py.Binary(positive, "*", py.call("ops.log_sigmoid", logits))
    negative = py.Binary(py.literal(1), "-", target)
    negative = py.Binary(negative, "*", py.call("ops.log_sigmoid", py.Unary("-", logits)))
    value = py.Unary("-", py.Binary(positive, "+", negative))
    return reduced(use, value, wanted.rank)


def alike(output: py.Expr, made: Tensor, wanted: Tensor) -> py.Expr:
    """The output in the target's shape: one number may stand against a scalar."""
    if made.rank > wanted.rank:
        return py.call("ops.squeeze", output, 1)
    if made.rank < wanted.rank:
        return py.call("ops.expand_dims", output, 1)
    return output


def reduced(use: Any, value: py.Expr, rank: int) -> py.Expr:
    """The mean over all elements, or over the examples of the sum of each."""
    if use.loss.reduction is None:
        return value
    if use.loss.reduction == "sum" and rank > 0:
        axes = 1 if rank == 1 else tuple(range(1, rank + 1))
        value = py.call("ops.sum", value, axis=axes)
    return py.call("ops.mean", value)


def kl(use: Any, output: py.Expr, target: py.Expr, made: Tensor, wanted: Tensor) -> py.Expr:
    logs = [py.call("ops.log", py.call("ops.maximum", p, 1e-7)) for p in (output, target)]
    product = py.Binary(output, "*", py.Binary(logs[0], "-", logs[1]))
    value = py.call("ops.sum", product, axis=use.loss.axis % made.rank + 1)
    return reduced(use, value, made.rank - 1)


def kl_normal(use: Any, mu: py.Expr, logvar: py.Expr, made: Tensor, wanted: Tensor) -> py.Expr:
    value: py.Expr = py.Binary(py.call("ops.square", mu), "+", py.call("ops.exp", logvar))
    value = py.Binary(py.Binary(value, "-", py.literal(1)), "-", logvar)
    if made.rank:
        axes = 1 if made.rank == 1 else tuple(range(1, made.rank + 1))
        value = py.call("ops.sum", value, axis=axes)
    return reduced(use, py.Binary(value, "/", py.literal(2)), 0)


def ctc(use: Any, output: py.Expr, target: py.Expr, made: Tensor, wanted: Tensor) -> py.Expr:
    """The lengths of both are given where rows differ."""
    given: dict[str, Any] = {"blank": use.loss.blank}
    given |= {name: Hole(name) for name in ("frames", "labels") if name in use.named}
    if use.loss.zero_infinity:
        given["zero_infinity"] = True
    return reduced(use, py.call("ctc_loss", output, target, **given), 0)


_TERMS: Mapping[type[Any], Term] = {
    MSE: difference("ops.square"),
    MAE: difference("ops.abs"),
    Huber: huber,
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
    counts = spread(use, "where")
    if counts is not None and use.target.dtype == "class" and not use.loss.aligns:
        # a class that does not count may be any number
        target = py.call("ops.where", counts, target, 0)
    loss = use.loss.model_copy(update={"reduction": None})
    each = Comparison(loss, use.axis, use.output, use.target, use.named)
    value = term(each, X[0], target, use.output, use.target)
    weight = spread(use, "weight")
    if weight is not None:
        value = py.Binary(weight, "*", value)
    if counts is not None:
        value = py.call("ops.where", counts, value, py.literal(0.0))
    shape = elements(use)
    if use.loss.reduction is None or counts is None or use.loss.reduction == "sum":
        return Emitted(reduced(use, value, len(shape)), helpers=helpers)
    mean = py.Binary(py.call("ops.sum", value), "/", counted(use))
    return Emitted(mean, helpers=helpers)


def elements(use: Comparison) -> tuple[int, ...]:
    """The shape of what is averaged, of one example."""
    return use.loss.elements(use.output, use.target)


def spread(use: Comparison, name: str) -> py.Expr | None:
    """What stands beside, for each element."""
    t = use.named.get(name)
    if t is None:
        return None
    missing = len(elements(use)) - t.rank
    if t.common or not missing:
        return Hole(name)
    return py.Index(Hole(name), py.Code(f"(..., {', '.join(['None'] * missing)})"))


def counted(use: Comparison) -> py.Expr:
    """How many elements count, at least one."""
    t, shape = use.named["where"], elements(use)
    count: py.Expr = py.call("ops.sum", py.call("ops.cast", Hole("where"), "float32"))
    if t.rank < len(shape):
        size: py.Expr = py.literal(prod(map(int, shape)))
        if not all(map(fixed, shape)):
            size = py.call("ops.size", py.Index(X[1], py.literal(0)))
            if use.target.rank > len(shape):
                size = py.Binary(size, "//", py.literal(int(use.target.shape[use.axis or 0])))
            size = py.call("ops.cast", size, "float32")
        count = py.Binary(size, "*", count)
    return py.call("ops.maximum", count, 1)
