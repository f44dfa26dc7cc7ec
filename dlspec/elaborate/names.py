"""Names of layers and weights, decided from a definition's text alone.

The name of a stage is what `as` says; else its `let`; else, for a parameter of type `layer`, that
parameter; else the wire, if the statement writes one name, the block writes it once, and one stage
has weights; else its kind in snake case, later ones with `_2`, `_3`. Within an outermost `for`,
a comprehension, `* n` or `Experts` the unnamed uses of one kind form one list, and named uses a
list of that name.

A branch that is not taken keeps its names: one class serves all uses of a block.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from dlspec.elaborate.kinds import CHAIN, Kinds, chain_stages, is_chain, is_experts, ungrouped
from dlspec.elaborate.reserved import safe
from dlspec.elaborate.uses import walk
from dlspec.frozen import frozen
from dlspec.syntax import tree


@frozen
class Place:
    """Where a stage's layer stands: an attribute, or a list that its uses append to."""

    name: str
    is_list: bool


class Names:
    """The places of all stages of a definition, or within one chain that has a name, by node."""

    def __init__(self) -> None:
        self.places: dict[int, Place] = {}
        self.lets: dict[int, str] = {}

    def place(self, node: tree.Node) -> Place | None:
        return self.places.get(id(node))


def names_of(definition: tree.Definition, kinds: Kinds) -> Names:
    """The names of a block's or model's layers."""
    namer = _Namer(kinds)
    body = definition.body
    namer.reserve(body)
    if isinstance(body, tree.Body):
        for s in _statements(body):
            match s:
                case tree.Input(name=n) | tree.State(name=n):
                    namer.written[n.id] += 1
                case tree.Assign(names=ns):
                    namer.written.update(n.id for n in ns)
                case tree.Output(name=n) if n is not None and s.value is not None:
                    namer.written[n.id] += 1
        namer.body(body, None)
    else:
        namer.chain_as_layer(body, None)
    return namer.names


def names_of_chain(chain: tree.Expr, kinds: Kinds) -> Names:
    """The names within a chain that stands below a name of its own; `kinds` are those of the
    definition in which it is written."""
    namer = _Namer(kinds)
    namer.reserve(chain)
    namer.chain_as_layer(chain, None)
    return namer.names


def _numbered(base: str, number: int) -> str:
    return base if number == 1 else f"{base}_{number}"


