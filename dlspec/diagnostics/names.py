"""Names that are not there, not allowed, or not yet what a place needs (DLS100 to DLS199)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from dlspec.diagnostics.base import Diagnostic, Fix, Label
from dlspec.frozen import frozen
from dlspec.source import Span

_SHOWN = 12
"""Names that a help line lists."""


@frozen
class UnknownName(Diagnostic):
    """A name that nothing in reach defines.

    Wires, dimensions, parameters, `let`s, blocks, models and the built-in layers are looked up in
    this order. Names are case-sensitive.
    """

    code = "DLS100"
    name: str
    what: str
    suggestion: str | None = None
    known: tuple[str, ...] = ()
    """All that it could have been, where that is a short list of the spec's own names."""

    @property
    def title(self) -> str:
        return f"there is no {self.what} `{self.name}`"

    @property
    def label(self) -> str:
        return f"did you mean `{self.suggestion}`?" if self.suggestion else "not found"

    @property
    def help(self) -> str:
        if self.suggestion or not self.known:
            return ""
        more = len(self.known) - _SHOWN
        shown = ", ".join(self.known[:_SHOWN])
        return f"there are: {shown}" + (f" and {more} more" if more > 0 else "")

    @property
    def fix(self) -> Fix | None:
        return Fix(self.span, self.suggestion) if self.suggestion and self.span else None


@frozen
class AlreadyDefined(Diagnostic):
    """Two declarations of one name."""

    code = "DLS101"
    name: str
    what: str
    first: Span | None

    @property
    def title(self) -> str:
        return f"{self.what} `{self.name}` is defined twice"

    @property
    def label(self) -> str:
        return "again here"

    @property
    def related(self) -> Iterable[Label]:
        return (Label(self.first, "first here"),) if self.first else ()

    @property
    def help(self) -> str:
        return "give one of them another name"


@frozen
class InputAndOutput(Diagnostic):
    """A model whose output has the name of one of its inputs.

    In a file of a model, and in what is compared and predicted, inputs and outputs are told apart
    by their names. A block may call both alike: it is known by its wires' places alone.
    """

    code = "DLS116"
    name: str
    model: str

    @property
    def title(self) -> str:
        return f"`{self.name}` is an input of {self.model}, and an output too"

    @property
    def label(self) -> str:
        return "files tell them apart by their names"

    @property
    def help(self) -> str:
        return "give one of them another name"


@frozen
class NameTaken(Diagnostic):
    """A wire may be written again, but may not take the name of something else."""

    code = "DLS102"
    name: str
    what: str
    role: str = "a wire"

    @property
    def title(self) -> str:
        return f"`{self.name}` is {self.what} and cannot be {self.role}"

    @property
    def help(self) -> str:
        return f"give {self.role.replace('a ', 'the ', 1)} another name"


@frozen
class UnknownArgument(Diagnostic):
    """An argument that a layer, block or object does not have."""

    code = "DLS103"
    name: str
    owner: str
    known: tuple[str, ...]
    suggestion: str | None = None

    @property
    def title(self) -> str:
        return f"{self.owner} has no argument `{self.name}`"

    @property
    def label(self) -> str:
        return f"did you mean `{self.suggestion}`?" if self.suggestion else ""

    @property
    def help(self) -> str:
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
class OnlyInOtherBranch(Diagnostic):
    """A wire that only a branch defines which was not taken, or only a loop without a round."""

    code = "DLS109"
    name: str
    defined: Span
    where: Literal["branch", "loop"]
    context: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        why = {"branch": "a branch that is not taken", "loop": "a loop that runs no times"}
        return f"`{self.name}` is defined only in {why[self.where]} here"

    @property
    def related(self) -> Iterable[Label]:
        return (Label(self.defined, "defined here"),)

    @property
    def notes(self) -> Iterable[str]:
        return self.context

    @property
    def help(self) -> str:
        if self.where == "loop":
            return "define it before the loop"
        return "define it before the `if`, or in every branch"


@frozen
class UsedBefore(Diagnostic):
    """A wire that gets its value only further down. Statements are read from top to bottom."""

    code = "DLS115"
    name: str
    defined: Span
    context: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return f"`{self.name}` is used before it is defined"

    @property
    def label(self) -> str:
        return f"it gets its value on line {self.defined.line}"

    @property
    def related(self) -> Iterable[Label]:
        return (Label(self.defined, "defined here"),)

    @property
    def notes(self) -> Iterable[str]:
        return self.context

    @property
    def help(self) -> str:
        return f"move the statement that defines `{self.name}` in front of this one"


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
class UnknownOverride(Diagnostic):
    """`--set` names a parameter that the spec does not have."""

    code = "DLS112"
    name: str
    known: tuple[str, ...]
    suggestion: str | None = None

    @property
    def title(self) -> str:
        return f"there is no parameter `{self.name}` to set"

    @property
    def help(self) -> str:
        near = f"did you mean `{self.suggestion}`? " if self.suggestion else ""
        return f"{near}the parameters are: {', '.join(self.known) or 'none'}"


@frozen
class PatternMatchesNothing(Diagnostic):
    """A pattern of `weights` that no weight of the model has."""

    code = "DLS113"
    pattern: str
    known: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"no weight matches `{self.pattern}`"

    @property
    def help(self) -> str:
        more = ", ..." if len(self.known) > 6 else ""
        return f"the weights are: {', '.join(self.known[:6])}{more}" if self.known else ""


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
