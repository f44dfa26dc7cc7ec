"""Arrays in files of NumPy, and what must be true of any array."""

import zlib
from collections.abc import Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from dlspec.programs.verbatim.rows import DataError, Rows

BROKEN = (ValueError, TypeError, EOFError, NotImplementedError, BadZipFile, zlib.error)


def read_npz(path: Path, names: Sequence[str]) -> Rows:
    """Arrays of one file, each with the rows along its first axis."""
    return equally_long(load_npz(path, names), path)


def load_npz(path: Path, names: Sequence[str]) -> Rows:
    """Arrays of one file."""
    try:
        with np.load(path, allow_pickle=False) as file:
            missing = [name for name in names if name not in file]
            rows = {name: file[name] for name in names if name in file}
            known = ", ".join(file.files) or "nothing"
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error
    except BROKEN as error:
        raise DataError(f"{path} is no .npz file of numbers or words") from error
    if missing:
        raise DataError(f"{path} has no array {missing[0]!r}; it has: {known}")
    return rows


def equally_long(rows: Rows, path: Path) -> Rows:
    """The same arrays, if they have equal numbers of rows."""
    for name, values in rows.items():
        if not values.shape:
            raise DataError(f"{path} has one value {name!r}, not an array of rows")
    lengths = {name: len(values) for name, values in rows.items()}
    if not any(lengths.values()):
        raise DataError(f"{path} has no rows")
    if len(set(lengths.values())) != 1:
        raise DataError(f"the arrays of {path} need the same number of rows: {lengths}")
    return rows


def checked(
    values: np.ndarray, name: str, shape: tuple[int, ...] | None = None
) -> np.ndarray:
    """The same values, if they are finite numbers, and each row has this shape."""
    if values.dtype.kind not in "biuf":
        raise DataError(f"{name}: {values.dtype} values, where numbers are needed")
    if shape is not None and values.shape[1:] != shape:
        found = list(values.shape[1:])
        raise DataError(
            f"{name}: the rows have shape {found}, the spec says {list(shape)}"
        )
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        row, *at = map(int, np.argwhere(~np.isfinite(values))[0])
        where = f"row {row + 1}, place {at}" if at else f"row {row + 1}"
        raise DataError(f"{name}, {where}: {values[(row, *at)]} is not a number")
    return values
