"""`numerics = exact`: ten steps in float64 give both backends the same weights, and moments."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import trained_layers
from ten_steps import CLOSE, ROOT, apart, differing, exact, programs, task, trained

pytestmark = pytest.mark.slow

OBJECTIVES = {"gan", "vae"}
"""Specs whose loss is an expression, which Keras programs compute in 32 bits: held to formulas in
`tests/objectives` and `tests/training`."""
SPECS = sorted({p.stem for p in (ROOT / "specs").glob("*.dls")} - OBJECTIVES)

OPTIMIZERS = {
    "momentum": "SGD(lr=0.05, momentum=0.9, weight_decay=1e-3)",
    "nesterov": "SGD(lr=0.05, momentum=0.9, nesterov=true)",
    "plain": "SGD(lr=0.1)",
    "adam": "Adam(lr=3e-3, betas=(0.8, 0.99), weight_decay=1e-3)",
    "rmsprop": "RMSprop(lr=1e-3, momentum=0.5)",
    "several": """AdamW(lr=3e-3)
  weights BatchNorm { optimizer = RMSprop(lr=1e-3, momentum=0.5) }
  weights Dense     { optimizer = SGD(lr=0.05, momentum=0.9); frozen = false }
  weights *.bias    { weight_decay = 0.1 }""",
}


def test_ten_steps_of_every_spec_give_the_same_weights(tmp_path: Path) -> None:
    tasks: dict[str, list[dict]] = {"torch": [], "keras": []}
    for name in SPECS:
        spec = ROOT / "specs" / f"{name}.dls"
        made = programs(exact(spec.read_text(encoding="utf-8")), spec, tmp_path / name)
        for backend, program in zip(tasks, made, strict=True):
            tasks[backend].append(task(program, tmp_path / f"{name}-{backend}", 1))
    trained(tasks)
    assert differing(tmp_path, SPECS) == {}


def test_ten_steps_of_further_layers_give_the_same_weights(tmp_path: Path) -> None:
    spec = trained_layers.spec(tmp_path)
    made = programs(exact(spec.read_text(encoding="utf-8")), spec, tmp_path / "programs")
    outs = [tmp_path / backend for backend in ("torch", "keras")]
    trained({o.name: [task(p, o, 1)] for o, p in zip(outs, made, strict=True)})
    assert {n: f"{d:.1e}" for n, d in apart(*outs).items() if d > CLOSE} == {}


PADDED = """\
model Heard {
  input sound: f32[2, 6, T <= 14]
  c = sound -> Conv2D(3, (3, 5), stride=(1, 2), padding=(1, 2), bias=false) -> BatchNorm -> ReLU
  x = c -> Rearrange([c, f, t] -> [t, c*f]) -> BatchNorm(axis=-1) -> BiGRU(4, return=all, merge=sum)
  y = x -> Rearrange([t, d] -> [d, t]) -> BatchNorm(axis=0, scale=false)
  z = y -> InstanceNorm(axis=0, bias=false, running_stats=true)
    -> BatchNorm(axis=0, running_stats=false)
  output kind: f32[3] = mean(z * y, axis=1) -> Dense(3)
}
data heard {
  source = npz("heard.npz")
  field sound: f32[2, 6, T <= 14] = column("sound")
  field label: class[3] = column("label")
  split = all
}
train {
  data = heard; model = Heard(); loss = CrossEntropy(kind, label); optimizer = SGD(lr=0.1)
  epochs = 1
}
"""


def test_ten_steps_on_padded_rows_give_the_same_weights(tmp_path: Path) -> None:
    """PyTorch's statistics are those of an array of the real places alone, Keras's masked sums; a
    loss on padded rows is an expression, which Keras programs compute in 32 bits."""
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 15, 40)
    sound = rng.normal(size=(40, 2, 6, 14)).astype("float32")
    label = rng.integers(0, 3, 40)
    np.savez(tmp_path / "heard.npz", sound=sound, sound_lengths=lengths, label=label)
    spec = tmp_path / "heard.dls"
    spec.write_text(PADDED)
    made = programs(exact(PADDED), spec, tmp_path / "programs")
    outs = [tmp_path / backend for backend in ("torch", "keras")]
    trained({o.name: [task(p, o, 1)] for o, p in zip(outs, made, strict=True)})
    assert {n: f"{d:.1e}" for n, d in apart(*outs).items() if d > 1e-5} == {}


def test_ten_steps_of_every_optimizer_give_the_same_weights(tmp_path: Path) -> None:
    spec = ROOT / "specs" / "digits.dls"
    tasks: dict[str, list[dict]] = {"torch": [], "keras": []}
    for name, optimizer in OPTIMIZERS.items():
        text = exact(spec.read_text(encoding="utf-8"), optimizer)
        made = programs(text, spec, tmp_path / name)
        for backend, program in zip(tasks, made, strict=True):
            tasks[backend].append(task(program, tmp_path / f"{name}-{backend}", 1))
    trained(tasks)
    assert differing(tmp_path, OPTIMIZERS) == {}


@pytest.mark.parametrize(
    "optimizer",
    (OPTIMIZERS["several"], pytest.param(OPTIMIZERS["momentum"], marks=pytest.mark.proof)),
)
def test_a_run_that_changes_its_backend_ends_where_it_would_have(
    optimizer: str, tmp_path: Path
) -> None:
    spec = ROOT / "specs" / "digits.dls"
    text = exact(spec.read_text(encoding="utf-8"), optimizer)
    by_backend = dict(zip(("torch", "keras"), programs(text, spec, tmp_path / "p"), strict=True))
    outs = {b: tmp_path / b for b in by_backend}
    whole = tmp_path / "whole"
    trained({b: [task(p, outs[b], 1)] for b, p in by_backend.items()})
    outs["torch"].rename(tmp_path / "swap")
    outs["keras"].rename(tmp_path / "torch")
    (tmp_path / "swap").rename(tmp_path / "keras")
    tasks = {b: [task(p, outs[b], 2, resume=True)] for b, p in by_backend.items()}
    tasks["torch"].append(task(by_backend["torch"], whole, 2))
    trained(tasks)
    for out in outs.values():
        assert max(apart(whole, out).values()) < CLOSE
