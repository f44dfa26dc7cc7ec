"""Numbers as waves of many lengths."""

from collections.abc import Iterator
from typing import ClassVar

from dlspec.declared import Problem
from dlspec.ops.base import Op, example
from dlspec.ops.fields import Count
from dlspec.ops.rules import numbers
from dlspec.tensor import Tensor


class Sinusoid(Op):
    """Each number x as features: sin(x · f), then cos(x · f), with frequencies f from 1 to
    1 / 10000 in equal ratios. Vaswani et al. 2017; Ho et al. 2020 tell a network so how noisy its
    input is.

    - `units`: how many features.
    """

    positional: ClassVar = ("units",)
    onnx: ClassVar = ("Mul", "Sin", "Cos", "Concat")
    tflite: ClassVar = ("MUL", "SIN", "COS", "CONCATENATION")
    examples: ClassVar = (
        example("Sinusoid(6)", "i32[]"),
        example("Sinusoid(4)", "f32[3]"),
    )

    units: Count

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        found = tuple(numbers("Sinusoid", x[0]))
        yield from found
        if not found and (self.units % 2 or self.units < 4):
            what = f"sines and cosines of at least two frequencies are no {self.units} features"
            yield Problem("units", what, "an even number from 4 on")

    def shape(self, *x: Tensor) -> Tensor:
        return Tensor("f32", (*x[0].shape, self.units))
