"""What a spec takes from other files (DLS130 to DLS139)."""

from __future__ import annotations

from collections.abc import Iterable

from dlspec.diagnostics.base import Diagnostic
from dlspec.frozen import frozen


@frozen
class ImportOutside(Diagnostic):
    """A spec reads only files below its own folder.

    A spec from a stranger must not be able to name any other file. Paths are relative to the file
    in which they stand; absolute paths are refused, and those whose `..` lead out of the folder.
    """

    code = "DLS130"
    path: str

    @property
    def title(self) -> str:
        return f"`{self.path}` does not lie below the folder of the spec"

    @property
    def help(self) -> str:
        return "move the file into the spec's folder, or make a link to it there"


@frozen
class CannotImport(Diagnostic):
    """A file that is imported is not there, or cannot be read."""

    code = "DLS131"
    path: str
    reason: str

    @property
    def title(self) -> str:
        return f"cannot import {self.path}: {self.reason}"


@frozen
class CircularImport(Diagnostic):
    """A file that imports itself, perhaps by way of others."""

    code = "DLS132"
    files: tuple[str, ...]

    @property
    def title(self) -> str:
        first, *rest = self.files
        if len(rest) == 1:
            return f"{first} imports itself"
        return f"{first} imports itself, by way of {', '.join(rest[:-1])}"

    @property
    def help(self) -> str:
        return "move what both need into a third file"


@frozen
class UnknownModule(Diagnostic):
    """A part of the standard library that there is not."""

    code = "DLS133"
    module: str
    known: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"there is no module `{self.module}`"

    @property
    def help(self) -> str:
        known = ", ".join(f"`{k}`" for k in self.known)
        return f'the standard library has {known}; a file is imported as `from "file.dls"`'


@frozen
class NotInModule(Diagnostic):
    """A name that the imported file does not define."""

    code = "DLS134"
    name: str
    module: str
    known: tuple[str, ...]
    suggestion: str | None = None

    @property
    def title(self) -> str:
        return f"there is no `{self.name}` in {self.module}"

    @property
    def label(self) -> str:
        return f"did you mean `{self.suggestion}`?" if self.suggestion else ""

    @property
    def notes(self) -> Iterable[str]:
        return (f"it has: {', '.join(self.known)}",) if self.known else ("it defines nothing",)
