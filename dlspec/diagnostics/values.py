"""Values of compile time (DLS300 to DLS399)."""

from __future__ import annotations

from collections.abc import Iterable

from dlspec.diagnostics.base import Diagnostic
from dlspec.diagnostics.shapes import InContext
from dlspec.frozen import frozen


@frozen
class WrongType(InContext):
    """A value of another type than the place takes."""

    code = "DLS300"
    name: str
    expected: str
    found: str

    @property
    def title(self) -> str:
        return f"`{self.name}` takes {self.expected}"

    @property
    def label(self) -> str:
        return f"this is {self.found}"


@frozen
class BadValue(InContext):
    """An argument whose value is out of range, or does not go with the others."""

    code = "DLS301"
    owner: str
    what: str
    hint: str = ""

    @property
    def title(self) -> str:
        return self.what if self.what.startswith(self.owner) else f"{self.owner}: {self.what}"

    @property
    def help(self) -> str:
        return self.hint


@frozen
class BadArithmetic(InContext):
    """Arithmetic at compile time that has no result."""

    code = "DLS302"
    what: str
    hint: str = ""

    @property
    def title(self) -> str:
        return self.what

    @property
    def help(self) -> str:
        return self.hint


@frozen
class TooLarge(InContext):
    """Compile-time arithmetic, lists and repeats have limits, so that a check always ends."""

    code = "DLS303"
    what: str
    limit: str

    @property
    def title(self) -> str:
        return self.what

    @property
    def help(self) -> str:
        return self.limit


@frozen
class ConditionFailed(InContext):
    """A `require` of a block or model that does not hold."""

    code = "DLS304"
    message: str

    @property
    def title(self) -> str:
        return self.message


@frozen
class OutOfSpace(Diagnostic):
    """A default (or a value given with `--set`) outside the parameter's own search space."""

    code = "DLS305"
    name: str
    value: str
    space: str

    @property
    def title(self) -> str:
        return f"`{self.name}` = {self.value} is outside its space"

    @property
    def label(self) -> str:
        return f"the space is {self.space}"

    @property
    def notes(self) -> Iterable[str]:
        return ()
