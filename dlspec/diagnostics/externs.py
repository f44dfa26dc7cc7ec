"""Python functions that a spec names by `extern` (DLS140 to DLS149)."""

from __future__ import annotations

from dlspec.diagnostics.base import Diagnostic
from dlspec.frozen import frozen

EXAMPLE = '"shop.boxes:nms"'


@frozen
class BadFunction(Diagnostic):
    """What an `extern` names is no Python function that a program could import.

    It is `package.module:function`, with names of letters, digits and underscores: a program then
    has `from package.module import function`. Nothing of it is imported before the program runs.
    """

    code = "DLS140"
    found: str
    reason: str

    @property
    def title(self) -> str:
        return "this names no Python function"

    @property
    def label(self) -> str:
        return self.reason

    @property
    def help(self) -> str:
        return f"write {EXAMPLE}: the function `nms` of `shop/boxes.py`"


@frozen
class NoFunction(Diagnostic):
    """An `extern` that names no function for any backend."""

    code = "DLS141"
    kind: str
    name: str

    @property
    def title(self) -> str:
        return f"`extern {self.kind} {self.name}` names no Python function"

    @property
    def help(self) -> str:
        if self.kind == "source":
            return f"add: `python = {EXAMPLE}`"
        return f"name one for each backend that is to run it: `torch = {EXAMPLE}`"


@frozen
class NotForThisBackend(Diagnostic):
    """A spec that calls a Python function cannot be compiled for a backend that its `extern` does
    not name.

    What a Python function computes is not known, so that none is made up for another framework.
    """

    code = "DLS142"
    name: str
    backend: str
    named: str
    line: int
    format: str = ""
    """Where it is an `export` that asks for the backend."""

    @property
    def title(self) -> str:
        return f"`extern {self.name}` names no function for {self.backend}"

    @property
    def label(self) -> str:
        return f"the {self.backend} program makes {self.format} files" if self.format else ""

    @property
    def notes(self) -> tuple[str, ...]:
        return (f"it names one for {self.named}; line {self.line} calls it",)

    @property
    def help(self) -> str:
        write = f'add to it: {self.backend} = "package.module:function"'
        if self.format:
            return write
        return f"{write}; or compile the spec with --backend {self.named}"
