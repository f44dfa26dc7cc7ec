"""The lock file of a run: what it was made of, so that it can be made again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dlspec.diagnostics import SpecError
from dlspec.diagnostics.folders import BadLock, NoLock, OtherFormat
from dlspec.diagnostics.text import Unreadable
from dlspec.frozen import frozen

FORMAT = 1
LOCK = "lock.json"


@frozen
class Lock:
    """The hash of the spec, and of its data the hash, the rows by part, the classes by field, and
    what was learned of each field from the training rows."""

    hash: str
    data: str
    rows: dict[str, int]
    classes: dict[str, list[str]]
    fitted: dict[str, dict[str, Any]]


def lock_of(run: Path) -> Lock:
    """The lock file of a run. Raises SpecError where it is not there, too."""
    path = run / LOCK
    if not path.exists():
        raise SpecError(NoLock(None, path.as_posix()))
    return read_lock(path)


def read_lock(path: Path) -> Lock:
    """The lock file at a path. Raises SpecError."""
    name = path.as_posix()
    try:
        facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if facts["format"] != FORMAT:
            raise SpecError(OtherFormat(None, name, facts["format"], FORMAT))
        data = facts["data"]
        found = dict(data.get("classes", {}))
        fitted = {field: dict(learned) for field, learned in data.get("fitted", {}).items()}
        for field, learned in fitted.items():
            if "classes" in learned:
                found[field] = learned["classes"]
        return Lock(
            hash=str(facts["spec"]),
            data=str(data.get("hash", "")),
            rows={part: int(count) for part, count in data.get("rows", {}).items()},
            classes={f: [str(c) for c in names] for f, names in found.items()},
            fitted=fitted,
        )
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SpecError(Unreadable(None, name, reason)) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise SpecError(BadLock(None, name)) from None
