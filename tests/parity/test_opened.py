"""Every op that takes a dynamic axis computes what its definition says, whatever the length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from cases import examples
from definition import outputs
from numbers_ import difference, drawn_inputs
from opened import MORE, Opened, every, model_of, sized, taken
from runs import Ran, exported, forward, prepare

pytestmark = pytest.mark.proof

ROUNDED = {"GELU", "gelu", "LeakyReLU", "leaky_relu"}
"""Ops whose constants TensorFlow rounds to float32."""
TOGETHER = 40
LONGER = (0, 1, MORE)
"""How much longer than in the example the axes are."""


@pytest.fixture(scope="module")
def opened() -> list[Opened]:
    return [o for o in every(examples()) if o.case.kind not in ROUNDED and taken(o)]


def apart(r: Ran, found: Sequence[Opened], longer: int) -> Iterator[str]:
    """What differs from the definition at these lengths."""
    inputs = drawn_inputs(sized(r.model, longer), r.spec.inputs, 3, seed=1)
    reference = outputs(r.model, inputs, r.weights)
    np.savez(r.folder / "inputs.npz", **inputs)
    r.found.clear()
    for child, runtime in (("torch", "torch"), ("keras", "keras"), ("onnx", "onnx")):
        forward([r], f"forward_{child}", runtime)
    if r.errors:
        yield from (f"{runtime}: {e}" for runtime, e in r.errors.items())
        return
    for i, o in enumerate(found):
        for name in r.spec.outputs(i):
            for runtime, made in r.found.items():
                limit = 1e-9 if runtime.endswith("64") else 1e-5
                if not difference(made[name], reference[name]) <= limit:
                    yield f"{o.id}, {longer} longer, {name} in {runtime}"


@pytest.mark.parametrize("longer", LONGER)
def test_every_op_computes_the_same_at_every_length(
    longer: int, opened: list[Opened], tmp_path: Path
) -> None:
    numbers, wrong = count(), []
    left = [opened[i : i + TOGETHER] for i in range(0, len(opened), TOGETHER)]
    while left:
        found = left.pop()
        r = prepare(model_of(found), tmp_path / str(next(numbers)))
        exported([r], "torch", "onnx")
        lines = list(apart(r, found, longer))
        if r.errors and len(found) > 1:
            left += [found[: len(found) // 2], found[len(found) // 2 :]]
        else:
            wrong += lines if not r.errors else [f"{found[0].id}: {e}" for e in lines]
    assert wrong == []


def test_most_ops_take_a_dynamic_axis(opened: list[Opened]) -> None:
    assert len({o.case.kind for o in opened}) > 150
