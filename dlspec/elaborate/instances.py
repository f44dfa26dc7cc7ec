"""Blocks on tensors: which input gets what, and the types that leave, as the caller sees them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace

from dlspec.diagnostics import SpecError, nearest
from dlspec.diagnostics.shapes import WrongInputCount
from dlspec.elaborate.file import FileTable
from dlspec.elaborate.operators import OpApplier
from dlspec.elaborate.values import (
    BlockLayer,
    Value,
)
from dlspec.expr import Ref, Static, origin, with_origin
from dlspec.ir import model as ir
from dlspec.source import Span
from dlspec.syntax import tree
from dlspec.tensor import Tensor


class BlockApplier(OpApplier):
    """Applies blocks and functions of tensors, within a frame."""

    def __init__(self, table: FileTable, overrides: Mapping[str, tree.Expr]) -> None:
        super().__init__(table, overrides)
        self.layers: dict[int, int] = {}
        """How many layers and functions each instance applies."""

    @abstractmethod
    def title(self, definition: tree.Definition | tree.Fn) -> str:
        """The name of a definition in the IR."""

    @abstractmethod
    def instance(
        self, layer: BlockLayer, arrivals: dict[str, Tensor], use: Span
    ) -> tuple[int, ir.Instance]:
        """The instance of a definition for these arguments and inputs, with its number."""

    def block(
        self,
        layer: BlockLayer,
        inputs: tuple[ir.Flow, ...],
        named: dict[str, ir.Flow],
        module: ir.Path,
        factory: str | None,
        site: int,
        span: Span,
    ) -> Value:
        arrivals = self.arrivals(layer, inputs, named, span)
        return self.called(layer, arrivals, module, factory, site, span)

    def called(
        self,
        layer: BlockLayer,
        arrivals: dict[str, ir.Flow],
        module: ir.Path,
        factory: str | None,
        site: int,
        span: Span,
    ) -> Value:
        """A block or function on its inputs, by their names."""
        types = {n: f.types[0] for n, f in arrivals.items()}
        number, made = self.instance(layer, types, span)
        self.step(span, self.layers[number])
        dims = self.caller_dims(made, arrivals)
        flow = ir.Call(
            site=site,
            block=self.title(layer.definition),
            instance=number,
            arguments=dict(layer.arguments),
            dims=dims,
            inputs=tuple(arrivals.values()),
            named={},
            types=self.caller_types(made, layer, dims, all(t.common for t in types.values())),
            module=module,
            factory=factory,
            weights=layer.kept.file if layer.kept else None,
            frozen=layer.kept is not None and layer.kept.frozen,
        )
        return Value(flow)

    def arrivals(
        self,
        layer: BlockLayer,
        inputs: tuple[ir.Flow, ...],
        named: dict[str, ir.Flow],
        span: Span,
    ) -> dict[str, ir.Flow]:
        """Which input of a block gets what, in the order of its declarations."""
        body = layer.definition.body
        owner = layer.definition.name.id
        if not isinstance(body, tree.Body):
            declared = ["x"]
        else:
            declared = [s.name.id for s in body.statements if isinstance(s, tree.Input)]
        unknown = [n for n in named if n not in declared]
        if unknown:
            close = nearest(unknown[0], declared)
            hint = f"did you mean `{close}`?" if close else f"it has: {', '.join(declared)}"
            what = f"has no input `{unknown[0]}`"
            raise SpecError(WrongInputCount(span, self.context, owner, what, hint))
        free = [n for n in declared if n not in named]
        if len(inputs) != len(free):
            what = f"takes {len(declared)} input{'s' * (len(declared) != 1)}"
            names = f" ({', '.join(declared)})" if declared else ""
            got = len(inputs) + len(named)
            raise SpecError(WrongInputCount(span, self.context, owner, f"{what}{names}, got {got}"))
        rest = iter(inputs)
        return {n: named[n] if n in named else next(rest) for n in declared}

    def caller_dims(self, made: ir.Instance, arrivals: dict[str, ir.Flow]) -> dict[str, Static]:
        """The sizes that a block bound, with their origins in the caller."""
        dims: dict[str, Static] = {}
        for (_, inner), flow in zip(made.inputs, arrivals.values(), strict=False):
            for mine, theirs in zip(inner.shape, flow.types[0].shape, strict=False):
                own = origin(mine)
                if isinstance(own, Ref) and own.name in made.dims:
                    dims.setdefault(own.name, Static(theirs, origin(theirs)))
        return dims

    def caller_types(
        self, made: ir.Instance, layer: BlockLayer, dims: dict[str, Static], common: bool
    ) -> tuple[Tensor, ...]:
        """The types of a block's outputs, with the origins of their sizes in the caller; `common`:
        whether all that it reads is common, so that what it makes is common too."""

        def translated(size: int) -> int:
            own = origin(size)
            if isinstance(own, Ref):
                outer = layer.arguments.get(own.name) or dims.get(own.name)
                if outer is not None:
                    return with_origin(size, outer.origin)
            return with_origin(size, None)

        return tuple(
            replace(t, shape=tuple(map(translated, t.shape)), common=t.common or common)
            for _, t in made.outputs
        )
