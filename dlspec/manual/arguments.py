"""What the arguments of a declared object take, in words: read from its fields."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo

from dlspec import units
from dlspec.declared import Declared, Words, written
from dlspec.frozen import frozen
from dlspec.manual.markdown import code, table
from dlspec.ops import (
    border,
    contraction,
    init,
    moving,
    raw,
    rearrange,
    recurrence,
    shape,
    splitting,
    window,
)
from dlspec.ops import fields as ops_fields
from dlspec.recipe import fields, optimizers, rows, sources, stops

KINDS: Mapping[Any, str] = {
    ops_fields.Axis: "a whole number",
    ops_fields.Number: "a number",
    ops_fields.NormPower: "a number ≥ 1",
    ops_fields.Flag: "`true` or `false`",
    ops_fields.PerAxis: "a whole number ≥ 1, one for each axis",
    ops_fields.ExtraPerAxis: "a whole number ≥ 0, one for each axis",
    ops_fields.Axes: "an axis, several in parentheses",
    contraction.Pattern: 'letters for axes: `"ij,jk->ik"`',
    moving.Order: "the axes in their new order",
    moving.Ends: "a whole number ≥ 0, or (before, after)",
    splitting.Split.model_fields["parts"]: "a number of parts ≥ 2, or their sizes in parentheses",
    raw.Parameter.model_fields["type_"]: "a type: `f32[dim]`",
    raw.Buffer.model_fields["value"]: "numbers, in lists, or a type: `f32[dim]`",
    init.Initial: "an [initialiser](recipe.md#initialisers)",
    window.Padding: "numbers ≥ 0",
    border.Ends: "numbers ≥ 0",
    shape.Reshape.model_fields["dims"]: "whole numbers",
    rearrange.Rearrange.model_fields["pattern"]: "names of axes: `[C, H, W] -> [H*W, C]`",
    recurrence.Recurrent.model_fields["return_"]: "several of them",
    fields.Whole: "a whole number",
    fields.Number: "a number",
    fields.Flag: "`true` or `false`",
    fields.Axes: "an axis, several in parentheses",
    units.Share: "a share: `10 %` or 0.1,",
    units.Angle: "an angle: `10 deg`,",
    units.During: "a part of the run: `5 epochs`, `500 steps`, `10 %`",
    stops.Patience.model_fields["epochs"]: "whole epochs: `5 epochs`",
    optimizers.Betas: "two numbers",
    sources.RelativePath: "a path below the folder of the spec",
    sources.Csv.model_fields["separator"]: "one character",
    sources.Sklearn.model_fields["name"]: "the name of a bundled set",
}
"""Types of arguments by the check that they bring, and what that takes."""

PLAIN = {str: "a name of the spec", rows.Rows: "rows: `digits.train[:256]`"}


def _check(of: Any) -> Any:
    """The validator of a type or field that is its own."""
    metadata = of.metadata if isinstance(of, FieldInfo) else get_args(of)[1:]
    found = [m.func for m in metadata if hasattr(m, "func") and "alid" in type(m).__name__]
    return found[-1] if found else None


CHECKS = {_check(of): words for of, words in KINDS.items()}


@frozen
class Argument:
    """`takes` is Markdown; `default` as a spec writes it, None where it must be given."""

    name: str
    takes: str
    default: str | None


def arguments(cls: type[Declared]) -> tuple[Argument, ...]:
    """The arguments of a declared object, positional ones first."""
    rows = []
    for name in cls.arguments():
        field = _field(cls, name)
        default = None if field.is_required() else written(field.get_default())
        rows.append(Argument(name, takes(field), default))
    if cls.further is not None:
        field = cls.model_fields[cls.further]
        rows.append(Argument("NAME", " ".join(_type(get_args(field.annotation)[1], ())), "none"))
    return tuple(rows)


def listed(found: Sequence[Argument]) -> str:
    """A table of arguments; empty where there are none."""
    rows = [
        (code(a.name), a.takes, "required" if a.default is None else code(a.default)) for a in found
    ]
    return table(("argument", "takes", "default"), rows) if rows else ""


def signature(cls: type[Declared]) -> str:
    """`Dense(units, bias=true, ...)`: positional arguments by their place."""
    if cls.variadic is not None:
        return f"{cls.kind()}({cls.variadic}...)"
    parts = []
    for name in cls.arguments():
        field = _field(cls, name)
        if field.is_required():
            parts.append(name if name in cls.positional else f"{name}=...")
        else:
            parts.append(f"{name}={written(field.get_default())}")
    parts += ["NAME=..."] if cls.further is not None else []
    return f"{cls.kind()}({', '.join(parts)})" if parts else cls.kind()


WIDTH = 100
"""Characters of a line that needs no scrolling."""


def lines(written: str) -> list[str]:
    """A signature in lines that a page shows whole."""
    return wrap(written, WIDTH, subsequent_indent="    ")


def _field(cls: type[Declared], argument: str) -> FieldInfo:
    """The field of an argument: `return_` of `return`."""
    return cls.model_fields.get(f"{argument}_") or cls.model_fields[argument]


def takes(field: FieldInfo) -> str:
    """What an argument takes: `padding` of Conv1D takes `valid`, `same`, `causal`, or numbers."""
    words = [n for m in field.metadata if isinstance(m, Words) for n in m.names]
    parts = [*_type(field.annotation, tuple(field.metadata))]
    if words and words != [*init.INITS]:
        parts = [*map(code, words), *parts]
    *first, last = parts
    comma = "," if len(first) > 1 or "," in "".join(parts) else ""
    return f"{', '.join(first)}{comma} or {last}" if first else last


def _type(annotation: Any, metadata: tuple[Any, ...]) -> Iterator[str]:
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        yield from _type(inner, (*_constraints(more), *metadata))
        return
    checks = [m.func for m in metadata if hasattr(m, "func") and m.func in CHECKS]
    if checks:
        yield CHECKS[checks[-1]] + _range(metadata)
    elif get_origin(annotation) in (Union, types.UnionType):
        for part in get_args(annotation):
            yield from ["`none`"] if part is type(None) else _type(part, ())
    elif get_origin(annotation) is Literal:
        yield from (code(str(w)) for w in get_args(annotation))
    elif get_origin(annotation) is tuple:
        yield f"a list, each {' '.join(_type(get_args(annotation)[0], ()))}"
    else:
        yield PLAIN[annotation] + _range(metadata)


def _constraints(metadata: list[Any]) -> tuple[Any, ...]:
    """The metadata of an alias, with what it says by `Field(...)` taken apart."""
    found: list[Any] = []
    for m in metadata:
        found.extend(m.metadata if isinstance(m, FieldInfo) else [m])
    return tuple(found)


def _range(metadata: tuple[Any, ...]) -> str:
    """The bounds of a number: ` ≥ 1`, ` in [0, 1)`."""
    least, most = "", ""
    for m in metadata:
        match m:
            case Gt(gt=n):
                least = f"({n}"
            case Ge(ge=n) if not least:
                least = f"[{n}"
            case Lt(lt=n):
                most = f"{n})"
            case Le(le=n) if not most:
                most = f"{n}]"
    if least and most:
        return f" in {least}, {most}"
    if most:
        return f" {'<' if most.endswith(')') else '≤'} {most[:-1]}"
    return f" {'>' if least.startswith('(') else '≥'} {least[1:]}" if least else ""
