"""A model as a graph: what a picture of it shows, before anything has a place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from dlspec.frozen import frozen
from dlspec.tensor import Tensor

Kind = Literal["op", "block", "repeat", "loop", "scope", "input", "output"]
"""`repeat` holds the copies of `layer * n`, `loop` the rounds of a `for`, `scope` what
`( ... ) as name` names. `input` and `output` are the ends of what stands within a node."""


@frozen
class Port:
    """One output of a node: what its edges begin at."""

    node: int
    index: int = 0


@frozen
class Input:
    """What a node reads, and the name by which it is given, if it is."""

    port: Port
    name: str = ""


@dataclass
class Node:
    """A box of the picture. One with `inside` can be folded: its ends are nodes of its own there,
    first as many inputs as it has, last as many outputs."""

    number: int
    kind: Kind
    title: str
    given: str = ""
    """Its arguments, as the spec gives them."""
    copies: int = 0
    """How many copies or rounds a `repeat` or a `loop` has."""
    defaults: str = ""
    name: str = ""
    """The neutral name; `within` is how the names of all begin that stand in the same block."""
    within: str = ""
    line: str = ""
    """Where it is written: `12`, or `std/vision.dls:31` of a file that is imported."""
    inputs: list[Input] = field(default_factory=list)
    types: list[Tensor] = field(default_factory=list)
    parameters: int = 0
    macs: int = 0
    inside: list[Node] = field(default_factory=list)

    @property
    def is_end(self) -> bool:
        return self.kind in ("input", "output")

    @property
    def folds(self) -> bool:
        return bool(self.inside)

    def ends(self, kind: Kind) -> list[Node]:
        """Its inputs or outputs, within."""
        return [n for n in self.inside if n.kind == kind]

    def all(self) -> Iterator[Node]:
        """The node and everything within it, in order."""
        yield self
        for node in self.inside:
            yield from node.all()


@frozen
class Graph:
    """A model: a node that holds all others."""

    root: Node

    @property
    def nodes(self) -> dict[int, Node]:
        return {n.number: n for n in self.root.all()}


def shape(t: Tensor) -> str:
    """A type on an edge: `[3, 8, 8]`; other types than f32 say theirs."""
    return str(t).removeprefix("f32")


def short(count: int) -> str:
    """A count of a few characters: `9,248`, `18.4 K`, `1.25 M`."""
    for unit, size in (("G", 10**9), ("M", 10**6), ("K", 10**3)):
        if count >= (size if unit != "K" else 10**4):
            return f"{count / size:.3g} {unit}"
    return f"{count:,}"
