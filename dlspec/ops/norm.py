"""Normalisation."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from dlspec.declared import Problem
from dlspec.ops.base import Op, Weight, example
from dlspec.ops.fields import Axes, Axis, Flag, Fraction, Positive
from dlspec.ops.init import ONES, ZEROS, Initial
from dlspec.ops.rules import (
    all_axes,
    axes_exist,
    channel_axis_is_meant,
    floats,
    last_axis_is_meant,
)
from dlspec.tensor import Tensor


class _Norm(Op):
    """A normalisation with a scale and a shift that are learned."""

    eps: Positive = 1e-5
    scale: Flag = True
    bias: Flag = True
    init: Initial = ONES
    bias_init: Initial = ZEROS

    @classmethod
    def has_object(cls) -> bool:
        return True

    @classmethod
    def has_weights(cls) -> bool:
        return True

    def _affine(self, shape: tuple[int, ...]) -> tuple[Weight, ...]:
        scale = (Weight("weight", shape, self.init),) if self.scale else ()
        shift = (Weight("bias", shape, self.bias_init),) if self.bias else ()
        return scale + shift


class BatchNorm(_Norm):
    """Normalises each channel over the batch: y = scale · (x - mean) / sqrt(var + eps) + bias.

    The shape stays. In training, mean and (biased) variance are those of the batch and of all
    places; running averages of them are kept, which evaluation uses: running ← (1 - momentum) ·
    running + momentum · batch, where the running variance takes the unbiased one, n / (n - 1), as
    in PyTorch. Channels are the first axis; two axes that do not come from a 1-D convolution must
    say which.

    - `eps`: above 0.
    - `momentum`: the share of the new batch in the running averages, 0 to 1 (PyTorch's sense: Keras
      calls 0.1 0.9).
    - `scale`, `bias`: whether each is learned; without, it is 1 and 0.
    - `axis`: the axis of the channels.
    - `init`, `bias_init`: how scale and bias start.

    Weights: `weight` and `bias` [c]; statistics `running_mean` and `running_var` [c].
    MACs: 0, since an export folds it into the layer before. Ioffe and Szegedy 2015.
    """

    onnx: ClassVar = ("BatchNormalization",)
    tflite: ClassVar = ("MUL", "ADD")
    examples: ClassVar = (
        example("BatchNorm", "f32[5]"),
        example("BatchNorm", "f32[3, 7, 5]"),
        example("BatchNorm(eps=1e-3, momentum=0.01, axis=0)", "f32[4, 6]"),
        example("BatchNorm(axis=1, scale=false)", "f32[4, 6]"),
        example("BatchNorm(scale=false, bias=false)", "f32[2, 4, 3]"),
        example("BatchNorm(bias=false, axis=-1)", "f32[4, 2, 3]"),
    )

    momentum: Fraction = 0.1
    axis: Axis | None = None

    @property
    def sizes(self) -> Mapping[str, int]:
        return {"in_channels": self._axis}

    @property
    def _axis(self) -> int:
        return 0 if self.axis is None else self.axis

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        yield from floats("BatchNorm", x[0])
        yield from channel_axis_is_meant("BatchNorm", self.axis, x[0])

    def weights(self, *x: Tensor) -> tuple[Weight, ...]:
        shape = (x[0].shape[self._axis],)
        return (
            *self._affine(shape),
            Weight("running_mean", shape, ZEROS, "statistics"),
            Weight("running_var", shape, ONES, "statistics"),
        )


class LayerNorm(_Norm):
    """Normalises each example over some axes: y = scale · (x - mean) / sqrt(var + eps) + bias.

    The shape stays. Mean and biased variance are taken over `axis`, the last one if none is named;
    scale and bias have a number for each place on these axes. An image that comes straight from
    convolution or pooling must say which axes are meant.

    - `eps`: above 0.
    - `scale`, `bias`: whether each is learned; without, it is 1 and 0.
    - `axis`: the axis, or several: (0, 1, 2).
    - `init`, `bias_init`: how scale and bias start.

    Weights: `weight` and `bias`, of the sizes of these axes, in the order of the axes.
    MACs: 0. Ba et al. 2016.
    """

    on_last_axis: ClassVar = True
    onnx: ClassVar = ("LayerNormalization",)
    tflite: ClassVar = ("MEAN", "SUB", "MUL", "RSQRT", "ADD")
    examples: ClassVar = (
        example("LayerNorm", "f32[6]"),
        example("LayerNorm(eps=1e-6)", "f32[4, 6]"),
        example("LayerNorm(scale=false)", "f32[3, 6]"),
        example("LayerNorm(bias=false, axis=0)", "f32[3, 5, 4]"),
        example("LayerNorm(scale=false, bias=false)", "f32[3, 6]"),
        example("LayerNorm(axis=(1, 2))", "f32[3, 5, 4]"),
        example("LayerNorm(axis=(0, 1, 2))", "f32[3, 5, 4]"),
    )

    axis: Axes | None = None

    @property
    def sizes(self) -> Mapping[str, int]:
        """Of one axis `in_features`; of several `size_0`, `size_1`, ... in the order written."""
        if isinstance(self.axis, tuple):
            return {f"size_{i}": a for i, a in enumerate(self.axis)}
        return {"in_features": -1 if self.axis is None else self.axis}

    def axes(self, x: Tensor) -> tuple[int, ...]:
        """The axes that it normalises over, counted from the front, in order."""
        return all_axes(-1 if self.axis is None else self.axis, x)

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        yield from floats("LayerNorm", x[0])
        if x[0].rank == 0:
            yield Problem(None, f"LayerNorm needs at least one axis, got {x[0]}")
        else:
            yield from axes_exist("axis", self.axis, x[0])
            yield from last_axis_is_meant("LayerNorm", self.axis, x[0])

    def weights(self, *x: Tensor) -> tuple[Weight, ...]:
        return self._affine(tuple(x[0].shape[a] for a in self.axes(x[0])))
