"""Several networks of a `train` block as one model, whose parts they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dlspec.diagnostics import SpecError
from dlspec.diagnostics.uses import NotInThisVersion
from dlspec.elaborate.frame import Frame
from dlspec.elaborate.model import ModelBuilder
from dlspec.elaborate.names import Names
from dlspec.elaborate.steps import Network
from dlspec.elaborate.values import Scope, Value
from dlspec.elaborate.written import note_definition
from dlspec.expr import Ref
from dlspec.ir import model as ir
from dlspec.ir.networks import inside
from dlspec.length import Dynamic, Length
from dlspec.syntax import tree
from dlspec.tensor import Tensor

NAME = "Networks"
"""The model's name."""


class Joined(ModelBuilder):
    """Elaborates a model that holds networks side by side, each under its name in the block.

    It applies each of them to inputs of its own: an input, output or dynamic size of a network has
    the network's name in front. So weights have unique names, and one checkpoint holds them all.
    """

    def together(
        self, networks: Mapping[str, Network], block: tree.Declaration
    ) -> ir.ModelIR | None:
        """The model; None (with `problems`) where something is wrong."""
        for network in networks.values():
            if network.model.root.states:
                what = "a model with state among several networks"
                self.report(SpecError(NotInThisVersion(network.span, what)))
        if self.problems:
            return None
        name = tree.Name(block.span, NAME)
        body = tree.Body(block.span, ())
        definition = tree.Definition(block.span, "model", name, (), body, block.doc)
        frame = self.frame = Frame(definition, Names(), Scope(self.file_scope), {}, {})
        title = self.title(definition)
        self.active = [NAME]
        statements: list[ir.Statement] = []
        for i, (own, network) in enumerate(networks.items()):
            arrivals: dict[str, ir.Flow] = {}
            for n, t in network.model.root.inputs:
                t = named(own, t)
                self.arrives(inside(own, n), t, frame)
                arrivals[n] = ir.Wire(name=inside(own, n), types=(t,))
            value = self.called(network.layer, arrivals, (own,), None, 2 * i, network.span)
            names = tuple(inside(own, n or "output") for n, _ in network.model.root.outputs)
            line = network.span.line
            made = ir.Bind(site=2 * i + 1, names=names, value=value.flow, line=line)
            statements.append(made)
            for n, t in zip(names, value.types, strict=True):
                wire = Value(ir.Wire(name=n, types=(t,)))
                site = 2 * len(networks) + len(frame.outputs)
                frame.outputs.append((n, t))
                statements.append(ir.Output(site=site, name=n, value=wire.flow, line=line))
        if self.problems:
            return None
        self.definitions[title] = self.describe(definition, frame)
        note_definition(self.definitions[title], definition)
        root = ir.Instance(
            number=len(self.instances),
            definition=title,
            arguments={},
            dims=frame.dims,
            inputs=tuple(frame.inputs),
            outputs=tuple(frame.outputs),
            body=tuple(statements),
        )
        self.instances.append(root)
        return self.whole(title, root.number)


def named(network: str, t: Tensor) -> Tensor:
    """A type of a network, whose fixed sizes are numbers, wherever they came from."""
    return replace(t, shape=tuple(_named(network, size) for size in t.shape))


def _named(network: str, size: int) -> int:
    if not isinstance(size, Dynamic):
        return int(size)
    names = {n: Length.of(inside(network, n)) for n in size.length.names}
    made = Dynamic(int(size), size.length.put(names))
    return made.made_by(Ref(str(made))) if str(made).isidentifier() else made
