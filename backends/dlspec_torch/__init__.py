"""The PyTorch backend: programs of `torch` alone, one file for each thing that they do.

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
    from dlspec_torch.folder import files
    from dlspec_torch.layers import LAYERS, UNSUPPORTED
    from dlspec_torch.losses import compare
    from dlspec_torch.style import STYLE

    return Backend("torch", LAYERS, UNSUPPORTED, STYLE, files, compare)


def __getattr__(name: str) -> Any:
    if name == "BACKEND":
        return _backend()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
