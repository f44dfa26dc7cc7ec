"""Recurrent layers, in one direction and in both."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import ClassVar, Literal

from dlspec.declared import Problem
from dlspec.ops.base import Weight, example
from dlspec.ops.fields import Count, Number
from dlspec.ops.init import ZEROS, forget_gate
from dlspec.ops.recurrence import BothWays, Gated, Recurrent
from dlspec.tensor import Tensor


class _SimpleRNN(Recurrent):
    """What a simple recurrent layer is in one direction and in both."""

    named: ClassVar = ("h", "lengths")
    gates: ClassVar = 1
    fused: ClassVar = {"activation": ("tanh", "relu")}
    states: ClassVar = ("h",)
    onnx: ClassVar = ("RNN",)
    tflite: ClassVar = ("WHILE",)

    @property
    def biases(self) -> tuple[str, ...]:
        return ("bias_ih",)


class SimpleRNN(_SimpleRNN):
    """The plainest recurrence: reads [T, n] step by step, and gives [units].

    h ← tanh(W x + U h + b).

    - `units`: the length of h.
    - `return`: `last` (h of the last step, [units]), `all` (h of each step, [T, units]), `state`
      (h), or several: (all, state) gives two outputs.
    - `activation`: `tanh`, `relu`, whose h may grow without bound, `sigmoid`, `hard_sigmoid`,
      `softsign`, `elu`, `selu`, `silu`, each the function of this name, or `none`.
    - `layers`: so many, each reading all steps of the one before it.
    - `bias`: whether b is added. There is one, where PyTorch has two that add up.
    - `dropout`: in training, between layers; one layer has none.
    - `recurrent_dropout`: in training, of the h that U reads: the same features are left out at all
      steps of an example. Gal and Ghahramani 2016.
    - `init`, `recurrent_init`, `bias_init`: how W, U and b start. U is orthogonal, as in Keras: it
      neither shrinks nor blows up what it carries. Each array is drawn whole.
    - Input `h=`: the first state, 0 without; [units], or [layers, units] of several.
    - Input `lengths=`: how many steps of each example are read, i32[]; all without.

    Weights of layer k: `weight_ih_lk` [units, n], `weight_hh_lk` [units, units], `bias_ih_lk`
    [units]. MACs: T · units · (n + units). Elman 1990.
    """

    snaked: ClassVar = "simple_rnn"
    examples: ClassVar = (
        example("SimpleRNN(4)", "f32[5, 3]"),
        example("SimpleRNN(4, return=all, activation=relu, bias=false)", "f32[5, 3]"),
        example("SimpleRNN(4, layers=2, return=(last, state))", "f32[5, 3]"),
        example("SimpleRNN(4, return=all)", "f32[5, 3]", h="f32[4]"),
        example("SimpleRNN(4, activation=softsign, recurrent_dropout=0.2)", "f32[5, 3]"),
    )


class BiSimpleRNN(BothWays, _SimpleRNN):
    """Two SimpleRNNs, one reading [T, n] forwards and one backwards, and gives [2 · units].

    The forward output comes first on the last axis. The arguments are those of SimpleRNN.

    - `return`: `last` (the last h of each direction: the backward one has then read the first step
      last, [2 · units]), `all` (both h of each step, [T, 2 · units]), `state` (h, [2 · layers,
      units]: layer by layer, forward before backward), or several.
    - `merge`: how the outputs of both directions go together: `concat` side by side, `sum`, `mul`,
      `ave` (their mean) element by element, [units]; `none` gives both, the forward one first.
      From layer to layer they go side by side.
    - Input `h=`: the first state, in the same form.
    - Input `lengths=`: how many steps of each example are read, i32[]; all without.

    Weights: those of SimpleRNN, and the same with `_reverse`; a second layer reads 2 · units.
    Schuster and Paliwal 1997.
    """

    snaked: ClassVar = "bi_simple_rnn"
    examples: ClassVar = (
        example("BiSimpleRNN(4)", "f32[5, 3]"),
        example("BiSimpleRNN(3, layers=2, return=(all, state))", "f32[4, 2]"),
        example("BiSimpleRNN(3, return=last, merge=sum, activation=relu)", "f32[4, 2]"),
    )


class _LSTM(Gated):
    """What an LSTM is in one direction and in both."""

    named: ClassVar = ("h", "c", "lengths")
    gates: ClassVar = 4
    held: ClassVar = {"projection": (None,)}
    states: ClassVar = ("h", "c")
    onnx: ClassVar = ("LSTM",)

    forget_bias: Number = 0.0
    projection: Count | None = None

    @property
    def biases(self) -> tuple[str, ...]:
        return ("bias_ih",)

    @property
    def carried(self) -> int:
        return self.units if self.projection is None else self.projection

    def projections(self, place: str) -> Iterable[Weight]:
        if self.projection is not None:
            yield Weight(f"weight_hr{place}", (self.projection, self.units), self.init)

    def problems(self, *x: Tensor, **named: Tensor) -> Iterator[Problem]:
        if self.projection is not None and self.projection >= self.units:
            what = f"`projection` is {self.projection}, of {self.units} units"
            yield Problem("projection", what, "h has fewer features than units, or leave it out")
        yield from super().problems(*x, **named)
        if self.forget_bias and not self.bias:
            yield Problem("forget_bias", "`forget_bias` is a start of biases, and bias is false")
        elif self.forget_bias and self.bias_init != ZEROS:
            what = "`forget_bias` stands beside biases that start at 0"
            yield Problem("forget_bias", what, "leave `bias_init` out")

    def weights(self, *x: Tensor) -> tuple[Weight, ...]:
        made = super().weights(*x)
        if not self.forget_bias:
            return made
        init = forget_gate(value=self.forget_bias)
        return tuple(replace(w, init=init) if len(w.shape) == 1 else w for w in made)


class LSTM(_LSTM):
    """Long short-term memory: reads [T, n] step by step, and gives [units].

    i, f, o = sigmoid(W x + U h + b), g = tanh(W x + U h + b), c ← f · c + i · g, h ← o · tanh(c),
    each gate with its own rows of W, U and b, in the order i, f, g, o.

    - `units`: the length of h and of c.
    - `return`: `last` (h of the last step, [units]), `all` (h of each step, [T, units]), `state`
      (h and c), or several: (all, state) gives three outputs.
    - `layers`: so many, each reading all steps of the one before it.
    - `bias`: whether b is added. There is one, where PyTorch has two that add up.
    - `dropout`: in training, between layers; one layer has none.
    - `recurrent_dropout`: in training, of the h that U reads: each gate leaves out features of its
      own, the same at all steps of an example. Gal and Ghahramani 2016.
    - `activation`: what stands for both tanh: `relu`, `sigmoid`, `hard_sigmoid`, `softsign`,
      `elu`, `selu`, `silu`, each the function of this name, or `none`.
    - `recurrent_activation`: the same for sigmoid, of the gates.
    - `projection`: so many features, fewer than units, has h, which is P (o · tanh(c)): many units
      then need no large U. Sak et al. 2014.
    - `init`, `recurrent_init`, `bias_init`: how W and P, U and b start. U is orthogonal, as in
      Keras: it neither shrinks nor blows up what it carries over many steps. Each array is drawn
      whole.
    - `forget_bias`: where b of the gate f starts, beside 0 of the others: 1 keeps what is carried
      from the first step on (Jozefowicz et al. 2015), as Keras's `unit_forget_bias` does.
    - Inputs `h=` and `c=`: the first state, 0 without; [units], or [layers, units] of several. With
      `projection`, h everywhere has as many features as that, and c as many as units.
    - Input `lengths=`: how many steps of each example are read, i32[]; all without.

    Weights of layer k: `weight_ih_lk` [4 · units, n], `weight_hh_lk` [4 · units, units],
    `bias_ih_lk` [4 · units]; with `projection`, `weight_hh_lk` [4 · units, projection] and P is
    `weight_hr_lk` [projection, units]. MACs: T · 4 · units · (n + units), without the gates'
    products; with `projection` T · (4 · units · (n + projection) + projection · units).
    Hochreiter and Schmidhuber 1997; Gers et al. 2000.

    What PyTorch and Keras call otherwise, here and in the other recurrent layers: `return` is
    `return_sequences` and `return_state`; `bias` is `use_bias`, `projection` `proj_size`,
    `activation` of SimpleRNN `nonlinearity`, `reset=after` of GRU `reset_after`, `forget_bias=1`
    `unit_forget_bias`. `x[::-1] -> LSTM(4)` is `go_backwards`. `x -> SpatialDropout(0.2, axis=-1)
    -> LSTM(4, recurrent_dropout=0.2)` is `dropout` of Keras, the same features at all steps.
    `stateful` is `state` in a model, which `batch = continued(20)` carries on. LSTMCell and its
    like are a layer that reads one step, with given states, also within a cell of `Scan`. The batch
    is always first; loops are unrolled where a file needs that, as in int8.
    """

    tflite: ClassVar = ("WHILE", "UNIDIRECTIONAL_SEQUENCE_LSTM")
    examples: ClassVar = (
        example("LSTM(4)", "f32[5, 3]"),
        example("LSTM(4, return=all, bias=false)", "f32[5, 3]"),
        example("LSTM(3, return=(all, state))", "f32[4, 2]"),
        example("LSTM(4, return=state)", "f32[5, 3]"),
        example("LSTM(4, layers=2, return=(last, all))", "f32[5, 3]"),
        example("LSTM(4, forget_bias=1)", "f32[5, 3]"),
        example("LSTM(4, return=all)", "f32[5, 3]", h="f32[4]", c="f32[4]"),
        example("LSTM(4, activation=relu, recurrent_activation=hard_sigmoid)", "f32[5, 3]"),
        example("LSTM(4, recurrent_dropout=0.2, return=all)", "f32[5, 3]"),
        example("LSTM(5, projection=2, return=(all, state))", "f32[5, 3]", h="f32[2]", c="f32[5]"),
    )


class BiLSTM(BothWays, _LSTM):
    """Two LSTMs, one reading [T, n] forwards and one backwards, and gives [2 · units].

    The forward output comes first on the last axis. The arguments are those of LSTM.

    - `return`: `last` (the last h of each direction: the backward one has then read the first step
      last, [2 · units]), `all` (both h of each step, [T, 2 · units]), `state` (h and c, each
      [2 · layers, units]: layer by layer, forward before backward), or several.
    - `merge`: how the outputs of both directions go together: `concat` side by side, `sum`, `mul`,
      `ave` (their mean) element by element, [units]; `none` gives both, the forward one first.
      From layer to layer they go side by side.
    - Inputs `h=` and `c=`: the first state, in the same form.
    - Input `lengths=`: how many steps of each example are read, i32[]; all without.

    Weights: those of LSTM, and the same with `_reverse`; a second layer reads 2 · units.
    Schuster and Paliwal 1997; Graves and Schmidhuber 2005.
    """

    tflite: ClassVar = ("WHILE", "BIDIRECTIONAL_SEQUENCE_LSTM")
    examples: ClassVar = (
        example("BiLSTM(4)", "f32[5, 3]"),
        example("BiLSTM(4, return=all)", "f32[5, 3]"),
        example("BiLSTM(3, layers=2, return=(last, state), bias=false)", "f32[4, 2]"),
        example("BiLSTM(3, layers=2)", "f32[4, 2]", h="f32[4, 3]", c="f32[4, 3]"),
        example("BiLSTM(3, merge=sum, forget_bias=1)", "f32[4, 2]"),
        example("BiLSTM(3, layers=2, return=(all, last), merge=ave)", "f32[4, 2]"),
        example("BiLSTM(5, projection=3, layers=2, return=(last, state))", "f32[4, 2]"),
    )


class _GRU(Gated):
    """What a GRU is in one direction and in both."""

    named: ClassVar = ("h", "lengths")
    gates: ClassVar = 3
    fused: ClassVar = {**Gated.fused, "reset": ("after",)}
    states: ClassVar = ("h",)
    onnx: ClassVar = ("GRU",)
    tflite: ClassVar = ("WHILE",)

    reset: Literal["after", "before"] = "after"

    @property
    def biases(self) -> tuple[str, ...]:
        return ("bias_ih", "bias_hh") if self.reset == "after" else ("bias_ih",)


class GRU(_GRU):
    """Gated recurrent units: reads [T, n] step by step, and gives [units].

    r, z = sigmoid(W x + b + U h + d), g = tanh(W x + b + r · (U h + d)), h ← (1 - z) · g + z · h,
    each gate with its own rows of W, U, b and d, in the order r, z, g.

    - `units`: the length of h.
    - `return`: `last` (h of the last step, [units]), `all` (h of each step, [T, units]), `state`
      (h), or several: (all, state) gives two outputs.
    - `layers`: so many, each reading all steps of the one before it.
    - `bias`: whether b and d are added. Both are kept, as in PyTorch and Keras: behind the reset
      gate d is no part of b.
    - `dropout`: in training, between layers; one layer has none.
    - `recurrent_dropout`: in training, of the h that U reads: each gate leaves out features of its
      own, the same at all steps of an example. Gal and Ghahramani 2016.
    - `activation`: what stands for tanh: `relu`, `sigmoid`, `hard_sigmoid`, `softsign`, `elu`,
      `selu`, `silu`, each the function of this name, or `none`.
    - `recurrent_activation`: the same for sigmoid, of the gates.
    - `reset`: where the reset gate acts: `after` the recurrent product, as above and in cuDNN, or
      `before` it, U (r · h), with b alone, as in the paper. PyTorch has no such layer: its program
      goes through the steps one by one.
    - `init`, `recurrent_init`, `bias_init`: how W, U and both biases start. U is orthogonal, as in
      Keras: it neither shrinks nor blows up what it carries. Each array is drawn whole.
    - Input `h=`: the first state, 0 without; [units], or [layers, units] of several.
    - Input `lengths=`: how many steps of each example are read, i32[]; all without.

    Weights of layer k: `weight_ih_lk` [3 · units, n], `weight_hh_lk` [3 · units, units],
    `bias_ih_lk` [3 · units], and `bias_hh_lk` with `reset=after`. MACs: T · 3 · units · (n +
    units), without the gates' products. Cho et al. 2014.
    """

    examples: ClassVar = (
        example("GRU(4)", "f32[5, 3]"),
        example("GRU(4, return=all, bias=false)", "f32[5, 3]"),
        example("GRU(3, return=(all, state))", "f32[4, 2]"),
        example("GRU(4, layers=2, return=(last, state))", "f32[5, 3]"),
        example("GRU(4, return=all)", "f32[5, 3]", h="f32[4]"),
        example("GRU(4, reset=before)", "f32[5, 3]"),
        example("GRU(3, reset=before, layers=2, return=(all, state))", "f32[4, 2]"),
        example("GRU(3, recurrent_dropout=0.2, reset=before, activation=none)", "f32[4, 2]"),
        example("GRU(3, recurrent_activation=hard_sigmoid)", "f32[4, 2]"),
    )


class BiGRU(BothWays, _GRU):
    """Two GRUs, one reading [T, n] forwards and one backwards, and gives [2 · units].

    The forward output comes first on the last axis. The arguments are those of GRU.

    - `return`: `last` (the last h of each direction: the backward one has then read the first step
      last, [2 · units]), `all` (both h of each step, [T, 2 · units]), `state` (h, [2 · layers,
      units]: layer by layer, forward before backward), or several.
    - `merge`: how the outputs of both directions go together: `concat` side by side, `sum`, `mul`,
      `ave` (their mean) element by element, [units]; `none` gives both, the forward one first.
      From layer to layer they go side by side.
    - Input `h=`: the first state, in the same form.
    - Input `lengths=`: how many steps of each example are read, i32[]; all without.

    Weights: those of GRU, and the same with `_reverse`; a second layer reads 2 · units.
    Schuster and Paliwal 1997.
    """

    examples: ClassVar = (
        example("BiGRU(4)", "f32[5, 3]"),
        example("BiGRU(4, return=all)", "f32[5, 3]"),
        example("BiGRU(3, layers=2, return=(last, state), bias=false)", "f32[4, 2]"),
        example("BiGRU(3, return=all, reset=before)", "f32[4, 2]"),
        example("BiGRU(3, return=(last, state), merge=mul)", "f32[4, 2]"),
        example("BiGRU(3, return=all, merge=none)", "f32[4, 2]"),
        example("BiGRU(3, activation=elu, recurrent_activation=softsign)", "f32[4, 2]"),
    )
