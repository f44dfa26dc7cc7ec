"""A mutated spec that checks is compiled by both backends, or refused with a diagnostic."""

from __future__ import annotations

import ast
import random

import pytest
from mutations import likely
from test_tokens import told
from valid_specs import VALID

from dlspec.backend.registry import find
from dlspec.diagnostics import SpecError
from dlspec.ir.program import Program
from dlspec.pipeline import check
from dlspec.source import Source

TRAINED = {name: text for name, text in VALID.items() if "train" in text and name[-6:] != "blocks"}
TRAINED |= {"blocks": VALID["blocks"]}
FEW, MANY = 4, 150


def programs(program: Program, backend: str) -> list[dict[str, str]]:
    """The files of every train block; raises SpecError where the backend refuses."""
    made = []
    for name, train in program.trains.items():
        unknown = program.data[train.data].unknown_classes
        classes = {field: [f"class {i}" for i in range(5)] for field in unknown}
        files = find(backend).files(program, name, hash="0" * 64, folder="..", classes=classes)
        made.append(files)
    return made


def compile_mutations(name: str, count: int, seed: str) -> int:
    """Compiles that many valid mutations of a spec; how many gave a program."""
    chance, text, valid, compiled = random.Random(seed), TRAINED[name], 0, 0
    for m, _ in zip(likely(text, chance), range(60 * count), strict=False):
        found = check(Source("spec.dls", m.text))
        if found.program is None:
            continue
        valid += 1
        for backend in ("torch", "keras"):
            try:
                for files in programs(found.program, backend):
                    for file, content in files.items():
                        if file.endswith(".py"):
                            ast.parse(content)
                    compiled += 1
            except SpecError as error:
                assert error.diagnostics
            except Exception as error:
                raise AssertionError(f"{backend}: {told(m, text)}") from error
        if valid == count:
            break
    return compiled


@pytest.mark.parametrize("name", TRAINED)
def test_a_mutated_spec_compiles_or_is_refused(name: str) -> None:
    assert compile_mutations(name, FEW, name) >= FEW


@pytest.mark.proof
@pytest.mark.parametrize("name", TRAINED)
def test_many_mutated_specs_compile_or_are_refused(name: str) -> None:
    assert compile_mutations(name, MANY, f"many {name}") >= MANY


@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_a_layer_with_sizes_may_be_the_default_of_a_block(backend: str) -> None:
    text = VALID["resnet"].replace("act: layer = ReLU", "act: layer = BatchNorm")
    found = check(Source("spec.dls", text))
    assert found.program is not None
    (files,) = programs(found.program, backend)
    assert "BatchNorm" in files["model.py"]
