"""The command line, runs and budgets (DLS630 to DLS699)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dlspec.diagnostics.base import Diagnostic
from dlspec.frozen import frozen


@frozen
class BadSetting(Diagnostic):
    """`--set` takes a parameter and a value in the language of specs, which may need quotes.

    `--set lr=1e-2` sets a parameter of the file, `--set Net.width=64` one of a model or block.
    """

    code = "DLS630"
    setting: str

    @property
    def title(self) -> str:
        return f"`--set {self.setting}` does not set a parameter"

    @property
    def help(self) -> str:
        return "write `--set lr=1e-2` or `--set Net.width=64`"


@frozen
class UnknownSpace(Diagnostic):
    """What follows `in` is no search space.

    The spaces are `choice(a, b, ...)`, `uniform(least, greatest)` and `log(least, greatest)`.
    """

    code = "DLS631"
    why: str = ""

    @property
    def title(self) -> str:
        return "this is not a search space"

    @property
    def label(self) -> str:
        return self.why

    @property
    def help(self) -> str:
        return "write `choice(16, 32, 64)`, `uniform(0, 1)` or `log(1e-4, 1e-1)`"


@frozen
class BudgetCannotHold(Diagnostic):
    """A limit of a budget that the model breaks whatever the export does.

    Multiply-accumulates are known to the compiler. For sizes it knows the least: the bytes of the
    weights, and of the inputs and the output of the largest layer.
    """

    code = "DLS632"
    what: str
    found: str
    most: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"this budget cannot hold: {self.what}"

    @property
    def label(self) -> str:
        return self.found

    @property
    def notes(self) -> Iterable[str]:
        return (f"what costs most: {', '.join(self.most)}",) if self.most else ()

    @property
    def help(self) -> str:
        return "make these layers narrower, or the limit wider"


@frozen
class NoTrain(Diagnostic):
    """A command that needs a `train` block, and a spec without one."""

    code = "DLS640"
    name: str
    known: tuple[str, ...]

    @property
    def title(self) -> str:
        if not self.known:
            return "this spec has no `train` block"
        if self.name:
            return f"there is no `train {self.name}`"
        return "this spec has several `train` blocks"

    @property
    def help(self) -> str:
        if not self.known:
            return "add one: it says which data, model, loss and optimizer belong together"
        names = ", ".join(f"`--train {n}`" if n else "the one without a name" for n in self.known)
        return f"choose one: {names}"


@frozen
class UnknownBackend(Diagnostic):
    """A backend that is not installed."""

    code = "DLS641"
    name: str
    known: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"there is no backend `{self.name}`"

    @property
    def help(self) -> str:
        return f"the backends are: {', '.join(self.known)}"


@frozen
class MissingExtra(Diagnostic):
    """A command that needs packages which are not installed."""

    code = "DLS642"
    command: str
    packages: tuple[str, ...]
    extra: str
    """One, or several with commas."""

    @property
    def title(self) -> str:
        return f"`dlspec {self.command}` needs {', '.join(self.packages)}"

    @property
    def help(self) -> str:
        extras = self.extra.split(",")
        install = f'pip install "dlspec[{self.extra}]"'
        return f"{install} (keras-cpu does without a GPU)" if "keras" in extras else install


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
class ClassesUnknown(Diagnostic):
    """Classes that only the data tells, and a command that does not read it.

    `dlspec train` reads them first and writes them to the lock file.
    """

    code = "DLS649"
    data: str
    fields: tuple[str, ...]
    parameter: str = ""
    """The one that gives the count, as `--set` names it; empty where there is none."""

    @property
    def title(self) -> str:
        names = ", ".join(f"`{f}`" for f in self.fields)
        return f"only the data of `{self.data}` tells the classes of {names}"

    @property
    def help(self) -> str:
        lock = "give the lock file of a run with `--lock RUN/lock.json`"
        count = f", or their number with `--set {self.parameter}=10`" if self.parameter else ""
        return f"{lock}{count}, or declare them: `class[10]`"


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
class FileExists(Diagnostic):
    """A new file would take the place of one that is there."""

    code = "DLS652"
    path: str

    @property
    def title(self) -> str:
        return f"{self.path} is there already"

    @property
    def help(self) -> str:
        return "choose another name; nothing was written"


@frozen
class CannotReadData(Diagnostic):
    """Data that is not there, holds NaN, or is not what its `data` block says."""

    code = "DLS653"
    name: str
    why: str

    @property
    def title(self) -> str:
        return f"cannot read the data of `{self.name}`: {self.why}"


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


@frozen
class NoGpu(Diagnostic):
    """`--device cuda`, where the framework has no GPU. Nothing was written."""

    code = "DLS655"
    framework: str
    why: str

    @property
    def title(self) -> str:
        return f"{self.framework} has no GPU to run on: {self.why}"

    @property
    def help(self) -> str:
        return "`--device cpu` does without; `--device auto` takes a GPU where there is one"


@frozen
class ProgramFailed(Diagnostic):
    """The program of a run ended with an error of its own."""

    code = "DLS648"
    command: str
    last: str

    @property
    def title(self) -> str:
        return f"{self.command} failed: {self.last}" if self.last else f"{self.command} failed"

    @property
    def help(self) -> str:
        if self.last.startswith("ModuleNotFoundError"):
            return "if an `extern` names it: PYTHONPATH has the folder that the package lies in"
        if any(f"{name}.safetensors" in self.last for name in ("best", "last")):
            return "put a copy back in its place, or begin anew: `dlspec train SPEC -o RUN --force`"
        return ""


@frozen
class Internal(Diagnostic):
    """A mistake in dlspec itself. Please report it, with the spec."""

    code = "DLS699"
    what: str

    @property
    def title(self) -> str:
        return f"dlspec made a mistake: {self.what}"

    @property
    def help(self) -> str:
        return "the same command with `--debug` shows where; please report it with the spec"
