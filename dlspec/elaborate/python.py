"""Python functions on tensors: the types of what they give, from the types of what they take."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from dlspec.diagnostics import SpecError
from dlspec.diagnostics.shapes import SizeOfPython
from dlspec.elaborate.frame import Frame
from dlspec.elaborate.names import Names
from dlspec.elaborate.signatures import is_tensor
from dlspec.elaborate.statements import StatementBuilder
from dlspec.elaborate.values import BlockLayer, Scope, Value
from dlspec.elaborate.written import note_extern
from dlspec.expr import Ref, Static
from dlspec.ir import model as ir
from dlspec.ops.extern import Extern
from dlspec.source import Span
from dlspec.syntax import tree
from dlspec.tensor import DTYPES, Tensor


class PythonCalls(StatementBuilder):
    """Applies what `extern fn` and `extern layer` declare."""

    @abstractmethod
    def used(
        self, layer: BlockLayer, arrivals: dict[str, Tensor], use: Span
    ) -> AbstractContextManager[None]:
        """Errors within say in which use they arose."""

    def apply_python(
        self,
        fn: tree.Fn,
        values: dict[str, Static],
        arrivals: dict[str, ir.Flow],
        node: tree.Node,
    ) -> Value:
        assert fn.python is not None
        layer = BlockLayer(fn, values, node.span)
        types = {n: f.types[0] for n, f in arrivals.items()}
        site = self.frame.site(node)
        self.active.append(fn.name.id)
        try:
            with self.used(layer, types, node.span):
                scope = Scope(
                    self.scope_of(fn), {n: Static(v.value, Ref(n)) for n, v in values.items()}
                )
                frame = self.frame = Frame(fn, Names(), Scope(scope), types, {})
                for p in fn.parameters:
                    if is_tensor(p.type):
                        self.tensor_input(p.name, p.type, frame)
                gives = tuple(self.given_type(t, frame) for t in fn.python.gives)
        finally:
            self.active.pop()
        made = ir.Instance(
            number=0,
            definition=fn.name.id,
            arguments={},
            dims=frame.dims,
            inputs=tuple(frame.inputs),
            outputs=tuple((None, t) for t in gives),
            body=(),
        )
        outside = self.caller_types(made, layer, self.caller_dims(made, arrivals), False)
        op = python_op(fn.name.id, fn.python, values, outside)
        note_extern(op, fn, values)
        origins = {n: v.origin for n, v in values.items() if v.origin is not None}
        return self.applied(op, origins, tuple(arrivals.values()), {}, site, node.span)

    def python_output(
        self, definition: tree.Definition, python: tree.Python, layer: BlockLayer, frame: Frame
    ) -> ir.Output:
        """What an `extern layer` gives, of its inputs, its weights and its numbers."""
        assert isinstance(definition.body, tree.Body)
        inputs = tuple(ir.Wire(name=n, types=(t,)) for n, t in frame.inputs)
        weights: dict[str, ir.Flow] = {}
        for s in definition.body.statements:
            if isinstance(s, tree.Let):
                entry = frame.scope.entries[s.name.id]
                assert isinstance(entry, Value)
                weights[s.name.id] = entry.flow
                frame.idle.pop(s.name.id, None)
        gives = tuple(self.given_type(t, frame) for t in python.gives)
        op = python_op(definition.name.id, python, layer.arguments, gives)
        origins = {n: Ref(n) for n in layer.arguments}
        site, span = frame.site(python), definition.name.span
        value = self.applied(op, origins, inputs, weights, site, span)
        frame.outputs.extend((None, t) for t in value.types)
        return ir.Output(site=frame.site(definition), name=None, value=value.flow, line=span.line)

    def given_type(self, type_: tree.Type, frame: Frame) -> Tensor:
        """The type of what Python gives: every size in it is known from what arrives."""
        count, dims = self.parts(type_)
        if type_.name.id in DTYPES and not type_.groups:
            raise self.no_type(type_)
        classes = None if count is None else self.given_size(count, type_, frame)
        shape = tuple(self.given_size(d, type_, frame) for d in dims)
        return Tensor(type_.name.id, shape, classes)  # type: ignore[arg-type]

    def given_size(self, dim: Any, type_: tree.Type, frame: Frame) -> int:
        known = isinstance(dim, tree.Name) and frame.scope.find(dim.id) is not None
        bounded = isinstance(dim, tree.Binary) and dim.op in ("<=", "<")
        if bounded or isinstance(dim, tree.Rest) or (isinstance(dim, tree.Name) and not known):
            raise SpecError(SizeOfPython(dim.span, self.context, dim.span.text, tuple(frame.dims)))
        return self.dimension(dim, None, frame, None, type_, "")


def python_op(
    name: str, python: tree.Python, values: Mapping[str, Static], gives: tuple[Tensor, ...]
) -> Extern:
    arguments = tuple((n, v.value) for n, v in values.items())
    return Extern(name=name, functions=python.functions, arguments_=arguments, gives=gives)
