"""The fully connected layer."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from dlspec.declared import Problem
from dlspec.ops.base import Weight, example
from dlspec.ops.fields import Axis, Count, Flag
from dlspec.ops.init import GLOROT, ZEROS, Initial
from dlspec.ops.kernel_norm import Normed
from dlspec.ops.rules import axis_exists, floats, last_axis_is_meant
from dlspec.tensor import Tensor


class Dense(Normed):
    """A fully connected layer: y = W x + b along one axis, the last one if none is named.

    `[..., n]` becomes `[..., units]`; what stands on the other axes shares the weights. An image
    that comes straight from convolution or pooling must say which axis is meant.

    - `units`: the number of outputs.
    - `bias`: whether b is added.
    - `axis`: the axis that is mapped.
    - `init`, `bias_init`: how W and b start.
    - `norm`: `weight` computes W = g · v / |v| row by row, and trains g and v (Salimans and Kingma
      2016); `spectral` divides W by its greatest singular value, which a step of the power
      iteration in each step of training follows (Miyato et al. 2018).

    Weights: `weight` [units, n], `bias` [units]. With `norm=weight`, for `weight`:
    `parametrizations.weight.original0` (g) [units, 1], which starts as |v|, and `.original1` (v);
    with `norm=spectral`: `.original`, and as statistics the singular vectors `.0._u` and `.0._v`.
    Patterns call v and `.original` `weight`. MACs: n · units for each place.
    """

    positional: ClassVar = ("units",)
    on_last_axis: ClassVar = True
    onnx: ClassVar = ("Gemm", "MatMul", "Add")
    tflite: ClassVar = ("FULLY_CONNECTED",)
    examples: ClassVar = (
        example("Dense(5)", "f32[7]"),
        example("Dense(5, bias=false)", "f32[3, 7]"),
        example("Dense(1, init=he_normal, bias_init=constant(0.5))", "f32[2, 3, 4]"),
        example("Dense(6, axis=0)", "f32[4, 3]"),
        example("Dense(5, norm=weight)", "f32[7]"),
        example("Dense(4, norm=spectral, bias=false)", "f32[3, 7]"),
    )

    units: Count
    bias: Flag = True
    axis: Axis | None = None
    init: Initial = GLOROT
    bias_init: Initial = ZEROS

    @property
    def bias_axis(self) -> int | None:
        if not self.bias:
            return None
        return -1 if self.axis is None else self.axis

    @classmethod
    def has_object(cls) -> bool:
        return True

    @classmethod
    def has_weights(cls) -> bool:
        return True

    @property
    def sizes(self) -> Mapping[str, int]:
        return {"in_features": self._axis}

    @property
    def _axis(self) -> int:
        return -1 if self.axis is None else self.axis

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        wrong = tuple(floats("Dense", x[0]))
        yield from (*wrong, *self.unfit_norm())
        if wrong:
            return
        if x[0].rank == 0:
            yield Problem(None, f"Dense needs at least one axis, got {x[0]}", "Reshape(1)")
        else:
            yield from axis_exists("axis", self._axis, x[0])
            yield from last_axis_is_meant("Dense", self.axis, x[0])

    def shape(self, *x: Tensor) -> Tensor:
        at = self._axis % x[0].rank
        return x[0].with_shape(*x[0].shape[:at], self.units, *x[0].shape[at + 1 :])

    def weights(self, *x: Tensor) -> tuple[Weight, ...]:
        n = x[0].shape[self._axis]
        weight = Weight("weight", (self.units, n), self.init)
        bias = (Weight("bias", (self.units,), self.bias_init),) if self.bias else ()
        return self.parametrized(weight, bias)

    def macs(self, *x: Tensor) -> int:
        return x[0].size * int(self.units)
