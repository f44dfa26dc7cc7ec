"""What is used: its arguments, what it is, and where it may stand (DLS100 to DLS199)."""

from __future__ import annotations

from collections.abc import Iterable

from dlspec.diagnostics.base import Diagnostic, Fix
from dlspec.frozen import frozen


@frozen
class UnknownArgument(Diagnostic):
    """An argument that a layer, block or object does not have."""

    code = "DLS103"
    name: str
    owner: str
    known: tuple[str, ...]
    suggestion: str | None = None
    instead: str = ""

    @property
    def title(self) -> str:
        return f"{self.owner} has no argument `{self.name}`"

    @property
    def label(self) -> str:
        return f"did you mean `{self.suggestion}`?" if self.suggestion else ""

    @property
    def help(self) -> str:
        if self.instead:
            return self.instead
        known = ", ".join(self.known)
        return f"the arguments are: {known}" if known else f"{self.owner} takes no arguments"

    @property
    def fix(self) -> Fix | None:
        return Fix(self.span, self.suggestion) if self.suggestion and self.span else None


@frozen
class MissingArgument(Diagnostic):
    """A parameter without a default that was not given."""

    code = "DLS104"
    owner: str
    names: tuple[str, ...]

    @property
    def title(self) -> str:
        names = ", ".join(f"`{n}`" for n in self.names)
        return f"{self.owner} needs {names}"

    @property
    def label(self) -> str:
        return "given here without it" if len(self.names) == 1 else "given here without them"


@frozen
class WrongArgumentCount(Diagnostic):
    """More positional arguments than there are parameters, or one given twice."""

    code = "DLS105"
    what: str
    hint: str = ""

    @property
    def title(self) -> str:
        return self.what

    @property
    def help(self) -> str:
        return self.hint


@frozen
class NotALayer(Diagnostic):
    """A stage of a chain that is no layer, block or function.

    The stages after `->` are layers: `x -> Dense(10)`. A wire or a number is no layer.
    """

    code = "DLS106"
    found: str
    hint: str = ""

    @property
    def title(self) -> str:
        return "this stage of a chain is not a layer"

    @property
    def label(self) -> str:
        return self.found

    @property
    def help(self) -> str:
        return self.hint


@frozen
class NotInThisVersion(Diagnostic):
    """A construct of the language that this version of the compiler reads but cannot compile."""

    code = "DLS107"
    what: str
    instead: str = ""

    @property
    def title(self) -> str:
        return f"{self.what} cannot be compiled by this version of dlspec"

    @property
    def help(self) -> str:
        return self.instead


@frozen
class Misplaced(Diagnostic):
    """A statement in a body where it has no meaning."""

    code = "DLS108"
    what: str
    where: str
    hint: str = ""

    @property
    def title(self) -> str:
        return f"{self.what} has no place in {self.where}"

    @property
    def help(self) -> str:
        return self.hint


@frozen
class Recursion(Diagnostic):
    """A block that uses itself, directly or through others."""

    code = "DLS110"
    cycle: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"`{self.cycle[0]}` uses itself"

    @property
    def notes(self) -> Iterable[str]:
        return (" -> ".join(self.cycle),) if len(self.cycle) > 2 else ()

    @property
    def help(self) -> str:
        return "a model is a finite graph: repeat a block with `Block(...) * n` or `for`"


@frozen
class NoOutput(Diagnostic):
    """A block or model that gives nothing."""

    code = "DLS111"
    kind: str
    name: str

    @property
    def title(self) -> str:
        return f"{self.kind} `{self.name}` has no output"

    @property
    def help(self) -> str:
        return "add: `output y = x`" if self.kind == "model" else "say what it gives: `output x`"


@frozen
class NotForBackend(Diagnostic):
    """A layer that a backend cannot write where it stands.

    Layers that a block takes as an argument become objects of the framework, and not every function
    has one.
    """

    code = "DLS114"
    backend: str
    layer: str
    reason: str
    advice: str = ""

    @property
    def title(self) -> str:
        return f"{self.layer} cannot be compiled for {self.backend}: {self.reason}"

    @property
    def help(self) -> str:
        return self.advice or "pass a layer with a capital letter, such as ReLU or LeakyReLU(0.2)"


@frozen
class EmptySpec(Diagnostic):
    """A file that declares nothing."""

    code = "DLS120"
    severity = "warning"

    @property
    def title(self) -> str:
        return "this file declares nothing"

    @property
    def help(self) -> str:
        return "`dlspec new NAME` writes a spec to start from"
