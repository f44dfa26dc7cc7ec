"""Files and folders that could not be written (DLS600 to DLS629)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from dlspec.diagnostics.base import Diagnostic, SpecError
from dlspec.emit.files import (
    MANIFEST,
    Claimed,
    Edited,
    FileProblem,
    Occupied,
    Unlisted,
    Unwritable,
)
from dlspec.frozen import frozen

_SHOWN_FILES = 5
_SHOWN_LINES = 60


@frozen
class FolderOccupied(Diagnostic):
    """The output folder holds files that dlspec did not write.

    They could be someone's work, so nothing is written. What a start that was stopped left behind
    does not count, nor do files that training put into a folder of ours.
    """

    code = "DLS600"
    folder: str
    names: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"the folder {self.folder} holds files that dlspec did not write"

    @property
    def notes(self) -> Iterable[str]:
        more = len(self.names) - _SHOWN_FILES
        shown = ", ".join(self.names[:_SHOWN_FILES])
        return (f"there: {shown}" + (f" and {more} more" if more > 0 else ""),)

    @property
    def help(self) -> str:
        return "choose another folder with -o, or let --force overwrite files of the same name"


@frozen
class FilesEdited(Diagnostic):
    """Compiled files were edited since they were written, and compiling would undo that.

    `.dlspec.json` in the folder keeps the hash of each file as it was written. The difference
    leads from the edited file to what compiling gives now.
    """

    code = "DLS601"
    folder: str
    differences: tuple[tuple[str, str], ...]

    @property
    def title(self) -> str:
        (name, _), *rest = self.differences
        what = (
            f"{name} and {len(rest)} more in {self.folder} were"
            if rest
            else f"{name} in {self.folder} was"
        )
        return f"{what} edited since compiled"

    @property
    def notes(self) -> Iterable[str]:
        for _, difference in self.differences:
            lines = difference.split("\n")
            more = len(lines) - _SHOWN_LINES
            yield "\n".join(lines[:_SHOWN_LINES]) + (f"\n({more} more lines)" if more > 0 else "")

    @property
    def help(self) -> str:
        return (
            "compile into another folder with -o, or let `dlspec compile --force` overwrite the"
            " edits: a run keeps its weights"
        )


@frozen
class CannotWrite(Diagnostic):
    """The operating system refused to write a file or make a folder.

    What stood there before is still there.
    """

    code = "DLS602"
    path: str
    reason: str

    @property
    def title(self) -> str:
        return f"cannot write {self.path}: {self.reason}"


@frozen
class DiskFull(Diagnostic):
    """There is no space left for a file.

    Files are written beside their place and moved there when they are whole, so the old one is
    still there and nothing half-written is.
    """

    code = "DLS603"
    path: str

    @property
    def title(self) -> str:
        return f"no space left to write {self.path}"

    @property
    def help(self) -> str:
        return "free some space and run the command again; nothing was overwritten"


@frozen
class ManifestLost(Diagnostic):
    """A compiled folder without a readable `.dlspec.json`.

    It has the hash of each file as dlspec wrote it. Without it nobody knows which of them a person
    edited, so nothing is written.
    """

    code = "DLS604"
    folder: str
    why: str

    @property
    def title(self) -> str:
        return f"{self.folder}/{MANIFEST} {self.why}"

    @property
    def notes(self) -> Iterable[str]:
        return ("it says which files of the folder dlspec wrote",)

    @property
    def help(self) -> str:
        return (
            f"`dlspec compile SPEC -o {self.folder} --force` writes it again, and the program;"
            " the weights and the log of a run stay"
        )


@frozen
class FolderInUse(Diagnostic):
    """Another process trains in this folder.

    Two that write the same checkpoints would leave those of neither. The folder is free as soon as
    the other process ends, however it ends.
    """

    code = "DLS605"
    folder: str

    @property
    def title(self) -> str:
        return f"another process trains in {self.folder}"

    @property
    def help(self) -> str:
        return "wait for its end, or choose another folder with -o"


def diagnose(problem: FileProblem) -> Diagnostic:
    """The error that reports a problem with files."""
    match problem:
        case Occupied(folder, names):
            return FolderOccupied(None, str(folder), names)
        case Unlisted(folder, why):
            return ManifestLost(None, str(folder), why)
        case Edited(folder, differences):
            return FilesEdited(None, str(folder), differences)
        case Claimed(folder):
            return FolderInUse(None, str(folder))
        case Unwritable(path, reason, full):
            return DiskFull(None, str(path)) if full else CannotWrite(None, str(path), reason)
    raise TypeError(f"not a problem with files: {problem!r}")


@contextmanager
def reported() -> Iterator[None]:
    """Turns what `dlspec.emit.files` raises inside of it into a SpecError."""
    try:
        yield
    except FileProblem as problem:
        raise SpecError(diagnose(problem)) from problem
