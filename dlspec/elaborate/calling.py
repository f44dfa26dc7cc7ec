"""Functions of tensors on their arguments: tensors are inputs, numbers are parameters."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any

from dlspec.diagnostics import Diagnostic, SpecError
from dlspec.diagnostics.shapes import NotATensor, TensorAsValue
from dlspec.elaborate.applying import outputs
from dlspec.elaborate.blocks import bind
from dlspec.elaborate.evaluate import Skip
from dlspec.elaborate.experts import ExpertsApplier
from dlspec.elaborate.lists import holds_tensors
from dlspec.elaborate.passing import passed
from dlspec.elaborate.signatures import header_problems, is_tensor
from dlspec.elaborate.values import BlockLayer, Given, Scope, Value, describe
from dlspec.elaborate.written import note_parameter
from dlspec.expr import Static
from dlspec.ir import model as ir
from dlspec.source import Span
from dlspec.syntax import tree


class FunctionApplier(ExpertsApplier):
    """Applies functions of tensors within a frame."""

    def apply_fn(self, fn: tree.Fn, given: tuple[Given, ...], node: tree.Node) -> Value:
        if self.frame is None:  # an argument of a model that a `train` block uses
            return super().apply_fn(fn, given, node)
        if any(header_problems(fn)):
            raise Skip  # reported with its declaration
        span = node.span
        self.check_recursion(fn, span)
        values, arrivals = self.split(fn, given, node)
        if fn.python is not None:
            return self.apply_python(fn, values, arrivals, node)
        self.calling.append(fn)
        try:
            layer = BlockLayer(fn, values, span)
            return self.called(layer, arrivals, (), None, self.frame.site(node), span)
        finally:
            self.calling.pop()

    @abstractmethod
    def apply_python(
        self,
        fn: tree.Fn,
        values: dict[str, Static],
        arrivals: dict[str, ir.Flow],
        node: tree.Node,
    ) -> Value:
        """An `extern fn` on its numbers and its tensors."""

    def split(
        self, fn: tree.Fn, given: tuple[Given, ...], node: tree.Node
    ) -> tuple[dict[str, Static], dict[str, ir.Flow]]:
        """The parameters of a function that are numbers, and those that are tensors, by name."""
        found, problems = bind(fn, tuple(_single(given)), node.span)
        if problems:
            raise SpecError(*problems)
        values: dict[str, Static] = {}
        arrivals: dict[str, ir.Flow] = {}
        inner = Scope(self.scope_of(fn))
        wrong: list[Diagnostic] = []
        for p in fn.parameters:
            name, g = p.name.id, found.get(p.name.id)
            try:
                if is_tensor(p.type):
                    assert g is not None
                    arrivals[name] = self.tensor_given(g).flow
                    continue
                if g is None:
                    values[name] = self.parameter(fn, p, None, inner, inner)
                else:
                    values[name] = self.number_given(g, p)
                inner.entries[name] = values[name]
            except SpecError as error:
                wrong.extend(error.diagnostics)
        if wrong:
            raise SpecError(*wrong)
        return values, arrivals

    @abstractmethod
    def tensor(self, found: Any, e: tree.Expr) -> Value:
        """A value where a tensor is meant. Raises SpecError."""

    def tensor_given(self, g: Given) -> Value:
        value = g.value
        if g.written is not None:
            value = self.tensor(value, g.written)
        if len(value.types) != 1:
            raise SpecError(NotATensor(_place(g), self.context, "several tensors"))
        found: Value = value
        return found

    def number_given(self, g: Given, p: tree.Parameter) -> Static:
        """The value of a parameter that is no tensor."""
        span = _place(g)
        if not isinstance(g.value, Static):
            types = getattr(g.value, "types", ())
            what = str(types[0]) if types else describe(g.value)
            hint = f"`{p.name.id}` is a number, whose value the function is made with"
            raise SpecError(TensorAsValue(span, self.context, what, hint))
        if holds_tensors(g.value.value):
            raise SpecError(TensorAsValue(span, self.context, "in a list"))
        found = self.convert(g.value, p.type, span, p.name.id)
        made = Static(passed(found.value, span), found.origin)
        note_parameter(made, "use", g.written)
        return made


def _place(g: Given) -> Span:
    return g.written.span if g.written is not None else g.span


def _single(given: tuple[Given, ...]) -> Iterator[Given]:
    """The arguments, where what has several outputs gives so many arguments."""
    for g in given:
        if g.name is None and isinstance(g.value, Value) and len(g.value.types) > 1:
            yield from (Given(g.span, None, v, g.written) for v in outputs(g.value))
        else:
            yield g
