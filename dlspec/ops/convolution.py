"""What all convolutions share: a kernel, groups, a bias."""

from abc import abstractmethod
from collections.abc import Iterator
from math import prod
from typing import Annotated, ClassVar

from dlspec.declared import Problem, Words
from dlspec.ops.base import Refusal, Weight
from dlspec.ops.fields import Count, Flag, PerAxis
from dlspec.ops.init import GLOROT, ZEROS, Initial
from dlspec.ops.kernel_norm import Normed
from dlspec.ops.window import Padding, Windowed
from dlspec.tensor import Tensor

NO_GROUPS = Refusal(
    "tflite",
    "groups above 1",
    "LiteRT's convolution over three axes has no groups",
    lambda op, x: op.groups > 1,
    "an ONNX file can: format = onnx",
)
NO_DILATION = Refusal(
    "tflite",
    "dilation above 1",
    "TensorFlow's converter knows no dilation over three axes",
    lambda op, x: max(op.dilations) > 1,
    "an ONNX file can: format = onnx",
)

CausalPadding = Annotated[Padding, Words(("causal",))]


class Convolution(Windowed):
    """What a convolution adds to a window: a kernel, groups and a bias."""

    stride: PerAxis = 1
    dilation: PerAxis = 1
    bias: Flag = True
    init: Initial = GLOROT
    bias_init: Initial = ZEROS

    @classmethod
    def has_object(cls) -> bool:
        return True

    @classmethod
    def has_weights(cls) -> bool:
        return True

    @property
    def bias_axis(self) -> int | None:
        return 0 if self.bias else None

    @abstractmethod
    def filters(self, x: Tensor) -> tuple[int, int]:
        """The numbers of output channels and of groups."""

    def shape(self, *x: Tensor) -> Tensor:
        return x[0].with_shape(self.filters(x[0])[0], *self.slid(x[0]), image=True)

    def weights(self, *x: Tensor) -> tuple[Weight, ...]:
        channels, groups = self.filters(x[0])
        kernel = (channels, int(x[0].shape[0]) // groups, *self.kernels)
        weight = Weight("weight", kernel, self.init, groups=groups)
        return (weight, Weight("bias", (channels,), self.bias_init)) if self.bias else (weight,)

    def macs(self, *x: Tensor) -> int:
        channels, groups = self.filters(x[0])
        each = int(x[0].shape[0]) // groups * prod(self.kernels)
        return int(channels) * each * prod(int(n) for n in self.slid(x[0]))


class NormedConvolution(Normed, Convolution):
    """A convolution with one kernel, which may be normed."""

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        yield from super().problems(*x)
        yield from self.unfit_norm()

    def weights(self, *x: Tensor) -> tuple[Weight, ...]:
        weight, *bias = super().weights(*x)
        return self.parametrized(weight, tuple(bias))


class Grouped(NormedConvolution):
    """A convolution to a given number of channels."""

    positional: ClassVar = ("channels", "kernel")

    channels: Count
    groups: Count = 1

    def filters(self, x: Tensor) -> tuple[int, int]:
        return self.channels, self.groups

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        yield from super().problems(*x)
        if x[0].rank == self.places + 1 and x[0].shape[0] % self.groups:
            what = f"{int(self.groups)} groups do not divide the {x[0].shape[0]:d} input channels"
            yield Problem("groups", what, f"a divisor of {x[0].shape[0]:d}")
        if self.channels % self.groups:
            what = f"{int(self.groups)} groups do not divide {int(self.channels)} channels"
            yield Problem("groups", what, f"a divisor of {int(self.channels)}")
