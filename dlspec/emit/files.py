"""Files that are written whole or not at all, and folders that hold what a person may have edited.

A folder that we wrote holds `.dlspec.json`, with the SHA-256 of each file as it was written. What
goes wrong is raised as a `FileProblem`; `dlspec.diagnostics.files` has its wording.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path, PurePosixPath

MANIFEST = ".dlspec.json"
FORMAT = 1
LOST = "is not there"
PART = ".part"

Hashes = dict[str, list[str]]


class FileProblem(Exception):
    """What kept files from being written. Whatever stood there before still does."""


@dataclass(eq=False)
class Occupied(FileProblem):
    """The folder holds files that we did not write."""

    folder: Path
    names: tuple[str, ...]


@dataclass(eq=False)
class Unlisted(FileProblem):
    """The folder is ours, but not its list of what we wrote: `why` says what became of it."""

    folder: Path
    why: str


@dataclass(eq=False)
class Edited(FileProblem):
    """Files that we wrote were changed since; `differences` has a unified diff for each."""

    folder: Path
    differences: tuple[tuple[str, str], ...]


@dataclass(eq=False)
class Unwritable(FileProblem):
    """The system refused: `reason` is its word for why."""

    path: Path
    reason: str
    full: bool = False


@dataclass(eq=False)
class Claimed(FileProblem):
    """Another process is writing into the folder: `claim` holds one."""

    folder: Path


def write_file(path: Path, data: str | bytes) -> None:
    """Writes a file whole or not at all: a reader, or a crash, sees the old file or the new one.

    Raises:
        Unwritable: no permission, no space, or a folder stands there.
    """
    path = path.resolve()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_part(path, _bytes(data))
        _commit(path)
        _sync(path.parent)
    except OSError as error:
        _discard(path)
        raise _unwritable(path, error) from error


def check_writable(path: Path) -> None:
    """Raises Unwritable where `write_file` would, before the work whose result it is to hold."""
    path = path.resolve()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_part(path, b"")
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        _discard(path)


def write_tree(folder: Path, files: Mapping[str, str | bytes], *, force: bool = False) -> None:
    """Makes a folder hold these files, by their paths inside of it, and removes those of before.

    Files that others put there stay. Without `force`, nothing that a person wrote is overwritten;
    what a start that was killed left behind may be.

    Raises:
        Occupied: the folder is not ours, or holds files of theirs at these paths.
        Unlisted: the folder is ours, and its manifest is lost or damaged.
        Edited: a file was edited since we wrote it.
        Unwritable: no permission, no space, or a file stands where the folder should.
    """
    contents = {_checked(name): _bytes(data) for name, data in files.items()}
    try:
        if folder.exists() and not folder.is_dir():
            raise Unwritable(folder, "a file of this name stands there")
        known, why = _manifest(folder)
        if not force:
            _check_free(folder, contents, known, why)
            _check_unedited(folder, contents, known or {})
        _write(folder, contents, known or {})
    except OSError as error:
        raise _unwritable(Path(error.filename or folder), error) from error


def _write(folder: Path, contents: Mapping[str, bytes], known: Hashes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    paths = {name: _inside(folder, name) for name in contents}
    new = {name: [_hash(data)] for name, data in contents.items()}
    try:
        for name, path in paths.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_part(path, contents[name])
        # From here to the end, both the old and the new files count as ours.
        both = {name: known.get(name, []) + new.get(name, []) for name in {**known, **new}}
        _write_manifest(folder, both)
        for path in paths.values():
            _commit(path)
        for name in known.keys() - new.keys():
            _remove(folder, name, known[name])
        for parent in {path.parent for path in paths.values()}:
            _sync(parent)
        _write_manifest(folder, new)
    except OSError:
        for path in (*paths.values(), folder / MANIFEST):
            _discard(path)
        raise


def _remove(folder: Path, name: str, hashes: list[str]) -> None:
    """Removes a file of before, unless a person edited it."""
    path = folder / name
    if _contained(folder, path) and path.is_file() and _hash(path.read_bytes()) in hashes:
        path.unlink()


def missing(folder: Path) -> tuple[str, ...]:
    """The files that we wrote into a folder and that are gone, as far as its manifest tells."""
    known, _ = _manifest(folder)
    return tuple(sorted(name for name in known or {} if not (folder / name).exists()))


def _check_free(
    folder: Path, contents: Mapping[str, bytes], known: Hashes | None, why: str
) -> None:
    if not folder.is_dir():
        return
    if known is None:
        found = [p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir()]
    else:
        found = [name for name in contents if name not in known and os.path.lexists(folder / name)]
    foreign = [name for name in found if not _is_ours(folder, name, contents)]
    if foreign and known is None and (why != LOST or _holds_ours(folder, contents)):
        raise Unlisted(folder, why)
    if foreign:
        raise Occupied(folder, tuple(sorted(foreign)))


def _holds_ours(folder: Path, contents: Mapping[str, bytes]) -> bool:
    """Whether a file stands there as we write it."""
    return any((folder / n).is_file() and _is_ours(folder, n, contents) for n in contents)


def _is_ours(folder: Path, name: str, contents: Mapping[str, bytes]) -> bool:
    """Whether a file is one that a killed start left behind."""
    whole = name.removesuffix(PART)
    if whole != name:
        return whole in contents or whole == MANIFEST
    path = folder / name
    return name in contents and path.is_file() and path.read_bytes() == contents[name]


def _check_unedited(folder: Path, contents: Mapping[str, bytes], known: Hashes) -> None:
    differences = []
    for name, data in contents.items():
        path = folder / name
        if name in known and path.is_file():
            there = path.read_bytes()
            if there != data and _hash(there) not in known[name]:
                differences.append((name, _difference(name, there, data)))
    if differences:
        raise Edited(folder, tuple(differences))


def _difference(name: str, there: bytes, data: bytes) -> str:
    try:
        old, new = there.decode(), data.decode()
    except UnicodeDecodeError:
        return f"{name}: the bytes differ"
    lines = unified_diff(
        old.splitlines(), new.splitlines(), f"{name} (edited)", f"{name} (compiled)", lineterm=""
    )
    return "\n".join(lines) or f"{name}: only the ends of lines differ"


def _manifest(folder: Path) -> tuple[Hashes | None, str]:
    """What we wrote into a folder; None where that is not known, and why not."""
    try:
        read = json.loads((folder / MANIFEST).read_bytes())
        if read["format"] != FORMAT:
            return None, f"has format {read['format']}; this version of dlspec reads {FORMAT}"
        files = {str(name): [str(h) for h in hashes] for name, hashes in read["files"].items()}
        return files, ""
    except (FileNotFoundError, NotADirectoryError):
        return None, LOST
    except (ValueError, KeyError, TypeError, AttributeError):
        return None, "is damaged"


def _write_manifest(folder: Path, hashes: Hashes) -> None:
    text = json.dumps({"format": FORMAT, "files": hashes}, indent=2, sort_keys=True) + "\n"
    path = folder / MANIFEST
    _write_part(path, text.encode())
    _commit(path)
    _sync(folder)


def _checked(name: str) -> str:
    """A path that stays inside the folder.

    Raises:
        ValueError: it does not, or belongs to us.
    """
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts or path.as_posix() != name:
        raise ValueError(f"not a path inside of a folder: {name!r}")
    if "\\" in name or "\0" in name or name == MANIFEST or name.endswith(PART):
        raise ValueError(f"not a name for a file: {name!r}")
    return name


def _inside(folder: Path, name: str) -> Path:
    """The path of a file, if no link leads out of the folder on the way."""
    path = folder / name
    if not _contained(folder, path):
        raise Unwritable(path, "a link there leads out of the folder")
    return path


def _contained(folder: Path, path: Path) -> bool:
    return path.parent.resolve().is_relative_to(folder.resolve())


def _part(path: Path) -> Path:
    return path.with_name(path.name + PART)


def _write_part(path: Path, data: bytes) -> None:
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    part = _part(path)
    # A new file, so that a link of this name is not followed.
    part.unlink(missing_ok=True)
    with part.open("xb") as file:
        with suppress(FileNotFoundError):
            os.fchmod(file.fileno(), path.stat().st_mode & 0o777)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _commit(path: Path) -> None:
    os.replace(_part(path), path)


def _discard(path: Path) -> None:
    with suppress(OSError):
        _part(path).unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """Makes the names in a folder last."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unwritable(path: Path, error: OSError) -> Unwritable:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    path = path.with_name(path.name.removesuffix(PART)) if path.name else path
    return Unwritable(path, (error.strerror or str(error)).lower(), full)


def _bytes(data: str | bytes) -> bytes:
    return data.encode() if isinstance(data, str) else data


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
