"""A definition while its body is elaborated."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from dlspec.elaborate.known import Known
from dlspec.elaborate.names import Names
from dlspec.elaborate.values import Entry, Scope
from dlspec.expr import Static, Term, fixed, refs
from dlspec.ir import model as ir
from dlspec.source import Span
from dlspec.syntax import tree
from dlspec.tensor import Tensor


@dataclass
class Frame:
    """One definition while its body is elaborated."""

    definition: tree.Definition | tree.Fn
    names: Names
    scope: Scope
    arrivals: dict[str, Tensor]
    sites: dict[int, int]
    prefix: ir.Path = ()
    broken: bool = False
    nested: int = 0
    """How many bodies are open, the definition's own among them."""
    loops: int = 0
    """How many loops are open."""
    counts: Counter[ir.Path] = field(default_factory=Counter)
    dims: dict[str, int] = field(default_factory=dict)
    inputs: list[tuple[str, Tensor]] = field(default_factory=list)
    outputs: list[tuple[str | None, Tensor]] = field(default_factory=list)
    unread: list[tree.Node] = field(default_factory=list)
    """What is written in the definition and does not run."""
    idle: dict[str, tree.Let] = field(default_factory=dict)
    """The `let`s that nothing has used yet."""
    fed: dict[str, Tensor] = field(default_factory=dict)
    """What each layer that `let` named has read."""
    ahead: list[ir.Statement] = field(default_factory=list)
    """The constants of the file that it reads, before all else."""
    states: dict[str, Static] = field(default_factory=dict)
    """The first values of the states of a cell."""
    following: dict[str, str] = field(default_factory=dict)
    """The wires that the next states are."""
    biased: dict[int, tuple[ir.Apply, Span]] = field(default_factory=dict)
    """Layers whose bias nobody asked for, by the identity of their flows, with their places."""
    centring: dict[int, tuple[ir.Apply, Span]] = field(default_factory=dict)
    """Layers that bring channels to mean 0, likewise."""
    patterns: list[tuple[tree.Weights, Scope]] = field(default_factory=list)
    """What it says of its weights, in order."""
    numbers: dict[str, Static | None] = field(default_factory=dict)
    """The numbers that a function names once; None for a name that is written again."""
    known: dict[str, Known] = field(default_factory=dict)
    """The least and greatest numbers of the wires of which they are known."""
    lists: list[ir.Statement] | None = None
    """The lists of tensors that the statement reads where it writes them, each as a wire before it;
    None where that cannot be: within a list, and in what training alone reads."""
    applied: list[int] = field(default_factory=lambda: [0])
    """How many layers and functions it applies, those within blocks included."""

    def gives(self, name: str, entry: Entry) -> bool:
        """Whether a name is a parameter of this block, which its class takes as an argument.

        A model takes none: its layers stand in its body.
        """
        own = self.scope.parent
        given = own.entries.get(name) if own is not None else None
        return self.definition.kind == "block" and given is entry

    def number(self, name: tree.Name, item: Static) -> None:
        """Notes a number that a function names by arithmetic."""
        if self.definition.kind != "fn":
            return
        named = isinstance(item.origin, Term) and not isinstance(item.value, list | tuple | bool)
        plain = named and self.nested == 1 and name.id not in self.numbers
        loops = any(r.loop is not None for r in refs(item.origin)) if item.origin else True
        self.numbers[name.id] = item if plain and not loops and fixed(item.value) else None

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
