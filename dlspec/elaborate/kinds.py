"""What the text of a definition says of the layer of a stage: its kind, object and weights.

The text alone decides: of what is passed as a parameter, or chosen by a loop, it says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dlspec import ops
from dlspec.declared import snake_case
from dlspec.elaborate.uses import walk
from dlspec.ops.base import Op
from dlspec.syntax import tree

Definitions = Callable[[str], tree.Definition | None]
"""A block or model by its name in a file: `Residual`, `vision.Residual`."""

SCAN = "Scan"
"""What calls a block with state at each step: its layer is the block."""
EXPERTS = "Experts"
"""What makes several of one layer, in a list: each is an `expert`."""
CHAIN = "stage"
"""The kind of a chain in parentheses."""


class Kinds:
    """Looks up the layers that one definition names.

    `weighted` says of a definition whether it has weights, `is_function` whether a name is a `fn`.
    """

    def __init__(
        self,
        definition: tree.Definition | None,
        definitions: Definitions,
        weighted: Callable[[tree.Definition], bool],
        is_function: Callable[[str], bool],
    ) -> None:
        declared = definition.parameters if definition is not None else ()
        self.parameters = {p.name.id for p in declared if p.type.name.id in ("layer", "list")}
        self.lets: set[str] = set()
        self.wires: set[str] = set()
        for node in walk(definition.body) if definition is not None else ():
            match node:
                case tree.Let(name=name):
                    self.lets.add(name.id)
                case tree.Input(name=name) | tree.State(name=name):
                    self.wires.add(name.id)
                case tree.Assign(names=names) | tree.For(names=names):
                    self.wires.update(n.id for n in names)
                case tree.Output(name=made) if made is not None:
                    self.wires.add(made.id)
        self.definitions = definitions
        self.weighted = weighted
        self.is_function = is_function

    def name(self, layer: tree.Expr) -> str | None:
        """The name of a layer; that of an imported one has its module's before it."""
        first = root(layer)
        if isinstance(layer, tree.Attribute) and not isinstance(layer.value, tree.Name):
            layer = layer.value  # the part that a dot reads: `vision.Net(3).features`
        callee = layer.callee if isinstance(layer, tree.Call) else layer
        match callee:
            case tree.Attribute(value=tree.Name(), name=last):
                dotted = f"{first}.{last.id}"
                own = first in self.parameters | self.lets | self.wires
                if not own and (self.definitions(dotted) or self.is_function(dotted)):
                    return dotted
        return first

    def op(self, name: str) -> type[Op] | None:
        """The op of this name, unless the file has a block or model of that name."""
        return ops.lookup(name) if self.definitions(name) is None else None

    def is_layer(self, callee: tree.Expr) -> bool:
        """Whether a name, or a call of it, is a layer, and no tensor."""
        name = self.name(callee)
        if name is None or name in self.lets or name in self.wires or self.is_function(name):
            return False
        return name[:1].isupper() or self.definitions(name) is not None

    def parameter(self, layer: tree.Expr) -> str | None:
        """The `layer` parameter that a stage is."""
        name = root(layer)
        return name if name in self.parameters else None

    def kind(self, layer: tree.Expr) -> str:
        """The kind in snake case: of several that a condition chooses from, the first with an
        object."""
        if is_experts(layer):
            return "expert"
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
        if is_chained(layer):
            return CHAIN
        name = self.name(layer)
        if name is None or name in self.parameters:
            return name or "layer"
        op = self.op(name)
        return op.snake() if op is not None else snake_case(name.rpartition(".")[2])

    def _has_object(self, layer: tree.Expr) -> bool:
        if is_chained(layer):
            return any(self.has_object(s.layer) for s in chain_stages(layer))
        name = self.name(layer)
        if name is None or name in self.parameters:
            return True
        if name in self.lets or self.is_function(name):
            return False
        op = self.op(name)
        return op is None or op.has_object()  # a name without an op: what it is, a loop may say

    def _has_weights(self, layer: tree.Expr) -> bool:
        if is_chained(layer):
            return any(self.has_weights(s.layer) for s in chain_stages(layer))
        name = self.name(layer)
        if name is None or name in self.parameters:
            return False
        definition, op = self.definitions(name), ops.lookup(name)
        if definition is not None:
            return self.weighted(definition)
        return op is not None and op.has_weights()


def weighs(definition: tree.Definition, kinds: Kinds) -> bool:
    """Whether a definition has weights."""
    body = definition.body
    layers = [n.layer for n in walk(body) if isinstance(n, tree.Stage)]
    layers += [n.value for n in walk(body) if isinstance(n, tree.Let)]
    if not isinstance(body, tree.Body):
        layers += [s.layer for s in chain_stages(body)]
    return any(map(kinds.has_weights, layers))


def options(layer: tree.Expr) -> Iterator[tree.Expr]:
    """The layers that an expression may be: those that a condition chooses from, the cell of a
    Scan, an expert, else itself."""
    match layer:
        case tree.Call(arguments=given) if is_experts(layer):
            named = [a.value for a in given if a.name is not None and a.name.id == "layer"]
            first = [a.value for a in given if a.name is None]
            for expert in (*named, *first)[:1]:
                yield from options(expert)
        case tree.Call(callee=tree.Name(id=name), arguments=(tree.Argument(value=cell),)) if (
            name == SCAN
        ):
            yield from options(cell)
        case tree.Group(value=inner):
            yield from options(inner)
        case tree.Conditional(then=then, otherwise=otherwise):
            yield from options(then)
            yield from options(otherwise)
        case _:
            yield layer


def is_experts(layer: tree.Node) -> bool:
    """Whether a stage makes several of one layer: `Experts(Expert(8), count=4)`."""
    match layer:
        case tree.Group(value=inner):
            return is_experts(inner)
        case tree.Call(callee=tree.Name(id=name)):
            return name == EXPERTS
    return False


def chain_stages(layers: tree.Expr) -> tuple[tree.Stage, ...]:
    """The stages of a chain of layers, or of one layer: the head of a chain is one too."""
    layers = ungrouped(layers)
    if not isinstance(layers, tree.Chain):
        return (head_stage(layers),)
    return (head_stage(layers.head), *layers.stages)


def head_stage(head: tree.Expr) -> tree.Stage:
    """The head of a chain of layers as a stage. Places are kept by the stage's layer."""
    match ungrouped(head):
        case tree.Binary(op="*", left=layer, right=count):
            return tree.Stage(head.span, layer, count, None)
    return tree.Stage(head.span, head, None, None)


def is_chain(layer: tree.Node) -> bool:
    """Whether a stage is a chain in parentheses, written in its place."""
    return isinstance(layer, tree.Group) and is_chained(ungrouped(layer))


def is_chained(layer: tree.Expr) -> bool:
    """Whether layers stand in a chain, or one is repeated."""
    return isinstance(layer, tree.Chain) or (isinstance(layer, tree.Binary) and layer.op == "*")


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
