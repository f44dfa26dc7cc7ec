"""Draws: of the distribution that they name, for each example, in models and in `train` blocks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from objective_texts import checked, texts

torch = pytest.importorskip("torch")
COUNT = 40_000

DRAWS = {
    "normal(3)": ((3,), 0, 1),
    "normal(2, mean=4, std=0.5)": ((2,), 4, 0.5),
    "normal()": ((), 0, 1),
    "uniform(-1, 3)": ((), 1, 4 / math.sqrt(12)),
    "uniform(0, 1, shape=[2])": ((2,), 0.5, 1 / math.sqrt(12)),
    "cast(randint(-2, 5), f32)": ((), 1, 2),
    "beta(2, 6)": ((), 0.25, math.sqrt(12 / (64 * 9))),
    "normal_like(heat)": ((2, 3), 0, 1),
    "uniform_like(size)": ((), 0.5, 1 / math.sqrt(12)),
    "full(0.3, shape=[2])": ((2,), 0.3, 0),
    "zeros_like(heat)": ((2, 3), 0, 0),
    "ones_like(heat)": ((2, 3), 1, 0),
}


def drawn(draw: str) -> np.ndarray:
    """What an objective draws for many examples, as an output beside the loss."""
    text = texts("mean(area) + 0 * mean(cast(d, f32))", f"d = {draw}")["torch"]
    before, _, after = text.rpartition("    return")
    source = f"{before}    seen.append(d)\n    return{after}"
    seen: list = []
    space: dict = {"seen": seen}
    exec(compile(source, "objective.py", "exec"), space)
    rows = {"size": (), "heat": (2, 3), "image": (1, 4, 4)}
    fields = {n: torch.zeros(COUNT, *s) for n, s in rows.items()}
    fields |= {"label": torch.zeros(COUNT, dtype=torch.int64)}
    torch.manual_seed(0)
    model = torch.nn.Identity()
    model.forward = lambda *x: {"area": torch.ones(COUNT, 1), "logits": torch.ones(COUNT, 5)}
    code = space["objective"].__code__
    takes = code.co_varnames[1 : code.co_argcount]
    space["objective"](model, *(fields[n] for n in takes))
    return seen[0].numpy()


@pytest.mark.parametrize("draw", DRAWS)
def test_a_draw_has_its_shape_and_its_distribution(draw):
    shape, mean, std = DRAWS[draw]
    found = drawn(draw)
    assert found.shape == (COUNT, *shape)
    apart = 5 * std / math.sqrt(found.size)
    assert found.mean() == pytest.approx(mean, abs=apart + 1e-6)
    assert found.std() == pytest.approx(std, abs=5 * std / math.sqrt(found.size) + 1e-6)
    if std:
        assert len(np.unique(found[: min(COUNT, 5)])) > 1


def test_a_permutation_is_one_of_all_examples():
    found = drawn("permutation(B)")
    assert not np.array_equal(found, np.arange(COUNT))
    np.testing.assert_array_equal(np.sort(found), np.arange(COUNT))


BAD = [
    ("mean(area) * training", "", "DLS108"),
    ("mean(area if training else map)", "", "DLS204"),
    ("mean(area) * k", "k = 2 if training else 3", "DLS108"),
    ("mean(area) * cast(randint(3, 3), f32)", "", "DLS201"),
    ("mean(area) * normal(0)", "", "DLS301"),
    ("mean(area) * normal_like(label)", "", "DLS201"),
]


@pytest.mark.parametrize(("loss", "wires", "code"), BAD)
def test_what_is_no_draw_is_the_only_error(loss, wires, code):
    errors = checked(loss, wires).errors
    assert [d.code for d in errors] == [code], [f"{d.code} {d.title}" for d in errors]


def test_a_function_draws_nothing():
    noisy = "\nfn noisy(x: f32[D]) { output x + normal_like(x) }\n"
    errors = checked("mean(noisy(logits))", more=noisy).errors
    assert [d.code for d in errors] == ["DLS108"]
    assert "f(x, normal_like(x))" in errors[0].help


def test_a_file_holds_no_draws_but_those_of_training():
    export = "\nexport { format = onnx }\n"
    made = "h = image -> Flatten -> Dense(8)"
    noisy = "h = image -> Flatten -> Dense(8)\n  h = h + normal_like(h)"
    only = f"{noisy} if training else h"
    from objective_texts import SPEC

    from dlspec.pipeline import check
    from dlspec.source import Source

    text = SPEC.replace("  WIRES\n", "").replace("LOSS", "CrossEntropy(logits, label)") + export
    for body, codes in ((made, []), (only, []), (noisy, ["DLS445"])):
        errors = check(Source("x.dls", text.replace(made, body))).errors
        assert [d.code[:4] for d in errors] == [c[:4] for c in codes], body
