"""What a nest of loops is certain to take, known before its first round.

Loops within loops multiply, so that a few words ask for more than any limit allows. Who counts
rounds as they come finds that out after many of them; this adds up what no condition can prevent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from dlspec.elaborate.headers import written
from dlspec.elaborate.uses import walk
from dlspec.elaborate.values import ChainLayer, Instance, Layer, OpLayer
from dlspec.source import Span
from dlspec.syntax import tree

Length = Callable[[tree.Expr], int]
"""The length of a list that is known where the outermost loop stands; 0 for any other."""
LISTS = frozenset({"range", "enumerate", "reversed"})
"""Functions whose lists cost little to make."""


class Least(NamedTuple):
    """The least that something takes: rounds of loops and of lists, and layers."""

    rounds: int = 0
    elements: int = 0
    layers: int = 0

    def times(self, n: int, rounds: int = 0, elements: int = 0) -> Least:
        """The same n times, each time with a round of its own."""
        own = self.rounds + rounds, self.elements + elements, self.layers
        return Least(*(n * count for count in own))


def no_layer(_: str) -> bool:
    return False


class TooMuch(NamedTuple):
    """A loop or list that takes more than there may be, and none within it does."""

    least: Least
    span: Span


def loop(
    s: tree.For,
    rounds: int,
    length: Length,
    fits: Callable[[Least], bool],
    is_layer: Callable[[str], bool] = no_layer,
) -> TooMuch | None:
    """What is too much in so many rounds of a loop. `is_layer` tells names of layers of the
    language."""
    reader = Reader(length, is_layer, fits)
    reader.loop(s, rounds, frozenset())
    return reader.too_much


def comprehension(
    e: tree.Comprehension, rounds: int, length: Length, fits: Callable[[Least], bool]
) -> TooMuch | None:
    """What is too much in so many elements of a list."""
    reader = Reader(length, no_layer, fits)
    reader.comprehension(e, rounds, frozenset())
    return reader.too_much


def copies(layer: Layer | Instance) -> int:
    """The least number of layers in one use of a layer: those of repeats within repeats."""
    match layer:
        case OpLayer():
            return 1
        case ChainLayer(links=links):
            counts = (1 if k.count is None else k.count.value for k in links)
            return sum(n * copies(k.layer) for n, k in zip(counts, links, strict=True))
    return 0


class Reader:
    """Reads what runs whatever the conditions say. `changing` are names that a round writes."""

    def __init__(
        self, length: Length, is_layer: Callable[[str], bool], fits: Callable[[Least], bool]
    ) -> None:
        self.length = length
        self.is_layer = is_layer
        self.fits = fits
        self.too_much: TooMuch | None = None

    def loop(self, s: tree.For, rounds: int, changing: frozenset[str]) -> Least:
        own = {n.id for n in s.names} | {
            n.id for inner in s.body.statements for n in written(inner)
        }
        if any(isinstance(inner, tree.Output) for inner in walk(s.body)):
            return Least()  # a function ends there
        inner = self.parts(s.body.statements, changing | own)
        return self.noted(inner.times(rounds, rounds=1), s.iterable.span)

    def comprehension(self, e: tree.Comprehension, rounds: int, changing: frozenset[str]) -> Least:
        inner = self.part(e.body, changing | {n.id for n in e.names})
        return self.noted(inner.times(rounds, elements=1), e.span)

    def noted(self, least: Least, span: Span) -> Least:
        """The same; the first that is too much is the innermost."""
        if self.too_much is None and not self.fits(least):
            self.too_much = TooMuch(least, span)
        return least

    def parts(self, found: Iterable[Any], changing: frozenset[str]) -> Least:
        made = [self.part(p, changing) for p in found]
        return Least(*map(sum, zip(*made, strict=True))) if made else Least()

    def part(self, p: Any, changing: frozenset[str]) -> Least:
        """What a statement or an expression takes."""
        match p:
            case tree.For():
                return self.loop(p, self.known(p.iterable, changing), changing)
            case tree.Comprehension():
                return self.comprehension(p, self.known(p.iterable, changing), changing)
            case tree.Chain():
                return self.parts((p.head, *p.stages), changing)
            case tree.Stage(layer=layer, count=None):
                return Least(layers=self.layer(layer))
            case tree.Assign() | tree.Output() | tree.Group():
                return self.part(p.value, changing)
            case tree.Call(callee=tree.Name(id=name)) if not name[:1].isupper():
                return self.parts((a.value for a in p.arguments), changing)
            case tree.List():
                return self.parts(p.items, changing)
            case tree.Binary(op=op) if op not in ("and", "or"):
                return self.parts((p.left, p.right), changing)
        return Least()

    def layer(self, e: tree.Expr) -> int:
        """How many layers a stage is, as far as its text says: one, or none."""
        name = e.callee if isinstance(e, tree.Call) else e
        return int(isinstance(name, tree.Name) and self.is_layer(name.id))

    def known(self, e: tree.Expr, changing: frozenset[str]) -> int:
        """The rounds of an inner loop, where they are the same in each round around it."""
        called = e.callee if isinstance(e, tree.Call) else None
        cheap = isinstance(called, tree.Name) and called.id in LISTS
        names = (n.id for n in walk(e) if isinstance(n, tree.Name))
        if not (cheap or isinstance(e, tree.Name)) or not changing.isdisjoint(names):
            return 0
        return self.length(e)
