"""Tables in files of comma-separated values."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dlspec.programs.verbatim.rows import DataError, Rows

LISTED = 20  # columns that an error lists


def read_csv(
    path: Path,
    numbers: Sequence[str] = (),
    texts: Sequence[str] = (),
    separator: str = ",",
) -> Rows:
    """Columns of a table with a header: numbers as float64, texts as they stand."""
    wanted, lines, cells = [*numbers, *texts], [], []
    file = io.StringIO(read_text(path), newline="")
    reader = csv.reader(file, delimiter=separator, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        at = [position(name, header, path) for name in wanted]
        for row in filter(None, reader):
            if len(row) != len(header):
                found = f"{len(row)} cells under a header of {len(header)}"
                raise DataError(f"{path}, line {reader.line_num}: {found}")
            lines.append(reader.line_num)
            cells.append([row[i].strip() for i in at])
    except csv.Error as error:
        raise DataError(f"{path}, line {reader.line_num}: {error}") from error
    if not cells:
        raise DataError(f"{path} has no rows")
    columns = dict(zip(wanted, zip(*cells, strict=True), strict=True))
    for name, column in columns.items():
        if "" in column:
            line = lines[column.index("")]
            raise DataError(f"{path}, line {line}, column {name!r}: no value")
    rows = {name: np.array(columns[name]) for name in texts}
    for name in numbers:
        rows[name] = parsed(columns[name], lines, f"column {name!r}", path)
    return rows


def read_text(path: Path) -> str:
    """A file in UTF-8, with its line ends as they are."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 text") from error


def position(name: str, header: Sequence[str], path: Path) -> int:
    """Where a column stands."""
    if name not in header:
        known = ", ".join(header[:LISTED]) or "nothing"
        more = f" and {len(header) - LISTED} more" if len(header) > LISTED else ""
        raise DataError(f"{path} has no column {name!r}; it has: {known}{more}")
    if header.count(name) > 1:
        raise DataError(f"{path} has {header.count(name)} columns {name!r}")
    return header.index(name)


def parsed(
    cells: Sequence[str], lines: Sequence[int], what: str, path: Path
) -> np.ndarray:
    """Cells as float64. Raises DataError at the first that is not a finite number."""
    values = np.empty(len(cells))
    for i, cell in enumerate(cells):
        try:
            values[i] = float(cell)
        except ValueError:
            values[i] = np.nan
        if not np.isfinite(values[i]):
            raise DataError(
                f"{path}, line {lines[i]}, {what}: {cell!r} is not a number"
            )
    return values
