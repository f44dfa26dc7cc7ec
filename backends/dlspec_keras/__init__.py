"""The Keras backend: programs of Keras 3 on TensorFlow, one file for each thing that they do.

`BACKEND` is made on first use, so that finding the backend costs nothing.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlspec.backend.protocol import Backend

    BACKEND: Backend


@cache
def _backend() -> Backend:
    from dlspec.backend.protocol import Backend
    from dlspec_keras.folder import files
    from dlspec_keras.layers import LAYERS, UNSUPPORTED
    from dlspec_keras.losses import compare
    from dlspec_keras.style import STYLE

    return Backend("keras", LAYERS, UNSUPPORTED, STYLE, files, compare)


def __getattr__(name: str) -> Any:
    if name == "BACKEND":
        return _backend()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
