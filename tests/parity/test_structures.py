"""Blocks, repeats, shared weights and layouts, in four runtimes, against the IR in NumPy."""

from __future__ import annotations

from pathlib import Path

import pytest
from agreement import disagreements
from runs import prepare, run_all
from structures import STRUCTURES, structures

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("start", (0, pytest.param(1, marks=pytest.mark.proof)))
def test_every_structure_agrees_in_four_runtimes(start: int, tmp_path: Path) -> None:
    names = list(STRUCTURES)[start::2]
    specs = structures(exact=False)[start::2]
    rans = [prepare(spec, tmp_path / str(i)) for i, spec in enumerate(specs)]
    run_all(rans)
    wrong = [
        f"{n}: {line}"
        for n, r in zip(names, rans, strict=True)
        for line in disagreements(r, r.names)
    ]
    assert wrong == []
