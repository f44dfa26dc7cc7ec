"""Class labels as indices."""

from collections.abc import Sequence

import numpy as np

from dlspec.programs.verbatim.rows import DataError


def class_names(column: np.ndarray) -> list[str]:
    """The classes that a column has: numbers in their order, then words in theirs."""

    def rank(name: str) -> tuple[bool, float, str]:
        digits = name.removeprefix("-").isdecimal()
        return not digits, int(name) if digits else 0, name

    return sorted(map(str, np.unique(column)), key=rank)


def class_index(column: np.ndarray, names: Sequence[str], what: str) -> np.ndarray:
    """The place of each label among the classes. Raises DataError at another label."""
    index = {name: i for i, name in enumerate(names)}
    found, inverse = np.unique(column, return_inverse=True)
    for i, value in enumerate(found):
        if str(value) not in index:
            row = int(np.argmax(inverse == i)) + 1
            known = ", ".join(names)
            raise DataError(f"{what}, row {row}: no class {str(value)!r} among {known}")
    return np.array([index[str(value)] for value in found], np.int64)[inverse]


def class_number(column: np.ndarray, count: int, what: str) -> np.ndarray:
    """Labels that are numbers of classes. Raises DataError at one out of range."""
    wrong = (column < 0) | (column >= count) | (column != np.floor(column))
    if wrong.any():
        row, *at = map(int, np.argwhere(wrong)[0])
        found = f"{column[(row, *at)]:g} is not a class of 0 to {count - 1}"
        raise DataError(f"{what}, row {row + 1}: {found}")
    return column.astype(np.int64)
