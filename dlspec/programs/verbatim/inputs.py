"""Arrays and tables that a person gives to a trained model."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from dlspec.programs.verbatim.arrays import BROKEN, checked, equally_long, load_npz
from dlspec.programs.verbatim.rows import DataError, Rows
from dlspec.programs.verbatim.tables import parsed, read_csv, read_text


def read_arrays(path: Path, shapes: Mapping[str, tuple[int, ...] | None]) -> Rows:
    """Arrays by name, or the only one in an .npy file, each of several rows or of one.

    `shapes` has the shape of a row of each; None where it may be any, or is of words.
    """
    if path.suffix.lower() == ".npz":
        rows = load_npz(path, tuple(shapes))
    elif len(shapes) == 1:
        rows = {next(iter(shapes)): load_npy(path)}
    else:
        raise DataError(f"{path}: give the arrays {', '.join(shapes)} in an .npz file")
    for name, shape in shapes.items():
        if shape is not None:
            alone = rows[name].shape == shape
            rows[name] = checked(rows[name][None] if alone else rows[name], name, shape)
    return equally_long(rows, path)


def load_npy(path: Path) -> np.ndarray:
    """The array of a file."""
    try:
        values = np.load(path, allow_pickle=False)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error
    except BROKEN as error:
        raise DataError(f"{path} is no .npy file of numbers or words") from error
    if not isinstance(values, np.ndarray):
        raise DataError(f"{path} is no .npy file of numbers or words")
    return values


def read_features(path: Path, names: Sequence[str]) -> np.ndarray:
    """The columns of these names; of a table without a header, all in their order."""
    first = next(csv.reader(io.StringIO(read_text(path), newline="")), [])
    if first and all(map(is_number, first)):
        return read_cells(path, len(names))
    columns = read_csv(path, names)
    return np.column_stack([columns[name] for name in names])


def read_cells(path: Path, count: int) -> np.ndarray:
    """A table of so many numbers in a line, below any header or without one."""
    rows = []
    reader = csv.reader(io.StringIO(read_text(path), newline=""))
    for row in filter(None, reader):
        line = reader.line_num
        if not rows and line == 1 and not all(map(is_number, row)):
            continue
        if len(row) != count:
            raise DataError(f"{path}, line {line}: {len(row)} cells, not {count}")
        rows.append(parsed(row, [line] * count, "a cell", path))
    if not rows:
        raise DataError(f"{path} has no rows")
    return np.array(rows)


def is_number(cell: str) -> bool:
    """Whether a cell is no word."""
    try:
        float(cell)
    except ValueError:
        return False
    return True
