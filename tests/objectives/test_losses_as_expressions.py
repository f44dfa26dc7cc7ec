"""Losses that are expressions: each against the same sum written by hand, in both backends."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest
from objective_texts import checked, numbers, texts

torch = pytest.importorskip("torch")
F = torch.nn.functional


def _kept(r):
    """The elements of a mask that count, as a plain loop finds them."""
    total, count = 0.0, 0
    log = r["parts"].log_softmax(1)
    for b in range(len(log)):
        for i in range(4):
            for j in range(4):
                if r["mask"][b, i, j] != 2:
                    total -= log[b, r["mask"][b, i, j], i, j]
                    count += 1
    return total / count


def _dice(r):
    p, y = r["parts"].softmax(1), F.one_hot(r["mask"], 3).movedim(-1, 1)
    shared, both = (p * y).sum((2, 3)), (p + y).sum((2, 3))
    return (1 - (2 * shared / (both + 1)).mean(1)).mean()


def _focal(r):
    p = r["logits"].softmax(1)[torch.arange(6), r["label"]]
    return (-((1 - p) ** 2) * p.log()).mean()


def _semi_hard(r):
    """FaceNet's triplets, as loops over anchors, positives and negatives find them."""
    z, label = r["logits"], r["label"]
    d = ((z[:, None] - z) ** 2).sum(2)
    found = []
    for a in range(6):
        for p in range(6):
            if a != p and label[a] == label[p]:
                others = [d[a, n] for n in range(6) if label[n] != label[a]]
                farther = [n for n in others if n > d[a, p]]
                negative = min(farther) if farther else max(others)
                found.append(max(d[a, p] - negative + 0.5, 0 * negative))
    return sum(found) / len(found)


def _clip(r):
    """Both directions of CLIP: each row against its own column."""
    scores = 3 * r["map"].flatten(1) @ r["heat"].flatten(1).T
    at = torch.arange(6)
    return (F.cross_entropy(scores, at) + F.cross_entropy(scores.T, at)) / 2


def _others(r):
    """How far each example is from the mean of the others."""
    x = r["logits"]
    rests = torch.stack([torch.cat((x[:i], x[i + 1 :])).mean(0) for i in range(6)])
    return ((x - rests) ** 2).mean()


