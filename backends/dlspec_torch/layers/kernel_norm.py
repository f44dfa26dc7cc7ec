"""Kernels that are normed: PyTorch computes them anew in each forward pass."""

from __future__ import annotations

from dataclasses import replace

from dlspec.backend.protocol import Emitted, Use
from dlspec.emit import python as py


def normed(use: Use, emitted: Emitted) -> Emitted:
    """A layer in the norm of its kernel, if it has one."""
    if use.op.norm is None:
        return emitted
    assert emitted.make is not None
    name = f"{use.op.norm}_norm"
    outputs = use.fixed(use.op.outputs).or_default(0)
    # spectral_norm knows the outputs of a transposed convolution by itself
    axis = {"dim": outputs} if use.op.norm == "weight" else {}
    found = f"from torch.nn.utils.parametrizations import {name}"
    make = py.call(name, emitted.make, **axis)
    return replace(emitted, make=make, imports=(*emitted.imports, found))
