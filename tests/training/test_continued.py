"""Runs whose batches go on: the state passes from each to the next, cut off from the gradient."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from compiled_specs import BACKENDS, MODULES, program, run

CLASSES, BATCH, RATE = 7, 3, 0.5
SPEC = """
model LM(first: float = 0) {
  input tokens: i32[T <= 5]
  state h: f32[6] = first
  x, last = (tokens -> Embedding(7, 4, init=normal(std=1)), h=h) -> GRU(6, return=(all, state))
  next h = last
  output logits: f32[T, 7] = x -> Dense(7)
}
data text {
  source = npz("text.npz")
  field tokens: class[7][6] = column("tokens")
  split = ordered(train=80 %, val=20 %)
}
train {
  data      = text
  model     = LM(tokens=tokens[:-1])
  loss      = CrossEntropy(logits, tokens[1:])
  optimizer = SGD(lr=0.5)
  batch     = continued(3)
  epochs    = 3
}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tokens = np.random.default_rng(0).integers(1, 3, (25, 6)).cumsum(axis=1) % CLASSES
    np.savez(tmp_path / "text.npz", tokens=tokens)
    return tmp_path


def log(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def made(folder: Path, backend: str, *changes: tuple[str, str], name: str = "run") -> Path:
    text = SPEC
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    spec = folder / f"{name}.dls"
    spec.write_text(text)
    return program(spec, folder / name, backend)


def by_hand(folder: Path, spec: Path, first: float, carried: bool) -> list[dict[str, float]]:
    """The losses of three epochs, written out: rows 0, 6 and 12 stand in the first batch."""
    import torch
    import torch.nn.functional as F

    program(spec, folder / "reference", "torch")
    sys.path.insert(0, str(folder / "reference"))
    try:
        import checkpoint
        import model

        net = model.LM()
        checkpoint.initialise(net, 0)
    finally:
        sys.path.remove(str(folder / "reference"))
        for module in MODULES:
            sys.modules.pop(module, None)
    tokens = torch.from_numpy(np.load(folder / "text.npz")["tokens"]).long()
    optimizer = torch.optim.SGD(net.parameters(), lr=RATE)
    found = []
    for _ in range(3):
        total, h = 0.0, torch.full((BATCH, 6), first)
        for i in range(6):
            rows = tokens[[i, 6 + i, 12 + i]]
            y = net(rows[:, :-1], h if carried else torch.full((BATCH, 6), first))
            loss = F.cross_entropy(y["logits"].flatten(0, 1), rows[:, 1:].flatten())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() / 6
            h = y["next_h"].detach()
        with torch.no_grad():
            y = net(tokens[20:, :-1])["logits"]
            val = F.cross_entropy(y.flatten(0, 1), tokens[20:, 1:].flatten()).item()
        found.append({"loss": total, "val.loss": val})
    return found


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("first", [0.0, 0.75])
def test_the_state_goes_on_and_begins_anew(folder: Path, backend: str, first: float) -> None:
    here = made(folder, backend, ("float = 0)", f"float = {first})"))
    run(here, "--out", here)
    expected = by_hand(folder, folder / "run.dls", first, carried=True)
    other = by_hand(folder, folder / "run.dls", first, carried=False)
    for found, right, wrong in zip(log(here), expected, other, strict=True):
        for name in ("loss", "val.loss"):
            assert found[name] == pytest.approx(right[name], rel=1e-4)
        assert found["loss"] != pytest.approx(wrong["loss"], rel=1e-4)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_resumed_run_ends_with_the_same_bits(folder: Path, backend: str) -> None:
    whole, parts = made(folder, backend), made(folder, backend, name="parts")
    run(whole, "--out", whole)
    run(parts, "--out", parts, "--epochs", 1)
    run(parts, "--out", parts, "--resume")
    for name in ("last.safetensors", "best.safetensors"):
        assert (whole / name).read_bytes() == (parts / name).read_bytes()


@pytest.mark.parametrize("backend", BACKENDS)
def test_dropout_goes_on_too(folder: Path, backend: str) -> None:
    here = made(folder, backend, ("x -> Dense(7)", "x -> Dropout(0.5) -> Dense(7)"))
    run(here, "--out", here)
    assert len(log(here)) == 3 and all(np.isfinite(row["loss"]) for row in log(here))


def test_fewer_rows_than_a_batch_are_named(folder: Path) -> None:
    here = made(folder, "torch", ("continued(3)", "continued(30)"))
    with pytest.raises(SystemExit, match="20 training rows are fewer than the 30 of a batch"):
        run(here, "--out", here)