CASES = {
    "a product of losses": (
        "CrossEntropy(logits, label) * MSE(area, size)",
        "",
        lambda r: (
            F.cross_entropy(r["logits"], r["label"]) * ((r["area"][:, 0] - r["size"]) ** 2).mean()
        ),
    ),
    "a power and a difference": (
        "2 - MAE(map, heat) ** 2 / 3",
        "",
        lambda r: 2 - (r["map"] - r["heat"]).abs().mean() ** 2 / 3,
    ),
    "one number for each example": ("area ** 2", "", lambda r: (r["area"] ** 2).mean()),
    "a function": ("focal(logits, label)", "", _focal),
    "a function of images": ("dice(parts, mask)", "", _dice),
    "both kinds": (
        "CrossEntropy(logits, label) + focal(logits, label)",
        "",
        lambda r: F.cross_entropy(r["logits"], r["label"]) + _focal(r),
    ),
    "operands that are computed": (
        "MSE(exp(map), heat[:, 1:2] + 0 * heat)",
        "",
        lambda r: ((r["map"].exp() - r["heat"][:, :, 1:2]) ** 2).mean(),
    ),
    "wires": (
        "MSE(scaled, heat)",
        "k = 3\nscaled = k * map\nscaled = scaled - 1",
        lambda r: ((3 * r["map"] - 1 - r["heat"]) ** 2).mean(),
    ),
    "a loop of wires": (
        "mean(x)",
        "x = map\nfor i in range(3) { x = x * heat + i }",
        lambda r: (((r["map"] * r["heat"] + 0) * r["heat"] + 1) * r["heat"] + 2).mean(),
    ),
    "where, with classes that do not count": (
        "CrossEntropy(parts, mask, where=mask != 2)",
        "",
        _kept,
    ),
    "where, for each example": (
        "MAE(map, heat, where=size > 0)",
        "",
        lambda r: (r["map"] - r["heat"])[r["size"] > 0].abs().mean(),
    ),
    "weight, for each element": (
        "MSE(map, heat, weight=abs(heat))",
        "",
        lambda r: (r["heat"].abs() * (r["map"] - r["heat"]) ** 2).mean(),
    ),
    "weight, for each example": (
        "CrossEntropy(logits, label, weight=exp(size))",
        "",
        lambda r: (
            r["size"].exp() * F.cross_entropy(r["logits"], r["label"], reduction="none")
        ).mean(),
    ),
    "where and weight": (
        "Huber(map, heat, where=heat > 0, weight=abs(map))",
        "",
        lambda r: (r["map"].abs() * F.huber_loss(r["map"], r["heat"], reduction="none"))[
            r["heat"] > 0
        ].mean(),
    ),
    "where of a sum": (
        "MSE(map, heat, where=heat > 0, reduction=sum)",
        "",
        lambda r: ((r["map"] - r["heat"]) ** 2)[r["heat"] > 0].sum() / 6,
    ),
    "triplets of a batch": (
        "semi_hard(logits, label, margin=0.5)",
        "",
        _semi_hard,
    ),
    "each example against every": (
        "(CrossEntropy(3 * (batch(b) @ a), row()) + CrossEntropy(3 * (batch(a) @ b), row())) / 2",
        "a = map -> Flatten\nb = heat -> Flatten",
        _clip,
    ),
    "each example and the others": (
        "mean((logits - sum(other[:, none] * batch(logits), axis=0) / sum(other)) ** 2)",
        "other = cast(range(B) != row(), f32)",
        _others,
    ),
    "a number of the whole batch": (
        "var(batch(logits)) + max(batch(size)) * mean(area)",
        "",
        lambda r: r["logits"].var(correction=0) + r["size"].max() * r["area"].mean(),
    ),
    "along the batch": (
        "mean(p * batch(logits))",
        "p = softmax(batch(logits), axis=0)",
        lambda r: (r["logits"].softmax(0) * r["logits"]).mean(),
    ),
    "what is sorted in a batch": (
        "sort(batch(size))[0] * mean(area)",
        "",
        lambda r: r["size"].min() * r["area"].mean(),
    ),
    "no reduction": (
        "max(MSE(map, heat, reduction=none))",
        "",
        lambda r: ((r["map"] - r["heat"]) ** 2).amax((1, 2)).mean(),
    ),
    "no reduction of one number against a scalar": (
        "sqrt(MSE(area, size, reduction=none))",
        "",
        lambda r: (r["area"][:, 0] - r["size"]).abs().mean(),
    ),
    "no reduction of classes": (
        "sum(CrossEntropy(parts, mask, reduction=none))",
        "",
        lambda r: F.cross_entropy(r["parts"], r["mask"], reduction="sum") / 6,
    ),
    "an axis of classes": (
        "CrossEntropy(transpose(parts, [1, 2, 0]), mask, axis=-1)",
        "",
        lambda r: F.cross_entropy(r["parts"], r["mask"]),
    ),
    "binary, with weights": (
        "BinaryCrossEntropy(map, sigmoid(heat), weight=exp(size), positive_weight=2)",
        "",
        lambda r: (
            -r["size"].exp()[:, None, None]
            * (
                2 * r["heat"].sigmoid() * r["map"].sigmoid().log()
                + (1 - r["heat"].sigmoid()) * (1 - r["map"].sigmoid()).log()
            )
        ).mean(),
    ),
    "KL of two distributions": (
        "4 * KL(softmax(heat / 2), softmax(map / 2))",
        "",
        lambda r: (
            4
            * torch.distributions.kl_divergence(
                torch.distributions.Categorical(logits=r["heat"] / 2),
                torch.distributions.Categorical(logits=r["map"] / 2),
            ).mean()
        ),
    ),
    "KL from the standard normal": (
        "KLNormal(map, other)",
        "",
        lambda r: (
            torch.distributions.kl_divergence(
                torch.distributions.Normal(r["map"], (r["other"] / 2).exp()),
                torch.distributions.Normal(torch.zeros(2, 3).double(), torch.ones(2, 3).double()),
            )
            .sum((1, 2))
            .mean()
        ),
    ),
}


@pytest.fixture(scope="module")
def tensors():
    rows = {n: torch.from_numpy(v) for n, v in numbers().items()}
    return {n: v.double() if v.is_floating_point() else v for n, v in rows.items()}


