"""Losses and optimizers of Keras programs against the formulas that define them."""

from __future__ import annotations

import numpy as np
import pytest
from dlspec_keras.losses import total
from dlspec_keras.optimizers import made, needs_exact, slots
from dlspec_keras.pieces import template
from dlspec_keras.training import OWN, SEVERAL, of

from dlspec.emit import python as py
from dlspec.ir.recipe import LossTerm
from dlspec.programs.library import texts
from dlspec.recipe import lookup
from dlspec.recipe.optimizers import SGD, Adam, AdamW, RMSprop
from dlspec.tensor import Tensor

keras = pytest.importorskip("keras")


@pytest.fixture(scope="module", autouse=True)
def doubles():
    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    yield
    keras.config.set_floatx(before)


# --- losses -----------------------------------------------------------------------------------


def f32(*shape):
    return Tensor("f32", shape)


def classes(count, *shape):
    return Tensor("class", shape, count)


def log_softmax(x, axis):
    x = x - x.max(axis, keepdims=True)
    return x - np.log(np.exp(x).sum(axis, keepdims=True))


def cross_entropy(x, y, axis=1, smoothing=0.0, weights=None):
    """The mean over all places; with weights, each class with its own, over those of `y`."""
    count = x.shape[axis]
    weights = np.ones(count) if weights is None else np.array(weights)
    spread = np.eye(count)[y] * (1 - smoothing) + smoothing / count
    each = -(spread * weights * np.moveaxis(log_softmax(x, axis), axis, -1)).sum(-1)
    return each.sum() / weights[y].sum()


def binary(x, y, smoothing=0.0, positive=1.0):
    y = y * (1 - smoothing) + smoothing / 2
    return -(positive * y * -np.log1p(np.exp(-x)) + (1 - y) * -np.log1p(np.exp(x)))


def huber(x, y, delta=1.0):
    e = abs(x - y)
    return np.where(e <= delta, e**2 / 2, delta * (e - delta / 2))


WEIGHTS = (1.0, 2.0, 0.5, 3.0)
CASES = [
    ("MSE()", f32(3), f32(3), None, lambda x, y: ((x - y) ** 2).mean()),
    ("MSE(reduction=sum)", f32(3), f32(3), None, lambda x, y: ((x - y) ** 2).sum() / 5),
    ("MAE()", f32(1), f32(), None, lambda x, y: abs(x[:, 0] - y).mean()),
    ("MAE()", f32(), f32(1), None, lambda x, y: abs(x[:, None] - y).mean()),
    ("Huber()", f32(3), f32(3), None, lambda x, y: huber(x, y).mean()),
    ("Huber()", f32(), f32(), None, lambda x, y: huber(x, y).mean()),
    ("Huber(delta=0.3)", f32(3), f32(3), None, lambda x, y: huber(x, y, 0.3).mean()),
    ("Huber(reduction=sum)", f32(2, 3), f32(2, 3), None, lambda x, y: huber(x, y).sum() / 5),
    ("CrossEntropy()", f32(4), classes(4), 0, cross_entropy),
    (
        "CrossEntropy(label_smoothing=0.2)",
        f32(4),
        classes(4),
        0,
        lambda x, y: cross_entropy(x, y, smoothing=0.2),
    ),
    (
        "CrossEntropy(class_weights=WEIGHTS)",
        f32(4),
        classes(4),
        0,
        lambda x, y: cross_entropy(x, y, weights=WEIGHTS),
    ),
    (
        "CrossEntropy(class_weights=WEIGHTS, label_smoothing=0.2)",
        f32(4, 2),
        classes(4, 2),
        0,
        lambda x, y: cross_entropy(x, y, smoothing=0.2, weights=WEIGHTS),
    ),
    ("CrossEntropy()", f32(6, 4), classes(4, 6), 1, lambda x, y: cross_entropy(x, y, axis=2)),
    ("CrossEntropy()", f32(4, 2, 3), classes(4, 2, 3), 0, cross_entropy),
    (
        "CrossEntropy(reduction=sum)",
        f32(4, 6),
        classes(4, 6),
        0,
        lambda x, y: cross_entropy(x, y) * 6,
    ),
    (
        "CrossEntropy(axis=-1)",
        f32(6, 4),
        f32(6, 4),
        1,
        lambda x, y: -(y * log_softmax(x, 2)).sum(2).mean(),
    ),
    (
        "CrossEntropy(axis=0)",
        f32(6, 4),
        f32(6, 4),
        0,
        lambda x, y: -(y * log_softmax(x, 1)).sum(1).mean(),
    ),
    ("BinaryCrossEntropy()", f32(1), classes(2), None, lambda x, y: binary(x[:, 0], y).mean()),
    ("BinaryCrossEntropy()", f32(3), f32(3), None, lambda x, y: binary(x, y).mean()),
    (
        "BinaryCrossEntropy(label_smoothing=0.2, positive_weight=3.0)",
        f32(3),
        classes(2, 3),
        None,
        lambda x, y: binary(x, y, 0.2, 3.0).mean(),
    ),
]


