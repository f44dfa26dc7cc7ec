"""Random layers in runs that are stopped and go on: what they draw is a matter of the step."""

from __future__ import annotations

from pathlib import Path

import pytest
from compiled_specs import BACKENDS, program, run

pytestmark = pytest.mark.slow

SPEC = """
data digits {
  source = sklearn("digits")
  field image: f32[1, 8, 8] = column("image") -> Scale(1 / 16)
  field label: class[10]    = column("target")
  split = ordered(train=20 %, val=10 %, test=70 %)
}
model Noisy {
  input image: f32[1, 8, 8]
  let noise = GaussianNoise(0.1)                # used twice in a step
  x = image -> noise -> Conv2D(4, 3) -> SpatialDropout(0.1) -> noise
  x = x + (x -> Conv2D(4, 1) -> SELU -> AlphaDropout(0.1) -> DropPath(0.2) as rests)
  x = x -> Reshape(6, 24) -> GRU(16, recurrent_dropout=0.2, return=all)
  output logits: f32[10] = x -> Flatten -> Dropout(0.1) -> Dense(10) -> GaussianDropout(0.1)
}
train {
  data = digits; model = Noisy(); loss = CrossEntropy(logits, label)
  optimizer = SGD(lr=0.1); epochs = 3
  weights conv2d_2 { frozen = until(1 epoch) }
}
"""
FILES = ("last.safetensors", "metrics.jsonl")


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_run_that_goes_on_draws_as_one_that_was_never_stopped(
    backend: str, tmp_path: Path
) -> None:
    spec = tmp_path / "noisy.dls"
    spec.write_text(SPEC)
    folder = program(spec, tmp_path / "program", backend)
    run(folder, "--out", tmp_path / "whole", "--epochs", 3)
    run(folder, "--out", tmp_path / "parts", "--epochs", 1)
    run(folder, "--out", tmp_path / "parts", "--epochs", 2, "--resume")
    run(folder, "--out", tmp_path / "parts", "--epochs", 3, "--resume")
    run(folder, "--out", tmp_path / "other", "--epochs", 3, "--seed", 1)
    for name in FILES:
        whole = (tmp_path / "whole" / name).read_bytes()
        assert (tmp_path / "parts" / name).read_bytes() == whole
        assert (tmp_path / "other" / name).read_bytes() != whole
