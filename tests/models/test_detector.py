"""The heat maps that the detector learns from, against CornerNet's definition in NumPy."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest
from small_settings import SPECS

from dlspec.backend.registry import find
from dlspec.pipeline import check

torch = pytest.importorskip("torch")


@pytest.fixture(scope="module")
def objective() -> ModuleType:
    program = check(SPECS / "detector.dls", ["classes=3", "side=128"]).program
    assert program is not None
    module = ModuleType("objective")
    text = find("torch").files(program, "", hash="", folder=".")["objective.py"]
    exec(compile(text, "objective.py", "exec"), module.__dict__)
    return module


def radius(h: float, w: float, o: float = 0.7) -> int:
    """Law and Deng 2018: the least of the roots of three quadratics."""
    found = []
    for a, b, c in (
        (1, h + w, w * h * (1 - o) / (1 + o)),
        (4, 2 * (h + w), (1 - o) * w * h),
        (4 * o, -2 * o * (h + w), (o - 1) * w * h),
    ):
        found.append((b + np.sqrt(b**2 - 4 * a * c)) / 2)
    return max(0, int(min(found)))


def heat(boxes: np.ndarray, kinds: np.ndarray, count: int, size: int) -> np.ndarray:
    made = np.zeros((count, size, size))
    for (x1, y1, x2, y2), kind in zip(boxes, kinds, strict=True):
        if x2 <= x1:
            continue
        x, y, r = int((x1 + x2) / 8), int((y1 + y2) / 8), radius((y2 - y1) / 4, (x2 - x1) / 4)
        sigma = (2 * r + 1) / 6
        for j in range(max(0, y - r), min(size, y + r + 1)):
            for i in range(max(0, x - r), min(size, x + r + 1)):
                g = np.exp(-((i - x) ** 2 + (j - y) ** 2) / (2 * sigma**2))
                made[kind, j, i] = max(made[kind, j, i], g)
    return made


def test_heat_maps_are_gaussians_about_the_centres_of_boxes(objective: ModuleType) -> None:
    rng = np.random.default_rng(0)
    corner = rng.uniform(0, 70, (2, 6, 2))
    boxes = np.concatenate([corner, corner + rng.uniform(8, 57, (2, 6, 2))], axis=2)
    boxes[0, 4:] = 0
    kinds = rng.integers(0, 3, (2, 6))
    given = torch.from_numpy(boxes.astype(np.float32)), torch.from_numpy(kinds)
    found = objective.heat_target(*given, 32)
    expected = np.stack([heat(b, k, 3, 32) for b, k in zip(boxes, kinds, strict=True)])
    assert (expected == 1).sum() > 8
    np.testing.assert_allclose(found, expected, atol=1e-5)
