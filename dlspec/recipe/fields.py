"""Types of the numbers that a recipe takes, and what is said of anything else."""

import math
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from dlspec.units import plain_number


def _whole(value: Any) -> int:
    if not plain_number(value) or value != value or int(value) != value:
        raise ValueError("must be a whole number")
    return int(value)


def _number(value: Any) -> float:
    if not plain_number(value) or not math.isfinite(value):
        raise ValueError("must be a number")
    return float(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _several(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list | tuple) else (value,)


Whole = Annotated[int, BeforeValidator(_whole)]
Counted = Annotated[int, BeforeValidator(_whole), Field(ge=1)]
"""1 or more."""
Seed = Annotated[int, BeforeValidator(_whole), Field(ge=0, lt=2**32)]
"""A start of random numbers: 32 bits."""
Number = Annotated[float, BeforeValidator(_number)]
Positive = Annotated[float, BeforeValidator(_number), Field(gt=0)]
NotNegative = Annotated[float, BeforeValidator(_number), Field(ge=0)]
Decay = Annotated[float, BeforeValidator(_number), Field(ge=0, lt=1)]
"""The part of a running mean that stays from one step to the next."""
Flag = Annotated[bool, BeforeValidator(_flag)]
Axes = Annotated[tuple[Whole, ...], BeforeValidator(_several)]
"""One axis or several, counted from 0; negative ones from the end."""
