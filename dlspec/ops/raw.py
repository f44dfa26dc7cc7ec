"""Weights and constants of a block's own: tensors that no layer holds.

`let` names them. They are common: the same for every example, and without a batch axis in a
program.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar

from pydantic import PlainSerializer, PlainValidator, model_validator

from dlspec.declared import Words
from dlspec.ops.base import Op, Weight, example
from dlspec.ops.fields import number
from dlspec.ops.init import INITS, Init, Initial
from dlspec.tensor import DType, Tensor

MOST_NUMBERS = 10_000
"""The most numbers that a program writes out."""

Numbers = bool | int | float | tuple[Any, ...]
"""A number, or equally long tuples of such, within one another."""


def array(value: Any) -> Tensor:
    """The type of a weight, `f32[1, 8]`. Raises ValueError for what cannot be one."""
    if isinstance(value, str) and (found := re.fullmatch(r"(\w+)\[([\d, ]*)\]", value)):
        value = Tensor(found[1], tuple(map(int, re.findall(r"\d+", found[2]))))  # type: ignore[arg-type]
    if not isinstance(value, Tensor):
        raise ValueError("must be a type, such as f32[8]")
    if value.dtype != "f32":
        raise ValueError(f"must be f32, as all weights are, got {value}")
    return value


def array_or_numbers(value: Any) -> Tensor | Numbers:
    """The type of a constant, or its numbers. Raises ValueError."""
    if isinstance(value, (str, Tensor)):
        return array(value)
    found = _numbers(value)
    sizes(found)
    if count(found) > MOST_NUMBERS:
        raise ValueError(f"must hold at most {MOST_NUMBERS:,} numbers, got {count(found):,}")
    return found


def _plain(value: Tensor | Numbers) -> Any:
    return str(value) if isinstance(value, Tensor) else value


def _numbers(value: Any) -> Numbers:
    if isinstance(value, (tuple, list)):
        return tuple(map(_numbers, value))
    if isinstance(value, (bool, int)):
        return value
    return number(value)


def sizes(value: Numbers) -> tuple[int, ...]:
    """The shape of some numbers. Raises ValueError where they make no rectangle."""
    if not isinstance(value, tuple):
        return ()
    inner = {sizes(v) for v in value}
    if len(inner) != 1:
        raise ValueError("must be lists of equal lengths, with a number at least")
    return (len(value), *inner.pop())


def flat(value: Numbers) -> tuple[Any, ...]:
    """The numbers in order."""
    return tuple(n for v in value for n in flat(v)) if isinstance(value, tuple) else (value,)


def count(value: Numbers) -> int:
    return sum(map(count, value)) if isinstance(value, tuple) else 1


class Raw(Op):
    """What `let` names without a layer."""

    inputs: ClassVar = (0, 0)

    @classmethod
    def has_object(cls) -> bool:
        return True


def _starts(init: Init | None, array: Tensor) -> None:
    """Raises ValueError where an initialiser has no meaning for an array."""
    for problem in init.problems(array.shape) if init is not None else ():
        raise ValueError(f"{problem.what}: {problem.help}")


class Parameter(Raw):
    """A weight of a block's own: `let scale = Parameter(f32[dim], init=ones)`.

    It is a tensor in expressions, common to all examples: beside a tensor of each example it is
    taken for every one of them. Its name is the one that `let` gives, and nothing stands behind it.

    - `type`: its type, always f32.
    - `init`: how it starts.
    """

    positional: ClassVar = ("type",)
    examples: ClassVar = (
        example("Parameter(f32[5], init=ones)"),
        example("Parameter(f32[1, 4], init=normal(std=0.02))"),
        example("Parameter(f32[], init=constant(0.5))"),
    )

    type_: Annotated[Tensor, PlainValidator(array), PlainSerializer(str)]
    init: Initial

    @classmethod
    def has_weights(cls) -> bool:
        return True

    @model_validator(mode="after")
    def _started(self) -> Parameter:
        _starts(self.init, self.type_)
        return self

    def shape(self, *x: Tensor) -> Tensor:
        return self.type_

    def weights(self, *x: Tensor) -> tuple[Weight, ...]:
        return (Weight("", self.type_.shape, self.init),)


class Buffer(Raw):
    """A constant that is kept with the model: `let usual = Buffer([0.485, 0.456, 0.406])`.

    Like a `Parameter` it is a tensor, common to all examples; no training step changes it.

    - `value`: numbers, written out in the program: f32, or i32 where all are whole, or bool. Or a
      type, `f32[64]`, whose numbers are drawn once and kept in checkpoints.
    - `init`: how they are drawn.
    """

    positional: ClassVar = ("value",)
    examples: ClassVar = (
        example("Buffer([0.5, 0.25, 2.0])"),
        example("Buffer([[1, 0], [2, 3], [5, 4]])"),
        example("Buffer(f32[2, 3], init=normal(std=1))"),
    )

    value: Annotated[Any, PlainValidator(array_or_numbers), PlainSerializer(_plain)]
    init: Annotated[Initial | None, Words(tuple(INITS))] = None

    @classmethod
    def has_weights(cls) -> bool:
        """Of what is in its call, a name tells nothing; a constant counts as a weight."""
        return True

    @model_validator(mode="after")
    def _drawn(self) -> Buffer:
        if isinstance(self.value, Tensor):
            if self.init is None:
                raise ValueError(f"{self.value} needs `init`: how its numbers are drawn")
            _starts(self.init, self.value)
        elif self.init is not None:
            raise ValueError("numbers need no `init`")
        return self

    @property
    def dtype(self) -> DType:
        numbers = flat(self.value)
        if all(isinstance(n, bool) for n in numbers):
            return "bool"
        return "i32" if all(isinstance(n, int) for n in numbers) else "f32"

    def shape(self, *x: Tensor) -> Tensor:
        if isinstance(self.value, Tensor):
            return self.value
        return Tensor(self.dtype, sizes(self.value))

    def weights(self, *x: Tensor) -> tuple[Weight, ...]:
        if not isinstance(self.value, Tensor):
            return ()
        assert self.init is not None
        return (Weight("", self.value.shape, self.init, "fixed"),)
