"""The packages that a command needs beside the compiler, and which extra brings them."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec

from dlspec.diagnostics import SpecError
from dlspec.diagnostics.commands import MissingExtra
from dlspec.ir.recipe import Data

MODULES = {
    "torch": ("torch", "numpy", "safetensors"),
    "keras": ("tensorflow", "keras", "numpy", "safetensors"),
    "export": ("onnx", "onnxruntime", "onnxscript", "ai_edge_litert"),
    "data": ("numpy", "safetensors"),
}
"""Extra -> the modules that it brings and a run needs."""
SOURCES = {"sklearn": "sklearn", "images": "PIL"}
"""Source of data -> the module that reads it."""


def need(command: str, *extras: str, more: Iterable[str] = ()) -> None:
    """Ends the command with a sentence where something is not installed."""
    lacks = {e: [m for m in (*MODULES[e], *more) if find_spec(m) is None] for e in extras}
    without = [e for e in extras if lacks[e]]
    if without:
        missing = tuple(dict.fromkeys(m for e in without for m in lacks[e]))
        raise SpecError(MissingExtra(None, command, missing, ",".join(without)))


def readers(data: Data) -> tuple[str, ...]:
    """The modules that reading this data takes."""
    module = SOURCES.get(data.source.kind())
    return (module,) if module else ()
