"""What each op becomes in Keras: one table, made of the tables of the families."""

from __future__ import annotations

from collections.abc import Mapping

from dlspec.backend.emitters import Emitters
from dlspec.backend.protocol import Emit, Unsupported
from dlspec.ops.base import Op

LAYERS: Mapping[type[Op], Emit] = Emitters(__name__)

UNSUPPORTED: Mapping[type[Op], Unsupported] = {}
