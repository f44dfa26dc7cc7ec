"""Which values of a model are kept channels-last.

A place is a value as it stands in a definition: an input, a wire after one of its assignments, the
output of an op. Places that cost nothing to keep alike form a region; a region is channels-last
where that saves transposes, and never where no operator asks for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Literal

from dlspec.tensor import Tensor

Place = tuple[Hashable, ...]
Order = Literal["first", "last"]
Source = Place | Order
"""A place whose order is to be found, or an order that is given."""


def moves_only_ones(x: Tensor) -> bool:
    """Whether both orders of a tensor have the same elements in the same sequence."""
    return x.shape[0] == 1 or all(n == 1 for n in x.shape[1:]) if x.rank > 1 else True


@dataclass
class _Votes:
    asked: bool = False
    """Whether any operator wants the region channels-last."""
    balance: int = 0
    """Transposes on its border that channels-last saves."""


@dataclass
class Regions:
    """Collects what borders on what (`edge`), and then says the order of each place (`last`)."""

    inputs: frozenset[Place] = frozenset()
    """Inputs of the model."""
    _parent: dict[Place, Place] = field(default_factory=dict)
    _votes: dict[Place, _Votes] = field(default_factory=lambda: defaultdict(_Votes))
    _reads: dict[Place, Place] = field(default_factory=dict)
    _read_first: set[Place] = field(default_factory=set)

    def edge(self, source: Source, target: Source, x: Tensor, weight: int = 1) -> None:
        """A value goes from one place to another; `weight` is what it would cost to permute it."""
        if x.rank < 2:
            return
        match source, target:
            case tuple(), tuple():
                self._join(source, target)
                if source in self.inputs:
                    self._reads[target] = source
            case (tuple() as place, str() as order) | (str() as order, tuple() as place):
                self.vote(place, order, 0 if moves_only_ones(x) and weight == 1 else weight)
                if order == "first" and place in self._reads:
                    self._read_first.add(self._reads[place])

    def vote(self, place: Place, order: Order, weight: int = 1) -> None:
        """An operator at the border of this place's region wants an order."""
        votes = self._votes[self._find(place)]
        votes.asked |= order == "last"
        votes.balance += weight if order == "last" else -weight

    def last(self, source: Source) -> bool:
        """Whether what stands here is kept channels-last."""
        if isinstance(source, str):
            return source == "last"
        votes = self._votes[self._find(source)]
        return votes.asked and votes.balance >= 0

    def read_outside(self) -> frozenset[Place]:
        """Inputs of the model in a channels-last region that are also read in logical order."""
        return frozenset(place for place in self._read_first if self.last(place))

    def _find(self, place: Place) -> Place:
        while (up := self._parent.get(place, place)) != place:
            place = up
        return place

    def _join(self, a: Place, b: Place) -> None:
        a, b = self._find(a), self._find(b)
        if a == b:
            return
        self._parent[b] = a
        gone = self._votes.pop(b, _Votes())
        kept = self._votes[a]
        kept.asked |= gone.asked
        kept.balance += gone.balance
