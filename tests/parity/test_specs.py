"""The models of every spec, with random weights, in four runtimes, against the IR in NumPy."""

from __future__ import annotations

from pathlib import Path

import pytest
from agreement import disagreements
from cases import Spec
from runs import prepare, run_all

pytestmark = pytest.mark.slow

SPECS = sorted((Path(__file__).parents[2] / "specs").glob("*.dls"))


def spelt_out(text: str) -> str:
    """With what TensorFlow would round spelt out, where there is such."""
    exact = "train {\n  numerics = exact"
    return text.replace("train {", exact) if "LeakyReLU" in text else text


def test_every_spec_agrees_in_four_runtimes(tmp_path: Path) -> None:
    specs = [Spec(spelt_out(path.read_text(encoding="utf-8")), ()) for path in SPECS]
    rans = [prepare(spec, tmp_path / path.stem) for path, spec in zip(SPECS, specs, strict=True)]
    run_all(rans)
    wrong = [
        f"{path.stem}: {line}"
        for path, r in zip(SPECS, rans, strict=True)
        for line in disagreements(r, r.names)
    ]
    assert wrong == []
