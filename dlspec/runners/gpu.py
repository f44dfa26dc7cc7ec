"""Whether there is a GPU to train on."""

from __future__ import annotations

from dlspec.diagnostics import SpecError
from dlspec.diagnostics.commands import NoGpu
from dlspec.runners.process import run_one
from dlspec.runners.trained import answer

NAMES = {"torch": "PyTorch", "keras": "TensorFlow"}


def need_gpu(command: str, backend: str) -> None:
    """Raises SpecError where the framework of a backend has none."""
    name = NAMES[backend]
    found = answer(command, name, run_one("find_gpu", {"backend": backend}, gpu=True))
    if found["why"]:
        raise SpecError(NoGpu(None, name, found["why"]))
