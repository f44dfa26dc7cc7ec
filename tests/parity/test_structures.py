"""Blocks, repeats, shared weights and layouts, in four runtimes, against the IR in NumPy."""

from __future__ import annotations

from pathlib import Path

import pytest
from agreement import disagreements
from runs import prepare, run_all
from structures import STRUCTURES, structures

pytestmark = pytest.mark.slow


PARTS = 4


@pytest.mark.parametrize(
    "start", (0, *(pytest.param(i, marks=pytest.mark.proof) for i in range(1, PARTS)))
)
def test_every_structure_agrees_in_four_runtimes(start: int, tmp_path: Path) -> None:
    names = list(STRUCTURES)[start::PARTS]
    specs = structures(exact=False)[start::PARTS]
    rans = [prepare(spec, tmp_path / str(i)) for i, spec in enumerate(specs)]
    run_all(rans)
    wrong = [
        f"{n}: {line}"
        for n, r in zip(names, rans, strict=True)
        for line in disagreements(r, r.names)
    ]
    assert wrong == []
