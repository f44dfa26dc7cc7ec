"""A Python function that a spec declares by `extern`: what it takes and gives is known, and not
what it computes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import PlainSerializer, PlainValidator

from dlspec.length import read_type, written_type
from dlspec.ops.base import Op
from dlspec.tensor import Tensor


def _pairs(value: Any) -> tuple[tuple[str, Any], ...]:
    items = value.items() if isinstance(value, Mapping) else value
    return tuple((str(name), _tuples(v)) for name, v in items)


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list | tuple) else value


Pairs = Annotated[tuple[tuple[str, Any], ...], PlainValidator(_pairs), PlainSerializer(dict)]
Types = Annotated[
    tuple[Tensor, ...],
    PlainValidator(lambda value: tuple(map(read_type, value))),
    PlainSerializer(lambda value: list(map(written_type, value))),
]


class Extern(Op):
    """A Python function on tensors: those of each example, with the batch in front; the weights of
    an `extern layer`, which come by their names and have no batch; and numbers.

    - `name`: what the spec calls it.
    - `functions`: for each backend that it names, `package.module:function`.
    - `arguments`: the numbers by name.
    - `gives`: the types of what it gives, for one example.
    """

    inputs: ClassVar = (1, None)

    name: str
    functions: Pairs
    arguments_: Pairs = ()
    gives: Types

    def shape(self, *x: Tensor, **weights: Tensor) -> tuple[Tensor, ...]:
        return self.gives

    @property
    def called(self) -> str:
        return self.name

    def function(self, backend: str) -> str | None:
        """Its function for a backend; None where the `extern` names none."""
        return dict(self.functions).get(backend)

    @property
    def backends(self) -> str:
        """Those that it names, for messages."""
        return " and ".join(name for name, _ in self.functions)
