"""Tensors that do not fit (DLS200 to DLS299)."""

from __future__ import annotations

from collections.abc import Iterable

from dlspec.diagnostics.base import Diagnostic, Label
from dlspec.frozen import frozen
from dlspec.source import Span

Context = tuple[str, ...]


@frozen
class InContext(Diagnostic):
    """A problem inside a block, with the uses that led there."""

    context: Context

    @property
    def notes(self) -> Iterable[str]:
        return self.context


@frozen
class WrongInput(InContext):
    """An input whose shape or dtype a layer cannot take."""

    code = "DLS201"
    owner: str
    what: str
    found: str
    origin: Label | None = None
    hint: str = ""

    @property
    def title(self) -> str:
        return self.what if self.what.startswith(self.owner) else f"{self.owner}: {self.what}"

    @property
    def label(self) -> str:
        return self.found

    @property
    def related(self) -> Iterable[Label]:
        return (self.origin,) if self.origin else ()

    @property
    def help(self) -> str:
        return self.hint


@frozen
class InputDoesNotMatch(InContext):
    """What arrives at a block or model is not what its `input` declares."""

    code = "DLS202"
    owner: str
    name: str
    expected: str
    found: str
    declared: Span
    reason: str = ""

    @property
    def title(self) -> str:
        return f"input `{self.name}` of {self.owner} does not fit"

    @property
    def label(self) -> str:
        return f"{self.found} arrives"

    @property
    def related(self) -> Iterable[Label]:
        return (Label(self.declared, f"declared as {self.expected}"),)

    @property
    def help(self) -> str:
        return self.reason


@frozen
class WrongInputCount(InContext):
    """A layer that got too few or too many inputs, or one under an unknown name."""

    code = "DLS203"
    owner: str
    what: str
    hint: str = ""

    @property
    def title(self) -> str:
        return f"{self.owner} {self.what}"

    @property
    def help(self) -> str:
        return self.hint


@frozen
class ShapesDoNotCombine(InContext):
    """Operands of tensor arithmetic whose shapes or dtypes do not go together.

    They have one dtype, and equal ranks, or one is a scalar; sizes are equal or 1. Nothing else
    broadcasts.
    """

    code = "DLS204"
    what: str
    left: str
    op: str
    right: str
    origins: tuple[Label, ...] = ()
    hint: str = ""

    @property
    def title(self) -> str:
        return self.what

    @property
    def label(self) -> str:
        return f"{self.left} {self.op} {self.right}"

    @property
    def related(self) -> Iterable[Label]:
        return self.origins

    @property
    def help(self) -> str:
        return self.hint


@frozen
class OutputDoesNotMatch(InContext):
    """An output or wire whose declared type is not what the expression gives."""

    code = "DLS205"
    name: str
    expected: str
    found: str

    @property
    def title(self) -> str:
        return f"`{self.name}` is declared as {self.expected}"

    @property
    def label(self) -> str:
        return f"this is {self.found}"


@frozen
class DimensionNeeded(InContext):
    """A model's input needs sizes that are known when the spec is checked."""

    code = "DLS206"
    name: str

    @property
    def title(self) -> str:
        return f"the size `{self.name}` of a model's input is not known"

    @property
    def help(self) -> str:
        return (
            f"write a number, `{self.name} <= 512` for any size up to a bound, or declare "
            f"`{self.name}: int = ...` as a parameter of the model"
        )


@frozen
class SizeOfPython(InContext):
    """Of what an `extern` gives, every size must follow from what it takes.

    A name in its type is one that an input binds, a parameter, or arithmetic of such. A number of
    places that only Python knows is given with a size that has room for all, and a mask or a count.
    """

    code = "DLS213"
    size: str
    known: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"the size `{self.size}` of what Python gives is not known"

    @property
    def help(self) -> str:
        names = ", ".join(f"`{n}`" for n in self.known)
        known = f", or use a size that arrives: {names}" if names else ""
        return f"write a number, or a parameter with one{known}"


@frozen
class WrongOutputCount(InContext):
    """Several values where one name stands, or the other way round."""

    code = "DLS207"
    names: int
    found: int

    @property
    def title(self) -> str:
        names = "1 name" if self.names == 1 else f"{self.names} names"
        values = "1 value" if self.found == 1 else f"{self.found} values"
        return f"{names} for {values}"

    @property
    def help(self) -> str:
        if self.found == 1:
            return "one name takes the value: `y = x -> Layer`"
        return "give each value a name: `a, b = x -> Layer`"


@frozen
class NotATensor(InContext):
    """A value of compile time where a tensor is needed."""

    code = "DLS208"
    found: str
    hint: str = ""

    @property
    def title(self) -> str:
        return "a tensor is needed here"

    @property
    def label(self) -> str:
        return f"this is {self.found}"

    @property
    def help(self) -> str:
        return self.hint


@frozen
class TensorAsValue(InContext):
    """A tensor where a value of compile time is needed: configuration never depends on data."""

    code = "DLS209"
    found: str
    hint: str = "tensors are inputs, never configuration: `(x, y) -> Layer(...)`"

    @property
    def title(self) -> str:
        return "a value that is known at compile time is needed here"

    @property
    def label(self) -> str:
        return f"this is a tensor, {self.found}"

    @property
    def help(self) -> str:
        return self.hint


@frozen
class WeightsInFunction(InContext):
    """A layer with weights, or with a state of its own, in the body of a `fn` or a `train` block.

    A function is the same wherever it is used, and owns nothing. What has weights, or draws numbers
    in training (Dropout), is part of a block: each use of a block has weights of its own.
    """

    code = "DLS211"
    layer: str
    trains: bool = False
    """Whether it stands in a `train` block."""

    @property
    def title(self) -> str:
        if self.trains:
            return f"a `train` block owns no weights: {self.layer} cannot stand in it"
        return f"a function owns no weights: {self.layer} cannot stand in a `fn`"

    @property
    def help(self) -> str:
        if self.trains:
            return "make it a part of a `model`, and name that: `let net = Net()`"
        return "make it a `block`, whose tensors are declared with `input`"


@frozen
class BadIndex(InContext):
    """An index of a tensor that its shape or dtype does not allow.

    Indices are NumPy's, on the axes of one example: a place that exists, a slice that is not
    empty, `none` for a new axis, `...`, or one tensor of integers, which reads along axis 0.
    """

    code = "DLS210"
    what: str
    hint: str = ""

    @property
    def title(self) -> str:
        return self.what

    @property
    def help(self) -> str:
        return self.hint
