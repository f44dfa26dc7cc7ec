"""CTC on padded rows: the sum over all alignments, which a small text lets one count, and PyTorch's
own function on each row alone."""

from __future__ import annotations

import inspect
import itertools
import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dlspec.backend.registry import find
from dlspec.pipeline import check
from dlspec.recipe.losses import CTC
from dlspec.source import Source
from dlspec.tensor import Tensor, f32

torch = pytest.importorskip("torch")

SPEC = """\
model Hear {
  input sound: f32[T <= 12, 3]
  output logits: f32[(T + 1) // 2, 4] = sound[::2] -> Dense(4)
  output other: f32[3] = sound[0]
}
data speech {
  source = npz("speech.npz")
  field sound: f32[T <= 12, 3]  = column("sound")
  field text: class[4][L <= 4] = column("text")
  split = all
}
train {
  data = speech; model = Hear(); optimizer = SGD(lr=0.1); epochs = 1
  loss = LOSS
}
"""
FRAMES, LABELS = [6, 5, 4, 3, 2], [4, 2, 2, 3, 1]
TEXT = [[1, 2, 2, 3], [1, 1, 0, 0], [3, 1, 1, 1], [2, 2, 1, 0], [1, 3, 3, 3]]
"""What stands behind the labels of a row counts nowhere; the fourth has no place in its frames."""
CASES = {
    "CTC(logits, text)": 0,
    "CTC(logits, text, zero_infinity=true)": 0,
    "CTC(logits, text, blank=3, zero_infinity=true)": 3,
    "CTC(logits, text, weight=other[0], where=other[1] > 0)": 0,
}
"""The blank of each loss."""


def programs(loss: str) -> dict[str, str]:
    """`objective.py` in each backend."""
    program = check(Source("ctc.dls", SPEC.replace("LOSS", loss))).program
    assert program is not None
    return {b: find(b).files(program, "")["objective.py"] for b in ("torch", "keras")}


def numbers(blank: int) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(5)
    return {
        "logits": 2 * draw.normal(size=(5, 6, 4)),
        "other": np.array([[0.5, 1, 0], [2, 1, 0], [0.25, 1, 0], [9, -1, 0], [1, 1, 0]]),
        "sound": np.zeros((5, 12, 3)),
        "text": np.array(TEXT) % (blank or 4),
        "T_lengths": 2 * np.array(FRAMES) - 1,
        "L_lengths": np.array(LABELS),
    }


def alone(logits: np.ndarray, text: list[int], blank: int) -> float:
    """The loss of one row, alignment by alignment."""
    log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    total = 0.0
    for path in itertools.product(range(logits.shape[1]), repeat=len(logits)):
        if [c for c, _ in itertools.groupby(path) if c != blank] == text:
            total += math.exp(sum(log_p[t, c] for t, c in enumerate(path)))
    return -math.log(total) if total else math.inf


def wanted(loss: str) -> float:
    """The mean over the rows."""
    rows, blank = numbers(CASES[loss]), CASES[loss]
    texts = [rows["text"][i, :n].tolist() for i, n in enumerate(LABELS)]
    each = [alone(rows["logits"][i, :n], texts[i], blank) for i, n in enumerate(FRAMES)]
    assert [i for i, x in enumerate(each) if math.isinf(x)] == [3]
    if "where" in loss:
        weights = rows["other"][:, 0]
        return sum(w * x for w, x in zip(weights, each, strict=True) if x < math.inf) / 4
    if "zero" in loss:
        each[3] = 0
    return sum(each) / 5


def in_torch(loss: str) -> tuple[torch.Tensor, torch.Tensor]:
    """The loss by the generated function, and its gradient."""
    tensors = {n: torch.from_numpy(v) for n, v in numbers(CASES[loss]).items()}
    logits = tensors["logits"].requires_grad_()
    space: dict = {}
    exec(compile(programs(loss)["torch"], "objective.py", "exec"), space)
    takes = [n for n in inspect.signature(space["objective"]).parameters if n != "model"]
    found = space["objective"](lambda *x: tensors, *(tensors[n] for n in takes))
    found.backward()
    assert logits.grad is not None
    return found.detach(), logits.grad


