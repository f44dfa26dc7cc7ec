"""Types of arguments: what they take, and what is said of anything else.

Integers pass through as they are, so that an `expr.Size` keeps its origin. Ranges are Pydantic
constraints, which the manual reads.
"""

import math
from typing import Annotated, Any

from pydantic import Field, PlainSerializer, PlainValidator

from dlspec.declared import Words

LIMIT = 2**31 - 1
"""What runtimes hold in a size: 32 bits with a sign."""


def whole(value: Any) -> int:
    """An integer, or a float that is one (`dim / 2`)."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("must be a whole number")
    if isinstance(value, float):
        if not value.is_integer():
            raise ValueError("must be a whole number")
        value = int(value)
    result: int = value
    if abs(result) > LIMIT:
        raise ValueError(f"must lie within ±{LIMIT}")
    return result


def number(value: Any) -> float:
    """A finite number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("must be a number")
    try:
        result = float(value)
    except OverflowError:
        raise ValueError("must be a number that a float can hold") from None
    if not math.isfinite(result):
        raise ValueError("must be finite")
    return result


def norm_power(value: Any) -> float | str:
    """The p of a norm: a number, at least 1, or `inf`, which JSON has as a word."""
    if value in ("inf", math.inf):
        return "inf"
    if isinstance(value, str) or value == -math.inf or number(value) < 1:
        raise ValueError("must be a number, at least 1, or inf")
    return number(value)


def flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def at_least(least: int, value: Any) -> int:
    """An integer from `least` on."""
    result = whole(value)
    if result < least:
        raise ValueError(f"must be at least {least}")
    return result


def per_axis(value: Any) -> int | tuple[int, ...]:
    """A number, or one for each axis."""
    if isinstance(value, (tuple, list)):
        return tuple(at_least(1, v) for v in value)
    return at_least(1, value)


def extra_per_axis(value: Any) -> int | tuple[int, ...]:
    """A number from 0 on, or one for each axis."""
    if isinstance(value, (tuple, list)):
        return tuple(at_least(0, v) for v in value)
    return at_least(0, value)


def axes(value: Any) -> int | tuple[int, ...]:
    """An axis, or several different ones."""
    if not isinstance(value, (tuple, list)):
        return whole(value)
    if not value:
        raise ValueError("must name at least one axis")
    if len(set(value)) != len(value):
        raise ValueError("must name each axis once")
    return tuple(whole(v) for v in value)


def _itself(value: Any) -> Any:
    return value


AS_IT_IS = PlainSerializer(_itself, return_type=Any)
"""For types that hold tuples: behind a validator of its own, Pydantic would check the JSON list
against the tuple, and warn."""

Count = Annotated[int, PlainValidator(whole), Field(ge=1)]
"""A number of things: 1 or more."""

Index = Annotated[int, PlainValidator(whole), Field(ge=0)]
"""A place, counted from 0."""

Whole = Annotated[int, PlainValidator(whole)]
Number = Annotated[float, PlainValidator(number)]
Positive = Annotated[float, PlainValidator(number), Field(gt=0)]
NonNegative = Annotated[float, PlainValidator(number), Field(ge=0)]
Fraction = Annotated[float, PlainValidator(number), Field(ge=0, le=1)]
NormOrder = Annotated[float, PlainValidator(number), Field(ge=1)]
"""The p of a norm: below 1 it is none."""

NormPower = Annotated[float | str, PlainValidator(norm_power), Words(("inf",)), AS_IT_IS]
"""The same, or `inf`: the norm that is the greatest absolute value."""

Rate = Annotated[float, PlainValidator(number), Field(ge=0, lt=1)]
"""A probability of dropping: 1 would leave nothing."""

Flag = Annotated[bool, PlainValidator(flag)]
PerAxis = Annotated[int | tuple[int, ...], PlainValidator(per_axis), AS_IT_IS]
ExtraPerAxis = Annotated[int | tuple[int, ...], PlainValidator(extra_per_axis), AS_IT_IS]
Axis = Annotated[int, PlainValidator(whole)]
Axes = Annotated[int | tuple[int, ...], PlainValidator(axes), AS_IT_IS]
