"""What can be written with a capital letter: ops, losses, optimizers and their like.

A declared object is a frozen Pydantic value. Its docstring is its manual page, its fields are its
arguments (type, range, unit, default), and `positional` names the ones that may be given without
their names. Nothing here knows of syntax or spans: wrong arguments come back as `Problem`s.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any, ClassVar, Literal, Self, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError

from dlspec.frozen import frozen


@frozen
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


@frozen
class Words:
    """In a field's annotation: bare words that the argument takes, beside those of a Literal."""

    names: tuple[str, ...]


def _forget_class_variables(cls: type[BaseModel]) -> None:
    """Drops their annotations, which Pydantic has read, and would read again for each subclass."""
    kept = vars(cls).get("__annotations__", {})
    cls.__annotations__ = {n: a for n, a in kept.items() if n in cls.__pydantic_fields__}


class Declared(BaseModel):
    """The base of everything that a spec configures with `Name(...)`.

    A choice is a `Literal` of strings, which a spec writes as bare words (`padding=same`); a bare
    word arrives as that string, `none` as None. An argument whose name is a keyword of Python is a
    field with a trailing underscore (`return=last` is the field `return_`).
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", defer_build=True, arbitrary_types_allowed=True
    )

    positional: ClassVar[tuple[str, ...]] = ()

    variadic: ClassVar[str | None] = None
    """The field that takes all positional arguments as one tuple (`Reshape(1, 28, 28)`)."""

    patterns: ClassVar[tuple[str, ...]] = ()
    """The arguments that name axes, `[C, H, W] -> [H*W, C]`: they arrive as that text."""

    lengths: ClassVar[tuple[str, ...]] = ()
    """The arguments that take dynamic sizes: `Reshape(T, 4, 8)`."""

    of_layers: ClassVar[tuple[str, ...]] = ()
    """The arguments that are layers: they arrive as the text of these."""

    further: ClassVar[str | None] = None
    """The field that takes named arguments of other names as a mapping (`p=7` of Rearrange)."""

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        _forget_class_variables(cls)

    @classmethod
    def kind(cls) -> str:
        """The name in the language."""
        return cls.__name__

    @classmethod
    def arguments(cls) -> tuple[str, ...]:
        """The names of all arguments, positional ones first."""
        named = [_argument(f) for f in cls.model_fields if f != cls.further]
        return (*cls.positional, *(a for a in named if a not in cls.positional))

    @classmethod
    @cache
    def words(cls, argument: str) -> tuple[str, ...]:
        """The bare words that an argument takes: `valid` and `same` for `padding`."""
        field = cls.model_fields.get(cls._field(argument))
        if field is None:
            return ()
        marked = [n for m in field.metadata if isinstance(m, Words) for n in m.names]
        return (*_literals(field.annotation), *marked)

    @classmethod
    def bind(cls, positional: Sequence[Any], named: Mapping[str, Any]) -> Self:
        """The object with these arguments. Raises BadArguments with every problem found."""
        problems: list[Problem] = []
        if cls.variadic is not None:
            given = {cls.variadic: tuple(positional)} if positional else {}
        else:
            given = dict(zip(cls.positional, positional, strict=False))
            if len(positional) > len(cls.positional):
                problems.append(cls._too_many(len(positional)))
        for name, value in named.items():
            if name in given:
                problems.append(Problem(name, f"`{name}` is given twice"))
            given[name] = value
        others = {n: given.pop(n) for n in list(given) if n not in cls.arguments()}
        fields: dict[str, Any] = {cls._field(n): v for n, v in given.items()}
        if cls.further is None:
            problems += (cls._unknown(name, cls.arguments()) for name in others)
        elif others:
            fields[cls.further] = others
        try:
            made = cls.model_validate(fields)
        except ValidationError as error:
            problems.extend(_problem(cls, e) for e in error.errors(include_url=False))
            raise BadArguments(*problems) from None
        if cls.further is not None:
            names = made.further_names()
            known = (*cls.arguments(), *names)
            problems += (cls._unknown(name, known) for name in others if name not in names)
        if problems:
            raise BadArguments(*problems)
        return made

    def further_names(self) -> Collection[str]:
        """The names that the field `further` may hold."""
        return ()

    @classmethod
    def _unknown(cls, name: str, known: Collection[str]) -> Problem:
        what = f"{cls.kind()} has no argument `{name}`"
        return Problem(name, what, f"it has: {', '.join(known) or 'none'}")

    @classmethod
    def _field(cls, argument: str) -> str:
        return f"{argument}_" if f"{argument}_" in cls.model_fields else argument

    @classmethod
    def _too_many(cls, found: int) -> Problem:
        allowed = len(cls.positional)
        rest = [a for a in cls.arguments() if a not in cls.positional]
        what = f"{cls.kind()} takes {_count(allowed)}, got {found}"
        hint = f"write the others with their names: {', '.join(rest)}" if rest else ""
        return Problem(str(allowed), what, hint)

    def defaults_taken(self) -> dict[str, Any]:
        """The arguments that the spec did not give, with the values that they have."""
        return {
            _argument(field): getattr(self, field)
            for field in type(self).model_fields
            if field not in self.model_fields_set and field != self.further
        }


_forget_class_variables(Declared)


def _count(n: int) -> str:
    return "no positional argument" if n == 0 else f"{n} positional argument{'s' * (n > 1)}"


def _argument(field: str) -> str:
    return field.removesuffix("_")


def _literals(annotation: Any) -> tuple[str, ...]:
    """The strings of every Literal in a type."""
    parts = get_args(annotation)
    if get_origin(annotation) is Literal:
        return tuple(p for p in parts if isinstance(p, str))
    return tuple(w for p in parts for w in _literals(p))


_WORDING = {
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be finite",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_type": "must be text",
    "literal_error": "must be {expected}",
}


def _problem(cls: type[Declared], error: Any) -> Problem:
    loc = [part for part in error["loc"] if part != cls.further]
    name = _argument(str(loc[0])) if loc else None
    if error["type"] == "missing":
        return Problem(name, f"{cls.kind()} needs `{name}`")
    words = _WORDING.get(error["type"])
    if words is None:
        text = re.sub(r"^(Value error|Assertion failed), ", "", error["msg"])
    else:
        text = words.format(**{k: _plain(v) for k, v in error.get("ctx", {}).items()})
    where = f"`{name}`: " if name is not None else ""
    got = (
        ""
        if error["type"] == "value_error" and name is None
        else f", got {written(error['input'])}"
    )
    start = text[0].lower() if where else text[0]
    return Problem(name, f"{where}{start}{text[1:]}{got}")


def _plain(value: Any) -> str:
    return str(value).replace("'", "")


def written(value: Any) -> str:
    """A value as a spec writes it: `true`, `none`, `same`, `(1, 2)`, `[3]`, `normal(std=0.02)`."""
    match value:
        case None:
            return "none"
        case bool():
            return "true" if value else "false"
        case str():
            return value if value.isidentifier() else f'"{value}"'
        case tuple():
            comma = "," if len(value) == 1 else ""
            return f"({', '.join(written(v) for v in value)}{comma})"
        case list():
            return f"[{', '.join(written(v) for v in value)}]"
        case Declared():
            fields = [f for f in type(value).model_fields if f in value.model_fields_set]
            arguments = {_argument(f): getattr(value, f) for f in fields}
            arguments |= arguments.pop(value.further or "", {})
            given = ", ".join(f"{n}={written(v)}" for n, v in arguments.items())
            return value.kind() + (f"({given})" if given else "")
        case int():
            return str(int(value))
        case _:
            return repr(value)


def snake_case(name: str) -> str:
    """`ConvBN` gives `conv_bn`, `DigitsCNN` `digits_cnn`, `Conv2D` `conv2d`."""
    parts = re.sub(
        r"(?<=[a-z0-9])(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name
    )
    return parts.lower()
