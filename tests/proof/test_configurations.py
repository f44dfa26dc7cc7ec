"""A hundred random configurations of each op, in four runtimes."""

from __future__ import annotations

from pathlib import Path

import pytest
from agreement import held
from drawn import configurations

from dlspec import ops

pytestmark = pytest.mark.proof

EACH = 100
ROUNDED = {"GELU", "gelu", "LeakyReLU", "leaky_relu"}
"""Ops whose constants TensorFlow rounds to float32, unless `numerics = exact` spells them out."""


@pytest.mark.parametrize("kind", ops.names())
def test_an_op_agrees_in_four_runtimes_whatever_its_arguments(
    kind: str, tmp_path: Path, ops_table: dict[str, dict[str, float]]
) -> None:
    found = ops_table[kind]

    def seen(runtime: str, difference: float) -> None:
        found[runtime] = max(found.get(runtime, 0.0), difference)

    cases = configurations(kind, EACH, seed=1)
    assert held(cases, tmp_path, seen=seen, changes=False, exact=kind in ROUNDED) == []
