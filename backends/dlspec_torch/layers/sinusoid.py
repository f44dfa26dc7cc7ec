"""Numbers as waves, by a function of the program."""

from __future__ import annotations

from collections.abc import Mapping

from dlspec.backend.protocol import Emit, Emitted, Use, X
from dlspec.emit import python as py
from dlspec.ops.base import Op
from dlspec.ops.sinusoid import Sinusoid


def waves(use: Use) -> Emitted:
    return Emitted(py.call("sinusoid", X[0], use.field("units")), helpers=("sinusoid",))


LAYERS: Mapping[type[Op], Emit] = {Sinusoid: waves}
