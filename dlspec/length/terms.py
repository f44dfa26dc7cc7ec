"""Lengths in terms of dynamic names: sums of products of names and of whole quotients.

However it was computed, an equal length is an equal value: `(T + 2 - 3) // 1 + 1` is `T`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

Product = tuple["str | Floor", ...]


@dataclass(frozen=True)
class Floor:
    """`of // by`, where it does not simplify."""

    of: Length
    by: int

    def __str__(self) -> str:
        inner = str(self.of)
        return f"{inner if inner.isidentifier() else f'({inner})'} // {self.by}"


@dataclass(frozen=True)
class Length:
    """A sum of products of names and floors, with whole factors: equal lengths are equal values.

    `terms` are sorted; the product of nothing is the constant.
    """

    terms: tuple[tuple[Product, int], ...]

    @staticmethod
    def of(value: Length | int | str) -> Length:
        """A name, a number, or a length as it is."""
        if isinstance(value, Length):
            return value
        return total({(): value} if isinstance(value, int) else {(value,): 1})

    @cached_property
    def constant(self) -> int | None:
        """The number that it is whatever the names stand for; None where they matter."""
        if not self.terms:
            return 0
        ((product, factor), *rest) = self.terms
        return factor if not product and not rest else None

    @property
    def names(self) -> frozenset[str]:
        """The dynamic names in it."""
        return frozenset(n for product, _ in self.terms for a in product for n in _names(a))

    def __add__(self, other: Length | int) -> Length:
        found = Counter(dict(self.terms))
        for product, factor in Length.of(other).terms:
            found[product] += factor
        return total(found)

    def __sub__(self, other: Length | int) -> Length:
        return self + Length.of(other) * -1

    def __mul__(self, other: Length | int) -> Length:
        found: Counter[Product] = Counter()
        for a, m in self.terms:
            for b, n in Length.of(other).terms:
                found[_sorted((*a, *b))] += m * n
        return total(found)

    def __floordiv__(self, by: int) -> Length:
        terms = self.with_positive_floors()
        whole = _settled({p: f // by for p, f in terms})
        rest = _settled({p: f % by for p, f in terms})
        if not any(f % by for p, f in terms if p):
            return whole
        return whole + (_nested(rest, by) or _floor(rest, by))

    def with_positive_floors(self) -> tuple[tuple[Product, int], ...]:
        """Terms of the same sum in which no floor is taken away: (n + 1) // 2, not n - n // 2."""
        found = Counter(dict(self.terms))
        for product, factor in self.terms:
            floor = next((a for a in product if isinstance(a, Floor)), None)
            if factor > 0 or floor is None:
                continue
            rest = list(product)
            rest.remove(floor)
            turned, beside = _turned(floor.of, floor.by)
            found[product] -= factor
            for p, f in (beside * Length(((tuple(rest), -factor),))).terms:
                found[p] += f
            found[_sorted((*rest, Floor(turned, floor.by)))] -= factor
        return tuple((p, f) for p, f in found.items() if f)

    def put(self, values: Mapping[str, Length | int]) -> Length:
        """The same with names replaced."""
        made = Length.of(0)
        for product, factor in self.terms:
            part = Length.of(factor)
            for a in product:
                if isinstance(a, Floor):
                    part = part * (a.of.put(values) // a.by)
                else:
                    part = part * values.get(a, Length.of(a))
            made = made + part
        return made

    def __str__(self) -> str:
        parts: list[str] = []
        for product, factor in sorted(
            self.with_positive_floors(), key=lambda t: (not t[0], t[1] < 0)
        ):
            alone = abs(factor) == 1 and len(product) == 1
            factors = [_factor(a, alone) for a in product]
            if abs(factor) != 1 or not product:
                factors.insert(0, str(abs(factor)))
            sign = (" - " if factor < 0 else " + ") if parts else ("-" if factor < 0 else "")
            parts.append(sign + " * ".join(factors))
        return "".join(parts) or "0"


def total(terms: Mapping[Product, int]) -> Length:
    kept = ((p, f) for p, f in terms.items() if f)
    return Length(tuple(sorted(kept, key=lambda t: (len(t[0]), *map(str, t[0])))))


def _settled(terms: Mapping[Product, int]) -> Length:
    """A sum whose floors may be written either way."""
    made = Length.of(0)
    for product, factor in terms.items():
        part = Length.of(factor)
        for a in product:
            part = part * (a.of // a.by if isinstance(a, Floor) else Length.of(a))
        made = made + part
    return made


def _sorted(product: Product) -> Product:
    return tuple(sorted(product, key=str))


def _turned(of: Length, by: int) -> tuple[Length, Length]:
    """-(of // by) as turned // by + beside: it is (-of + by - 1) // by."""
    terms = (of * -1 + (by - 1)).with_positive_floors()
    return _settled({p: f % by for p, f in terms}), _settled({p: f // by for p, f in terms})


def _floor(of: Length, by: int) -> Length:
    """of // by, whose factors are below `by`: of the two ways to write it, n - n // 2 and
    (n + 1) // 2, always the same."""
    turned, beside = _turned(of, by)
    nested = _nested(turned, by)
    if nested is not None:
        return (beside + nested) * -1
    if _order(turned) < _order(of):
        return beside * -1 - Length((((Floor(turned, by),), 1),))
    return Length((((Floor(of, by),), 1),))


def _nested(of: Length, by: int) -> Length | None:
    """(n // a + c) // b = (n + a · c) // (a · b)."""
    terms = of.with_positive_floors()
    match [(p, f) for p, f in terms if p]:
        case [((Floor(of=inner, by=a),), 1)]:
            return (inner + a * dict(terms).get((), 0)) // (a * by)
    return None


def _order(length: Length) -> tuple[int, list[tuple[str, int]]]:
    constant = dict(length.terms).get((), 0)
    return constant, [(str(p), f) for p, f in length.terms]


def _names(atom: str | Floor) -> Iterator[str]:
    if isinstance(atom, Floor):
        yield from atom.of.names
    else:
        yield atom


def _factor(atom: str | Floor, alone: bool) -> str:
    return str(atom) if alone or isinstance(atom, str) else f"({atom})"
