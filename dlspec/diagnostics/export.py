"""Exports: which model, in which format, within which budget (DLS440 to DLS449)."""

from __future__ import annotations

from collections.abc import Iterable

from dlspec.diagnostics.base import Diagnostic
from dlspec.frozen import frozen


@frozen
class WhichTrain(Diagnostic):
    """An `export` or `generate` refers to the only `train` block; where there are several, it names
    one."""

    code = "DLS440"
    names: tuple[str, ...]
    what: str = "the model"
    kind: str = "export"

    @property
    def title(self) -> str:
        if not self.names:
            use = {"generate": "generate with"}.get(self.kind, self.kind)
            return f"there is no `train` block whose model this could {use}"
        return f"several `train` blocks: which one trains {self.what}?"

    @property
    def label(self) -> str:
        if not self.names:
            return ""
        return f"they are: {', '.join(n or '(without a name)' for n in self.names)}"

    @property
    def help(self) -> str:
        if not self.names:
            return "add one: it says which data, model, loss and optimizer belong together"
        named = [n for n in self.names if n]
        add = f"add: train = {named[0]}" if named else ""
        if "" not in self.names:
            return add
        name = "to mean the one without a name, give it one: `train first { ... }`"
        return f"{add}; {name}" if add else name


@frozen
class WhichNetwork(Diagnostic):
    """A file holds one network, and one generates: where a `train` block has several, an `export`
    or `generate` names it."""

    code = "DLS448"
    names: tuple[str, ...]
    does: str = "does this export"

    @property
    def title(self) -> str:
        return f"several networks: which one {self.does}?"

    @property
    def label(self) -> str:
        return f"they are: {', '.join(self.names)}"

    @property
    def help(self) -> str:
        return f"add: model = {self.names[0]}"


@frozen
class CannotExport(Diagnostic):
    """Settings of an export that do not go together."""

    code = "DLS441"
    what: str
    reason: str
    hint: str = ""

    @property
    def title(self) -> str:
        return self.what

    @property
    def label(self) -> str:
        return self.reason

    @property
    def help(self) -> str:
        return self.hint


@frozen
class BadLimit(Diagnostic):
    """A line of a budget is a measure, `<=` and the most that it may be: `size <= 60 KB`."""

    code = "DLS442"
    what: str
    hint: str = ""

    @property
    def title(self) -> str:
        return self.what

    @property
    def help(self) -> str:
        return self.hint


@frozen
class BadRows(Diagnostic):
    """Rows of a data set are named by their part and, if not all are meant, a slice."""

    code = "DLS443"
    what: str
    hint: str = "write `data.train[:256]`"

    @property
    def title(self) -> str:
        return self.what

    @property
    def help(self) -> str:
        return self.hint


@frozen
class CannotHold(Diagnostic):
    """A file of a format cannot hold a layer of the model: what runs such files has no operator
    for it. The same layer may well be trained, and stand in a file of another format."""

    code = "DLS444"
    format: str
    layer: str
    when: str
    reason: str
    places: tuple[str, ...]
    hint: str = ""

    @property
    def title(self) -> str:
        return f"{self.format} files cannot hold {self.layer} with {self.when}"

    @property
    def label(self) -> str:
        return self.reason

    @property
    def notes(self) -> Iterable[str]:
        return (f"it stands in {', '.join(self.places)}",)

    @property
    def help(self) -> str:
        return self.hint
