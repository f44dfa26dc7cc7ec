"""Train blocks whose losses are expressions, with the numbers that they are worked out on."""

from __future__ import annotations

import numpy as np

from dlspec.backend.registry import find
from dlspec.pipeline import check
from dlspec.source import Source

SPEC = """\
data shapes {
  source = npz("shapes.npz")
  field image: f32[1, 4, 4] = column("image")
  field label: class[5]     = column("label")
  field mask: class[3][4, 4] = column("mask")
  field size: f32[]         = column("size")
  field heat: f32[2, 3]     = column("heat")
  split = all
}

model Net {
  input image: f32[1, 4, 4]
  h = image -> Flatten -> Dense(8)
  output logits: f32[5] = h -> Dense(5)
  output area: f32[1] = h -> Dense(1)
  output parts: f32[3, 4, 4] = h -> Dense(48) -> Reshape(3, 4, 4)
  output map: f32[2, 3] = h -> Dense(6) -> Reshape(2, 3)
  output other: f32[2, 3] = h -> Dense(6) -> Reshape(2, 3)
}

fn focal(logits: f32[K], label: class[K], gamma: float = 2.0) -> f32[] {
  p = softmax(logits, axis=0)
  y = one_hot(label, K, axis=0)
  output -sum(y * (1 - p) ** gamma * log(p))
}
fn dice(logits: f32[K, H, W], target: class[K][H, W]) {
  p = softmax(logits, axis=0)
  y = one_hot(target, K, axis=0)
  output 1 - mean(2 * sum(p * y, axis=(1, 2)) / (sum(p + y, axis=(1, 2)) + 1))
}
fn semi_hard(z: f32[D], label: class[K], margin: float = 1.0) {
  d    = sum((batch(z) - z[none]) ** 2, axis=1)
  same = batch(label) == label
  pos  = same and range(B) != row()
  far  = where(not same[none, :] and d[none, :] > d[:, none], d[none, :], inf)
  near = min(far, axis=1)
  pick = where(near < inf, near, max(where(same, -inf, d)))
  output sum(batch(where(pos, max(d - pick + margin, 0), 0.0))) / max(1, sum(batch(pos)))
}

train {
  data      = shapes
  model     = Net()
  WIRES
  loss      = LOSS
  optimizer = Adam(lr=1e-3)
  epochs    = 1
}
"""


def checked(loss: str, wires: str = "", more: str = ""):
    """The check of the spec with this loss, with these wires before it."""
    text = SPEC.replace("WIRES", wires.replace("\n", "\n  ")).replace("LOSS", loss) + more
    return check(Source("objective.dls", text))


def texts(loss: str, wires: str = "") -> dict[str, str]:
    """`objective.py` in each backend."""
    result = checked(loss, wires)
    assert result.program is not None, [f"{d.code} {d.title}: {d.label}" for d in result.errors]
    made = {b: find(b).files(result.program, "") for b in ("torch", "keras")}
    return {b: files["objective.py"] for b, files in made.items()}


def numbers(rows: int = 6) -> dict[str, np.ndarray]:
    """Fields, and the outputs that a model may have made of them."""
    draw = np.random.default_rng(3)
    real = {"image": (1, 4, 4), "size": (), "heat": (2, 3)}
    made = {"logits": (5,), "area": (1,), "parts": (3, 4, 4), "map": (2, 3), "other": (2, 3)}
    found = {n: draw.normal(size=(rows, *s)).astype("float32") for n, s in (real | made).items()}
    found["label"] = draw.integers(0, 5, rows)
    found["mask"] = draw.integers(0, 3, (rows, 4, 4))
    return found
