"""Mixtures of experts."""

from __future__ import annotations

from collections.abc import Mapping

from dlspec.backend.protocol import Emit, Emitted, Hole, Use, X
from dlspec.emit import python as py
from dlspec.ops.base import Op
from dlspec.ops.experts import Experts


def experts(use: Use) -> Emitted:
    call = py.call("mixture", X[0], Hole("index"), Hole("gate"))
    return Emitted(call, helpers=("one_hot", "mixture"))


LAYERS: Mapping[type[Op], Emit] = {Experts: experts}
