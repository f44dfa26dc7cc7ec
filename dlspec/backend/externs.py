"""Python functions in generated code: imported by their names, called on tensors and numbers."""

from __future__ import annotations

from collections.abc import Collection
from keyword import iskeyword
from typing import Any

from dlspec.backend.protocol import Emitted, Hole, UnsupportedOp, Use
from dlspec.emit import python as py
from dlspec.emit.text import identifier
from dlspec.ir.externs import externs
from dlspec.ir.model import ModelIR

PYTHON = "python"
"""The hole for the function: its name in the file is the planner's."""


def called(use: Use, backend: str) -> Emitted:
    """`nms(boxes, score, iou=0.5)`: tensors in the order of the declaration, then the weights of an
    `extern layer`, then numbers by their names."""
    if use.op.function(backend) is None:
        reason = f"its `extern` names a function for {use.op.backends} alone"
        raise UnsupportedOp(use.op.name, reason)
    tensors = [*map(Hole, range(len(use.x))), *map(Hole, use.named)]
    numbers = {
        f"{n}_" if iskeyword(n) else n: use.given(_listed(v), n, use.origins.get(n))
        for n, v in use.op.arguments_
    }
    return Emitted(py.call(Hole(PYTHON), *tensors, **numbers))


def _listed(value: Any) -> Any:
    return [_listed(v) for v in value] if isinstance(value, tuple) else value


def python_names(model: ModelIR, backend: str, taken: Collection[str]) -> dict[str, str]:
    """What each Python function is called in a file: as in its module, if that name is free."""
    found: dict[str, str] = {}
    for op, _ in externs(model):
        path = op.function(backend)
        if path is not None and path not in found:
            name = path.rpartition(":")[2]
            found[path] = identifier(name, {*taken, *found.values()})
    return found


def import_line(path: str, name: str) -> str:
    """`from shop.boxes import nms`."""
    module, _, function = path.partition(":")
    alias = f" as {name}" if name != function else ""
    return f"from {module} import {function}{alias}"
