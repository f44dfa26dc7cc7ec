"""The rows of `data wines`: NumPy only, the same file whatever the backend."""

import csv
import functools
import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

AHEAD = 64  # batches that are made together
# where the paths of the spec begin
FOLDER = (Path(__file__).parent / "../specs").resolve()
Fitted = dict[str, dict[str, Any]]
Rows = dict[str, np.ndarray]
Parts = dict[str, np.ndarray]
LISTED = 20  # columns that an error lists
ORDER = 0  # streams of random numbers


class DataError(ValueError):
    """The data is not what the spec says."""


@functools.cache
def read() -> tuple[Rows, Parts]:
    """The columns of the source, and the rows of each part: train 60 %, val 20 %,
    test 20 %, stratified by cultivar, seed 0.
    """
    columns = read_csv(
        FOLDER / "wine.csv",
        numbers=(
            "total_phenols",
            "flavanoids",
            "nonflavanoid_phenols",
            "proanthocyanins",
            "alcohol",
            "malic_acid",
            "ash",
            "alcalinity_of_ash",
            "magnesium",
            "color_intensity",
            "hue",
            "od280_od315",
            "proline",
        ),
        texts=("cultivar",),
    )
    return columns, stratified(
        columns["cultivar"], {"train": 0.6, "val": 0.2, "test": 0.2}, seed=0
    )


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


def stratified(label: np.ndarray, shares: dict[str, float], seed: int) -> Parts:
    """Parts of exactly these shares, in each of which every class has its share."""
    rng = np.random.default_rng(seed)
    place = np.empty(len(label))
    for value in np.unique(label):
        index = rng.permutation(np.flatnonzero(label == value))
        place[index] = (np.arange(len(index)) + 0.5) / len(index)
    return cut(np.argsort(place, kind="stable"), shares)


def cut(index: np.ndarray, shares: dict[str, float]) -> Parts:
    """One part after the other; within a part the rows keep the order of the source."""
    ends = np.round(np.cumsum(list(shares.values())) * len(index)).astype(int)
    pieces = np.split(index, ends)[: len(shares)]
    for part, piece in zip(shares, pieces, strict=True):
        if len(piece) == 0:
            raise DataError(f"no row of {len(index)} is left for {part}")
    return dict(zip(shares, map(np.sort, pieces), strict=True))


@functools.cache
def fit() -> Fitted:
    """What the data tells: classes, and statistics of the training rows."""
    columns, parts = read()
    train = parts["train"]
    return {
        "cultivar": {"classes": class_names(columns["cultivar"], 3, "cultivar")},
        "phenols": moments(
            np.column_stack(
                [
                    columns["total_phenols"][train],
                    columns["flavanoids"][train],
                    columns["nonflavanoid_phenols"][train],
                    columns["proanthocyanins"][train],
                ]
            ),
            (0,),
        ),
        "rest": moments(
            np.column_stack(
                [
                    columns["alcohol"][train],
                    columns["malic_acid"][train],
                    columns["ash"][train],
                    columns["alcalinity_of_ash"][train],
                    columns["magnesium"][train],
                    columns["color_intensity"][train],
                    columns["hue"][train],
                    columns["od280_od315"][train],
                    columns["proline"][train],
                ]
            ),
            (0,),
        ),
    }


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


def moments(values: np.ndarray, axis: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Mean and standard deviation over `axis`; 1 for what does not vary."""
    mean = values.mean(axis, np.float64, keepdims=True)[0]
    std = values.std(axis, np.float64, keepdims=True)[0]
    return {"mean": mean, "std": np.where(std > 0, std, 1.0)}


@functools.cache
def load() -> dict[str, Rows]:
    """The rows of each part."""
    columns, parts = read()
    fitted = fit()
    rows = prepare(columns, fitted) | {
        "cultivar": class_index(
            columns["cultivar"], fitted["cultivar"]["classes"], "cultivar"
        )
    }
    return {part: take(rows, index) for part, index in parts.items()}


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


def take(rows: Rows, index: np.ndarray | slice) -> Rows:
    """Some of the rows."""
    return {name: values[index] for name, values in rows.items()}


def prepare(columns: Rows, fitted: Fitted) -> Rows:
    """The model's inputs, from columns of the source."""
    return {
        "phenols": standardize(
            np.column_stack(
                [
                    columns["total_phenols"],
                    columns["flavanoids"],
                    columns["nonflavanoid_phenols"],
                    columns["proanthocyanins"],
                ]
            ),
            fitted["phenols"],
        ).astype(np.float32),
        "rest": standardize(
            np.column_stack(
                [
                    columns["alcohol"],
                    columns["malic_acid"],
                    columns["ash"],
                    columns["alcalinity_of_ash"],
                    columns["magnesium"],
                    columns["color_intensity"],
                    columns["hue"],
                    columns["od280_od315"],
                    columns["proline"],
                ]
            ),
            fitted["rest"],
        ).astype(np.float32),
    }


def standardize(values: np.ndarray, moments: Mapping[str, Any]) -> np.ndarray:
    """Mean 0 and standard deviation 1, where the moments are those of the values."""
    kind = np.result_type(values.dtype, np.float32)
    mean, std = np.asarray(moments["mean"], kind), np.asarray(moments["std"], kind)
    return (values - mean) / std


def blocks(part: str, size: int, seed: int, epoch: int) -> Iterator[Rows]:
    """Rows of an epoch in its order, some batches of `size` at a time."""
    rows, together = load()[part], AHEAD * size
    index = order(length(rows), seed, epoch)
    for start in range(0, len(index), together):
        yield take(rows, index[start : start + together])


def order(count: int, seed: int, epoch: int) -> np.ndarray:
    """The order of the rows: a function of (seed, epoch) and of nothing else."""
    return np.random.default_rng((seed, ORDER, epoch)).permutation(count)


def length(rows: Rows) -> int:
    """The number of rows."""
    return len(next(iter(rows.values())))


def chunks(part: str, size: int) -> Iterator[Rows]:
    """All rows in their order, `size` at a time, as evaluation reads them."""
    rows = load()[part]
    for start in range(0, length(rows), size):
        yield take(rows, slice(start, start + size))


def facts() -> dict[str, Any]:
    """What the lock file says of the data."""
    return {
        "name": "wines",
        "hash": digest(load()),
        "rows": {part: length(rows) for part, rows in load().items()},
        "fitted": plain(fit()),
    }


def digest(parts: dict[str, Rows]) -> str:
    """A hash of every value: equal for equal data, wherever it was read from."""
    whole = hashlib.sha256()
    for part, rows in parts.items():
        for name, values in sorted(rows.items()):
            whole.update(f"{part} {name} {values.dtype.str} {values.shape}\n".encode())
            whole.update(np.ascontiguousarray(values).data)
    return whole.hexdigest()


def plain(fitted: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The same as lists, for JSON, which keeps every digit."""
    return {
        name: {key: np.asarray(values).tolist() for key, values in learned.items()}
        for name, learned in fitted.items()
    }
