"""Declared types: what an input binds, and what an output or wire must be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dlspec.diagnostics import SpecError
from dlspec.diagnostics.names import (
    NotInThisVersion,
)
from dlspec.diagnostics.shapes import (
    DimensionNeeded,
    InputDoesNotMatch,
    OutputDoesNotMatch,
)
from dlspec.elaborate.evaluate import Skip
from dlspec.elaborate.frame import Frame
from dlspec.elaborate.tensors import TensorEvaluator
from dlspec.elaborate.values import (
    Broken,
    Value,
)
from dlspec.expr import Ref, Size, Static
from dlspec.ir import model as ir
from dlspec.syntax import tree
from dlspec.tensor import DTYPES, Tensor


class TypeReader(TensorEvaluator):
    """Reads the types of inputs, outputs and wires."""

    active: list[str]
    """The definitions that are being elaborated, outermost first."""

    def input(self, s: tree.Input, frame: Frame) -> None:
        name = s.name.id
        if frame.definition.kind == "model" and not self.active[1:]:
            found = self.declared(s.type, frame, None)
        else:
            arriving = frame.arrivals.get(name)
            if arriving is None:
                raise Skip
            found = self.declared(s.type, frame, arriving, s)
        frame.inputs.append((name, found))
        wire = ir.Wire(name=name, types=(found,))
        frame.scope.entries[name] = Value(wire)

    def declared(
        self, type_: tree.Type, frame: Frame, arriving: Tensor | None, s: tree.Input | None = None
    ) -> Tensor:
        """The type of an input: what is declared, with its names bound to what arrives."""
        dtype = type_.name.id
        if dtype not in DTYPES or len(type_.groups) != 1:
            from dlspec.diagnostics import nearest
            from dlspec.diagnostics.names import UnknownName

            close = nearest(dtype, DTYPES)
            raise SpecError(UnknownName(type_.name.span, dtype, "tensor type", close))
        dims = type_.groups[0]
        if arriving is not None:
            self.check_rank(dtype, dims, arriving, type_, s)
        shape: list[int] = []
        for i, dim in enumerate(dims):
            if isinstance(dim, tree.Rest):
                if arriving is None:
                    raise SpecError(DimensionNeeded(dim.span, self.context, "..."))
                rest = arriving.rank - len(dims) + 1
                shape.extend(arriving.shape[i : i + rest])
                continue
            at = None
            if arriving is not None:
                behind_rest = any(isinstance(d, tree.Rest) for d in dims[:i])
                at = int(arriving.shape[i - len(dims) if behind_rest else i])
            shape.append(self.dimension(dim, at, frame, arriving, type_, s))
        if arriving is None:
            return Tensor(dtype, tuple(shape))  # type: ignore[arg-type]
        return replace(arriving, dtype=dtype, shape=tuple(shape))  # type: ignore[arg-type]

    def check_rank(
        self,
        dtype: str,
        dims: tuple[Any, ...],
        arriving: Tensor,
        type_: tree.Type,
        s: tree.Input | None,
    ) -> None:
        rest = any(isinstance(d, tree.Rest) for d in dims)
        fits = arriving.rank >= len(dims) - 1 if rest else arriving.rank == len(dims)
        same = arriving.dtype == dtype or (dtype == "i32" and arriving.dtype == "class")
        if not fits or not same:
            raise self.mismatch(arriving, type_, s)

    def mismatch(
        self, arriving: Tensor, type_: tree.Type, s: tree.Input | None, reason: str = ""
    ) -> SpecError:
        name = s.name.id if s else ""
        owner = self.active[-1] if self.active else ""
        use = self.use_span or type_.span
        found = InputDoesNotMatch(
            use, self.context[1:], owner, name, type_.span.text, str(arriving), type_.span, reason
        )
        return SpecError(found)

    def dimension(
        self,
        dim: Any,
        at: int | None,
        frame: Frame,
        arriving: Tensor | None,
        type_: tree.Type,
        s: tree.Input | None,
    ) -> int:
        if isinstance(dim, tree.Binary) and dim.op in ("<=", "<"):
            instead = "write the length as a number"
            raise SpecError(NotInThisVersion(dim.span, "a dimension of any length", instead))
        if isinstance(dim, tree.Name):
            found = frame.scope.find(dim.id)
            if found is None or isinstance(found, Broken):
                if at is None:
                    raise SpecError(DimensionNeeded(dim.span, self.context, dim.id))
                if dim.id == "_":
                    return at
                frame.dims[dim.id] = at
                frame.scope.entries[dim.id] = Static(at, Ref(dim.id))
                return Size(at, Ref(dim.id))
        value = self.value(dim, frame.scope)
        whole = value.value
        if isinstance(whole, float) and whole.is_integer():
            whole = int(whole)
        if isinstance(whole, bool) or not isinstance(whole, int) or whole < 1:
            from dlspec.diagnostics.values import WrongType
            from dlspec.elaborate.values import describe

            expected = "an integer of at least 1"
            raise SpecError(
                WrongType(dim.span, self.context, dim.span.text, expected, describe(value))
            )
        if at is not None and at != whole:
            assert arriving is not None
            raise self.mismatch(arriving, type_, s, f"`{dim.span.text}` is {whole} here, not {at}")
        return Size(whole, value.origin)

    def check_declared(
        self,
        type_: tree.Type,
        types: tuple[Tensor, ...],
        name: str,
        s: tree.Output | tree.Assign,
        frame: Frame,
    ) -> None:
        """What an output or wire is declared to be, against what it is."""
        found = types[0]
        value = s.value or s.name  # type: ignore[union-attr]
        dims = type_.groups[0] if type_.groups else ()
        fits = type_.name.id == found.dtype and len(types) == 1
        rest = any(isinstance(d, tree.Rest) for d in dims)
        if fits and not rest:
            fits = len(dims) == found.rank
            for dim, at in zip(dims, found.shape, strict=False):
                if isinstance(dim, tree.Name) and frame.scope.find(dim.id) is None:
                    if dim.id != "_":
                        frame.dims[dim.id] = int(at)
                        frame.scope.entries[dim.id] = Static(int(at), Ref(dim.id))
                    continue
                if isinstance(dim, tree.Binary) and dim.op in ("<=", "<"):
                    raise SpecError(NotInThisVersion(dim.span, "a dimension of any length"))
                assert not isinstance(dim, tree.Rest | tree.All)
                fits = fits and self.value(dim, frame.scope).value == int(at)
        if not fits:
            shape = type_.span.text
            values = [self._dim_text(d, frame) for d in dims]
            evaluated = f"{type_.name.id}[{', '.join(values)}]"
            expected = shape if shape == evaluated else f"{shape}, {evaluated}"
            where = value.span if value is not None else s.span
            raise SpecError(OutputDoesNotMatch(where, self.context, name, expected, str(found)))

    def _dim_text(self, dim: Any, frame: Frame) -> str:
        try:
            return str(self.value(dim, frame.scope).value)
        except (SpecError, Skip):
            return dim.span.text
