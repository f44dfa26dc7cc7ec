"""What can be written with a capital letter: ops, losses, optimizers and their like.

A declared object is a frozen Pydantic value. Its docstring is its manual page, its fields are its
arguments (type, range, unit, default), and `positional` names the ones that may be given without
their names. Nothing here knows of syntax or spans: wrong arguments come back as `Problem`s.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with an object: in which argument (None: in its input), and what helps."""

    parameter: str | None
    what: str
    help: str = ""


class BadArguments(Exception):
    """Arguments that do not make an object."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*problems)
        self.problems = problems


class Declared(BaseModel):
    """The base of everything that a spec configures with `Name(...)`."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", defer_build=True, arbitrary_types_allowed=True
    )

    positional: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def kind(cls) -> str:
        """The name in the language."""
        return cls.__name__

    @classmethod
    def arguments(cls) -> tuple[str, ...]:
        """The names of all arguments, positional ones first."""
        return (*cls.positional, *(f for f in cls.model_fields if f not in cls.positional))

    @classmethod
    def bind(cls, positional: Sequence[Any], named: Mapping[str, Any]) -> Self:
        """The object with these arguments. Raises BadArguments with every problem found."""
        problems: list[Problem] = []
        given = dict(zip(cls.positional, positional, strict=False))
        if len(positional) > len(cls.positional):
            extra = f"{cls.kind()} takes {_count(len(cls.positional))}, got {len(positional)}"
            rest = [f for f in cls.model_fields if f not in cls.positional]
            hint = f"write the others with their names: {', '.join(rest)}" if rest else ""
            problems.append(Problem(str(len(cls.positional)), extra, hint))
        for name, value in named.items():
            if name in given:
                problems.append(Problem(name, f"`{name}` is given twice"))
            given[name] = value
        unknown = [n for n in given if n not in cls.model_fields]
        for name in unknown:
            known = ", ".join(cls.arguments()) or "none"
            problems.append(
                Problem(name, f"{cls.kind()} has no argument `{name}`", f"it has: {known}")
            )
            del given[name]
        try:
            made = cls.model_validate(given)
        except ValidationError as error:
            problems.extend(_problem(cls, e) for e in error.errors(include_url=False))
            raise BadArguments(*problems) from None
        if problems:
            raise BadArguments(*problems)
        return made

    def defaults_taken(self) -> dict[str, Any]:
        """The arguments that the spec did not give, with the values that they have."""
        return {
            name: getattr(self, name)
            for name in type(self).model_fields
            if name not in self.model_fields_set
        }


def _count(n: int) -> str:
    return "no positional argument" if n == 0 else f"{n} positional argument{'s' * (n > 1)}"


def _problem(cls: type[Declared], error: Any) -> Problem:
    name = str(error["loc"][0]) if error["loc"] else None
    if error["type"] == "missing":
        return Problem(name, f"{cls.kind()} needs `{name}`")
    text = re.sub(r"^(Value error|Assertion failed), ", "", error["msg"])
    return Problem(name, f"`{name}`: {text[0].lower()}{text[1:]}, got {error['input']!r}")


def snake_case(name: str) -> str:
    """`ConvBN` gives `conv_bn`, `DigitsCNN` `digits_cnn`, `Conv2D` `conv2d`."""
    parts = re.sub(
        r"(?<=[a-z0-9])(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name
    )
    return parts.lower()
