"""Arrays that a person gives to a trained model."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from dlspec.programs.verbatim.arrays import BROKEN, checked, equally_long, load_npz
from dlspec.programs.verbatim.rows import DataError, Rows


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
        raise DataError(f"{path} is not a readable .npy file: {error}") from error
    if not isinstance(values, np.ndarray):
        raise DataError(f"{path} is not a readable .npy file")
    return values
