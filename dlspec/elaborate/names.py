"""Names of layers and weights, decided from a definition's text alone.

The name of a stage is what `as` says; else its `let`; else, for a parameter of type `layer`, that
parameter; else the wire, if the statement writes one name, the block writes it once, and one stage
has weights; else its kind in snake case, later ones with `_2`, `_3`. Within an outermost `for` or
`* n` the unnamed uses of one kind form one list, and named uses a list of that name.

A branch that is not taken keeps its names: one class serves all uses of a block.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from dlspec import ops
from dlspec.declared import snake_case
from dlspec.elaborate.reserved import safe
from dlspec.frozen import frozen
from dlspec.ops.base import Op
from dlspec.syntax import tree


@frozen
class Place:
    """Where a stage's layer stands: an attribute, or a list that its uses append to."""

    name: str
    is_list: bool


class Names:
    """The places of all stages of one definition (or of one scope in it), by node."""

    def __init__(self) -> None:
        self.places: dict[int, Place] = {}
        self.scopes: dict[int, Names] = {}
        self.lets: dict[int, str] = {}

    def place(self, node: tree.Node) -> Place | None:
        return self.places.get(id(node))


Definitions = Callable[[str], tree.Definition | None]


def names_of(definition: tree.Definition, definitions: Definitions) -> Names:
    """The names of a block's or model's layers."""
    namer = _Namer(definition.parameters, definitions)
    body = definition.body
    if isinstance(body, tree.Body):
        for s in _statements(body):
            match s:
                case tree.Input(name=n):
                    namer.written[n.id] += 1
                case tree.Assign(names=ns):
                    namer.written.update(n.id for n in ns)
                case tree.Output(name=n) if n is not None and s.value is not None:
                    namer.written[n.id] += 1
        namer.reserve(body)
        namer.body(body, None)
    else:
        namer.reserve(body)
        namer.chain_as_layer(body, None)
    return namer.names


def names_of_chain(stages: tuple[tree.Stage, ...], definitions: Definitions) -> Names:
    """The names within a chain that is passed on as a layer."""
    namer = _Namer((), definitions)
    for stage in stages:
        namer.reserve(stage)
    for stage in stages:
        namer.stage(stage, None, None)
    return namer.names


