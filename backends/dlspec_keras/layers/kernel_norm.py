"""Kernels that are normed, by the layers `WeightNorm` and `SpectralNorm` of `verbatim/model.py`."""

from __future__ import annotations

from dataclasses import replace

from dlspec.backend.protocol import Emitted, Use
from dlspec.emit import python as py

LAYERS = {"weight": "WeightNorm", "spectral": "SpectralNorm"}

OUTPUTS = {
    **dict.fromkeys(("DepthwiseConv1D", "DepthwiseConv2D"), (-2, -1)),
    **dict.fromkeys(("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"), -2),
}
"""The axes of a kernel that have the outputs, where it is not the last one, by Keras's layer."""


def normed(use: Use, emitted: Emitted) -> Emitted:
    """A layer in the norm of its kernel, if it has one."""
    if use.op.norm is None:
        return emitted
    make = emitted.make
    assert isinstance(make, py.Call)
    kind = str(make.callee).removeprefix("layers.")
    outputs = use.fixed(OUTPUTS.get(kind, -1)).or_default(-1)
    name = LAYERS[use.op.norm]
    helpers = (*emitted.helpers, name, "with_kernel", "other_axes")
    return replace(emitted, make=py.call(name, make, outputs=outputs), helpers=helpers)