def loss_of(text):
    kind, _, rest = text.partition("(")
    given = {"sum": "sum", "WEIGHTS": WEIGHTS}
    return lookup("loss", kind)(**eval(f"dict({rest}", given))


@pytest.mark.parametrize(("text", "output", "target", "axis", "formula"), CASES)
def test_a_loss_is_what_its_manual_says(text, output, target, axis, formula):
    loss = loss_of(text)
    assert not list(loss.problems(output, target))
    term = LossTerm(factor=1, loss=loss, output="x", target="y", axis=axis, line=1)
    code = str(total((term,), {"x": "x", "y": "y"}, {"x": output}, {"y": target}))
    rng = np.random.default_rng(0)
    x = rng.normal(0, 2, (5, *output.shape))
    if target.dtype == "class":
        y = rng.integers(0, target.classes, (5, *target.shape))
    else:
        y = rng.random((5, *target.shape))
    ops = keras.ops
    scope = {"keras": keras, "ops": ops, "np": np, "x": ops.convert_to_tensor(x), "y": y}
    found = eval(code, scope)
    assert found.shape == ()
    assert float(found) == pytest.approx(formula(x, y), rel=1e-11)


def test_losses_add_up_with_their_factors():
    mse, mae = (lookup("loss", kind)() for kind in ("MSE", "MAE"))
    terms = (
        LossTerm(factor=1, loss=mse, output="a", target="t", line=1),
        LossTerm(factor=0.3, loss=mae, output="b", target="t", line=1),
    )
    code = total(terms, {n: n for n in "abt"}, {"a": f32(2), "b": f32(2)}, {"t": f32(2)})
    assert str(code) == "ops.mean(ops.square(a - t)) + 0.3 * ops.mean(ops.abs(b - t))"


# --- optimizers -------------------------------------------------------------------------------


def updated(optimizer, w, gradients, rates):
    """The weights after these gradients, by the formula of the optimizer."""
    o, w = optimizer, w.copy()
    mean, square, momentum = (np.zeros_like(w) for _ in range(3))
    for t, (gradient, lr) in enumerate(zip(gradients, rates, strict=True), start=1):
        g = gradient + o.weight_decay * w
        if isinstance(o, SGD):
            momentum = o.momentum * momentum + g
            w = w - lr * (g + o.momentum * momentum if o.nesterov else momentum)
        elif isinstance(o, RMSprop):
            square = o.rho * square + (1 - o.rho) * g**2
            mean = o.rho * mean + (1 - o.rho) * g
            scale = np.sqrt(square - mean**2 if o.centered else square) + o.eps
            momentum = o.momentum * momentum + g / scale
            w = w - lr * momentum
        else:
            if isinstance(o, AdamW):
                g, w = gradient, w - lr * o.weight_decay * w
            mean = o.betas[0] * mean + (1 - o.betas[0]) * g
            square = o.betas[1] * square + (1 - o.betas[1]) * g**2
            rate = lr / (1 - o.betas[0] ** t)
            w = w - rate * mean / (np.sqrt(square / (1 - o.betas[1] ** t)) + o.eps)
    return w


class Table(keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, rates):
        self.rates = rates

    def __call__(self, step):
        return keras.ops.take(self.rates, step)


OPTIMIZERS = [
    SGD(lr=0.1),
    SGD(lr=0.1, momentum=0.9),
    SGD(lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    Adam(),
    Adam(lr=0.01, betas=(0.5, 0.9), eps=1e-3, weight_decay=0.1),
    AdamW(),
    AdamW(lr=0.02, weight_decay=0.3),
    RMSprop(),
    RMSprop(lr=0.01, rho=0.5, eps=1e-3, momentum=0.9, weight_decay=0.1, centered=True),
]


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=str)
@pytest.mark.parametrize("exact", [False, True], ids=["native", "exact"])
def test_an_optimizer_updates_as_its_formula_says(optimizer, exact):
    rng = np.random.default_rng(0)
    w = rng.normal(size=(4, 3))
    gradients = rng.normal(size=(10, 4, 3))
    rates = np.linspace(0.5, 1, 10) * optimizer.lr
    scope = {"keras": keras, "ops": keras.ops, "schedule": Table(rates)}
    exec("import math", scope)
    heads = {kind: [py.Raw(of(kind, some=False))] for kind in (*OWN, SEVERAL)}
    for text in texts(template("optimizers", (), heads)).values():
        exec(text, scope)
    found = eval(str(made(optimizer, py.Code("schedule"), None, exact)), scope)
    variable = keras.Variable(w.copy())
    found.build([variable])
    for gradient in gradients:
        found.apply([keras.ops.convert_to_tensor(gradient)], [variable])
    expected = updated(optimizer, w, gradients, rates)
    as_defined = exact or needs_exact(optimizer, exact)
    moved = abs(expected - w).max()
    error = abs(np.asarray(variable) - expected).max() / moved
    assert error < (1e-9 if as_defined else 1e-2)
    own = slots(optimizer)
    assert sorted(own) == sorted(optimizer.slots())
    for attribute in own.values():
        assert len(getattr(found, attribute)) == 1
