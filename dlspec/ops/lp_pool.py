"""Pooling by the p-norm of windows."""

from typing import ClassVar

from dlspec.ops.base import example
from dlspec.ops.fields import NormOrder
from dlspec.ops.pooling import Pool


class _LPPool(Pool):
    """The p-norm of a window, to which padded zeros add nothing."""

    onnx: ClassVar = ("Abs", "Pow", "AveragePool", "Mul")
    tflite: ClassVar = (
        *("SQUARE", "AVERAGE_POOL_2D", "MUL", "GREATER", "SELECT_V2", "SQRT", "ABS", "POW"),
    )

    p: NormOrder = 2.0


class LPPool1D(_LPPool):
    """The p-norm of each window over one axis, (sum |x|^p)^(1/p): [c, l] becomes [c, l'].

    The gradient of a window of zeros is 0. Power-average pooling, as PyTorch calls it, is this
    with the sum of x^p, the same for an even `p`. Gulcehre et al. 2014.

    - `kernel`, `stride` (none: the kernel): 1 or more.
    - `p`: which norm, at least 1: 2 is the Euclidean length, 1 the sum of absolute values; the
      greater, the closer to the greatest absolute value.
    - `padding`: `valid`, `same` (l' = ceil(l / stride), the surplus at the end), a number for both
      ends, or (before, after); less than the kernel. What is padded counts as 0.
    - `ceil_mode`: whether a last window may reach over the end, so that no place is left out: l' is
      rounded up, unless the window would begin beyond the end. What lies over the end counts as 0.
    """

    places: ClassVar = 1
    snaked: ClassVar = "lp_pool1d"
    examples: ClassVar = (
        example("LPPool1D(2)", "f32[3, 9]"),
        example("LPPool1D(3, stride=2, padding=same, p=3)", "f32[2, 10]"),
        example("LPPool1D(4, stride=3, padding=(1, 2), p=1)", "f32[4, 7]"),
        example("LPPool1D(2, stride=3, ceil_mode=true)", "f32[3, 10]"),
    )


class LPPool2D(_LPPool):
    """The p-norm of each window over two axes, (sum |x|^p)^(1/p): [c, h, w] becomes [c, h', w'].

    The gradient of a window of zeros is 0. Power-average pooling, as PyTorch calls it, is this
    with the sum of x^p, the same for an even `p`. Gulcehre et al. 2014.

    - `kernel`, `stride` (none: the kernel): 1 or more, or (height, width).
    - `p`: which norm, at least 1: 2 is the Euclidean length, 1 the sum of absolute values; the
      greater, the closer to the greatest absolute value.
    - `padding`: `valid`, `same` (h' = ceil(h / stride), the surplus at the bottom and the right), a
      number, or (height, width), each a number or (before, after); less than the kernel. What is
      padded counts as 0.
    - `ceil_mode`: whether last windows may reach over the edge, so that no place is left out: h'
      and w' are rounded up, unless a window would begin beyond the edge. What lies over the edge
      counts as 0.
    """

    places: ClassVar = 2
    snaked: ClassVar = "lp_pool2d"
    examples: ClassVar = (
        example("LPPool2D(2)", "f32[3, 9, 8]"),
        example("LPPool2D(3, stride=2, padding=1, p=1.5)", "f32[4, 7, 10]"),
        example("LPPool2D((2, 3), stride=(1, 2), padding=same)", "f32[2, 6, 8]"),
        example("LPPool2D(3, stride=2, p=4, ceil_mode=true)", "f32[2, 8, 7]"),
    )


class LPPool3D(_LPPool):
    """The p-norm of each window over three axes, (sum |x|^p)^(1/p): [c, d, h, w] becomes
    [c, d', h', w'].

    The gradient of a window of zeros is 0. Power-average pooling, as PyTorch calls it, is this
    with the sum of x^p, the same for an even `p`. Gulcehre et al. 2014.

    - `kernel`, `stride` (none: the kernel): 1 or more, or (depth, height, width).
    - `p`: which norm, at least 1: 2 is the Euclidean length, 1 the sum of absolute values; the
      greater, the closer to the greatest absolute value.
    - `padding`: `valid`, `same` (d' = ceil(d / stride), the surplus behind), a number, or (depth,
      height, width), each a number or (before, after); less than the kernel. What is padded counts
      as 0.
    - `ceil_mode`: whether last windows may reach over the end, so that no place is left out: d', h'
      and w' are rounded up, unless a window would begin beyond the end. What lies over the end
      counts as 0.
    """

    places: ClassVar = 3
    snaked: ClassVar = "lp_pool3d"
    examples: ClassVar = (
        example("LPPool3D(2)", "f32[3, 4, 5, 6]"),
        example("LPPool3D(3, stride=2, padding=1, p=1.5)", "f32[2, 5, 4, 6]"),
        example("LPPool3D((1, 2, 3), stride=(1, 2, 1), padding=same, p=4)", "f32[2, 3, 5, 4]"),
        example("LPPool3D(2, p=1, ceil_mode=true)", "f32[2, 3, 5, 4]"),
    )