class _Namer:
    def __init__(self, kinds: Kinds) -> None:
        self.kinds = kinds
        self.names = Names()
        self.written: Counter[str] = Counter()
        self.taken: set[str] = set()
        self.explicit: set[str] = set()
        self.numbers: dict[str, int] = {}
        """By base, the number that was free last: what is taken stays taken."""

    # -- which names are spoken for

    def reserve(self, node: tree.Node) -> None:
        """Names that the spec itself gives go before the ones that are made."""
        for n in walk(node):
            match n:
                case tree.Let(name=name):
                    self.explicit.add(safe(name.id))
                case tree.Stage(name=name) if name is not None:
                    self.explicit.add(safe(name.id))

    def fresh(self, base: str, explicit: bool = False) -> str:
        base = safe(base)
        number = 1 if explicit else self.numbers.get(base, 1)
        name = _numbered(base, number)
        while name in self.taken or (not explicit and name in self.explicit):
            number += 1
            name = _numbered(base, number)
        if not explicit:
            self.numbers[base] = number
        self.taken.add(name)
        return name

    # -- statements

    def body(self, body: tree.Body, loop: dict[str, str] | None) -> None:
        for s in body.statements:
            match s:
                case tree.Let():
                    self.names.lets[id(s)] = self.fresh(s.name.id, explicit=True)
                case tree.If():
                    for test, branch in s.branches:
                        self.expression(test, loop, None)
                        self.body(branch, loop)
                    if s.otherwise:
                        self.body(s.otherwise, loop)
                case tree.For():
                    self.expression(s.iterable, loop, None)
                    self.body(s.body, {} if loop is None else loop)
                case tree.Assign():
                    wire = s.names[0].id if len(s.names) == 1 else None
                    self.statement(s.value, loop, wire)
                case tree.Output():
                    if s.value is not None:
                        self.statement(s.value, loop, s.name.id if s.name else None)
                case tree.Bare() | tree.Next() | tree.Penalty():
                    self.statement(s.value, loop, None)

    def statement(self, value: tree.Expr, loop: dict[str, str] | None, wire: str | None) -> None:
        if wire is not None and (self.written[wire] != 1 or self.weighted(value) != 1):
            wire = None
        self.expression(value, loop, wire)

    def expression(self, e: tree.Node, loop: dict[str, str] | None, wire: str | None) -> None:
        if self.configures(e):
            return
        if isinstance(e, tree.Chain):
            self.expression(e.head, loop, wire)
            for stage in e.stages:
                self.stage(stage, loop, wire)
            return
        if isinstance(e, tree.Comprehension):
            self.expression(e.iterable, loop, None)
            self.expression(e.body, {} if loop is None else loop, wire)
            return
        for child in _children(e):
            self.expression(child, loop, wire)

    def configures(self, e: tree.Node) -> bool:
        """Whether an expression is a layer: nothing in it is applied where it stands."""
        if isinstance(e, tree.Chain):
            head = ungrouped(e.head)
            return self.kinds.parameter(head) is not None or self.kinds.is_layer(head)
        return isinstance(e, tree.Call) and self.kinds.is_layer(e.callee)

    def weighted(self, e: tree.Node) -> int:
        """The stages of a statement that have weights."""
        if self.configures(e):
            return 0
        if isinstance(e, tree.Chain):
            return self.weighted(e.head) + sum(map(self.weighted, e.stages))
        if not isinstance(e, tree.Stage):
            return sum(map(self.weighted, _children(e)))
        if is_chain(e.layer) and e.name is None and e.count is None:
            return sum(map(self.weighted, chain_stages(e.layer)))
        return int(self.kinds.has_weights(e.layer))

    # -- stages

    def stage(self, stage: tree.Stage, loop: dict[str, str] | None, wire: str | None) -> None:
        layer, kinds = stage.layer, self.kinds
        if (stage.count is not None or is_experts(layer)) and loop is None:
            loop = {}
        chain = is_chain(layer)
        if chain and stage.name is None and stage.count is None:
            self.chain_as_layer(layer, loop, wire)
            return
        if not chain and not kinds.has_object(layer):
            return
        explicit = stage.name.id if stage.name else None
        name = explicit or (wire if kinds.has_weights(layer) else None) or kinds.parameter(layer)
        kind = CHAIN if chain else kinds.kind(layer)
        self.names.places[id(layer)] = self.give(name, kind, loop, explicit is not None)

    def give(
        self, name: str | None, kind: str, loop: dict[str, str] | None, explicit: bool
    ) -> Place:
        if loop is None:
            return Place(self.fresh(name or kind, explicit), False)
        key = name or f"{kind}s"
        if key not in loop:
            loop[key] = self.fresh(key, explicit)
        return Place(loop[key], True)

    def chain_as_layer(
        self, e: tree.Expr, loop: dict[str, str] | None, wire: str | None = None
    ) -> None:
        """The stages of a chain that is itself a layer: its head is a stage too."""
        for stage in chain_stages(e):
            self.stage(stage, loop, wire)


def _children(node: tree.Node) -> Iterator[tree.Node]:
    for value in vars(node).values():
        if isinstance(value, tree.Node):
            yield value
        elif isinstance(value, tuple):
            yield from (v for v in value if isinstance(v, tree.Node))


def _statements(body: tree.Body) -> Iterator[tree.Statement]:
    for s in body.statements:
        yield s
        match s:
            case tree.If():
                for _, branch in s.branches:
                    yield from _statements(branch)
                if s.otherwise:
                    yield from _statements(s.otherwise)
            case tree.For():
                yield from _statements(s.body)
