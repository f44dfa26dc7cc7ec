"""Dynamic sizes, which stand in shapes like any other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Self

from dlspec.expr import Expr, Size, fixed
from dlspec.length.terms import Length


class Dynamic(Size):
    """A size that differs from batch to batch.

    It is an integer, its bound, so that costs and rules of shapes hold for the longest row. Sums,
    differences, products and whole quotients are dynamic too, unless the names cancel out. Two are
    equal where they are the same length whatever the names stand for: `T` and `S` never are, though
    both be at most 512, nor `T` and 512.
    """

    length: Length
    fixed = False

    def __new__(cls, value: int, length: Length, origin: Expr | None = None) -> Self:
        size = super().__new__(cls, value, origin)
        size.length = length
        return size

    def made_by(self, origin: Expr | None) -> Dynamic:
        return Dynamic(int(self), self.length, origin)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Dynamic) and self.length == other.length

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self.length)

    def __bool__(self) -> bool:
        return True

    def __str__(self) -> str:
        return str(self.length)

    def __repr__(self) -> str:
        return f"{self.length} <= {int(self)}"

    def __add__(self, other: int) -> int:
        return _size(int(self) + int(other), self.length + _length(other))

    __radd__ = __add__

    def __sub__(self, other: int) -> int:
        return _size(int(self) - int(other), self.length - _length(other))

    def __rsub__(self, other: int) -> int:
        return _size(int(other) - int(self), _length(other) - self.length)

    def __mul__(self, other: int) -> int:
        return _size(int(self) * int(other), self.length * _length(other))

    __rmul__ = __mul__

    def __neg__(self) -> int:
        return self * -1

    def __floordiv__(self, by: int) -> int:
        if not fixed(by):
            raise TypeError("a size is divided by a fixed one; see `quotient`")
        return _size(int(self) // int(by), self.length // int(by))

    def __mod__(self, by: int) -> int:
        return self - self // by * by


def quotient(size: int, by: int) -> int | None:
    """`size / by`, where that is a whole size whatever the dynamic names stand for."""
    divisor, rest, found = _length(by), _length(size), Length.of(0)
    lead, factor = divisor.terms[-1]
    while rest.terms:  # as polynomials are divided: the greatest term goes in each round
        product, f = rest.terms[-1]
        left = Counter(product)
        left.subtract(lead)
        if f % factor or min(left.values(), default=0) < 0:
            return None
        part = Length(((tuple(left.elements()), f // factor),))
        found, rest = found + part, rest - part * divisor
    return _size(int(size) // int(by), found)


def _length(size: int) -> Length:
    return size.length if isinstance(size, Dynamic) else Length.of(int(size))


def _size(value: int, length: Length) -> int:
    constant = length.constant
    return Dynamic(value, length) if constant is None else constant


def dynamic(name: str, bound: int, origin: Expr | None = None) -> Dynamic:
    """The size that a name stands for: `T <= 512`."""
    return Dynamic(bound, Length.of(name), origin)


def shortest(size: Dynamic, least: Mapping[str, int] | None = None) -> int:
    """A size where its names are as small as they may be: 1, or what `least` has of them."""
    return max(put(size, {n: (least or {}).get(n, 1) for n in size.length.names}), 0)


def put(size: int, values: Mapping[str, int]) -> int:
    """A size with dynamic names replaced by sizes, fixed or dynamic."""
    if not isinstance(size, Dynamic):
        return size
    made = size.length.put({n: _length(v) for n, v in values.items()})
    known = {n: int(v) for n, v in values.items()}
    if made.constant is not None:
        return made.constant
    bound = size.length.put(known).constant if size.length.names <= {*known} else None
    return Dynamic(int(size) if bound is None else bound, made)
