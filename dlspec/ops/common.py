"""Tensors that are common to all examples: which ops keep them so.

A tensor belongs to each example (inputs, and what is computed of them) or is common (`Parameter`,
`Buffer`, positions). What is computed of both belongs to each example.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from dlspec.ops.base import Op
from dlspec.tensor import Tensor

ALIKE = frozenset(
    """
    Elementwise negative logical_not getitem gather Identity Raw Broadcasting
    Dropout AlphaDropout GaussianDropout GaussianNoise Like
    Reduction one_hot stack transpose pad roll tril triu matmul einsum range linspace batch gradient
    argmax argmin topk sort argsort cumsum cumprod
    """.split()
)
"""Ops, and what they derive from, whose code is the same with a batch axis and without, but for
the number of an axis. They stand here by name: a spec imports only the families that it uses."""
ON_LAST_AXIS = frozenset({"Dense", "OverAxes"})
"""So is theirs, where they work on the last axis and another stands in front."""
LOOKUPS = frozenset({"Embedding", "EmbeddingBag"})


def alike(op: Op, x: Sequence[Tensor]) -> bool:
    """Whether the code of an op is the same for tensors with a batch axis and without."""
    names = _names(type(op))
    if names & ON_LAST_AXIS:
        return vars(op)["axis"] is None and x[0].rank > 1
    if names & LOOKUPS:
        return x[0].rank > 0
    if "stack" in names:
        return len({t.common for t in x}) == 1
    return bool(names & ALIKE)


@cache
def _names(kind: type[Op]) -> frozenset[str]:
    return frozenset(c.__name__ for c in kind.__mro__)


def each(t: Tensor) -> Tensor:
    """The type of a tensor when it belongs to each example."""
    return replace(t, common=False) if t.common else t
