"""Normalisation."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from dlspec.declared import Problem
from dlspec.ops.base import FORMATS, Refusal, Weight, example
from dlspec.ops.fields import Axis, Flag, Fraction, NormPower, Positive
from dlspec.ops.init import ONES, Initial
from dlspec.ops.normalisation import MOMENTUM, Affine, OverAxes, needless_momentum, running
from dlspec.ops.rules import channel_axis_is_meant, floats
from dlspec.tensor import INTEGERS, Tensor

LENGTHS = tuple(f"lengths_{axis}" for axis in range(5))
"""The inputs that say how long an axis is, by its number."""


class BatchNorm(Affine):
    """Normalises each channel over the batch: y = scale · (x - mean) / sqrt(var + eps) + bias.

    The shape stays. In training, mean and (biased) variance are those of the batch and of all
    places; running averages of them are kept, which evaluation uses: running ← (1 - momentum) ·
    running + momentum · batch, where the running variance takes the unbiased one, n / (n - 1), as
    in PyTorch. Channels are the first axis; two axes that do not come from a 1-D convolution must
    say which.

    - `eps`: above 0.
    - `momentum`: the share of the new batch in the running averages, 0 to 1 (PyTorch's sense: Keras
      calls 0.1 0.9).
    - `running_stats`: whether running averages are kept, PyTorch's `track_running_stats`. Without,
      evaluation too normalises by the batch that it is given: what an example becomes depends on
      those beside it, so that no file of an export holds it.
    - `scale`, `bias`: whether each is learned; without, it is 1 and 0.
    - `axis`: the axis of the channels.
    - `init`, `bias_init`: how scale and bias start.
    - Inputs `lengths_0=`, `lengths_1=`, ...: how many places of this axis each example has, i32[]:
      mean and variance leave out the rest. All without.

    Weights: `weight` and `bias` [c]; statistics `running_mean` and `running_var` [c], if kept.
    MACs: 0, since an export folds it into the layer before. Ioffe and Szegedy 2015.
    """

    named: ClassVar = LENGTHS
    onnx: ClassVar = ("BatchNormalization",)
    tflite: ClassVar = ("MUL", "ADD")
    examples: ClassVar = (
        example("BatchNorm", "f32[5]"),
        example("BatchNorm", "f32[3, 7, 5]"),
        example("BatchNorm(eps=1e-3, momentum=0.01, axis=0)", "f32[4, 6]"),
        example("BatchNorm(axis=1, scale=false)", "f32[4, 6]"),
        example("BatchNorm(scale=false, bias=false)", "f32[2, 4, 3]"),
        example("BatchNorm(bias=false, axis=-1)", "f32[4, 2, 3]"),
        example("BatchNorm", "f32[3, 7, 5]", lengths_2="i32[]"),
        example("BatchNorm(axis=-1, scale=false)", "f32[4, 6]", lengths_0="i32[]"),
        example("BatchNorm(axis=0)", "f32[4, 6]", lengths_1="i32[]"),
        example("BatchNorm", "f32[3, 4, 5]", lengths_1="i32[]", lengths_2="i32[]"),
        example("BatchNorm(running_stats=false, eps=1e-3)", "f32[3, 7, 5]"),
        example("BatchNorm(running_stats=false, axis=-1, scale=false)", "f32[4, 6]"),
    )
    refusals: ClassVar = tuple(
        Refusal(
            format,
            "running_stats=false",
            "an output of a file belongs to one example, whatever stands beside it",
            lambda op, x: not op.running_stats,
            "with running_stats=true, evaluation normalises by averages that training has kept",
        )
        for format in FORMATS
    )

    momentum: Fraction = MOMENTUM
    running_stats: Flag = True
    axis: Axis | None = None

    @property
    def sizes(self) -> Mapping[str, int]:
        return {"in_channels": self._axis}

    @property
    def _axis(self) -> int:
        return 0 if self.axis is None else self.axis

    @property
    def centred_axis(self) -> int:
        return self._axis

    @property
    def keeps_statistics(self) -> bool:
        return self.running_stats

    def problems(self, *x: Tensor, **named: Tensor) -> Iterator[Problem]:
        found = [
            *floats("BatchNorm", x[0]),
            *channel_axis_is_meant("BatchNorm", self.axis, x[0]),
            *needless_momentum(self.momentum, self.running_stats),
        ]
        yield from found
        for name, t in named.items() if not found else ():
            axis = int(name.removeprefix("lengths_"))
            if t.rank or t.dtype not in INTEGERS:
                what = f"`{name}` is one integer for each example, got {t}"
                yield Problem(name, what, "lengths(x) has those of x")
            elif axis >= x[0].rank or axis == self._axis % x[0].rank:
                what = f"`{name}`: axis {axis} of {x[0]} is no axis of places"
                yield Problem(name, what)

    def shape(self, *x: Tensor, **named: Tensor) -> Tensor:
        return x[0]

    def weights(self, *x: Tensor) -> tuple[Weight, ...]:
        shape = (x[0].shape[self._axis],)
        return *self._affine(shape), *(running(shape) if self.running_stats else ())


class LayerNorm(Affine, OverAxes):
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

    def weights(self, *x: Tensor) -> tuple[Weight, ...]:
        return self._affine(self._sizes(x[0]))


class RMSNorm(OverAxes):
    """Divides each example by its root mean square over some axes:
    y = scale · x / sqrt(mean(x²) + eps).

    The shape stays. The mean is taken over `axis`, the last one if none is named, and nothing is
    subtracted; the scale has a number for each place on these axes. An image that comes straight
    from convolution or pooling must say which axes are meant.

    - `eps`: above 0; 1e-6 is that of T5 and of the first Llama, 1e-5 that of the later ones.
    - `scale`: whether it is learned; without, it is 1.
    - `axis`: the axis, or several: (0, 1, 2).
    - `init`: how the scale starts.

    Weights: `weight`, of the sizes of these axes, in the order of the axes.
    MACs: 0. Zhang and Sennrich 2019.
    """

    snaked: ClassVar = "rms_norm"
    onnx: ClassVar = ("Pow", "ReduceMean", "Add", "Sqrt", "Reciprocal", "Mul")
    tflite: ClassVar = ("SQUARE", "MEAN", "ADD", "RSQRT", "MUL")
    examples: ClassVar = (
        example("RMSNorm", "f32[6]"),
        example("RMSNorm(eps=1e-5)", "f32[4, 6]"),
        example("RMSNorm(scale=false)", "f32[3, 6]"),
        example("RMSNorm(axis=0)", "f32[3, 5, 4]"),
        example("RMSNorm(axis=(0, 1, 2))", "f32[3, 5, 4]"),
    )

    eps: Positive = 1e-6
    scale: Flag = True
    init: Initial = ONES

    @classmethod
    def has_object(cls) -> bool:
        return True

    @classmethod
    def has_weights(cls) -> bool:
        return True

    def weights(self, *x: Tensor) -> tuple[Weight, ...]:
        return (Weight("weight", self._sizes(x[0]), self.init),) if self.scale else ()


class Normalize(OverAxes):
    """Gives each vector the length 1: y = x / max(norm(x), eps), where the norm is
    (sum |x|^p)^(1/p).

    The shape stays. The vectors lie along `axis`, the last one if none is named. Keras's
    UnitNormalization is that of p = 2. An image that comes straight from convolution or pooling
    must say which axes are meant.

    - `axis`: the axis, or several: (0, 1, 2).
    - `p`: which norm, at least 1: 2 is the Euclidean length, 1 the sum of absolute values, `inf`
      the greatest of them.
    - `eps`: the least that a norm counts as; above 0.
    """

    onnx: ClassVar = ("ReduceL2", "Clip", "Expand", "Div")
    tflite: ClassVar = ("SQUARE", "SUM", "MAXIMUM", "RSQRT", "MUL")
    examples: ClassVar = (
        example("Normalize", "f32[6]"),
        example("Normalize(axis=0, eps=0.5)", "f32[3, 5, 4]"),
        example("Normalize(axis=(0, 2))", "f32[3, 5, 4]"),
        example("Normalize(p=1)", "f32[3, 5]"),
        example("Normalize(p=3, axis=-1)", "f32[3, 5]"),
        example("Normalize(p=inf, axis=0)", "f32[3, 5, 4]"),
    )

    p: NormPower = 2.0
    eps: Positive = 1e-12
