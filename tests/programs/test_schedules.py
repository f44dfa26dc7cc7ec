"""Stages of a schedule against their definitions, step by step."""

import math

import pytest

from dlspec.programs.verbatim import schedules as s


def test_a_warm_up_ends_at_the_peak():
    assert s.warmup(0.8, 4).tolist() == pytest.approx([0.2, 0.4, 0.6, 0.8])


def test_a_constant():
    assert s.constant(0.1, 3).tolist() == [0.1, 0.1, 0.1]


def test_steps():
    rates = s.step(1.0, 7, every=3, gamma=0.1)
    assert rates.tolist() == pytest.approx([1, 1, 1, 0.1, 0.1, 0.1, 0.01])


def test_a_cosine():
    rates = s.cosine(1.0, 10, to=0.1)
    expected = [0.1 + 0.9 * (1 + math.cos(math.pi * i / 10)) / 2 for i in range(10)]
    assert rates.tolist() == pytest.approx(expected)


def test_a_line():
    assert s.linear(1.0, 4, to=0.2).tolist() == pytest.approx([1.0, 0.8, 0.6, 0.4])


@pytest.mark.parametrize(
    "stage",
    [lambda n: s.warmup(1.0, n), lambda n: s.linear(1.0, n, 0), lambda n: s.cosine(1.0, n, 0)],
)
def test_a_stage_may_have_no_steps(stage):
    assert len(stage(0)) == 0
