"""Numbers with units: what they mean, and which unit a place takes."""

import pytest
from pydantic import TypeAdapter, ValidationError

from dlspec.units import UNITS, Angle, Bytes, Count, Duration, During, Quantity, Share


@pytest.mark.parametrize(
    ("value", "unit", "amount"),
    [
        (60, "KB", 60_000),
        (1.5, "MB", 1_500_000),
        (2.5, "M", 2_500_000),
        (10, "%", 0.1),
        (7, "%", 0.07),
        (20, "ms", 0.02),
        (16, "kHz", 16_000),
        (10, "deg", 10),
        (5, "epochs", 5),
        (1, "epoch", 1),
    ],
)
def test_a_unit_scales_the_number(value, unit, amount):
    assert Quantity(value, unit).amount == amount


def test_sizes_and_counts_are_whole_where_they_can_be():
    assert isinstance(Quantity(1.5, "KB").amount, int)
    assert isinstance(Quantity(0.3, "B").amount, float)


def test_every_kind_of_the_language_has_a_unit():
    kinds = {"epochs", "steps", "share", "angle", "bytes", "count", "time", "frequency"}
    assert {unit.kind for unit in UNITS.values()} == kinds


def read(type_, value):
    return TypeAdapter(type_).validate_python(value)


@pytest.mark.parametrize(
    ("type_", "value", "plain"),
    [
        (Share, Quantity(10, "%"), 0.1),
        (Share, 0.1, 0.1),
        (Angle, Quantity(10, "deg"), 10.0),
        (Bytes, Quantity(60, "KB"), 60_000),
        (Count, Quantity(5, "M"), 5e6),
        (Count, 5000, 5e3),
        (During, Quantity(5, "epochs"), Duration(5, "epochs")),
        (During, Quantity(1, "epoch"), Duration(1, "epochs")),
        (During, Quantity(500, "steps"), Duration(500, "steps")),
        (During, Quantity(10, "%"), Duration(10, "%")),
    ],
)
def test_a_place_takes_its_unit(type_, value, plain):
    assert read(type_, value) == plain


@pytest.mark.parametrize(
    ("type_", "value", "says"),
    [
        (Share, Quantity(5, "epochs"), "takes a share: `10 %` or 0.1"),
        (Share, 1.5, "less than or equal to 1"),
        (Share, True, "takes a share"),
        (Angle, 10, "takes an angle in degrees: `10 deg`"),
        (Bytes, 60, "takes a size: `60 KB`"),
        (Bytes, Quantity(60, "M"), "takes a size: `60 KB`"),
        (Count, Quantity(60, "KB"), "takes a count: `5 M` or 5000"),
        (During, 5, "takes a part of the run: `5 epochs`, `500 steps` or `10 %`"),
        (During, Quantity(5, "s"), "takes a part of the run"),
        (During, Quantity(0, "epochs"), "longer than nothing"),
        (During, Quantity(2.5, "steps"), "whole steps"),
        (During, Quantity(120, "%"), "more than 100 %"),
        (Share, Quantity(5, "apples"), "takes a share"),
    ],
)
def test_another_unit_is_refused_with_the_right_one(type_, value, says):
    with pytest.raises(ValidationError, match=says):
        read(type_, value)


@pytest.mark.parametrize(
    ("duration", "steps"),
    [(Duration(2, "epochs"), 20), (Duration(7, "steps"), 7), (Duration(25, "%"), 75)],
)
def test_a_duration_in_steps(duration, steps):
    assert duration.steps(total=300, per_epoch=10) == steps
