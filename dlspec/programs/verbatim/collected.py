"""Rows that Python gives one by one, as arrays."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from dlspec.programs.verbatim.rows import DataError, Rows


def collected(
    given: Iterable[Mapping[str, object]],
    names: Sequence[str],
    source: str,
    lengths: Mapping[str, Sequence[tuple[str, int]]] | None = None,
) -> Rows:
    """An array of each column, with the rows along its first axis.

    `lengths` names, for each column of lengths that is made, the columns whose rows are
    so long, each with the axis: behind its end a row is filled with 0.
    """
    rows: dict[str, list[np.ndarray]] = {name: [] for name in names}
    for number, row in enumerate(given, 1):
        if not isinstance(row, Mapping):
            found = f"a {type(row).__name__}, where a dict of the columns is needed"
            raise DataError(f"{source}, row {number}: {found}")
        for name in names:
            if name not in row:
                known = ", ".join(map(str, row)) or "nothing"
                raise DataError(
                    f"{source}, row {number}: there is no {name!r}; it has: {known}"
                )
            rows[name].append(np.asarray(row[name]))
    if not all(rows.values()):
        raise DataError(f"{source} gives no rows")
    columns: Rows = {}
    for column, together in (lengths or {}).items():
        columns[column] = row_sizes(rows, together, source)
        for name, axis in together:
            rows[name] = lengthened(rows[name], axis, int(columns[column].max()))
    for name, values in rows.items():
        for number, value in enumerate(values, 1):
            if value.shape != values[0].shape:
                first, found = list(values[0].shape), list(value.shape)
                raise DataError(
                    f"{source}, row {number}: {name!r} has shape {found}, "
                    f"the first row {first}"
                )
        columns[name] = np.stack(values)
    return columns


def row_sizes(
    rows: Mapping[str, Sequence[np.ndarray]],
    together: Sequence[tuple[str, int]],
    source: str,
) -> np.ndarray:
    """How long each row is: in all of these columns alike."""
    sizes: dict[str, list[int]] = {}
    for name, axis in together:
        for number, value in enumerate(rows[name], 1):
            if value.ndim <= axis:
                found = list(value.shape)
                raise DataError(
                    f"{source}, row {number}: {name!r} has shape {found}, "
                    f"without an axis {axis}"
                )
        sizes[name] = [value.shape[axis] for value in rows[name]]
    first, _ = together[0]
    for name, found in sizes.items():
        for number, (size, wanted) in enumerate(
            zip(found, sizes[first], strict=True), 1
        ):
            if size != wanted:
                raise DataError(
                    f"{source}, row {number}: {name!r} has {size} places, "
                    f"{first!r} {wanted}"
                )
    return np.array(sizes[first])


def lengthened(values: Sequence[np.ndarray], axis: int, most: int) -> list[np.ndarray]:
    """Rows of one length on an axis, with 0 behind their ends."""
    return [
        np.pad(
            value,
            [(0, most - n if a == axis else 0) for a, n in enumerate(value.shape)],
        )
        for value in values
    ]
