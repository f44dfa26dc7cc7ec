"""Sources that a spec declares by `extern`: rows that a Python function gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator

from dlspec.length import read_type, written_type
from dlspec.recipe.sources import Arrays
from dlspec.tensor import Tensor


def _fields(value: Any) -> dict[str, Tensor]:
    return {name: read_type(t) for name, t in value.items()}


def _written(value: Mapping[str, Tensor]) -> dict[str, str]:
    return {name: written_type(t) for name, t in value.items()}


class Extern(Arrays):
    """What a Python function gives: an iterable of dicts, one for each row.

    - `name`: what the spec calls it.
    - `function`: `package.module:function`.
    - `arguments`: what it is called with, by name.
    - `fields`: the type of each column, for one row.
    """

    name: str
    function: str
    arguments_: dict[str, Any]
    fields_: Annotated[dict[str, Tensor], PlainValidator(_fields), PlainSerializer(_written)]

    def columns(self) -> tuple[str, ...]:
        return tuple(self.fields_)

    def column(self, name: str) -> Tensor | None:
        return self.fields_.get(name)
