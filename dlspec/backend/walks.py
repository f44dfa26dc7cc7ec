"""Walks over the merged statements of a definition."""

from __future__ import annotations

from collections.abc import Iterator

from dlspec.backend.merge import Merged, Step


def all_steps(steps: list[Step]) -> Iterator[Step]:
    """Every statement, each before those in it."""
    for step in steps:
        yield step
        for body in step.bodies.values():
            yield from all_steps(body)


def places(steps: list[Step]) -> Iterator[Merged]:
    """Every flow of some statements, in order, those in scopes left out."""
    for step in steps:
        if step.value is not None:
            yield from outside_scopes(step.value)
        for body in step.bodies.values():
            yield from places(body)


def outside_scopes(m: Merged) -> Iterator[Merged]:
    """A flow and what it is computed from, those in scopes left out."""
    for inner in (*m.inputs, *m.named.values()):
        yield from outside_scopes(inner)
    if m.body is not None and m.kind != "scope":
        yield from outside_scopes(m.body)
    yield m


def branches(steps: list[Step]) -> Iterator[Step]:
    """The branches that uses take differently: what is decided at run time."""
    for step in steps:
        if step.kind == "branch" and not settled(step):
            yield step
        for body in step.bodies.values():
            yield from branches(body)


def settled(step: Step) -> bool:
    """Whether all uses take the same branch: then nothing is decided at run time."""
    return len({s.taken for _, s in step.uses}) == 1
