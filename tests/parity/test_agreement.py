"""The measure finds what is wrong: a check that never fails proves nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from agreement import disagreements
from cases import Spec
from runs import RUNTIMES, Ran


def ran(**changes: float) -> Ran:
    """Outputs that are equal everywhere, but for a shift of the largest element by runtime."""
    y = np.random.default_rng(0).normal(size=(4, 3))
    y.flat[0] = 2.0 * np.abs(y).max()
    found = {}
    for runtime in RUNTIMES:
        made = y.copy()
        made.flat[0] *= 1 + changes.get(runtime, 0.0)
        found[runtime] = {"y": made}
    return Ran(Spec("", ()), None, Path(), {}, {}, {"y": y}, found)  # type: ignore[arg-type]


def test_equal_numbers_agree() -> None:
    assert list(disagreements(ran(), ["y"])) == []


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_each_runtime_is_held_to_its_tolerance(runtime: str) -> None:
    limit = 1e-9 if runtime.endswith("64") else 1e-5
    assert list(disagreements(ran(**{runtime: limit / 2}), ["y"])) == []
    far = list(disagreements(ran(**{runtime: limit * 2}), ["y"]))
    # PyTorch's own distance between fp32 and fp64 widens the tolerance of fp32
    assert runtime == "torch32" or (len(far) == 1 and runtime in far[0])


def test_numbers_that_are_none_disagree() -> None:
    assert any("keras32" in line for line in disagreements(ran(keras32=np.nan), ["y"]))


def test_an_output_that_the_inputs_hardly_change_proves_nothing() -> None:
    r = ran()
    constant = np.ones((4, 3)) + 1e-3 * np.arange(12).reshape(4, 3)
    r.definition["y"] = constant
    r.found = {runtime: {"y": constant} for runtime in RUNTIMES}
    assert list(disagreements(r, ["y"])) == ["y changes by 1% only"]


def test_a_runtime_that_failed_is_named() -> None:
    r = ran()
    r.errors["tflite"] = "crashed its process (SIGSEGV)"
    assert list(disagreements(r, ["y"])) == ["tflite: crashed its process (SIGSEGV)"]
