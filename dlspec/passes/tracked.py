"""Wires that are differentiated, for a framework that must be told of them before they are used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dlspec.ir.model import (
    Apply,
    Bind,
    Branch,
    Flow,
    Instance,
    Loop,
    ModelIR,
    Statement,
    Wire,
    within,
)
from dlspec.ops.base import Op
from dlspec.tensor import FLOATS, Tensor

FIRST_SITE = 3_000_000_000
"""The sites of what this pass makes begin behind all others."""


class Tracked(Op):
    """The same tensor; what is computed of it from here on can be differentiated with respect to
    it. Only this pass makes it."""


def differentiated(step: Instance) -> frozenset[str]:
    """The wires with respect to which a step takes derivatives."""
    return frozenset(
        f.inputs[1].name
        for f in within(step.body)
        if isinstance(f, Apply) and f.op.kind() == "gradient" and isinstance(f.inputs[1], Wire)
    )


def tracked(step: ModelIR) -> ModelIR:
    """The same steps, whose differentiated wires say so where they are written."""
    return step.model_copy(update={"instances": tuple(map(_instance, step.instances))})


def _instance(step: Instance) -> Instance:
    names = differentiated(step)
    if not names:
        return step
    walk = _Walk(names)
    return step.model_copy(update={"body": (*walk.inputs(step), *walk.body(step.body))})


class _Walk:
    """One walk over the body of a step."""

    def __init__(self, names: frozenset[str]) -> None:
        self.names = names
        self.sites: dict[tuple[Any, ...], int] = {}

    def inputs(self, step: Instance) -> Iterator[Statement]:
        for name, t in step.inputs:
            if name in self.names:
                yield self.again(name, t, ("input", name), 0)

    def body(self, body: tuple[Statement, ...]) -> tuple[Statement, ...]:
        return tuple(made for s in body for made in self.statement(s))

    def statement(self, s: Statement) -> Iterator[Statement]:
        match s:
            case Bind(names=(name,)) if name in self.names and _fits(s.value.types[0]):
                value = self.made(s.value, (s.site, name))
                yield s.model_copy(update={"value": value})
            case Bind():
                yield s
                for name, t in zip(s.names, s.value.types, strict=False):
                    if name in self.names and _fits(t):
                        yield self.again(name, t, (s.site, name), s.line)
            case Branch():
                yield s.model_copy(update={"body": self.body(s.body)})
            case Loop():
                rounds = tuple(map(self.body, s.iterations))
                yield s.model_copy(update={"iterations": rounds})
            case _:
                yield s

    def again(self, name: str, t: Tensor, at: tuple[Any, ...], line: int) -> Bind:
        """The wire once more, tracked."""
        value = self.made(Wire(name=name, types=(t,)), at)
        return Bind(site=self.site(*at, "again"), names=(name,), value=value, line=line)

    def made(self, value: Flow, at: tuple[Any, ...]) -> Apply:
        return Apply(site=self.site(*at), op=Tracked(), inputs=(value,), types=value.types)

    def site(self, *at: Any) -> int:
        """The same number for the same place."""
        return self.sites.setdefault(at, FIRST_SITE + len(self.sites))


def _fits(t: Tensor) -> bool:
    """Whether a wire of this type can be differentiated; another of the name may not."""
    return t.dtype in FLOATS
