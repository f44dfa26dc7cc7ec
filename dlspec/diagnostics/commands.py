"""The command line, runs and budgets (DLS630 to DLS699)."""

from __future__ import annotations

from collections.abc import Iterable

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
    model: str = ""
    """One of a spec without training."""
    in_python: bool = False

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
            add = "add one: it says which data, model, loss and optimizer belong together"
            build = (
                f'`dlspec.load("SPEC").build(model="{self.model}")` in Python makes the model alone'
            )
            return f"{add}; {build}" if self.model else add
        option = 'train="{}"' if self.in_python else "--train {}"
        named = (f"`{option.format(n)}`" if n else "the one without a name" for n in self.known)
        return f"choose one: {', '.join(named)}"


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
class ClassesUnknown(Diagnostic):
    """Classes that only the data tells, and a command that does not read it.

    `dlspec train` reads them first and writes them to the lock file.
    """

    code = "DLS649"
    data: str
    fields: tuple[str, ...]
    parameter: str = ""
    """The one that gives the count, as `--set` names it; empty where there is none."""
    in_python: bool = False

    @property
    def title(self) -> str:
        names = ", ".join(f"`{f}`" for f in self.fields)
        return f"only the data of `{self.data}` tells the classes of {names}"

    @property
    def help(self) -> str:
        lock, number = "--lock RUN/lock.json", f"--set {self.parameter}=10"
        if self.in_python:
            lock = 'dlspec.load(..., lock="run/lock.json")'
            number = f'set={{"{self.parameter}": 10}}'
        count = f", or their number with `{number}`" if self.parameter else ""
        return f"give the lock file of a run with `{lock}`{count}, or declare them: `class[10]`"


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