@pytest.mark.parametrize("name", CASES)
def test_a_loss_is_what_it_says_in_pytorch(name, tensors):
    loss, wires, by_hand = CASES[name]
    space: dict = {}
    exec(compile(texts(loss, wires)["torch"], "objective.py", "exec"), space)
    takes = [n for n in inspect.signature(space["objective"]).parameters if n != "model"]
    torch.set_default_dtype(torch.float64)
    try:
        found = space["objective"](lambda *x: tensors, *(tensors[n] for n in takes))
        assert found.ndim == 0
        assert found.item() == pytest.approx(by_hand(tensors).item(), rel=1e-9)
    finally:
        torch.set_default_dtype(torch.float32)


@pytest.mark.tensorflow
def test_losses_are_what_they_say_in_keras(tensors):
    task = {
        "numbers": {n: {"values": v.tolist(), "dtype": str(v.dtype)} for n, v in numbers().items()},
        "texts": [texts(loss, wires)["keras"] for loss, wires, _ in CASES.values()],
    }
    child = Path(__file__).parent / "keras_objectives.py"
    given = {"input": json.dumps(task), "capture_output": True, "text": True}
    made = subprocess.run([sys.executable, str(child)], **given)
    assert made.returncode == 0, made.stderr[-3000:]
    found = dict(zip(CASES, json.loads(made.stdout.splitlines()[-1]), strict=True))
    wanted = {n: by_hand(tensors).item() for n, (_, _, by_hand) in CASES.items()}
    assert found == pytest.approx(wanted, rel=2e-5)


BAD = [
    ("sum(batch(batch(area)))", "", "DLS201", ""),
    ("CrossEntropy(batch(logits) @ logits, label)", "", "DLS422", ""),
    ("mean(batch(map) @ heat)", "", "DLS204", ""),
    ("mean(area * (B - 1))", "", "DLS220", ""),
    ("logits", "", "DLS423", "it is f32[5], not one number for each example"),
    ("label", "", "DLS423", "it is class[5]"),
    ("7", "", "DLS423", ""),
    ("MSE(map, heat, reduction=none)", "", "DLS423", "it is f32[2, 3], not one number"),
    ("area * 2 + blur", "", "DLS100", ""),
    ("mean(y)", "y = z + 1\nz = 3 * map", "DLS115", "it gets its value on line 45"),
    ("MSE(map, heat, where=heat)", "", "DLS422", ""),
    ("MSE(map, heat, weight=logits)", "", "DLS422", ""),
    ("MSE(exp(map))", "", "DLS424", "it gets one value"),
    ("MSE(exp(map), size)", "", "DLS422", ""),
    ("MSE(exp(map), heat, smooth=1)", "", "DLS103", ""),
    ("Focal(exp(map), label)", "", "DLS107", ""),
    ("CTC(map, label)", "", "DLS422", ""),
    ("mean(image)", "", "DLS423", "no network computes it"),
    ("mean(x)", "x = image -> Dense(3)", "DLS211", ""),
    ("area ** 2", "output area", "DLS108", ""),
    (
        "CrossEntropy(logits, label, class_weights=[1, 1, 1, 1, 2], where=label != 0)",
        "",
        "DLS422",
        "",
    ),
]


@pytest.mark.parametrize(("loss", "wires", "code", "label"), BAD)
def test_what_is_no_loss_is_the_only_error(loss, wires, code, label):
    errors = checked(loss, wires).errors
    assert [d.code for d in errors] == [code], [f"{d.code} {d.title}" for d in errors]
    assert label in errors[0].label


def test_a_wire_that_nothing_reads_is_a_setting_that_does_not_exist():
    (error,) = checked("mean(map)", "weight_deacy = 3").errors
    assert (error.code, "weight_deacy" in error.title) == ("DLS400", True)


def test_a_softmax_in_front_of_a_loss_that_has_one_is_a_warning():
    result = checked("CrossEntropy(softmax(logits), label)")
    assert "DLS428" in [d.code for d in result.diagnostics] and result.program is not None


def test_metrics_read_wires_and_losses_tell_what_outputs_are():
    text = "metrics = [Accuracy(logits, label), MAE(half, size)]"
    program = checked("CrossEntropy(logits, label) ** 2", f"half = area / 2\n{text}").program
    train = program.trains[""]
    assert [(m.name, m.output, m.activation) for m in train.metrics] == [
        ("accuracy", "logits", "softmax"),
        ("mae", "half", "none"),
    ]
    assert [name for name, _ in train.step.graph.root.outputs] == ["loss", "logits", "half"]
    assert [(t.output, t.target) for t in train.loss] == [("logits", "label")]
