"""Products that are summed over axes."""

from __future__ import annotations

from dlspec.backend.contraction import each_with_all, matrices, summed
from dlspec.backend.protocol import Emit, Emitted, Use, X
from dlspec.emit import python as py
from dlspec.ops.base import Op
from dlspec.ops.contraction import einsum, matmul


def product(use: Use) -> Emitted:
    if matrices(use):
        return Emitted(py.call("ops.matmul", X[0], X[1]))
    if each_with_all(use):
        return Emitted(py.call("ops.matmul", X[1], py.call("ops.transpose", X[0])))
    return Emitted(summed(use, "ops.einsum"))


def by_letters(use: Use) -> Emitted:
    return Emitted(summed(use, "ops.einsum"))


LAYERS: dict[type[Op], Emit] = {matmul: product, einsum: by_letters}
