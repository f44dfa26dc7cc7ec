"""A hundred random configurations of each op, in four runtimes."""

from __future__ import annotations

from pathlib import Path

import pytest
from agreement import held
from cases import Case
from drawn import configurations

from dlspec import ops

pytestmark = pytest.mark.proof

EACH = 100
ROUNDED = {"GELU", "gelu", "LeakyReLU", "leaky_relu"}
"""Ops whose constants TensorFlow rounds to float32, unless `numerics = exact` spells them out."""
TOGETHER = 4
"""Ops in one test: its processes take half as long to start as the cases of one op take to run."""
PLAIN = [k for k in ops.names() if k not in ROUNDED]


@pytest.mark.parametrize(
    "kinds",
    [*(PLAIN[i : i + TOGETHER] for i in range(0, len(PLAIN), TOGETHER)), sorted(ROUNDED)],
    ids="-".join,
)
def test_ops_agree_in_four_runtimes_whatever_their_arguments(
    kinds: list[str], tmp_path: Path, ops_table: dict[str, dict[str, float]]
) -> None:
    def seen(case: Case, runtime: str, difference: float) -> None:
        found = ops_table[case.kind]
        found[runtime] = max(found.get(runtime, 0.0), difference)

    cases = [c for kind in kinds for c in configurations(kind, EACH, seed=1)]
    assert held(cases, tmp_path, seen=seen, changes=False, exact=kinds == sorted(ROUNDED)) == []
