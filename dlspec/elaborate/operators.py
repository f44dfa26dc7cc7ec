"""Ops on tensors: what arrives is checked, and the types that leave are computed."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from dlspec.declared import Problem
from dlspec.diagnostics import Diagnostic, SpecError
from dlspec.diagnostics.lengths import FixedSizeNeeded
from dlspec.diagnostics.names import NameTaken
from dlspec.diagnostics.shapes import BadIndex, WrongInput, WrongInputCount
from dlspec.diagnostics.uses import Misplaced
from dlspec.elaborate.bounds import MOST_LAYERS, MOST_STEPS, Exhausted, too_many
from dlspec.elaborate.frame import Frame
from dlspec.elaborate.functions import FunctionEvaluator
from dlspec.elaborate.known import known
from dlspec.elaborate.values import (
    OpLayer,
    Value,
)
from dlspec.expr import Const, fixed
from dlspec.ir import model as ir
from dlspec.length import Dynamic
from dlspec.ops.base import Op
from dlspec.ops.batch_size import SIZE, count
from dlspec.ops.common import alike
from dlspec.ops.embedding import Embedding, EmbeddingBag
from dlspec.ops.unpool import MaxUnpool1D, MaxUnpool2D, MaxUnpool3D
from dlspec.source import Span
from dlspec.tensor import Tensor

OF_EXAMPLES = "it belongs into a model, a block that reads a tensor, or a `train` block"
AS_MANY = (
    "its weights are as many as its places; `mean(axis=...)`, pooling and `return=last` take an "
    "axis of any size away"
)


class OpApplier(FunctionEvaluator):
    """Applies ops, within a frame."""

    frame: Frame
    warnings: list[Diagnostic]
    steps = MOST_STEPS
    """How many statements, rounds of loops and layers may still be elaborated."""

    def step(self, span: Span, layers: int = 0) -> None:
        """Counts a step of the elaboration, and the layers that it adds to the model.

        Raises Exhausted where there are too many.
        """
        self.check_ahead(1, layers, span)
        self.steps -= 1
        self.frame.applied[0] += layers

    def check_ahead(self, steps: int, layers: int, span: Span) -> None:
        """Whether so many steps and layers more are within the limits. Raises Exhausted."""
        if self.affords(steps, layers):
            return
        if steps > self.steps:
            total = MOST_STEPS - self.steps + steps
            what = f"this model takes at least {total:,} statements and rounds of loops"
            raise Exhausted(*too_many(span, (), what, MOST_STEPS).diagnostics)
        total = self.frame.applied[0] + layers
        what = f"this model has at least {total:,} layers and functions, with all copies"
        raise Exhausted(*too_many(span, (), what, MOST_LAYERS).diagnostics)

    def affords(self, steps: int, layers: int) -> bool:
        """Whether so many steps and layers more are within the limits."""
        return steps <= self.steps and self.frame.applied[0] + layers <= MOST_LAYERS

    def op(
        self,
        layer: OpLayer,
        inputs: tuple[ir.Flow, ...],
        named: dict[str, ir.Flow],
        module: ir.Path | None,
        factory: str | None,
        site: int,
        span: Span,
    ) -> Value:
        op = layer.op
        self.check_count(op, inputs, named, span)
        x = tuple(f.types[0] for f in inputs)
        states = {n: f.types[0] for n, f in named.items()}
        problems = list(op.problems(*x, **states)) or list(op.starting(*x))
        if problems:
            raise SpecError(*(self.input_problem(op, p, inputs, span) for p in problems))
        self.check_fixed(op, x, span)
        self.check_rows(op, inputs, span)
        if op.gives_common:
            self.examples(span)
            if is_common(inputs[0]):
                owned = Problem(None, f"{x[0]} is the same for every example", "read it as it is")
                raise SpecError(self.input_problem(op, owned, inputs, span))
        made = self.applied(op, dict(layer.origins), inputs, named, site, span, module, factory)
        assert isinstance(made.flow, ir.Apply)
        wanted = isinstance(layer.origins.get("bias"), Const)  # `bias=true` says it is meant
        own = module is not None and factory is None and not wanted
        if own and op.bias_axis is not None:
            self.frame.biased[id(made.flow)] = made.flow, layer.span
        if op.centred_axis is not None:
            self.frame.centring[id(made.flow)] = made.flow, span
        return made

    def applied(
        self,
        op: Op,
        origins: dict[str, Any],
        inputs: tuple[ir.Flow, ...],
        named: dict[str, ir.Flow],
        site: int,
        span: Span,
        module: ir.Path | None = None,
        factory: str | None = None,
    ) -> Value:
        self.step(span, 1)
        x = tuple(f.types[0] for f in inputs)
        shape = op.shape(*x, **{n: f.types[0] for n, f in named.items()})
        types = shape if isinstance(shape, tuple) else (shape,)
        alone = all(map(is_common, (*inputs, *named.values())))
        common = op.gives_common or (alone and alike(op, x))
        types = tuple(t if t.common is common else replace(t, common=common) for t in types)
        flow = ir.Apply(
            site=site,
            op=op,
            origins=origins,
            inputs=inputs,
            named=named,
            types=types,
            module=module,
            factory=factory,
            line=span.line,
        )
        return Value(flow)

    # -- checks

    def check_rows(self, op: Op, inputs: tuple[ir.Flow, ...], span: Span) -> None:
        """Whether a table has the rows, or a picture the places, that known numbers name."""
        hint = ""
        match op:
            case Embedding() | EmbeddingBag():
                read, most = known(inputs[0], self.frame.known), int(op.count)
                what = f"a table of {most}"
                if read is not None and read[0] >= 0:
                    hint = f"{op.kind()}({read[1] + 1}, ...) has them"
                word = "rows"
            case MaxUnpool1D() | MaxUnpool2D() | MaxUnpool3D():
                read, made = (
                    known(inputs[1], self.frame.known),
                    op.shape(*(f.types[0] for f in inputs)),
                )
                most = math.prod(made.shape[1:])
                word, what = "places", f"{made}, which has {most}"
                hint = "size= is that of what was pooled, its axes of places"
            case _:
                return
        if read is not None and (read[0] < 0 or read[1] >= most):
            what = f"{word} {read[0]} to {read[1]} of {what}"
            raise SpecError(BadIndex(span, self.context, what, hint))

    def check_count(
        self,
        op: Op,
        inputs: tuple[ir.Flow, ...],
        named: dict[str, ir.Flow],
        span: Span,
    ) -> None:
        least, most = op.inputs
        n = len(inputs)
        if n < least or (most is not None and n > most):
            wanted = str(least) if least == most else f"at least {least}"
            what = f"takes {wanted} input{'s' * (wanted != '1')}, got {n}"
            raise SpecError(WrongInputCount(span, self.context, op.kind(), what))
        unknown = [n for n in named if n not in op.named]
        if unknown:
            names = ", ".join(f"`{n}`" for n in unknown)
            hint = f"it has: {', '.join(op.named)}" if op.named else ""
            what = f"has no input {names}"
            raise SpecError(WrongInputCount(span, self.context, op.kind(), what, hint))

    def check_fixed(self, op: Op, x: tuple[Tensor, ...], span: Span) -> None:
        """Whether the axes that an op has weights for have fixed sizes. Raises SpecError."""
        if not op.has_weights():
            return
        for axis in op.sizes.values():
            size = x[0].shape[axis]
            if not fixed(size):
                what = f"axis {axis % x[0].rank} of {x[0]}"
                raise SpecError(FixedSizeNeeded(span, self.context, what, str(size), AS_MANY))

    def input_problem(
        self, op: Op, problem: Problem, inputs: tuple[ir.Flow, ...], span: Span
    ) -> WrongInput:
        found = ", ".join(str(f.types[0]) for f in inputs)
        return WrongInput(
            span,
            self.context,
            op.kind(),
            problem.what,
            f"{found} arrives" if len(inputs) == 1 else f"{found} arrive",
            None,
            problem.help,
        )

    # -- the number of examples

    def example(self) -> ir.Flow | None:
        """An input that belongs to each example: it tells how many there are."""
        for name, _ in self.frame.inputs if self.frame is not None else ():
            found = self.frame.scope.entries.get(name)
            if isinstance(found, Value) and not found.types[0].common:
                return found.flow
        return None

    def examples(self, span: Span) -> Dynamic:
        """The number of examples, `B`: a dimension of what is elaborated. Raises SpecError."""
        frame, size = self.frame, count()
        if frame.dims.setdefault(SIZE, size) != size:
            raise SpecError(NameTaken(span, SIZE, "the number of examples", "a dimension"))
        if self.example() is None:
            raise SpecError(Misplaced(span, "the number of examples", "this", OF_EXAMPLES))
        return size


def is_common(flow: ir.Flow) -> bool:
    """Whether a value is the same for all examples."""
    return isinstance(flow, ir.Scalar) or all(t.common for t in flow.types)
