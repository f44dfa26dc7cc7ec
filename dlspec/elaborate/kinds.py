"""What the text of a definition says of the layer of a stage: its kind, object and weights.

The text alone decides: of what is passed as a parameter, or chosen by a loop, it says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from dlspec import ops
from dlspec.declared import snake_case
from dlspec.elaborate.uses import walk
from dlspec.ops.base import Op
from dlspec.syntax import tree

Definitions = Callable[[str], tree.Definition | None]

CHAIN = "stage"
"""The kind of a chain in parentheses."""


class Kinds:
    """Looks up the layers that one definition names.

    `weighted` says of every definition of the file whether it has weights.
    """

    def __init__(
        self,
        definition: tree.Definition | None,
        definitions: Definitions,
        weighted: Mapping[str, bool],
    ) -> None:
        declared = definition.parameters if definition is not None else ()
        self.parameters = {p.name.id for p in declared if p.type.name.id in ("layer", "list")}
        self.lets: set[str] = set()
        self.wires: set[str] = set()
        for node in walk(definition.body) if definition is not None else ():
            match node:
                case tree.Let(name=name):
                    self.lets.add(name.id)
                case tree.Input(name=name):
                    self.wires.add(name.id)
                case tree.Assign(names=names) | tree.For(names=names):
                    self.wires.update(n.id for n in names)
                case tree.Output(name=made) if made is not None:
                    self.wires.add(made.id)
        self.definitions = definitions
        self.weighted = weighted

    def op(self, name: str) -> type[Op] | None:
        """The op of this name, unless the file has a block or model of that name."""
        return ops.lookup(name) if self.definitions(name) is None else None

    def is_layer(self, callee: tree.Expr) -> bool:
        """Whether a name, or a call of it, is a layer, and no tensor."""
        name = root(callee)
        if name is None or name in self.lets or name in self.wires:
            return False
        return name[:1].isupper() or self.definitions(name) is not None

    def parameter(self, layer: tree.Expr) -> str | None:
        """The `layer` parameter that a stage is."""
        name = root(layer)
        return name if name in self.parameters else None

    def kind(self, layer: tree.Expr) -> str:
        """The kind in snake case: of several that a condition chooses from, the first with an
        object."""
        found = list(options(layer))
        return self._kind(next(filter(self._has_object, found), found[0]))

    def has_object(self, layer: tree.Expr) -> bool:
        """Whether a stage may need an attribute of its own."""
        return any(map(self._has_object, options(layer)))

    def has_weights(self, layer: tree.Expr) -> bool:
        """Whether a stage has weights, as far as the text tells. A parameter counts as a layer
        without: what it will be is not in the text."""
        return any(map(self._has_weights, options(layer)))

    def _kind(self, layer: tree.Expr) -> str:
        if isinstance(layer, tree.Chain):
            return CHAIN
        name = root(layer)
        if name is None or name in self.parameters:
            return name or "layer"
        op = self.op(name)
        return op.snake() if op is not None else snake_case(name)

    def _has_object(self, layer: tree.Expr) -> bool:
        if isinstance(layer, tree.Chain):
            return any(self.has_object(s.layer) for s in chain_stages(layer))
        name = root(layer)
        if name is None or name in self.parameters:
            return True
        if name in self.lets:
            return False
        op = self.op(name)
        return op is None or op.has_object()  # a name without an op: what it is, a loop may say

    def _has_weights(self, layer: tree.Expr) -> bool:
        if isinstance(layer, tree.Chain):
            return any(self.has_weights(s.layer) for s in chain_stages(layer))
        name = root(layer)
        if name is None or name in self.parameters:
            return False
        op = self.op(name)
        return op.has_weights() if op is not None else self.weighted.get(name, False)


def weights(definitions: Mapping[str, tree.Definition], order: Sequence[str]) -> dict[str, bool]:
    """Whether each definition has weights; `order` has it behind those that it uses."""
    found: dict[str, bool] = {}
    for name in order:
        kinds = Kinds(definitions[name], definitions.get, found)
        body = definitions[name].body
        stages = [n for n in walk(body) if isinstance(n, tree.Stage)]
        if not isinstance(body, tree.Body):
            stages.extend(chain_stages(body))
        found[name] = any(kinds.has_weights(s.layer) for s in stages)
    return found


def options(layer: tree.Expr) -> Iterator[tree.Expr]:
    """The layers that an expression may be: those that a condition chooses from, else itself."""
    match layer:
        case tree.Group(value=inner):
            yield from options(inner)
        case tree.Conditional(then=then, otherwise=otherwise):
            yield from options(then)
            yield from options(otherwise)
        case _:
            yield layer


def chain_stages(layers: tree.Expr) -> tuple[tree.Stage, ...]:
    """The stages of a chain of layers, or of one layer: the head of a chain is one too."""
    layers = ungrouped(layers)
    if not isinstance(layers, tree.Chain):
        return (head_stage(layers),)
    return (head_stage(layers.head), *layers.stages)


def head_stage(head: tree.Expr) -> tree.Stage:
    """The head of a chain of layers as a stage. Places are kept by the stage's layer."""
    return tree.Stage(head.span, head, None, None)


def is_chain(layer: tree.Node) -> bool:
    """Whether a stage is a chain in parentheses, written in its place."""
    return isinstance(layer, tree.Group) and isinstance(ungrouped(layer), tree.Chain)


def ungrouped(e: tree.Expr) -> tree.Expr:
    """An expression without parentheses around it."""
    while isinstance(e, tree.Group):
        e = e.value
    return e


def root(e: tree.Expr) -> str | None:
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
