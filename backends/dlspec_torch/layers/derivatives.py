"""Derivatives, in an objective."""

from __future__ import annotations

from collections.abc import Mapping

from dlspec.backend.protocol import Emit, Emitted, Use, X
from dlspec.emit import python as py
from dlspec.ops.base import Op
from dlspec.ops.derivatives import gradient
from dlspec.passes.tracked import Tracked
from dlspec_torch.layers.common import method


def derivative(use: Use) -> Emitted:
    return Emitted(py.call("gradient", X[0], X[1]), helpers=("gradient",))


def tracked(use: Use) -> Emitted:
    return Emitted(method(X[0], "requires_grad_"))


LAYERS: Mapping[type[Op], Emit] = {gradient: derivative, Tracked: tracked}
