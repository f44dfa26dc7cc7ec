"""What random layers do in training, told by their outputs alone."""

from __future__ import annotations

import numpy as np

from dlspec.ops.base import Example, example

SHAPE = "f32[3, 40, 5]"
COUNT = 400
CASES = {
    "Dropout": example("Dropout(0.3)", SHAPE),
    "SpatialDropout": example("SpatialDropout(0.3)", SHAPE),
    "SpatialDropout on an axis": example("SpatialDropout(0.3, axis=1)", SHAPE),
    "SpatialDropout on many axes": example("SpatialDropout(0.3)", "f32[3, 2, 20, 5, 1]"),
    "DropPath": example("DropPath(0.3)", SHAPE),
    "AlphaDropout": example("AlphaDropout(0.3)", SHAPE),
    "AlphaDropout of channels": example("AlphaDropout(0.3, axis=0)", SHAPE),
    "AlphaDropout on an axis": example("AlphaDropout(0.3, axis=1)", SHAPE),
    "GaussianDropout": example("GaussianDropout(0.3)", SHAPE),
    "GaussianNoise": example("GaussianNoise(0.3)", SHAPE),
    "RReLU": example("RReLU(0.2, 0.6)", SHAPE),
    "strong GaussianNoise": example("GaussianNoise(3)", SHAPE),
}
RATE = 0.3
UNITS = 40
LINEAR = "return=all, bias=false, activation=none, recurrent_dropout=0.3"
STATES = {
    "SimpleRNN": example(f"SimpleRNN({UNITS}, {LINEAR})", "f32[4, 1]", h=f"f32[{UNITS}]"),
    "GRU": example(
        f"GRU({UNITS}, {LINEAR}, recurrent_activation=none)", "f32[4, 1]", h=f"f32[{UNITS}]"
    ),
    "GRU with reset=before": example(
        f"GRU({UNITS}, {LINEAR}, recurrent_activation=none, reset=before)",
        "f32[4, 1]",
        h=f"f32[{UNITS}]",
    ),
    "LSTM": example(
        f"LSTM({UNITS}, {LINEAR}, recurrent_activation=none)",
        "f32[4, 1]",
        h=f"f32[{UNITS}]",
        c=f"f32[{UNITS}]",
    ),
}
"""Recurrences of products and sums alone, which read nothing but their states of ones."""


def passing_on(gates: int) -> dict[str, np.ndarray]:
    """The weights with which each gate is the h that it reads."""
    u = np.tile(np.eye(UNITS), (gates, 1))
    return {"weight_ih_l0": np.zeros((gates * UNITS, 1)), "weight_hh_l0": u}


def check_steps(name: str, y: np.ndarray) -> None:
    """Raises AssertionError where [B, T, units] are not the steps from ones in training."""
    kept = 1 - RATE
    first, apart = y[:, 0], 5 * 0.5 / np.sqrt(y[:, 0].size)
    lost = {
        "SimpleRNN": RATE,
        "LSTM": RATE + kept * RATE * (1 - kept**2),  # o, or f with i or g
    }.get(name, RATE * (1 - kept**2))  # z with r or g
    assert abs((first == 0).mean() - lost) < apart
    if name == "SimpleRNN":
        np.testing.assert_allclose(first[first != 0], 1 / kept)
        for t in range(y.shape[1]):
            np.testing.assert_allclose(y[:, t], first ** (t + 1), err_msg="the same at all steps")


def sample(case: Example) -> np.ndarray:
    """A batch of mean 0 and variance 1, without zeros."""
    _, _, sizes = case.inputs[0].partition("[")
    shape = (COUNT, *map(int, sizes.rstrip("]").split(", ")))
    return np.random.default_rng(0).choice([-1.0, 1.0], shape)


def check(name: str, x: np.ndarray, y: np.ndarray) -> None:
    """Raises AssertionError where `y` is not what this layer makes of `x` in training."""
    kind = name.removeprefix("strong ").split()[0]
    units = {"SpatialDropout": x.shape[:2], "DropPath": x.shape[:1]}.get(kind, x.shape)
    if name == "AlphaDropout of channels":
        units = x.shape[:2]
    if name.endswith("on an axis"):
        units = (x.shape[0], 1, x.shape[2])
    whole = np.ones((*units, *[1] * (x.ndim - len(units))))
    apart = 5 / np.sqrt(whole.size)  # of a mean: five deviations of a draw of deviation 1
    if kind in ("Dropout", "SpatialDropout", "DropPath"):
        kept = y / x
        unit = kept[tuple(slice(0, 1) if n == 1 else slice(None) for n in whole.shape)]
        np.testing.assert_array_equal(kept, np.broadcast_to(unit, kept.shape), "units are whole")
        zero = unit == 0
        np.testing.assert_allclose(unit[~zero], 1 / (1 - RATE), rtol=1e-6)
        assert abs(zero.mean() - RATE) < apart
    elif kind == "AlphaDropout":
        values, counts = np.unique(y.round(6), return_counts=True)
        assert len(values) == 3 and abs(counts[0] / y.size - RATE) < apart
        dropped = np.isclose(y, values[0], atol=1e-6)
        unit = dropped[tuple(slice(0, 1) if n == 1 else slice(None) for n in whole.shape)]
        np.testing.assert_array_equal(dropped, np.broadcast_to(unit, y.shape), "units are whole")
        assert abs(y.mean()) < apart and abs(y.var() - 1) < 2 * apart
    elif kind == "RReLU":
        slope = y[x < 0] / x[x < 0]
        np.testing.assert_array_equal(y[x > 0], x[x > 0])
        assert slope.min() >= 0.2 and slope.max() <= 0.6
        assert abs(slope.mean() - 0.4) < apart and abs(slope.var() - 0.4**2 / 12) < apart
    elif kind == "GaussianDropout":
        factor = y / x
        assert abs(factor.mean() - 1) < apart
        assert abs(factor.var() - RATE / (1 - RATE)) < 2 * apart
    else:
        std = 3.0 if name.startswith("strong") else 0.3
        noise = (y - x) / std
        assert abs(noise.mean()) < apart and abs(noise.var() - 1) < 2 * apart
        assert abs((noise[1:] * noise[:-1]).mean()) < 2 * apart, "examples differ"
