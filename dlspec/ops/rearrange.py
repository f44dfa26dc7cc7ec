"""Axes by name: split, joined and put into another order."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise
from math import prod
from typing import Annotated, Any, ClassVar

from pydantic import PlainSerializer, PlainValidator

from dlspec.declared import Problem
from dlspec.expr import product
from dlspec.frozen import frozen
from dlspec.ops.base import Op, example
from dlspec.ops.fields import Count
from dlspec.tensor import Tensor

Axis = tuple[str, ...]
"""An axis by the names of its parts, the last running fastest; none for an axis of size 1."""


@frozen
class AxisNames:
    """`[h*p, C] -> [C, h, p]`: the axes of an example before and after."""

    before: tuple[Axis, ...]
    after: tuple[Axis, ...]

    def __str__(self) -> str:
        return f"{_side(self.before)} -> {_side(self.after)}"

    __repr__ = __str__


def _side(axes: tuple[Axis, ...]) -> str:
    return f"[{', '.join('*'.join(parts) or '1' for parts in axes)}]"


@frozen
class Steps:
    """Names regrouped, then put into another order, then regrouped again.

    `atoms` are the axes in between, each of one name or of several that stay together; `order`
    says which of them comes first. Where the order stays, regrouping once does it all.
    """

    before: tuple[Axis, ...]
    atoms: tuple[Axis, ...]
    order: tuple[int, ...]
    after: tuple[Axis, ...]

    @property
    def moves(self) -> bool:
        return self.order != tuple(range(len(self.order)))

    @property
    def moved(self) -> tuple[Axis, ...]:
        """The atoms in their new order."""
        return tuple(self.atoms[i] for i in self.order)


def steps(before: tuple[Axis, ...], after: tuple[Axis, ...]) -> Steps:
    """How to get from one grouping of names to another with the fewest axes in between: neighbours
    stay together where one side has them as one axis."""
    names = [n for axis in before for n in axis]
    into = [n for axis in after for n in axis]
    joined = {pair for axis in (*before, *after) for pair in pairwise(axis)}
    follows = dict(pairwise(into))
    atoms: list[list[str]] = []
    for name in names:
        last = atoms[-1][-1] if atoms else None
        if last is not None and follows.get(last) == name and (last, name) in joined:
            atoms[-1].append(name)
        else:
            atoms.append([name])
    order = tuple(sorted(range(len(atoms)), key=lambda i: into.index(atoms[i][0])))
    return Steps(before, tuple(map(tuple, atoms)), order, after)


def pairs(
    before: tuple[Axis, ...], after: tuple[Axis, ...]
) -> list[tuple[int, tuple[Axis, ...], tuple[Axis, ...]]]:
    """Two groupings of the same names cut where both have a border: the place of the first axis
    before, the axes before, and those after. No axis may be of size 1."""
    found = []
    i = j = 0
    while i < len(before):
        start, first = i, j
        ours, theirs = len(before[i]), len(after[j])
        i, j = i + 1, j + 1
        while ours != theirs:
            if ours < theirs:
                ours, i = ours + len(before[i]), i + 1
            else:
                theirs, j = theirs + len(after[j]), j + 1
        found.append((start, before[start:i], after[first:j]))
    return found


# --- the argument -----------------------------------------------------------------------------

_NAME = re.compile(r"[A-Za-z_]\w*")


def _axis(text: str) -> Axis:
    parts = [p.strip() for p in text.split("*")]
    return tuple(p for p in parts if p != "1")


def _pattern(value: Any) -> AxisNames:
    if isinstance(value, AxisNames):
        made = value
    else:
        sides = re.fullmatch(r"\[(.*)\] -> \[(.*)\]", value) if isinstance(value, str) else None
        if sides is None:
            raise ValueError("must be axes before and behind an arrow: [C, H, W] -> [H*W, C]")
        before, after = (
            tuple(map(_axis, s.split(","))) if s.strip() else () for s in sides.groups()
        )
        made = AxisNames(before, after)
    _check(made)
    return made


def _check(found: AxisNames) -> None:
    left, right = (
        Counter(n for axis in side for n in axis) for side in (found.before, found.after)
    )
    for name in (*left, *right):
        if not _NAME.fullmatch(name):
            raise ValueError(f"must hold names, products of names and 1, not `{name}`")
    for side, counts in (("left", left), ("right", right)):
        twice = next((n for n, count in counts.items() if count > 1), None)
        if twice is not None:
            raise ValueError(
                f"must name each axis once on each side: `{twice}` stands twice on the {side}"
            )
    for name in left:
        if name not in right:
            raise ValueError(
                f"must have the same names on both sides: `{name}` stands only on the left "
                "(mean and sum take an axis away)"
            )
    for name in right:
        if name not in left:
            raise ValueError(
                f"must have the same names on both sides: `{name}` stands only on the right "
                "(a new axis of size 1 is written 1)"
            )


class Rearrange(Op):
    """The same numbers with axes split, joined and put into another order, by name.

    `Rearrange([C, H, W] -> [H*W, C])` makes tokens of an image. A name on an axis of its own has
    its size; of a product, all sizes but one are given: `Rearrange([h*p, w*q, C] -> [h*w, p*q, C],
    p=7, q=7)` cuts an image into windows. In `a*b` the last runs fastest. An axis of size 1 is
    written `1`.

    - `pattern`: the axes of an example before and after, both with the same names.
    """

    positional: ClassVar = ("pattern",)
    patterns: ClassVar = ("pattern",)
    further: ClassVar = "given"
    onnx: ClassVar = ("Reshape", "Transpose")
    tflite: ClassVar = ("RESHAPE", "TRANSPOSE")
    examples: ClassVar = (
        example("Rearrange([C, H, W] -> [H*W, C])", "f32[3, 4, 5]"),
        example("Rearrange([H*W, C] -> [C, H, W], H=4)", "f32[20, 3]"),
        example("Rearrange([h*p, w*q, C] -> [h*w, p*q, C], p=3, q=2)", "f32[6, 8, 5]"),
        example("Rearrange([C, H*a, W*b] -> [C*a*b, H, W], a=2, b=3)", "f32[3, 4, 6]"),
        example("Rearrange([T, D] -> [D, 1, T])", "f32[5, 3]"),
    )

    pattern: Annotated[AxisNames, PlainValidator(_pattern), PlainSerializer(str, return_type=str)]
    given: Mapping[str, Count] = {}

    def further_names(self) -> tuple[str, ...]:
        return tuple(n for axis in self.pattern.before for n in axis)

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        axes = self.pattern.before
        if x[0].rank != len(axes):
            count = "1 axis" if len(axes) == 1 else f"{len(axes)} axes"
            yield Problem("pattern", f"{_side(axes)} names {count}, and {x[0]} has {x[0].rank}")
            return
        for at, (parts, size) in enumerate(zip(axes, x[0].shape, strict=True)):
            yield from self._axis_problems(at, parts, size, x[0])

    def _axis_problems(self, at: int, parts: Axis, size: int, x: Tensor) -> Iterator[Problem]:
        open_ = [n for n in parts if n not in self.given]
        known = prod(int(self.given[n]) for n in parts if n in self.given)
        sizes = ", ".join(f"{n}={int(self.given[n])}" for n in parts if n in self.given)
        if len(open_) > 1:
            names = " and ".join(f"`{n}`" for n in open_)
            what = f"the sizes of {names} do not follow from axis {at} of {x}"
            yield Problem(
                "pattern", what, f"give all but one: {', '.join(f'{n}=...' for n in open_[1:])}"
            )
        elif open_ and size % known:
            what = f"{sizes} does not divide axis {at} of {x}, which has {size} places"
            yield Problem("pattern", what)
        elif not open_ and size != known:
            why = f" ({sizes})" if sizes else ""
            what = f"axis {at} of {x} has {size} places, not {known}{why}"
            yield Problem("pattern", what)

    def named_sizes(self, x: Tensor) -> dict[str, int]:
        """The size of each name."""
        found: dict[str, int] = dict(self.given)
        for parts, size in zip(self.pattern.before, x.shape, strict=True):
            for name in parts:
                if name not in found:
                    others = prod(int(found[n]) for n in parts if n in self.given)
                    found[name] = size if len(parts) == 1 else size // others
        return found

    def shape(self, *x: Tensor) -> Tensor:
        sizes = self.named_sizes(x[0])
        return x[0].with_shape(*(product(*(sizes[n] for n in axis)) for axis in self.pattern.after))
