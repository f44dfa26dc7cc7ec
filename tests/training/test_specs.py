"""Every spec learns from its real data, in both backends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from compiled_specs import BACKENDS, SPECS, log, program, run

pytestmark = pytest.mark.slow

FLOORS = {
    # spec: epochs, metric of the test rows, its floor, what chance gives
    "cancer": (6, "accuracy", 0.93, 0.63),
    "diabetes": (20, "r2", 0.2, 0.0),
    "digits": (5, "accuracy", 0.78, 0.11),
    "gru": (5, "accuracy", 0.5, 0.11),
    "lstm": (5, "accuracy", 0.55, 0.11),
    "resnet": (2, "accuracy", 0.75, 0.11),
    "wine": (8, "accuracy", 0.92, 0.4),
}
"""Floors lie below the worst of four seeds in either backend, and far above chance."""
WITHOUT_TARGET = {"gan", "vae"}
"""Trained in `test_rounds.py` and `test_drawn_objectives.py`."""


def test_every_spec_has_a_floor_above_chance() -> None:
    assert set(FLOORS) | WITHOUT_TARGET == {path.stem for path in SPECS.glob("*.dls")}
    assert all(floor >= chance + 0.2 for _, _, floor, chance in FLOORS.values())


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", FLOORS)
def test_a_spec_learns(name: str, backend: str, tmp_path: Path) -> None:
    epochs, metric, floor, _ = FLOORS[name]
    folder = program(SPECS / f"{name}.dls", tmp_path / name, backend)
    run(folder, "--epochs", epochs)
    rows = log(folder)
    assert [row["epoch"] for row in rows] == [*range(1, epochs + 1)]
    assert rows[-1]["loss"] < rows[0]["loss"]
    assert json.loads(run(folder, "--eval", "test"))[metric] > floor
