"""Losses and optimizers of generated programs against the formulas that define them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from dlspec_torch.losses import total
from dlspec_torch.optimizers import made, slots

from dlspec.emit import python as py
from dlspec.ir.recipe import LossTerm
from dlspec.recipe import lookup
from dlspec.recipe.optimizers import SGD, Adam, AdamW, RMSprop
from dlspec.tensor import Tensor

torch = pytest.importorskip("torch")
sys.path[:0] = [str(Path(__file__).parent)]

import torch.nn.functional as F  # noqa: E402
from programs import DIGITS, TRAIN, compiled, modules, trained  # noqa: E402

torch.set_num_threads(1)

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


CASES = [
    ("MSE", {}, f32(3), f32(3), None, lambda x, y: ((x - y) ** 2).mean()),
    ("MSE", {"reduction": "sum"}, f32(3), f32(3), None, lambda x, y: ((x - y) ** 2).sum() / 5),
    ("MAE", {}, f32(1), f32(), None, lambda x, y: abs(x[:, 0] - y).mean()),
    ("MAE", {}, f32(), f32(1), None, lambda x, y: abs(x[:, None] - y).mean()),
    ("Huber", {}, f32(3), f32(3), None, lambda x, y: huber(x, y).mean()),
    ("Huber", {"delta": 0.3}, f32(3), f32(3), None, lambda x, y: huber(x, y, 0.3).mean()),
    ("CrossEntropy", {}, f32(4), classes(4), 0, cross_entropy),
    (
        "CrossEntropy",
        {"label_smoothing": 0.2},
        f32(4),
        classes(4),
        0,
        lambda x, y: cross_entropy(x, y, smoothing=0.2),
    ),
    (
        "CrossEntropy",
        {"class_weights": (1.0, 2.0, 0.5, 3.0)},
        f32(4),
        classes(4),
        0,
        lambda x, y: cross_entropy(x, y, weights=[1.0, 2.0, 0.5, 3.0]),
    ),
    (
        "CrossEntropy",
        {"class_weights": (1.0, 2.0, 0.5, 3.0), "label_smoothing": 0.2},
        f32(4),
        classes(4),
        0,
        lambda x, y: cross_entropy(x, y, smoothing=0.2, weights=[1.0, 2.0, 0.5, 3.0]),
    ),
    (
        "CrossEntropy",
        {},
        f32(6, 4),
        classes(4, 6),
        1,
        lambda x, y: cross_entropy(x, y, axis=2),
    ),
    (
        "CrossEntropy",
        {"reduction": "sum"},
        f32(4, 6),
        classes(4, 6),
        0,
        lambda x, y: cross_entropy(x, y) * 6,
    ),
    (
        "CrossEntropy",
        {"axis": -1},
        f32(6, 4),
        f32(6, 4),
        1,
        lambda x, y: -(y * log_softmax(x, 2)).sum(2).mean(),
    ),
    ("BinaryCrossEntropy", {}, f32(1), classes(2), None, lambda x, y: binary(x[:, 0], y).mean()),
    ("BinaryCrossEntropy", {}, f32(3), f32(3), None, lambda x, y: binary(x, y).mean()),
    (
        "BinaryCrossEntropy",
        {"label_smoothing": 0.2, "positive_weight": 3.0},
        f32(3),
        classes(2, 3),
        None,
        lambda x, y: binary(x, y, 0.2, 3.0).mean(),
    ),
]


@pytest.mark.parametrize(("kind", "given", "output", "target", "axis", "formula"), CASES)
def test_a_loss_is_what_its_manual_says(kind, given, output, target, axis, formula):
    loss = lookup("loss", kind)(**given)
    assert not list(loss.problems(output, target))
    term = LossTerm(factor=1, loss=loss, output="x", target="y", axis=axis, line=1)
    code = str(total((term,), {"x": "x", "y": "y"}, {"x": output}, {"y": target}))
    rng = np.random.default_rng(0)
    x = rng.normal(0, 2, (5, *output.shape))
    if target.dtype == "class":
        y = rng.integers(0, target.classes, (5, *target.shape))
    else:
        y = rng.random((5, *target.shape))
    scope = {"F": F, "torch": torch, "x": torch.from_numpy(x), "y": torch.from_numpy(y)}
    with torch_default(torch.float64):
        found = eval(code, scope)
    assert found.shape == ()
    assert found.item() == pytest.approx(formula(x, y), rel=1e-9)


class torch_default:
    """Numbers that the code itself makes are of this type."""

    def __init__(self, dtype):
        self.dtype = dtype

    def __enter__(self):
        self.before = torch.get_default_dtype()
        torch.set_default_dtype(self.dtype)

    def __exit__(self, *_):
        torch.set_default_dtype(self.before)


def test_losses_add_up_with_their_factors():
    mse, mae = (lookup("loss", kind)() for kind in ("MSE", "MAE"))
    terms = (
        LossTerm(factor=1, loss=mse, output="a", target="t", line=1),
        LossTerm(factor=0.3, loss=mae, output="b", target="t", line=1),
    )
    names = {n: n for n in "abt"}
    code = str(total(terms, names, {"a": f32(2), "b": f32(2)}, {"t": f32(2)}))
    assert code == "F.mse_loss(a, t) + 0.3 * F.l1_loss(b, t)"


# --- optimizers -------------------------------------------------------------------------------


def updated(optimizer, w, gradients, lr):
    """The weights after each of these gradients, by the formula of the optimizer."""
    o, w = optimizer, w.copy()
    mean, square, momentum = (np.zeros_like(w) for _ in range(3))
    for t, gradient in enumerate(gradients, start=1):
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


@pytest.mark.parametrize(
    "optimizer",
    [
        SGD(lr=0.1),
        SGD(lr=0.1, momentum=0.9),
        SGD(lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
        Adam(),
        Adam(lr=0.01, betas=(0.5, 0.9), eps=1e-3, weight_decay=0.1),
        AdamW(),
        AdamW(lr=0.02, weight_decay=0.3),
        RMSprop(),
        RMSprop(lr=0.01, rho=0.5, eps=1e-3, momentum=0.9, weight_decay=0.1, centered=True),
    ],
    ids=str,
)
@pytest.mark.parametrize("scheduled", [False, True])
def test_an_optimizer_updates_as_its_formula_says(optimizer, scheduled):
    rng = np.random.default_rng(0)
    w = rng.normal(size=(4, 3))
    gradients = rng.normal(size=(10, 4, 3))
    lr = 0.05 if scheduled else optimizer.lr
    layer = torch.nn.Linear(3, 4, bias=False).double()
    layer.weight.data = torch.from_numpy(w.copy())
    call = str(made(optimizer, scheduled, py.Code("model.parameters()")))
    found = eval(call, {"torch": torch, "model": layer})
    for gradient in gradients:
        layer.weight.grad = torch.from_numpy(gradient.copy())
        if scheduled:
            found.param_groups[0]["lr"] = lr
        found.step()
    expected = updated(optimizer, w, gradients, lr)
    np.testing.assert_allclose(layer.weight.detach().numpy(), expected, rtol=1e-6)
    kept = {k for k in found.state[layer.weight] if k != "step"}
    assert kept - {"momentum_buffer"} == set(slots(optimizer)) - {"momentum_buffer"}
    assert sorted(slots(optimizer).values()) == sorted(optimizer.slots())


OPTIMIZERS = [
    "SGD(lr=0.05)",
    "SGD(lr=0.05, momentum=0.9)",
    "AdamW(lr=1e-2)",
    "RMSprop(lr=1e-3, momentum=0.5, centered=true)",
]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_run_that_goes_on_from_a_checkpoint_ends_with_the_same_bits(optimizer, tmp_path):
    folder = compiled(
        DIGITS + f"train {{ data = digits; model = Small(); loss = CrossEntropy(logits, label); "
        f"optimizer = {optimizer}; epochs = 2; batch = 64 }}",
        tmp_path,
    )
    whole = trained(folder, "whole", 2)
    trained(folder, "parts", 1)
    parts = trained(folder, "parts", 2, resume=True)
    files = [(out / "last.safetensors").read_bytes() for out in (whole, parts)]
    assert files[0] == files[1]


STOPPED = """
model Stopped {
  input image: f32[1, 8, 8]
  x = image -> Flatten
  kept = stop_gradient(x -> Dense(8))
  place = one_hot(argmax(x -> Dense(4)), 4)
  output logits = (kept, place) -> Concat -> Dense(10)
}
train {
  data = digits; model = Stopped(); loss = CrossEntropy(logits, label)
  optimizer = Adam(lr=1e-2); epochs = 1; batch = 64
}
"""


def test_weights_that_no_gradient_reaches_stay_and_are_kept(tmp_path):
    folder = compiled(DIGITS + STOPPED, tmp_path)
    trained(folder, "run", 1)
    out = trained(folder, "run", 2, resume=True)
    with modules(folder) as program:
        first, last = program.model.Stopped(), program.model.Stopped()
        program.checkpoint.initialise(first, 0)
        program.checkpoint.load(out / "last.safetensors", last)
    moved = {n for n, w in first.state_dict().items() if not torch.equal(w, last.state_dict()[n])}
    assert moved == {"logits.weight", "logits.bias"}


TWO = """
data rows {
  source = npz("rows.npz")
  field text: class[20][6] = column("text")
  field age: f32[1]    = column("age")
  field topic: class[3] = column("topic")
  field score: f32[]   = column("score")
  split = ordered(train=70 %, val=30 %)
}
model Ticket {
  input text: i32[6]
  input age: f32[1]
  h = text -> Embedding(20, 4) -> LSTM(5)
  z = (h, age) -> Concat -> Dense(8) -> ReLU
  output urgency: f32[1] = z -> Dense(1)
  output topics: f32[3]  = z -> Dense(3)
  output spare: f32[2]   = z -> Dense(2)
}
train {
  data = rows; model = Ticket(); optimizer = Adam(lr=1e-2); epochs = 3; batch = 8
  loss = CrossEntropy(topics, topic) + 0.3 * Huber(urgency, score)
  metrics = [Accuracy(topics, topic), MAE(urgency, score)]
}
"""


def test_several_inputs_outputs_and_losses_train_together(tmp_path):
    rng = np.random.default_rng(0)
    text = rng.integers(0, 20, (50, 6))
    rows = {
        "text": text,
        "age": rng.random((50, 1), np.float32),
        "topic": text[:, 0] % 3,
        "score": rng.random(50, np.float32),
    }
    np.savez(tmp_path / "rows.npz", **rows)
    folder = compiled(TWO, tmp_path)
    trained(folder, "run", 3)
    out = trained(folder, "run", 4, resume=True)
    with modules(folder) as program:
        model = program.model.Ticket()
        program.checkpoint.load(out / "last.safetensors", model)
        found = program.train.evaluate(model, "val", torch.device("cpu"))
    with torch.no_grad():
        y = model.eval()(torch.from_numpy(text[35:]), torch.from_numpy(rows["age"][35:]))
    assert set(y) == {"urgency", "topics", "spare"}
    errors = y["urgency"].numpy()[:, 0] - rows["score"][35:]
    loss = cross_entropy(y["topics"].double().numpy(), rows["topic"][35:])
    assert found["loss"] == pytest.approx(loss + 0.3 * huber(errors, 0).mean(), rel=1e-5)
    assert found["mae"] == pytest.approx(abs(errors).mean(), rel=1e-5)


def test_exact_numerics_clip_to_the_norm_itself(tmp_path):
    spec = DIGITS + (
        "train { data = digits; model = Small(); loss = CrossEntropy(logits, label); "
        "optimizer = SGD(lr=1.0); epochs = 1; batch = 64; clip_norm = 0.5; numerics = exact }"
    )
    with modules(compiled(spec, tmp_path)) as program:
        layer = torch.nn.Linear(3, 2).double()
        for scale, expected in ((100.0, 0.5), (1e-3, None)):
            for p in layer.parameters():
                p.grad = torch.full_like(p, scale)
            before = torch.nn.utils.get_total_norm([p.grad for p in layer.parameters()]).item()
            program.train.clip(list(layer.parameters()), 0.5)
            after = torch.nn.utils.get_total_norm([p.grad for p in layer.parameters()]).item()
            assert after == pytest.approx(expected or before, rel=1e-15)


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_every_precision_trains(precision, tmp_path):
    spec = DIGITS + (
        "train { data = digits; model = Small(); loss = CrossEntropy(logits, label); "
        "metrics = [Accuracy(logits, label)]; optimizer = Adam(lr=1e-2); epochs = 3; batch = 64; "
        f"precision = {precision} }}"
    )
    folder = compiled(spec, tmp_path)
    out = trained(folder, "run", 3)
    rows = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert rows[-1]["val.accuracy"] > 0.6


def test_no_two_steps_of_some_runs_draw_alike(tmp_path):
    with modules(compiled(DIGITS + TRAIN, tmp_path)) as program:
        runs = [program.recipe.Run(seed, step=step) for seed in range(20) for step in range(1000)]
        seeds = {program.train.step_seed(run) for run in runs}
    assert len(seeds) == 20_000 and max(seeds) < 2**32  # the generator ignores other bits
