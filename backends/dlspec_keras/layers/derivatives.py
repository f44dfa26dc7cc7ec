"""Derivatives, in an objective."""

from __future__ import annotations

from dlspec.backend.protocol import Emit, Emitted, Use, X
from dlspec.emit import python as py
from dlspec.ops.base import Op
from dlspec.ops.derivatives import gradient


def derivative(use: Use) -> Emitted:
    return Emitted(py.call("gradient", X[0], X[1]), imports=("import tensorflow as tf",))


LAYERS: dict[type[Op], Emit] = {gradient: derivative}
