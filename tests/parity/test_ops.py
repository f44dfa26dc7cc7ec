"""Every op, in PyTorch, Keras, ONNX Runtime and LiteRT, against its definition in NumPy."""

from __future__ import annotations

from pathlib import Path

import pytest
from agreement import RECURRENT, disagreements, held
from cases import Case, defined, examples, together
from drawn import configurations
from runs import prepare, run_all

from dlspec import ops

pytestmark = pytest.mark.slow

ROUNDED = {"GELU", "gelu", "LeakyReLU", "leaky_relu"}
"""Ops whose constants TensorFlow rounds to float32, unless `numerics = exact` spells them out."""
EACH = 3


def drawn(kinds: set[str]) -> list[Case]:
    return [c for kind in sorted(kinds) for c in configurations(kind, EACH)]


def parts(cases: list[Case], number: int) -> list[list[Case]]:
    return [cases[i::number] for i in range(number)]


def rounded(case: Case) -> bool:
    """Whether TensorFlow computes in float32 what is written in float64: also images, where it
    reads between neighbours."""
    return case.kind in ROUNDED or "linear" in case.layer


PLAIN = [c for c in drawn(set(defined()) - RECURRENT) if not rounded(c)]
CONSTANT = {"zeros_like", "ones_like", "full", "lengths"}
NATIVE = [c for c in examples() if not rounded(c) and c.kind not in CONSTANT]


@pytest.mark.proof
@pytest.mark.parametrize("cases", parts(NATIVE, 2))
def test_every_example_agrees_in_four_runtimes(cases: list[Case], tmp_path: Path) -> None:
    assert held(cases, tmp_path) == []


@pytest.mark.parametrize("cases", [*parts(PLAIN, 3), drawn(RECURRENT)])
def test_random_configurations_agree_in_four_runtimes(cases: list[Case], tmp_path: Path) -> None:
    assert held(cases, tmp_path, changes=False) == []


def test_constants_agree_in_four_runtimes(tmp_path: Path) -> None:
    cases = [c for c in examples() if c.kind in CONSTANT]
    assert held(cases, tmp_path, changes=False) == []


def test_activations_neither_overflow_nor_underflow_far_from_zero(tmp_path: Path) -> None:
    families = ("activation", "along_axis", "smooth", "piecewise")
    kinds = {k for f in families for k in ops.FAMILIES[f].split()} - ROUNDED
    assert held([c for c in examples() if c.kind in kinds], tmp_path, far=True) == []


ROUNDED_CASES = [c for c in (*examples(), *drawn(set(defined()) - RECURRENT)) if rounded(c)]


def test_exact_numerics_spell_out_what_tensorflow_rounds(tmp_path: Path) -> None:
    assert held(ROUNDED_CASES, tmp_path, changes=False, exact=True) == []


def test_what_tensorflow_rounds_agrees_in_single_precision(tmp_path: Path) -> None:
    r = prepare(together(ROUNDED_CASES), tmp_path / "spec")
    r.refused |= {"keras64"}
    run_all([r])
    assert list(disagreements(r, r.names, changes=False)) == []


def test_what_a_format_is_said_not_to_hold_it_does_not_hold(tmp_path: Path) -> None:
    """Else the refusal is out of date, and should go. What depends on the whole batch is refused
    for what it means."""
    cases = [c for c in examples() if c.refused and "running_stats=false" not in c.layer]
    rans = [prepare(together([c]), tmp_path / str(i)) for i, c in enumerate(cases)]
    for r in rans:
        r.refused = frozenset()
    run_all(rans)
    held_after_all = [
        f"{format_}: {case.id}"
        for case, r in zip(cases, rans, strict=True)
        for format_ in case.refused
        if format_ not in r.errors
    ]
    assert cases and held_after_all == []


def test_every_op_has_random_configurations() -> None:
    assert [kind for kind in defined() if len(configurations(kind, EACH)) < EACH] == []
