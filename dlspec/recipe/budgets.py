"""What a budget may limit, and in which unit."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter, ValidationError

from dlspec.frozen import frozen
from dlspec.units import Bytes, Count, Share


@frozen
class Measure:
    """A number that an exported file has."""

    what: str
    takes: Any
    example: str


MEASURES = {
    "size": Measure("the size of the file", Bytes, "60 KB"),
    "macs": Measure("multiply-accumulates for one example", Count, "5 M"),
    "ram": Measure("memory for activations", Bytes, "64 KB"),
    "accuracy_drop": Measure("points of the first metric on the test rows", Share, "1 %"),
}


def limit(measure: str, value: Any) -> float | None:
    """The plain number of a limit; None where its unit is wrong for the measure."""
    try:
        return float(TypeAdapter(MEASURES[measure].takes).validate_python(value))
    except ValidationError:
        return None