class _Namer:
    def __init__(self, parameters: tuple[tree.Parameter, ...], definitions: Definitions) -> None:
        self.parameters = {p.name.id: p for p in parameters if p.type.name.id in ("layer", "list")}
        self.definitions = definitions
        self.names = Names()
        self.written: Counter[str] = Counter()
        self.taken: set[str] = set()
        self.explicit: set[str] = set()
        self.weighted: dict[str, bool] = {}

    # -- which names are spoken for

    def reserve(self, node: tree.Node) -> None:
        """Names that the spec itself gives go before the ones that are made."""
        for n in _walk(node):
            match n:
                case tree.Let(name=name):
                    self.explicit.add(safe(name.id))
                case tree.Stage(name=name) if name is not None:
                    self.explicit.add(safe(name.id))

    def fresh(self, base: str, explicit: bool = False) -> str:
        base, number = safe(base), 2
        name = base
        while name in self.taken or (not explicit and name in self.explicit):
            name = f"{base}_{number}"
            number += 1
        self.taken.add(name)
        return name

    # -- statements

    def body(self, body: tree.Body, loop: dict[str, str] | None) -> None:
        for s in body.statements:
            match s:
                case tree.Let():
                    self.names.lets[id(s)] = self.fresh(s.name.id, explicit=True)
                    self.scope_of(s.value, s)
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
                case tree.Bare():
                    self.statement(s.value, loop, None)

    def statement(self, value: tree.Expr, loop: dict[str, str] | None, wire: str | None) -> None:
        if wire is not None:
            stages = [n for n in _walk(value) if isinstance(n, tree.Stage)]
            weighted = sum(1 for n in stages if self.stage_has_weights(n))
            if self.written[wire] != 1 or weighted != 1:
                wire = None
        self.expression(value, loop, wire)

    def expression(self, e: tree.Node, loop: dict[str, str] | None, wire: str | None) -> None:
        if isinstance(e, tree.Chain):
            self.expression(e.head, loop, wire)
            for stage in e.stages:
                self.stage(stage, loop, wire)
            return
        if isinstance(e, tree.Call) and self.is_layer(e.callee):
            return  # configuration holds no tensors
        for child in _children(e):
            self.expression(child, loop, wire)

    # -- stages

    def stage(self, stage: tree.Stage, loop: dict[str, str] | None, wire: str | None) -> None:
        if stage.count is not None and loop is None:
            loop = {}
        inner = _unwrap(stage.layer)
        chain = isinstance(stage.layer, tree.Group) and isinstance(inner, tree.Chain)
        if chain and stage.name is None and stage.count is None:
            self.chain_as_layer(inner, loop, wire)
            return
        explicit = stage.name.id if stage.name else None
        kind = self.kind(stage.layer) or "stage"
        if kind == "":
            return
        name = explicit or (wire if self.stage_has_weights(stage) else None)
        name = name or self.parameter(stage.layer)
        if chain:
            kind = "stage"
            self.scope_of(inner, stage.layer)
        if not self.stage_has_object(stage) and not chain:
            return
        self.names.places[id(stage.layer)] = self.give(name, kind, loop, explicit is not None)

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
        e = _unwrap(e)
        if not isinstance(e, tree.Chain):
            self.stage(head_stage(e), loop, wire)
            return
        self.stage(head_stage(e.head), loop, wire)
        for stage in e.stages:
            self.stage(stage, loop, wire)

    def scope_of(self, e: tree.Expr, owner: tree.Node) -> None:
        """A scope with names of its own, for a chain that has a name."""
        if not isinstance(_unwrap(e), tree.Chain):
            return
        inner = _Namer((), self.definitions)
        inner.parameters, inner.written = self.parameters, self.written
        inner.reserve(e)
        inner.chain_as_layer(e, None)
        self.names.scopes[id(owner)] = inner.names

    # -- what a stage is

    def op(self, name: str) -> type[Op] | None:
        """The op of this name, unless the file has a block or model of that name."""
        return ops.lookup(name) if self.definitions(name) is None else None

    def is_layer(self, callee: tree.Expr) -> bool:
        name = _root(callee)
        return name is not None and (name[:1].isupper() or self.definitions(name) is not None)

    def parameter(self, layer: tree.Expr) -> str | None:
        root = _root(layer)
        return root if root in self.parameters else None

    def kind(self, layer: tree.Expr) -> str:
        """The kind in snake case; empty for a `let` instance or a function."""
        root = _root(layer)
        if root is None:
            return "layer"
        if root in self.parameters:
            return root
        if (op := self.op(root)) is not None:
            return op.snake()
        return snake_case(root)

    def stage_has_weights(self, stage: tree.Stage) -> bool:
        inner = _unwrap(stage.layer)
        if isinstance(inner, tree.Chain):
            return self.chain_has_weights(inner)
        return self.name_has_weights(_root(stage.layer))

    def chain_has_weights(self, chain: tree.Chain) -> bool:
        stages = (head_stage(chain.head), *chain.stages)
        return any(self.stage_has_weights(s) for s in stages)

    def stage_has_object(self, stage: tree.Stage) -> bool:
        root = _root(stage.layer)
        if root in self.parameters or root is None:
            return True
        if (op := self.op(root)) is not None:
            return op.has_object()
        return self.definitions(root) is not None

    def name_has_weights(self, name: str | None) -> bool:
        """A parameter counts as a layer without: what it will be is not in the text."""
        if name is None or name in self.parameters:
            return False
        if (op := self.op(name)) is not None:
            return op.has_weights()
        definition = self.definitions(name)
        if definition is None:
            return False
        if name not in self.weighted:
            self.weighted[name] = False  # a block that uses itself is an error elsewhere
            inner = _Namer(definition.parameters, self.definitions)
            inner.weighted = self.weighted
            stages = [n for n in _walk(definition.body) if isinstance(n, tree.Stage)]
            if not isinstance(definition.body, tree.Body):
                body = _unwrap(definition.body)
                stages.append(head_stage(body.head if isinstance(body, tree.Chain) else body))
            self.weighted[name] = any(inner.stage_has_weights(s) for s in stages)
        return self.weighted[name]


def head_stage(head: tree.Expr) -> tree.Stage:
    """The head of a chain of layers as a stage. Places are kept by the stage's layer."""
    return tree.Stage(head.span, head, None, None)


def _unwrap(e: tree.Expr) -> tree.Expr:
    while isinstance(e, tree.Group):
        e = e.value
    return e


def _root(e: tree.Expr) -> str | None:
    """The name at the root of `f(...)`, `acts[i]`, `words.transposed`."""
    while True:
        match e:
            case tree.Name(id=name):
                return name
            case tree.Call(callee=inner) | tree.Index(value=inner) | tree.Attribute(value=inner):
                e = inner
            case tree.Group(value=inner) | tree.Conditional(then=inner):
                e = inner
            case _:
                return None


def _children(node: tree.Node) -> Iterator[tree.Node]:
    for value in vars(node).values():
        if isinstance(value, tree.Node):
            yield value
        elif isinstance(value, tuple):
            yield from (v for v in value if isinstance(v, tree.Node))


def _walk(node: tree.Node) -> Iterator[tree.Node]:
    yield node
    for child in _children(node):
        yield from _walk(child)


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
