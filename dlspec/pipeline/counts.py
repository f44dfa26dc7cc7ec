"""Class counts that only the data tells: as a lock file has them, or unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from dlspec.ir.program import Program
from dlspec.pipeline.compile import chosen_train
from dlspec.pipeline.lock import read_lock
from dlspec.pipeline.stages import Classes, Names, Result, check

ALSO = (89, 83)
"""Counts beside the one that stands in for an unknown one: what differs with them is unknown."""


def locked(program: Program, lock: Path, train: str = "") -> Names:
    """The names of the classes that a lock file has, for the data of a `train` block. Raises
    SpecError."""
    data = {t.data for t in program.trains.values()}
    one = data.pop() if len(data) == 1 and not train else chosen_train(program, train).data
    told = read_lock(lock).classes
    found = {f: told[f] for f in program.data[one].unknown_classes if f in told}
    return {one: found} if found else {}


def unknown(program: Program) -> list[tuple[str, int]]:
    """The parameters of trained models that are a class count which only the data tells, each with
    the number that stands in its place."""
    return [
        (name, int(program.trained[t].root.arguments[name]))
        for t in program.trains
        for name in program.standing_in(t)
    ]


def given(result: Result, spec: Path, settings: Sequence[str], train: str) -> Result:
    """A spec again, with the class count that a parameter of the model of a `train` block gives to
    data which leaves it open; itself where there is none."""
    told = result.program.counts_given(train) if result.program is not None else {}
    return check(spec, settings, told) if told else result


T = TypeVar("T")


def with_others(
    program: Program, known: Classes, again: Callable[[Classes], T | None]
) -> list[tuple[int, T]]:
    """What is made `again` of a spec with other class counts in place of the unknown ones; nothing
    where it has none, or is wrong with others."""
    found = [(n, again(dict(_with(program, known, n)))) for n in ALSO if unknown(program)]
    whole = [(n, made) for n, made in found if made is not None]
    return whole if len(whole) == len(ALSO) else []


def _with(program: Program, known: Classes, count: int) -> Iterator[tuple[str, dict[str, int]]]:
    yield from ((name, dict(fields)) for name, fields in known.items())
    for name, train in program.trains.items():
        fields = program.standing_in(name).values()
        if fields:
            yield train.data, {**known.get(train.data, {}), **dict.fromkeys(fields, count)}