@pytest.mark.parametrize("loss", CASES)
def test_ctc_is_the_mean_over_the_rows_of_all_alignments(loss: str) -> None:
    found, gradient = in_torch(loss)
    assert found.item() == pytest.approx(wanted(loss), rel=1e-12)
    assert gradient.isfinite().all()
    for row, frames in enumerate(FRAMES):
        assert not gradient[row, frames:].any()
        assert gradient[row, :frames].any() == (row != 3)


def test_the_gradient_is_that_of_pytorch_on_each_row_alone() -> None:
    loss = "CTC(logits, text, blank=3, zero_infinity=true)"
    rows = {n: torch.from_numpy(v) for n, v in numbers(3).items()}
    _, gradient = in_torch(loss)
    for i in (0, 1, 2, 4):
        n, m = FRAMES[i], LABELS[i]
        logits = rows["logits"][i, :n].clone().requires_grad_()
        given = logits.log_softmax(-1), rows["text"][i, :m], torch.tensor(n), torch.tensor(m)
        torch.nn.functional.ctc_loss(*given, blank=3, reduction="sum").backward()
        assert torch.allclose(gradient[i, :n], logits.grad / 5, rtol=1e-12, atol=1e-15)


@pytest.mark.tensorflow
def test_keras_has_the_same_loss() -> None:
    child = Path(__file__).parent / "keras_objectives.py"
    for blank in (0, 3):
        losses = [loss for loss, b in CASES.items() if b == blank]
        types = {"logits": "float32", "other": "float32", "sound": "float32"}
        task = {
            "numbers": {
                n: {"values": v.tolist(), "dtype": types.get(n, "int64")}
                for n, v in numbers(blank).items()
            },
            "texts": [programs(loss)["keras"] for loss in losses],
        }
        given = {"input": json.dumps(task), "capture_output": True, "text": True}
        made = subprocess.run([sys.executable, str(child)], **given)
        assert made.returncode == 0, made.stderr[-3000:]
        found = json.loads(made.stdout.splitlines()[-1])
        assert found == pytest.approx([wanted(loss) for loss in losses], rel=1e-5)


def classes(count: int | None, *shape: int) -> Tensor:
    return Tensor("class", shape, count)


def test_labels_are_numbered_as_the_outputs_classes_or_stand_before_the_blank() -> None:
    assert list(CTC().problems(f32(50, 29), classes(29, 40))) == []
    assert list(CTC(blank=28).problems(f32(50, 29), classes(28, 40))) == []


@pytest.mark.parametrize(
    ("loss", "output", "target", "says", "help"),
    [
        (CTC(), f32(29), classes(29, 4), "takes logits of each frame", "put time in front"),
        (CTC(), f32(2, 50, 29), classes(29, 4), "takes logits of each frame", "put time in front"),
        (CTC(), f32(50, 29), f32(40), "takes the labels of a text", "class[29][L]"),
        (CTC(), f32(50, 29), classes(29), "takes the labels of a text", "classes in a row"),
        (CTC(), f32(50, 29), classes(28, 40), "29 classes against labels of 28", "blank=28"),
        (CTC(), f32(50, 28), classes(29, 40), "28 classes against labels of 29", "29 outputs"),
        (CTC(blank=29), f32(50, 29), classes(29, 40), "the blank is class 29", "is 28"),
        (CTC(), f32(30, 29), classes(29, 40), "40 labels has no place in 30", "stride less"),
    ],
)
def test_what_has_no_alignment_is_told(loss, output, target, says, help) -> None:
    (problem,) = loss.problems(output, target)
    assert says in problem.what and help in problem.help
