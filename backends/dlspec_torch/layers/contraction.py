"""Products that are summed over axes."""

from __future__ import annotations

from collections.abc import Mapping

from dlspec.backend.contraction import each_with_all, matrices, summed
from dlspec.backend.protocol import Emit, Emitted, Use, X
from dlspec.emit import python as py
from dlspec.ops.base import Op
from dlspec.ops.contraction import einsum, matmul


def product(use: Use) -> Emitted:
    if matrices(use):
        return Emitted(py.Binary(X[0], "@", X[1]))
    if each_with_all(use):
        return Emitted(py.Binary(X[1], "@", py.Attribute(X[0], "T")))
    return Emitted(summed(use, "torch.einsum"))


def by_letters(use: Use) -> Emitted:
    return Emitted(summed(use, "torch.einsum"))


LAYERS: Mapping[type[Op], Emit] = {matmul: product, einsum: by_letters}
