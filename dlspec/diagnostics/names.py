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
