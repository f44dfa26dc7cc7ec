"""The folder of a run: its lock, record, checkpoint and data (DLS630 to DLS699)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dlspec.diagnostics.base import Diagnostic
from dlspec.frozen import frozen


@frozen
class NotARun(Diagnostic):
    """A folder that `dlspec compile` or `dlspec train` did not make."""

    code = "DLS643"
    path: str
    why: str

    @property
    def title(self) -> str:
        return f"{self.path} is not a compiled folder: {self.why}"

    @property
    def help(self) -> str:
        return (
            "`dlspec train SPEC -o RUN` makes one; with `--resume` it writes again what a run lacks"
        )


@frozen
class OtherFormat(Diagnostic):
    """A file that another version of dlspec wrote, in a form that this one cannot read."""

    code = "DLS644"
    path: str
    found: object
    reads: int

    @property
    def title(self) -> str:
        return f"{self.path} has format {self.found}; this version of dlspec reads {self.reads}"

    @property
    def help(self) -> str:
        return "compile the spec again, or use the version of dlspec that wrote it"


@frozen
class OtherSpec(Diagnostic):
    """A run cannot go on with a spec whose data, model or training differ from its own."""

    code = "DLS645"
    path: str
    differs: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"{self.path} is a run of another spec"

    @property
    def notes(self) -> Iterable[str]:
        return (f"they differ in: {', '.join(self.differs)}",) if self.differs else ()

    @property
    def help(self) -> str:
        return "write to another folder, or say `--force` to start again in this one"


@frozen
class RunExists(Diagnostic):
    """A folder that holds a checkpoint already, which a new run would write over."""

    code = "DLS646"
    path: str

    @property
    def title(self) -> str:
        return f"{self.path} holds a run already"

    @property
    def help(self) -> str:
        return "`--resume` goes on with it, `--force` starts again"


@frozen
class BadLock(Diagnostic):
    """A lock file that is none, or is damaged."""

    code = "DLS650"
    path: str

    @property
    def title(self) -> str:
        return f"{self.path} is not a lock file"

    @property
    def help(self) -> str:
        return (
            "`dlspec train` writes RUN/lock.json; delete a damaged one, and"
            " `dlspec train SPEC -o RUN --resume` writes it again"
        )


@frozen
class NoLock(Diagnostic):
    """A run without its lock file, and a command that reads it.

    It has the names of the classes, and the statistics of the training rows by which others are
    prepared. Without them a prediction would be of unknown classes, or a wrong one.
    """

    code = "DLS656"
    path: str

    @property
    def title(self) -> str:
        return f"{self.path} is not there; it has the names of the classes"

    @property
    def help(self) -> str:
        return "`dlspec train SPEC -o RUN --resume` writes it again, and keeps the weights"


@frozen
class SpecChanged(Diagnostic):
    """The spec that a compiled folder keeps is not the one that it was compiled from.

    `compiled.json` has the hash of what the spec meant. Weights, program and numbers are those of
    the former spec.
    """

    code = "DLS657"
    path: str

    @property
    def title(self) -> str:
        return f"{self.path} is not the spec that its folder was compiled from"

    @property
    def notes(self) -> Iterable[str]:
        return ("it was edited since, or the folder is of another version of dlspec",)

    @property
    def help(self) -> str:
        return "`dlspec compile SPEC -o RUN --force` writes the folder again, and keeps the weights"


@frozen
class NoCheckpoint(Diagnostic):
    """A run without the weights that a command needs."""

    code = "DLS647"
    path: str

    @property
    def title(self) -> str:
        return f"there is no checkpoint in {self.path}"

    @property
    def help(self) -> str:
        return "train it first: `dlspec train SPEC -o RUN`"


@frozen
class NoTestRows(Diagnostic):
    """A split without test rows leaves nothing to evaluate on."""

    code = "DLS651"
    data: str

    @property
    def title(self) -> str:
        return f"the split of `{self.data}` has no test rows"

    @property
    def help(self) -> str:
        return "give it some: `random(train=70 %, val=15 %, test=15 %)`"


@frozen
class OtherLength(Diagnostic):
    """A run is counted in what its spec says: in epochs, or in steps."""

    code = "DLS658"
    counted: str
    other: str

    @property
    def title(self) -> str:
        return f"this run is counted in {self.counted}, not in {self.other}"

    @property
    def help(self) -> str:
        return f"write `--{self.counted} N`"


@frozen
class OtherData(Diagnostic):
    """A run cannot go on with data that changed since it began.

    The lock file of a run has the hash of every value that it reads.
    """

    code = "DLS654"
    path: str
    name: str
    before: Mapping[str, int]
    """The rows of each part."""
    after: Mapping[str, int]

    @property
    def title(self) -> str:
        return f"the data of `{self.name}` changed since the run in {self.path} began"

    @property
    def notes(self) -> Iterable[str]:
        if self.before == self.after:
            return ("there are as many rows as before, with other values",)
        return (f"before: {_rows(self.before)}; now: {_rows(self.after)}",)

    @property
    def help(self) -> str:
        return "bring the old data back, write to another folder, or say `--force` to start again"


def _rows(parts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {part}" for part, count in parts.items()) + " rows"
