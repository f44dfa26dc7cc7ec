"""`dlspec predict`: what a run, or a file that it exported, makes of rows from a file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dlspec.cli.extras import need, readers
from dlspec.diagnostics import SpecError
from dlspec.diagnostics.files import CannotWrite, reported
from dlspec.diagnostics.text import Unreadable
from dlspec.emit.files import write_file
from dlspec.runners.predict import Head, predict
from dlspec.runners.trained import trained


def predict_run(run: Path, input: Path, model: Path | None, out: Path | None, as_json: bool) -> int:
    """Writes a row for each row of the input: classes by their names, and their probabilities."""
    found = trained(run)
    for path in filter(None, (input, model)):
        if not path.is_file():
            why = "is a directory" if path.is_dir() else "no such file or directory"
            raise SpecError(Unreadable(None, path.as_posix(), why))
    if out is not None and any(out.resolve() == p.resolve() for p in (input, model) if p):
        raise SpecError(CannotWrite(None, out.as_posix(), "it is what is read"))
    extra = "export" if model is not None else found.record.backend
    need("predict", extra, more=readers(found.data))
    with TemporaryDirectory(prefix="dlspec-") as scratch, reported():
        heads = predict(found, input, model, Path(scratch))
        text = as_records(heads) if as_json else as_table(heads)
        if out is not None:
            write_file(out, text)
    if out is None:
        print(text, end="")
    return 0


def as_table(heads: Sequence[Head]) -> str:
    """CSV with a header."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    columns = [column for head in heads for column in _columns(head)]
    writer.writerow(name for name, _ in columns)
    writer.writerows(zip(*(values for _, values in columns), strict=True))
    return written.getvalue()


def _columns(head: Head) -> Iterator[tuple[str, list[Any]]]:
    """The columns of an output: `label` and, for each class, its probability `label=name`."""
    if head.chosen is None:
        yield from _cells(head.name, head.values)
        return
    chosen = dict(_cells(head.target, head.chosen))
    yield from (
        (n, [head.classes[i] if i != "" else "" for i in numbers]) for n, numbers in chosen.items()
    )
    if len(chosen) > 1:
        return  # a class at each place: the probabilities stand in the JSON
    of_classes = [values for _, values in _cells(head.target, head.values)]
    if head.binary:
        of_classes = [[1 - p for p in of_classes[0]], of_classes[0]]
    for name, values in zip(head.classes, of_classes, strict=True):
        yield f"{head.target}={name}", [f"{p:.6g}" for p in values]


def _cells(name: str, values: Any) -> Iterator[tuple[str, list[Any]]]:
    """Nested lists, rows first, as columns: `mask[0,1]`, or plain `price`."""
    flat = [dict(_flat(row, ())) for row in values]
    places = list(dict.fromkeys(place for row in flat for place in row))
    for place in places:
        index = f"[{','.join(map(str, place))}]" if len(places) > 1 else ""
        yield name + index, [row.get(place, "") for row in flat]


def _flat(values: Any, place: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], Any]]:
    if not isinstance(values, list):
        yield place, values
        return
    for i, value in enumerate(values):
        yield from _flat(value, (*place, i))


def as_records(heads: Sequence[Head]) -> str:
    """A list with an object for each row."""
    count = len(heads[0].values)
    rows = [{head.target: _record(head, i) for head in heads} for i in range(count)]
    return json.dumps(rows, indent=2) + "\n"


def _record(head: Head, row: int) -> Any:
    if head.chosen is None:
        return head.values[row]
    return {
        "class": _named(head.chosen[row], head.classes),
        "classes": list(head.classes),
        "probabilities": head.values[row],
    }


def _named(chosen: Any, classes: tuple[str, ...]) -> Any:
    if isinstance(chosen, list):
        names = [_named(c, classes) for c in chosen]
        return names[0] if len(names) == 1 else names
    return classes[chosen]
