"""Changing one token of a valid spec gives an error or a changed IR, and never a traceback."""

from __future__ import annotations

import random

import pytest
from mutations import Mutation, mutations
from spellings import canonical
from valid_specs import LATER, VALID

from dlspec.ir.document import program_hash
from dlspec.pipeline import check
from dlspec.source import Source

EACH = 130
MANY = 2000


def meaning(text: str) -> str | None:
    """The hash of a spec's IR; None where it has errors."""
    result = check(Source("spec.dls", text))
    assert (result.program is None) == bool(result.errors)
    return program_hash(result.program) if result.program is not None else None


def told(m: Mutation, text: str) -> str:
    """Where a mutation was made, and how, for a failure."""
    line = m.text.splitlines()[text.count("\n", 0, m.at)].strip()
    return f"{m.what} {m.old!r} -> {m.new!r}: {line}"


def silent(text: str, count: int, seed: str) -> list[str]:
    """The mutations that change the spec and leave the IR as it was."""
    before = meaning(text)
    assert before is not None
    found = []
    for m, _ in zip(mutations(text, random.Random(seed)), range(count), strict=False):
        try:
            same = meaning(m.text) == before
        except Exception as error:
            raise AssertionError(told(m, text)) from error
        if same and canonical(m.text) != canonical(text):
            found.append(told(m, text))
    return found


@pytest.mark.parametrize("name", VALID)
def test_a_changed_token_is_never_silent(name: str) -> None:
    assert silent(VALID[name], EACH, name) == []


@pytest.mark.proof
@pytest.mark.parametrize("name", VALID)
def test_a_changed_token_is_never_silent_in_many(name: str) -> None:
    assert silent(VALID[name], MANY, f"many {name}") == []


@pytest.mark.parametrize("name", LATER)
def test_what_a_later_version_compiles_never_raises(name: str) -> None:
    text = LATER[name]
    for m, _ in zip(mutations(text, random.Random(name)), range(12), strict=False):
        try:
            meaning(m.text)
        except Exception as error:
            raise AssertionError(told(m, text)) from error
