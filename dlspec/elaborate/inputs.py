"""Declared types: what an input binds, and what an output or wire must be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dlspec.diagnostics import SpecError, nearest
from dlspec.diagnostics.lengths import BadBound
from dlspec.diagnostics.names import NameTaken, UnknownName
from dlspec.diagnostics.shapes import (
    DimensionNeeded,
    InputDoesNotMatch,
    OutputDoesNotMatch,
)
from dlspec.diagnostics.uses import Misplaced
from dlspec.diagnostics.values import WrongType
from dlspec.elaborate.bounds import too_many
from dlspec.elaborate.evaluate import Skip
from dlspec.elaborate.frame import Frame
from dlspec.elaborate.tensors import TensorEvaluator
from dlspec.elaborate.values import Broken, Value, describe
from dlspec.expr import Ref, Static, fixed, with_origin
from dlspec.ir import model as ir
from dlspec.length import dynamic
from dlspec.ops.fields import LIMIT
from dlspec.source import Span
from dlspec.syntax import tree
from dlspec.tensor import DTYPES, Tensor


class TypeReader(TensorEvaluator):
    """Reads the types of inputs, outputs and wires."""

    active: list[str]
    """The definitions that are being elaborated, outermost first."""
    around: int
    """How many of them stand around the model: 1 in a `train` block."""

    def input(self, s: tree.Input, frame: Frame) -> None:
        name = s.name.id
        if frame.definition.kind == "model" and not self.active[1:]:
            found = self.declared(s.type, frame, None)
        else:
            arriving = frame.arrivals.get(name)
            if arriving is None:
                raise Skip
            found = self.declared(s.type, frame, arriving, name)
        self.arrives(name, found, frame)

    def tensor_input(self, name: tree.Name, type_: tree.Type, frame: Frame) -> None:
        """A parameter of a function that is a tensor."""
        found = self.declared(type_, frame, frame.arrivals[name.id], name.id)
        self.arrives(name.id, found, frame)

    def arrives(self, name: str, found: Tensor, frame: Frame) -> None:
        frame.inputs.append((name, found))
        frame.scope.entries[name] = Value(ir.Wire(name=name, types=(found,)))

    def declared(
        self, type_: tree.Type, frame: Frame, arriving: Tensor | None, name: str = ""
    ) -> Tensor:
        """The type of an input: what is declared, with its names bound to what arrives."""
        dtype = type_.name.id
        count, dims = self.parts(type_)
        if dtype == "class" and arriving is None:
            hint = "a model reads classes as integers: `i32[]`, or `i32[T]` for several"
            raise SpecError(Misplaced(type_.span, "`class`", "the input of a model", hint))
        if dtype != "class" and not type_.groups:
            raise self.no_type(type_)
        if arriving is not None:
            self.check_rank(dtype, dims, arriving, type_, name)
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
                at = arriving.shape[i - len(dims) if behind_rest else i]
            shape.append(self.dimension(dim, at, frame, arriving, type_, name))
        if arriving is None:
            return Tensor(dtype, tuple(shape))  # type: ignore[arg-type]
        found = replace(arriving, dtype=dtype, shape=tuple(shape))  # type: ignore[arg-type]
        if count is None:
            return found
        if found.classes is None:
            raise self.mismatch(arriving, type_, name, "how many classes it has is not known")
        return replace(
            found, classes=self.dimension(count, found.classes, frame, arriving, type_, name)
        )

    def parts(self, type_: tree.Type) -> tuple[Any, tuple[Any, ...]]:
        """The class count of a declared type, None where it has none, and its sizes."""
        first, *others = type_.groups or ((),)
        if type_.name.id in DTYPES and not others:
            return None, first
        if type_.name.id != "class" or len(others) > 1 or len(first) != bool(type_.groups):
            raise self.no_type(type_)
        return (first[0] if first else None), (others[0] if others else ())

    def no_type(self, type_: tree.Type) -> SpecError:
        name = type_.name.id
        if name in DTYPES:
            what = f"tensor type with{'out a shape' if not type_.groups else ' two shapes'}"
            meant = f"{name}[]" if not type_.groups else None
            return SpecError(UnknownName(type_.span, type_.span.text, what, meant))
        return SpecError(UnknownName(type_.name.span, name, "tensor type", nearest(name, DTYPES)))

    def check_rank(
        self,
        dtype: str,
        dims: tuple[Any, ...],
        arriving: Tensor,
        type_: tree.Type,
        name: str,
    ) -> None:
        rest = any(isinstance(d, tree.Rest) for d in dims)
        fits = arriving.rank >= len(dims) - 1 if rest else arriving.rank == len(dims)
        same = arriving.dtype == dtype or (dtype == "i32" and arriving.dtype == "class")
        if not fits or not same:
            raise self.mismatch(arriving, type_, name)

    def mismatch(
        self, arriving: Tensor, type_: tree.Type, name: str, reason: str = ""
    ) -> SpecError:
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
        name: str,
    ) -> int:
        if isinstance(dim, tree.Binary) and dim.op in ("<=", "<"):
            return self.bounded(dim, at, frame, arriving, type_, name)
        if isinstance(dim, tree.Name):
            found = frame.scope.find(dim.id)
            if found is None or isinstance(found, Broken):
                if at is None and frame.broken:
                    raise Skip  # an input that does not fit may have bound it
                if at is None:
                    raise SpecError(DimensionNeeded(dim.span, self.context, dim.id))
                return at if dim.id == "_" else self.bound_to(dim.id, at, frame)
        value = self.value(dim, frame.scope)
        whole = value.value
        if isinstance(whole, float) and whole.is_integer():
            whole = int(whole)
        if isinstance(whole, bool) or not isinstance(whole, int) or whole < 1:
            expected = "an integer of at least 1"
            raise SpecError(
                WrongType(dim.span, self.context, dim.span.text, expected, describe(value))
            )
        if whole > LIMIT:
            raise too_many(dim.span, self.context, f"an axis of {whole:,} places", LIMIT)
        if at is not None and at != whole:
            assert arriving is not None
            reason = f"`{dim.span.text}` is {whole} here, not {at}"
            raise self.mismatch(arriving, type_, name, reason)
        return with_origin(whole, value.origin)

    def bound_to(self, name: str, size: int, frame: Frame) -> int:
        """A name for a size, which expressions may then use."""
        named = frame.dims[name] = with_origin(size, Ref(name))
        frame.scope.entries[name] = Static(named, Ref(name))
        return named

    def bounded(
        self,
        dim: tree.Binary,
        at: int | None,
        frame: Frame,
        arriving: Tensor | None,
        type_: tree.Type,
        name: str,
    ) -> int:
        """`T <= 512`: a dimension of any size up to a bound."""
        left = dim.left
        if not isinstance(left, tree.Name) or left.id == "_":
            what = "a dynamic dimension is a name with a bound"
            raise SpecError(BadBound(dim.span, self.context, what, "write `T <= 512`"))
        if left.id in frame.dims:
            what = f"`{left.id}` has its bound already"
            raise SpecError(BadBound(dim.span, self.context, what, f"write `{left.id}`"))
        if frame.scope.find(left.id) is not None:
            raise SpecError(NameTaken(left.span, left.id, "a parameter", "a dynamic dimension"))
        value = self.value(dim.right, frame.scope)
        most = self.fixed_size(value, dim.right, "a bound").value
        if isinstance(most, bool) or not isinstance(most, int) or most < 1 + (dim.op == "<"):
            expected = "an integer of at least 1"
            raise SpecError(
                WrongType(
                    dim.right.span, self.context, f"{left.id} {dim.op}", expected, describe(value)
                )
            )
        most -= dim.op == "<"
        if at is None:
            return self.bound_to(left.id, dynamic(left.id, most), frame)
        if int(at) > most:
            assert arriving is not None
            reason = f"`{left.id}` is at most {most} here, and {described(at)}"
            raise self.mismatch(arriving, type_, name, reason)
        return self.bound_to(left.id, at, frame)

    def check_declared(
        self,
        type_: tree.Type,
        types: tuple[Tensor, ...],
        name: str,
        where: Span,
        frame: Frame,
    ) -> None:
        """What an output or wire is declared to be, against what it is."""
        found = types[0]
        count, dims = self.parts(type_)
        fits = type_.name.id == found.dtype and len(types) == 1
        sizes = list(found.shape)
        rest = next((i for i, d in enumerate(dims) if isinstance(d, tree.Rest)), None)
        if rest is not None:
            behind = len(dims) - rest - 1
            fits = fits and found.rank >= len(dims) - 1
            sizes[rest : found.rank - behind] = []
            dims = dims[:rest] + dims[rest + 1 :]
        fits = fits and len(dims) == len(sizes)
        if count is not None and found.classes is not None:
            dims, sizes = (count, *dims), [found.classes, *sizes]
        if fits:
            fits = all(self.fits(d, at, frame) for d, at in zip(dims, sizes, strict=True))
        if not fits:
            shape = type_.span.text
            evaluated = type_.name.id + "".join(
                f"[{', '.join(self._dim_text(d, frame) for d in group)}]" for group in type_.groups
            )
            expected = shape if shape == evaluated else f"{shape}, {evaluated}"
            given = ", ".join(map(str, types))
            raise SpecError(OutputDoesNotMatch(where, self.context, name, expected, given))

    def check_returned(
        self, types: tuple[Tensor, ...], fn: tree.Fn, where: Span, frame: Frame
    ) -> None:
        """What an `output` of a function gives, against what its header says; without that it
        gives anything."""
        if not fn.returns:
            return
        declared = fn.returns[len(frame.outputs) :][: len(types)]
        if len(declared) < len(types):
            said = ", ".join(r.span.text for r in fn.returns)
            more = "an output more" if frame.outputs else ", ".join(map(str, types))
            raise SpecError(OutputDoesNotMatch(where, self.context, fn.name.id, said, more))
        for d, found in zip(declared, types, strict=True):
            self.check_declared(d, (found,), fn.name.id, where, frame)

    def check_all_returned(self, fn: tree.Fn, frame: Frame) -> None:
        """Whether a function has an `output` for each type of its header."""
        if len(frame.outputs) < len(fn.returns):
            said = ", ".join(r.span.text for r in fn.returns)
            given = ", ".join(str(t) for _, t in frame.outputs)
            where, name = fn.name.span, fn.name.id
            raise SpecError(OutputDoesNotMatch(where, self.context, name, said, f"{given} alone"))

    def fits(self, dim: Any, at: int, frame: Frame) -> bool:
        """Whether a size is what is declared; a new name takes it."""
        if isinstance(dim, tree.Name) and frame.scope.find(dim.id) is None:
            if dim.id != "_":
                self.bound_to(dim.id, at, frame)
            return True
        if isinstance(dim, tree.Binary) and dim.op in ("<=", "<"):
            what = "the size of what is computed follows from the inputs"
            hint = f"write `{at}`, or a name or `_` in its place"
            raise SpecError(BadBound(dim.span, self.context, what, hint))
        assert not isinstance(dim, tree.Rest | tree.All)
        return bool(self.value(dim, frame.scope).value == at)

    def _dim_text(self, dim: Any, frame: Frame) -> str:
        try:
            return str(self.value(dim, frame.scope).value)
        except (SpecError, Skip):
            return dim.span.text


def described(size: int) -> str:
    """What arrives, against a bound: `T may be 512`, `600 arrives`."""
    return f"{size} arrives" if fixed(size) else f"{size} may be {int(size)}"
