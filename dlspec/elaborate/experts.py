"""Mixtures of experts: several of one layer side by side."""

from __future__ import annotations

from dlspec.diagnostics import SpecError
from dlspec.diagnostics.shapes import WrongInputCount
from dlspec.elaborate.applying import LayerApplier
from dlspec.elaborate.frame import Frame
from dlspec.elaborate.values import (
    BlockLayer,
    ChainLayer,
    ExpertsLayer,
    OpLayer,
    Value,
)
from dlspec.expr import Static
from dlspec.ir import model as ir
from dlspec.ops.common import each
from dlspec.ops.experts import CALL
from dlspec.syntax import tree


class ExpertsApplier(LayerApplier):
    """Applies `Experts(layer, count=)`."""

    def experts(
        self,
        layer: ExpertsLayer,
        inputs: tuple[ir.Flow, ...],
        named: dict[str, ir.Flow],
        frame: Frame,
        name: str | None,
        node: tree.Node,
    ) -> Value:
        """What each expert makes, weighted and summed. A `name` is that of a `let`."""
        choice = {n: named[n] for n in layer.op.named if n in named}
        others = {n: f for n, f in named.items() if n not in choice}
        span = node.span
        if not inputs:
            what = "needs what the experts read"
            raise SpecError(WrongInputCount(span, self.context, "Experts", what, CALL))
        read = (*inputs, *others.values())
        carried = tuple(each(t) for f in read for t in f.types)
        arriving = tuple(ir.Carry(index=i, types=(t,)) for i, t in enumerate(carried))
        first = arriving[: len(arriving) - len(others)]
        rest: dict[str, ir.Flow] = dict(zip(others, arriving[len(first) :], strict=True))
        bodies: list[ir.Flow] = []
        for i in range(layer.count):
            self.step(span)
            path = (name, i) if name is not None else frame.module(node)
            assert path is not None
            made = self.expert(layer, first, rest, frame, path)
            bodies.append(made.flow)
        if len(bodies[0].types) != 1:
            what = f"sums one output of each expert, got {len(bodies[0].types)}"
            raise SpecError(WrongInputCount(span, self.context, "Experts", what))
        copies = ir.Copies(
            site=frame.site(layer.counted),
            count=Static(layer.count, layer.origins.get("count")),
            inputs=read,
            bodies=tuple(bodies),
            types=tuple(each(b.types[0]) for b in bodies),
        )
        whole = OpLayer(layer.op, layer.origins, layer.span)
        return self.op(whole, (copies,), choice, None, None, frame.site(node), span)

    def expert(
        self,
        layer: ExpertsLayer,
        inputs: tuple[ir.Flow, ...],
        named: dict[str, ir.Flow],
        frame: Frame,
        path: ir.Path,
    ) -> Value:
        """One of them on what arrives."""
        node, span = layer.written, layer.written.span
        site = frame.site(node)
        match layer.expert:
            case OpLayer() as one:
                return self.op(one, inputs, named, path, layer.parameter, site, span)
            case BlockLayer() as one:
                return self.block(one, inputs, named, path, layer.parameter, site, span)
            case ChainLayer() as one:
                return self.chain_of(one, inputs, named, frame, path, node)
        raise TypeError(layer.expert)
