"""The tools that explain: what is asked of them and is not there (DLS750 to DLS769)."""

from __future__ import annotations

from collections.abc import Sequence

from dlspec.diagnostics.base import Diagnostic
from dlspec.frozen import frozen


def _choice(names: Sequence[str]) -> str:
    """`a, b or c`."""
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last


@frozen
class UnknownCode(Diagnostic):
    """`dlspec explain` takes the code of an error, as it stands in brackets: `DLS204`."""

    code = "DLS750"
    asked: str
    near: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"there is no error `{self.asked}`"

    @property
    def help(self) -> str:
        if not self.near:
            return "`dlspec explain` lists all of them"
        return f"did you mean {_choice(self.near)}? `dlspec explain` lists all of them"


@frozen
class UnknownOp(Diagnostic):
    """`dlspec ops` takes the name of a layer or function, as a spec writes it.

    `dlspec ops` alone lists all of them. Losses, optimizers and transforms are no ops.
    """

    code = "DLS751"
    asked: str
    near: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"there is no layer or function `{self.asked}`"

    @property
    def help(self) -> str:
        if not self.near:
            return "`dlspec ops` lists all of them"
        return f"did you mean {_choice(self.near)}? `dlspec ops` lists all of them"


@frozen
class NoModel(Diagnostic):
    """A command that draws one model, and a spec with none of that name, with several or without
    any.

    A model whose parameters have no defaults is one only where a `train` block or `--set` gives
    them.
    """

    code = "DLS752"
    name: str
    known: tuple[str, ...]

    @property
    def title(self) -> str:
        if not self.known:
            return "this spec has no model whose parameters all have values"
        return f"there is no model `{self.name}`" if self.name else "this spec has several models"

    @property
    def help(self) -> str:
        if not self.known:
            return "give its parameters defaults, or values: `--set Net.width=64`"
        return f"choose one: {', '.join(f'`--model {n}`' for n in self.known)}"


@frozen
class CannotBuild(Diagnostic):
    """A model in memory is that of a program, and programs are made of models that can be trained.

    A model without training is built as if it were trained; one whose outputs are all whole numbers
    or truth values cannot be.
    """

    code = "DLS753"
    model: str

    @property
    def title(self) -> str:
        return f"{self.model} cannot be built without a `train` block"

    @property
    def help(self) -> str:
        return "add one: it says which data, model, loss and optimizer belong together"
