"""The Python functions that a model calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dlspec.ir.model import Apply, ModelIR, flows, statements
from dlspec.ops.extern import Extern

MAKERS = {"onnx": "torch", "tflite": "keras"}
"""Format -> the backend whose program writes files of it."""


def externs(model: ModelIR) -> Iterator[tuple[Extern, int]]:
    """Each call of one, with the line of the statement that it stands in."""
    for instance in model.instances:
        for s in statements(instance.body):
            for f in flows(s.value):
                if isinstance(f, Apply) and isinstance(f.op, Extern):
                    yield f.op, s.line


def missing(models: Iterable[ModelIR], backend: str) -> list[tuple[Extern, int]]:
    """Those of some models that a backend has no function for, each once."""
    found: dict[str, tuple[Extern, int]] = {}
    for op, line in (used for model in models for used in externs(model)):
        if op.function(backend) is None:
            found.setdefault(op.name, (op, line))
    return list(found.values())
