"""Generating: what is fed back, where it starts and ends (DLS450 to DLS459)."""

from __future__ import annotations

from collections.abc import Iterable

from dlspec.diagnostics.base import Diagnostic, Label
from dlspec.frozen import frozen
from dlspec.source import Span


@frozen
class CannotFeed(Diagnostic):
    """What a strategy reads must be an output of the model, and what it appends to an input: the
    scores of the next token at each position, `feed = logits -> tokens`, or, for CTC, those of
    every frame, `feed = logits`."""

    code = "DLS450"
    what: str
    found: str = ""
    places: tuple[Label, ...] = ()
    hint: str = ""

    @property
    def title(self) -> str:
        return self.what

    @property
    def label(self) -> str:
        return self.found

    @property
    def related(self) -> Iterable[Label]:
        return self.places

    @property
    def help(self) -> str:
        return self.hint


@frozen
class NoSuchToken(Diagnostic):
    """A token is a class of the output, by its number from 0 on."""

    code = "DLS451"
    name: str
    value: int
    output: str
    classes: int

    @property
    def title(self) -> str:
        return f"`{self.name} = {self.value}` is no class of `{self.output}`"

    @property
    def label(self) -> str:
        return f"its classes are 0 to {self.classes - 1}"


@frozen
class NotFedByData(Diagnostic):
    """Inputs beside the one that is fed back are read from rows of the data, so a field must feed
    each of them as it is."""

    code = "DLS452"
    name: str
    model: str
    declared: Span | None = None

    @property
    def title(self) -> str:
        return (
            f"no field feeds the input `{self.name}` of {self.model}, which is computed in training"
        )

    @property
    def related(self) -> Iterable[Label]:
        return (Label(self.declared, "the input"),) if self.declared else ()

    @property
    def help(self) -> str:
        return f"store what feeds `{self.name}` as a field of the data"
