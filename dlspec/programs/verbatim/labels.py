"""Class labels as indices."""

from collections.abc import Sequence

import numpy as np

from dlspec.programs.verbatim.rows import DataError


def class_names(
    column: np.ndarray, count: int | None = None, what: str = ""
) -> list[str]:
    """The classes that a column has: numbers in their order, words in theirs.

    Where their count is known, numbers are those from 0 on, and words may not be more.
    """
    found = sorted(map(str, np.unique(column)))
    if all(name.removeprefix("-").isdecimal() for name in found):
        return sorted(found, key=int) if count is None else [*map(str, range(count))]
    if count is not None and len(found) > count:
        known = ", ".join(
            [*found[: count + 1], *(["..."] if len(found) > count + 1 else [])]
        )
        raise DataError(f"{what} has {len(found)} classes, not {count}: {known}")
    return found


def class_index(column: np.ndarray, names: Sequence[str], what: str) -> np.ndarray:
    """The place of each label among the classes. Raises DataError at another label."""
    index = {name: i for i, name in enumerate(names)}
    found, inverse = np.unique(column, return_inverse=True)
    for value in found:
        if str(value) not in index:
            row = int(np.argwhere(column == value)[0][0]) + 1
            known = ", ".join(names)
            raise DataError(f"{what}, row {row}: no class {str(value)!r} among {known}")
    places = np.array([index[str(value)] for value in found], np.int64)
    return places[inverse].reshape(column.shape)


def class_number(column: np.ndarray, count: int, what: str) -> np.ndarray:
    """Labels that are numbers of classes. Raises DataError at one out of range."""
    wrong = (column < 0) | (column >= count) | (column != np.floor(column))
    if wrong.any():
        row, *at = map(int, np.argwhere(wrong)[0])
        found = f"{column[(row, *at)]:g} is not a class of 0 to {count - 1}"
        raise DataError(f"{what}, row {row + 1}: {found}")
    return column.astype(np.int64)


def class_numbers(columns: np.ndarray, counts: Sequence[int], what: str) -> np.ndarray:
    """Labels in several columns, each with a count of its own."""
    pairs = zip(columns.T, counts, strict=True)
    return np.column_stack([class_number(c, count, what) for c, count in pairs])
