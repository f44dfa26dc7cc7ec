"""Several networks on rows of different lengths: losses, updates and metrics against each row by
itself, as long as it is, in NumPy.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from compiled_specs import BACKENDS, log, program, run
from safetensors.numpy import load_file, save_file

pytestmark = pytest.mark.slow

Arrays = dict[str, np.ndarray]

DATA = """
data words {
  source = npz("words.npz")
  field tokens: class[9][T <= 14] = column("tokens")
  field tags: class[3][T]         = column("tags")
  field value: f32[T, 2]          = column("value")
  field many: class[2]            = column("many")
  split = ordered(train=50 %, val=50 %)
}
"""
DISTILLED = """
model Teacher {
  input words: i32[S <= 20]
  x = words -> Embedding(9, 6) as table
  output logits: f32[2] = mean(x, axis=0) -> Dense(2) as head
}
model Student {
  input tokens: i32[T <= 16]
  h = tokens -> Embedding(9, 4) as table
  a = h -> Dense(1, bias=false) as score
  p = sum(softmax(a, axis=0) * h, axis=0) + h[-1]
  output tag: f32[T, 3] = h * p[none] -> Dense(3) as each
  output long: f32[2]   = p -> Dense(2) as head
}
train {
  data = words; batch = 64; epochs = 1; optimizer = SGD(lr=0.05)
  let teacher = Teacher(weights="teacher.safetensors", frozen=true)
  let student = Student(weights="student.safetensors")
  tag, long = student(tokens)
  soft = softmax(teacher(tokens[:-1]) / 2)
  loss = CrossEntropy(tag, tags) + CrossEntropy(long, many) + 2 * KL(soft, softmax(long / 2))
    + KL(softmax(tag), softmax(-tag))
  metrics = [Accuracy(tag, tags), Accuracy(long, many)]
}
"""
ADVERSARIAL = """
model Generator {
  input tokens: i32[T <= 14]
  h = tokens -> Embedding(9, 4) as table
  output made: f32[T, 2] = h - mean(h, axis=0)[none] -> Dense(2) as head
}
model Critic {
  input x: f32[T <= 16, 2]
  h = x -> Dense(5) as each -> Tanh
  output score: f32[1] = max(h, axis=0) -> Dense(1) as head
}
train {
  data = words; batch = 64; epochs = 2
  let G = Generator(weights="generator.safetensors")
  let D = Critic(weights="critic.safetensors")
  step critic updates D {
    fake = stop_gradient(G(tokens))
    loss = mean(max(1 - D(value), 0)) + mean(max(1 + D(fake), 0))
    optimizer = SGD(lr=0.05)
  }
  step generator updates G {
    made = G(tokens)
    loss = MSE(made, value) - D(made)
    optimizer = SGD(lr=0.05)
    metrics = [MAE(made, value)]
  }
}
"""
SHAPES = {
    "teacher": {"table.weight": (9, 6), "head.weight": (2, 6), "head.bias": (2,)},
    "student": {
        **{"table.weight": (9, 4), "score.weight": (1, 4), "each.weight": (3, 4)},
        **{"each.bias": (3,), "head.weight": (2, 4), "head.bias": (2,)},
    },
    "generator": {"table.weight": (9, 4), "head.weight": (2, 4), "head.bias": (2,)},
    "critic": {
        **{"each.weight": (5, 2), "each.bias": (5,)},
        **{"head.weight": (1, 5), "head.bias": (1,)},
    },
}


@pytest.fixture
def begun(tmp_path: Path) -> Arrays:
    """The rows, and the weights that the networks begin with, by the names in the run."""
    rng = np.random.default_rng(0)
    rows: Arrays = {
        "tokens": rng.integers(0, 9, (40, 14)),
        "tokens_lengths": rng.integers(1, 13, 40),
        "tags": rng.integers(0, 3, (40, 14)),
        "value": rng.normal(size=(40, 14, 2)).astype(np.float32),
        "many": rng.integers(0, 2, 40),
    }
    np.savez(tmp_path / "words.npz", **rows)
    for name, shapes in SHAPES.items():
        own = {n: rng.uniform(-1, 1, shape).astype(np.float32) for n, shape in shapes.items()}
        save_file(own, tmp_path / f"{name}.safetensors")
    return rows


def trained(text: str, backend: str, folder: Path) -> None:
    spec = folder / "spec.dls"
    spec.write_text(DATA + text)
    run(program(spec, folder / "program", backend), "--out", folder)


def alone(rows: Arrays, part: slice) -> list[Arrays]:
    """Each row of a part, as long as it is."""
    found = []
    for i in range(40)[part]:
        n = rows["tokens_lengths"][i]
        padded = {name: rows[name][i, :n] for name in ("tokens", "tags", "value")}
        found.append(padded | {"many": rows["many"][i]})
    return found


TRAIN, VAL = slice(0, 20), slice(20, 40)


def log_softmax(x: np.ndarray) -> np.ndarray:
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def distilled(w: Arrays, rows: list[Arrays]) -> dict[str, float]:
    """The loss and the metrics of the student."""
    each, sharp, long, soft = [], [], [], []
    for row in rows:
        h = w["student.table.weight"][row["tokens"]]
        a = np.exp(log_softmax(h @ w["student.score.weight"][0]))
        p = a @ h + h[-1]
        tag = (h * p) @ w["student.each.weight"].T + w["student.each.bias"]
        each.append(log_softmax(tag)[range(len(h)), row["tags"]])
        p_log, q_log = log_softmax(tag), log_softmax(-tag)
        sharp.append((np.exp(p_log) * (p_log - q_log)).sum(1))
        row["right"] = tag.argmax(1) == row["tags"]
        long.append(p @ w["student.head.weight"].T + w["student.head.bias"])
        read = w["teacher.table.weight"][row["tokens"][:-1]]  # of one word nothing, which is 0
        x = read.sum(0) / max(len(read), 1)
        soft.append(log_softmax((x @ w["teacher.head.weight"].T + w["teacher.head.bias"]) / 2))
    many = np.array([row["many"] for row in rows])
    whole, wanted = np.stack(long), np.stack(soft)
    apart = np.exp(wanted) * (wanted - log_softmax(whole / 2))
    loss = -np.concatenate(each).mean() + 2 * apart.sum(1).mean() + np.concatenate(sharp).mean()
    loss -= log_softmax(whole)[range(len(rows)), many].mean()
    right = np.concatenate([row["right"] for row in rows]).mean()
    return {
        "loss": loss,
        "accuracy_tag": right,
        "accuracy_long": np.mean(whole.argmax(1) == many),
    }


def generated(w: Arrays, row: Arrays) -> np.ndarray:
    h = w["G.table.weight"][row["tokens"]]
    return (h - h.mean(0)) @ w["G.head.weight"].T + w["G.head.bias"]


def score(w: Arrays, x: np.ndarray) -> float:
    h = np.tanh(x @ w["D.each.weight"].T + w["D.each.bias"]).max(0)
    return float(h @ w["D.head.weight"][0] + w["D.head.bias"][0])


def of_critic(w: Arrays, rows: list[Arrays]) -> float:
    real = [max(1 - score(w, row["value"]), 0) for row in rows]
    fake = [max(1 + score(w, generated(w, row)), 0) for row in rows]
    return float(np.mean(real) + np.mean(fake))


def of_generator(w: Arrays, rows: list[Arrays]) -> float:
    made = [generated(w, row) for row in rows]
    apart = np.concatenate([x - row["value"] for x, row in zip(made, rows, strict=True)])
    return float(np.mean(apart**2) - np.mean([score(w, x) for x in made]))


def weights(folder: Path, **files: str) -> Arrays:
    """The weights that a run began with, as 64-bit numbers."""
    return {
        f"{network}.{n}": array.astype(np.float64)
        for network, file in files.items()
        for n, array in load_file(folder / f"{file}.safetensors").items()
    }


def ended(folder: Path, before: Arrays) -> Arrays:
    after = load_file(folder / "last.safetensors")
    return {n: after[n].astype(np.float64) for n in before}


def descends(loss: Callable[[Arrays], float], before: Arrays, after: Arrays, lr: float) -> None:
    """Whether an update is -lr times a gradient, as far as the loss along it tells."""
    step = {n: after[n] - before[n] for n in before}
    slope = -sum(float((d**2).sum()) for d in step.values()) / lr
    either = (loss({n: before[n] + e * step[n] for n in before}) for e in (1e-4, -1e-4))
    assert slope < -1e-3
    assert next(either) - next(either) == pytest.approx(2e-4 * slope, rel=1e-3)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_student_learns_of_a_teacher_what_its_rows_say_alone(
    backend: str, begun: Arrays, tmp_path: Path
) -> None:
    """The teacher reads all words but the last, so that each network is told other lengths."""
    trained(DISTILLED, backend, tmp_path)
    before = weights(tmp_path, teacher="teacher", student="student")
    after = ended(tmp_path, before)
    for name in (n for n in before if n.startswith("teacher.")):
        np.testing.assert_array_equal(after[name], before[name], err_msg=name)
    (row,) = log(tmp_path)
    train, val = alone(begun, TRAIN), alone(begun, VAL)
    assert row["loss"] == pytest.approx(distilled(before, train)["loss"], rel=1e-5)
    for name, wanted in distilled(after, val).items():
        assert row[f"val.{name}"] == pytest.approx(wanted, rel=1e-5), name
    descends(lambda w: distilled(w, train)["loss"], before, after, 0.05)


@pytest.mark.parametrize("backend", BACKENDS)
def test_steps_update_on_what_their_rows_say_alone(
    backend: str, begun: Arrays, tmp_path: Path
) -> None:
    """The first epoch is an update of the critic, the second one of the generator."""
    trained(ADVERSARIAL, backend, tmp_path)
    before = weights(tmp_path, G="generator", D="critic")
    after = ended(tmp_path, before)
    between = {n: (after if n.startswith("D.") else before)[n] for n in before}
    first, second = log(tmp_path)
    train, val = alone(begun, TRAIN), alone(begun, VAL)
    assert first["critic.loss"] == pytest.approx(of_critic(before, train), rel=1e-5)
    assert first["val.critic.loss"] == pytest.approx(of_critic(between, val), rel=1e-5)
    assert first["val.generator.loss"] == pytest.approx(of_generator(between, val), rel=1e-5)
    assert second["generator.loss"] == pytest.approx(of_generator(between, train), rel=1e-5)
    assert second["val.generator.loss"] == pytest.approx(of_generator(after, val), rel=1e-5)
    apart = np.concatenate([np.abs(generated(after, row) - row["value"]) for row in val])
    assert second["val.generator.mae"] == pytest.approx(apart.mean(), rel=1e-5)
    descends(lambda w: of_critic(w, train), before, between, 0.05)
    descends(lambda w: of_generator(w, train), between, after, 0.05)
