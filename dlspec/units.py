"""Units: what a number with a unit means, and the types of fields that take one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo

Kind = Literal["epochs", "steps", "share", "angle", "bytes", "count", "time", "frequency"]


@dataclass(frozen=True, slots=True)
class Unit:
    """What a unit measures, and by what a number with it is multiplied to give the plain one."""

    kind: Kind
    factor: float


UNITS: dict[str, Unit] = {
    "epoch": Unit("epochs", 1),
    "epochs": Unit("epochs", 1),
    "step": Unit("steps", 1),
    "steps": Unit("steps", 1),
    "%": Unit("share", 0.01),
    "deg": Unit("angle", 1),
    "B": Unit("bytes", 1),
    "KB": Unit("bytes", 1_000),
    "MB": Unit("bytes", 1_000_000),
    "GB": Unit("bytes", 1_000_000_000),
    "K": Unit("count", 1_000),
    "M": Unit("count", 1_000_000),
    "G": Unit("count", 1_000_000_000),
    "ms": Unit("time", 0.001),
    "s": Unit("time", 1),
    "Hz": Unit("frequency", 1),
    "kHz": Unit("frequency", 1_000),
}
"""A kilobyte is 1,000 bytes. Angles are in degrees, times in seconds, frequencies in hertz."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit, as a spec writes it."""

    value: int | float
    unit: str

    @property
    def kind(self) -> Kind | None:
        """What it measures; None where the unit does not exist."""
        unit = UNITS.get(self.unit)
        return unit.kind if unit else None

    @property
    def amount(self) -> int | float:
        """The plain number: `60 KB` is 60000, `10 %` is 0.1, `20 ms` is 0.02."""
        factor = UNITS[self.unit].factor
        # a division rounds once: 0.07 and not 7 * 0.01
        amount = self.value * factor if factor >= 1 else self.value / round(1 / factor)
        return int(amount) if self.kind in ("bytes", "count") and amount == int(amount) else amount

    def __str__(self) -> str:
        return f"{self.value} {self.unit}"

    __repr__ = __str__  # messages show values by `repr`


@dataclass(frozen=True, slots=True)
class Duration:
    """A part of a run: a number of epochs, of steps, or a percentage of the whole."""

    value: float
    unit: Literal["epochs", "steps", "%"]

    def steps(self, total: int, per_epoch: int) -> int:
        """The number of steps, in a run of `total` with `per_epoch` steps in an epoch."""
        whole = {"epochs": per_epoch, "steps": 1, "%": total / 100}[self.unit]
        return round(self.value * whole)

    def __str__(self) -> str:
        unit = self.unit.removesuffix("s") if self.value == 1 else self.unit
        return f"{self.value:g} {unit}"

    __repr__ = __str__


def plain_number(value: Any) -> bool:
    """A number, and not `true` or `false`."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _takes(kind: Kind, what: str, example: str, bare: bool) -> BeforeValidator:
    """Accepts quantities of one kind, and numbers without a unit if `bare`."""

    def check(value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, Quantity) and value.kind == kind:
            return value.amount
        if plain_number(value) and (bare or info.mode == "json"):
            return value
        raise ValueError(f"takes {what}: {example}")

    return BeforeValidator(check)


def _duration(value: Any) -> Any:
    match value:
        case Quantity(kind="epochs" | "steps" as unit):
            found = Duration(value.value, unit)
        case Quantity(kind="share"):
            found = Duration(value.value, "%")
        case Duration() | dict():
            return value
        case _:
            raise ValueError("takes a part of the run: `5 epochs`, `500 steps` or `10 %`")
    if found.value <= 0:
        raise ValueError("must be longer than nothing")
    if found.unit == "steps" and found.value != int(found.value):
        raise ValueError("takes whole steps")
    if found.unit == "%" and found.value > 100:
        raise ValueError("cannot be more than 100 % of the run")
    return found


Share = Annotated[float, _takes("share", "a share", "`10 %` or 0.1", bare=True), Field(ge=0, le=1)]
"""A part of a whole, from 0 to 1."""

Angle = Annotated[float, _takes("angle", "an angle in degrees", "`10 deg`", bare=False)]
"""Degrees."""

Bytes = Annotated[int, _takes("bytes", "a size", "`60 KB`", bare=False), Field(ge=0)]
"""Bytes; a kilobyte is 1,000 of them."""

Count = Annotated[float, _takes("count", "a count", "`5 M` or 5000", bare=True), Field(ge=0)]
"""A number of things, such as multiply-accumulates."""

During = Annotated[Duration, BeforeValidator(_duration)]
"""A part of a run, in epochs, steps or per cent of it."""
