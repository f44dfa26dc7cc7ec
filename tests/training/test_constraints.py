"""What weights are held to after each update, against the formulas in NumPy, in both backends."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from compiled_specs import BACKENDS, program, run
from safetensors.numpy import load_file

pytestmark = pytest.mark.slow

SPEC = """
data digits {
  source = sklearn("digits")
  field image: f32[1, 8, 8] = column("image") -> Scale(1 / 16)
  field label: class[10] = column("target")
  split = ordered(train=50 %, test=50 %)
}
model Net {
  input image: f32[1, 8, 8]
  let gain = Parameter(f32[6], init=constant(-0.5))
  x = image -> Conv2D(4, 3, padding=1) -> PReLU -> DepthwiseConv2D(3, multiplier=2, padding=1)
  x = x -> SeparableConv2D(4, 3) -> ConvTranspose2D(4, 3, dilation=2)
  x = x -> ConvTranspose2D(3, 3) -> Tanh
  s = x -> Rearrange([C, H, W] -> [H, W*C]) -> GRU(6)
  output logits: f32[10] = s * gain -> Dense(10)
  weights GRU.bias_ih_l0, GRU.bias_hh_l0 { init = constant(0.1) }
  # constraints
}
train {
  data = digits; model = Net(); loss = CrossEntropy(logits, label)
  optimizer = SGD(lr=0.5); epochs = 1; batch = 2000
  # groups
}
"""
CONSTRAINTS = """
  weights Conv2D.weight, DepthwiseConv2D.weight { constraint = max_norm(0.5) }
  weights separable_conv2d.*.weight { constraint = max_norm(0.5) }
  weights PReLU, gain          { constraint = non_neg; init = constant(-0.2) }
  weights GRU.weight_ih_l0     { constraint = unit_norm }
  weights GRU.bias_ih_l0, GRU.bias_hh_l0 { constraint = max_norm(0.05) }
  weights conv_transpose2d.weight { constraint = min_max_norm(0.3, 0.6, rate=0.5, axis=(0, 2, 3)) }
  weights conv_transpose2d_2.weight { constraint = min_max_norm(max=0.4) }
  weights Dense.weight         { constraint = max_norm(0.4) }
"""


def norm(w: np.ndarray, axis: tuple[int, ...] | None = None) -> np.ndarray:
    """That of what reaches each output."""
    over = axis or (tuple(range(1, w.ndim)) if w.ndim > 1 else (0,))
    return np.sqrt((w**2).sum(over, keepdims=True))


def most(w: np.ndarray, limit: float) -> np.ndarray:
    return w * np.minimum(1, limit / norm(w))


def between(w: np.ndarray, low: float, high: float, rate: float, axis: tuple[int, ...] | None):
    n = norm(w, axis)
    return w * (rate * np.clip(n, low, high) / n + 1 - rate)


RULES = {
    **dict.fromkeys(
        (
            *("conv2d.weight", "depthwise_conv2d.weight", "separable_conv2d.depthwise.weight"),
            "separable_conv2d.pointwise.weight",
        ),
        lambda w: most(w, 0.5),
    ),
    "prelu.weight": lambda w: np.maximum(w, 0),
    "gain": lambda w: np.maximum(w, 0),
    "s.weight_ih_l0": lambda w: w / norm(w),
    "s.bias_ih_l0": lambda w: most(w, 0.05),
    "s.bias_hh_l0": lambda w: most(w, 0.05),
    "conv_transpose2d.weight": lambda w: between(w, 0.3, 0.6, 0.5, (0, 2, 3)),
    "conv_transpose2d_2.weight": lambda w: between(w, 0.0, 0.4, 1.0, None),
    "logits.weight": lambda w: most(w, 0.4),
}


def trained(
    folder: Path, backend: str, constraints: str, groups: str = ""
) -> dict[str, np.ndarray]:
    folder.mkdir()
    spec = folder / "spec.dls"
    init = "  weights PReLU, gain { init = constant(-0.2) }"
    text = SPEC.replace("  # constraints", constraints or init).replace("# groups", groups)
    spec.write_text(text)
    program(spec, folder / "program", backend)
    run(folder / "program", "--out", folder)
    return load_file(folder / "last.safetensors")


@pytest.mark.parametrize("backend", BACKENDS)
def test_weights_are_held_to_their_constraints(backend: str, tmp_path: Path) -> None:
    free = trained(tmp_path / "free", backend, "")
    held = trained(tmp_path / "held", backend, CONSTRAINTS)
    assert set(free) == set(held) > set(RULES)
    for name, array in held.items():
        expected = RULES.get(name, lambda w: w)(free[name].astype(np.float64))
        np.testing.assert_allclose(array, expected, rtol=2e-5, atol=1e-6, err_msg=name)
        changed = not np.allclose(expected, free[name], atol=1e-5)
        assert changed or name not in RULES, f"{name} shows nothing"


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_frozen_weight_stays_as_it_is(backend: str, tmp_path: Path) -> None:
    constraints = (
        "weights Dense { constraint = max_norm(0.01) }\n weights *.bias { init = constant(9) }"
    )
    found = trained(
        tmp_path / "frozen", backend, constraints, "weights Dense.bias { frozen = true }"
    )
    assert np.all(found["logits.bias"] == 9)
    assert np.all(norm(found["logits.weight"]) < 0.011)
