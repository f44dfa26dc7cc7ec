"""What a compiled folder remembers of its spec, so that every later command takes it alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dlspec.diagnostics import SpecError
from dlspec.diagnostics.folders import NotARun, OtherFormat, SpecChanged
from dlspec.emit.files import missing
from dlspec.frozen import frozen
from dlspec.ir.document import program_hash
from dlspec.ir.program import Program
from dlspec.pipeline.stages import check, counts
from dlspec.source import Source

FORMAT = 1
RECORD = "compiled.json"
SPEC = "spec.dls"


@frozen
class Record:
    """Which spec a folder was compiled from, and how."""

    spec: str
    """The spec's file name."""
    text: str
    folder: str
    """The way from the compiled folder to that of the spec."""
    settings: tuple[str, ...]
    backend: str
    train: str
    hash: str
    classes: dict[str, dict[str, list[str]]]
    """The classes of a lock file, by data and field."""
    imported: Mapping[str, str]
    """The texts of the files that the spec imports, by their paths from its folder."""
    path: str = SPEC
    """Where the text was read."""

    @property
    def source(self) -> Source:
        return Source(self.spec, self.text, self.imported)

    def files(self) -> dict[str, str]:
        """The files that hold the record, by name."""
        facts = {
            "format": FORMAT,
            "spec": self.spec,
            "folder": self.folder,
            "set": list(self.settings),
            "backend": self.backend,
            "train": self.train,
            "hash": self.hash,
            "classes": self.classes,
            "imported": dict(self.imported),
        }
        return {RECORD: json.dumps(facts, indent=2) + "\n", SPEC: self.text}

    def program(self) -> Program:
        """The program that the folder was compiled from. Raises SpecError."""
        found = self.written()
        if program_hash(found) != self.hash:
            raise SpecError(SpecChanged(None, self.path))
        return found

    def written(self) -> Program:
        """The program that stands in the folder's `spec.dls`, which a person may have edited.

        Raises SpecError, with places in that file and not in the one that was compiled.
        """
        told = counts(self.classes)
        result = check(self.source, self.settings, told)
        if result.program is not None and self.train in result.program.trains:
            given = result.program.counts_given(self.train)
            result = check(self.source, self.settings, given) if given else result
        if result.program is None:
            there = Source(self.path, self.text, self.imported)
            raise SpecError(*check(there, self.settings, told).diagnostics)
        return result.program


def whole_record(run: Path) -> Record:
    """The record of a folder with its whole program. Raises SpecError."""
    record = read_record(run)
    for name in missing(run):
        if name.endswith(".py"):
            raise SpecError(NotARun(None, run.as_posix(), f"it has no {name}"))
    return record


def read_record(run: Path) -> Record:
    """The record of a compiled folder. Raises SpecError where it is none."""
    if not run.is_dir():
        why = "there is no such folder" if not run.exists() else "it is a file"
        raise SpecError(NotARun(None, run.as_posix(), why))
    try:
        facts: dict[str, Any] = json.loads((run / RECORD).read_text(encoding="utf-8"))
        if facts["format"] != FORMAT:
            path = (run / RECORD).as_posix()
            raise SpecError(OtherFormat(None, path, facts["format"], FORMAT))
        return Record(
            spec=facts["spec"],
            text=(run / SPEC).read_text(encoding="utf-8"),
            folder=facts["folder"],
            settings=tuple(facts["set"]),
            backend=facts["backend"],
            train=facts["train"],
            hash=facts["hash"],
            classes=facts["classes"],
            imported=facts.get("imported", {}),
            path=(run / SPEC).as_posix(),
        )
    except OSError as error:
        why = f"it has no {Path(error.filename).name}" if error.filename else str(error)
        raise SpecError(NotARun(None, run.as_posix(), why)) from None
    except (ValueError, KeyError, TypeError):
        raise SpecError(NotARun(None, run.as_posix(), f"its {RECORD} is damaged")) from None
