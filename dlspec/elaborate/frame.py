"""A definition while its body is elaborated."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from dlspec.elaborate.names import Names
from dlspec.elaborate.values import Scope
from dlspec.ir import model as ir
from dlspec.syntax import tree
from dlspec.tensor import Tensor


@dataclass
class Frame:
    """One definition while its body is elaborated."""

    definition: tree.Definition
    names: Names
    scope: Scope
    arrivals: dict[str, Tensor]
    sites: dict[int, int]
    prefix: ir.Path = ()
    broken: bool = False
    counts: Counter[ir.Path] = field(default_factory=Counter)
    dims: dict[str, int] = field(default_factory=dict)
    inputs: list[tuple[str, Tensor]] = field(default_factory=list)
    outputs: list[tuple[str | None, Tensor]] = field(default_factory=list)
    unread: list[tree.Node] = field(default_factory=list)
    """What is written in the definition and does not run."""
    idle: dict[str, tree.Let] = field(default_factory=dict)
    """The `let`s that nothing has used yet."""

    def site(self, node: tree.Node) -> int:
        return self.sites.setdefault(id(node), len(self.sites))

    def module(self, node: tree.Node) -> ir.Path | None:
        """The path of a stage's layer; in a list, the next place of it."""
        place = self.names.place(node)
        if place is None:
            return None
        path = (*self.prefix, place.name)
        if not place.is_list:
            return path
        self.counts[path] += 1
        return (*path, self.counts[path] - 1)

    def inside(self, path: ir.Path, names: Names) -> Frame:
        """The same definition within a scope of names."""
        return replace(self, names=names, prefix=path)
