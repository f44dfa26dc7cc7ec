"""Python functions that a spec names."""

from __future__ import annotations

from collections.abc import Mapping

from dlspec.backend.externs import called
from dlspec.backend.protocol import Emit, Emitted, Use
from dlspec.ops.base import Op
from dlspec.ops.extern import Extern


def extern(use: Use) -> Emitted:
    return called(use, "keras")


LAYERS: Mapping[type[Op], Emit] = {Extern: extern}
