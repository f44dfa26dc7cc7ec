"""Recurrent layers, in one direction and in both."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, PlainValidator

from dlspec.declared import Problem, Words
from dlspec.expr import product
from dlspec.ops.base import Op, Weight, example
from dlspec.ops.fields import Count, Flag, Rate
from dlspec.ops.init import GLOROT, ORTHOGONAL, ZEROS, Initial
from dlspec.ops.rules import floats
from dlspec.tensor import Tensor

RETURNS = ("last", "all", "state")


def _returns(value: Any) -> str | tuple[str, ...]:
    parts = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    if not parts or any(p not in RETURNS for p in parts):
        raise ValueError("must be last, all, state, or several of them, such as (all, state)")
    if len(set(parts)) < len(parts):
        raise ValueError("must name each output once")
    return value if isinstance(value, str) else parts


Returns = Annotated[str | tuple[str, ...], PlainValidator(_returns), Words(RETURNS)]


class Recurrent(Op):
    """What LSTM and GRU share: [T, n] is read step by step, T first."""

    positional: ClassVar = ("units",)
    gates: ClassVar[int]
    """Rows of the kernels for each unit."""
    states: ClassVar[tuple[str, ...]]
    """The names of what is carried from step to step, which are also optional inputs."""
    directions: ClassVar[int] = 1

    units: Count
    return_: Returns = "last"
    layers: Annotated[Count, Field(le=1000)] = 1
    bias: Flag = True
    dropout: Rate = 0.0
    init: Initial = GLOROT
    recurrent_init: Initial = ORTHOGONAL
    bias_init: Initial = ZEROS

    @classmethod
    def has_object(cls) -> bool:
        return True

    @classmethod
    def has_weights(cls) -> bool:
        return True

    @property
    def sizes(self) -> Mapping[str, int]:
        return {"in_features": -1}

    @property
    def returns(self) -> tuple[str, ...]:
        """What it gives, in order: of `last`, `all` and `state`."""
        return self.return_ if isinstance(self.return_, tuple) else (self.return_,)

    @property
    def merged(self) -> int:
        """The features of each step's output, both directions together."""
        return product(self.directions, self.units)

    @property
    @abstractmethod
    def biases(self) -> tuple[str, ...]:
        """The bias arrays of one layer and direction."""

    def state(self, x: Tensor) -> Tensor:
        """The type of one state: [units], or [layers · directions, units] where there are several,
        layer by layer, forward before backward."""
        count = product(self.directions, self.layers)
        return x.with_shape(*((count, self.units) if count > 1 else (self.units,)))

    def problems(self, *x: Tensor, **named: Tensor) -> Iterator[Problem]:
        kind = self.kind()
        yield from floats(kind, x[0])
        if x[0].rank != 2:
            yield Problem(None, f"{kind} needs [steps, features], got {x[0]}", _as_steps(x[0]))
            return
        if x[0].image:
            yield Problem(
                None,
                f"{kind} needs [steps, features]: {x[0]} comes straight from convolution or "
                "pooling, so that its first axis is the channels",
                "swap the axes first: Rearrange([C, L] -> [L, C])",
            )
        if named and len(named) < len(self.named):
            what = f"{kind} needs both h= and c=, or neither"
            yield Problem(next(iter(named)), what, "both start at 0 where neither is given")
        for name, t in named.items():
            if not t.same(self.state(x[0])):
                yield Problem(name, f"`{name}` must be {self.state(x[0])}, got {t}")

    def shape(self, *x: Tensor, **named: Tensor) -> Tensor | tuple[Tensor, ...]:
        kinds = {
            "last": (x[0].with_shape(self.merged),),
            "all": (x[0].with_shape(x[0].shape[0], self.merged),),
            "state": (self.state(x[0]),) * len(self.states),
        }
        given = tuple(t for r in self.returns for t in kinds[r])
        return given[0] if len(given) == 1 else given

    def weights(self, *x: Tensor) -> tuple[Weight, ...]:
        rows, made = self.gates * self.units, []
        for layer in range(self.layers):
            features = x[0].shape[1] if layer == 0 else self.merged
            for way in ("", "_reverse")[: self.directions]:
                place = f"_l{layer}{way}"
                made += [
                    Weight(f"weight_ih{place}", (rows, features), self.init),
                    Weight(f"weight_hh{place}", (rows, self.units), self.recurrent_init),
                ]
                if self.bias:
                    made += [Weight(b + place, (rows,), self.bias_init) for b in self.biases]
        return tuple(made)

    def macs(self, *x: Tensor) -> int:
        kernels = (w.size for w in self.weights(*x) if w.name.startswith("weight"))
        return int(x[0].shape[0]) * sum(kernels)


def _as_steps(x: Tensor) -> str:
    if x.rank == 1:
        return f"one feature for each step: Reshape({x.shape[0]:d}, 1)"
    if x.rank == 3 and not x.image:
        steps, *rest = (int(s) for s in x.shape)
        return f"all features of a step on one axis: Reshape({steps}, {rest[0] * rest[1]})"
    return ""


class _LSTM(Recurrent):
    """What an LSTM is in one direction and in both."""

    named: ClassVar = ("h", "c")
    gates: ClassVar = 4
    states: ClassVar = ("h", "c")
    onnx: ClassVar = ("LSTM",)

    @property
    def biases(self) -> tuple[str, ...]:
        return ("bias_ih",)


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
    - `init`, `recurrent_init`, `bias_init`: how W, U and b start. U is orthogonal, as in Keras: it
      neither shrinks nor blows up what it carries over many steps. Each array is drawn whole.
    - Inputs `h=` and `c=`: the first state, 0 without; [units], or [layers, units] of several.

    Weights of layer k: `weight_ih_lk` [4 · units, n], `weight_hh_lk` [4 · units, units],
    `bias_ih_lk` [4 · units]. MACs: T · 4 · units · (n + units), without the gates' products.
    Hochreiter and Schmidhuber 1997; Gers et al. 2000.
    """

    tflite: ClassVar = ("WHILE", "UNIDIRECTIONAL_SEQUENCE_LSTM")
    examples: ClassVar = (
        example("LSTM(4)", "f32[5, 3]"),
        example("LSTM(4, return=all, bias=false)", "f32[5, 3]"),
        example("LSTM(3, return=(all, state))", "f32[4, 2]"),
        example("LSTM(4, return=state)", "f32[5, 3]"),
        example("LSTM(4, layers=2, return=(last, all))", "f32[5, 3]"),
        example("LSTM(4, return=all)", "f32[5, 3]", h="f32[4]", c="f32[4]"),
    )


class BiLSTM(_LSTM):
    """Two LSTMs, one reading [T, n] forwards and one backwards, and gives [2 · units].

    The forward output comes first on the last axis. The arguments are those of LSTM.

    - `return`: `last` (the last h of each direction: the backward one has then read the first step
      last, [2 · units]), `all` (both h of each step, [T, 2 · units]), `state` (h and c, each
      [2 · layers, units]: layer by layer, forward before backward), or several.
    - Inputs `h=` and `c=`: the first state, in the same form.

    Weights: those of LSTM, and the same with `_reverse`; a second layer reads 2 · units.
    Schuster and Paliwal 1997; Graves and Schmidhuber 2005.
    """

    directions: ClassVar = 2
    tflite: ClassVar = ("WHILE", "BIDIRECTIONAL_SEQUENCE_LSTM")
    examples: ClassVar = (
        example("BiLSTM(4)", "f32[5, 3]"),
        example("BiLSTM(4, return=all)", "f32[5, 3]"),
        example("BiLSTM(3, layers=2, return=(last, state), bias=false)", "f32[4, 2]"),
    )


class _GRU(Recurrent):
    """What a GRU is in one direction and in both."""

    named: ClassVar = ("h",)
    gates: ClassVar = 3
    states: ClassVar = ("h",)
    onnx: ClassVar = ("GRU",)
    tflite: ClassVar = ("WHILE",)

    reset: Literal["after", "before"] = "after"

    @property
    def biases(self) -> tuple[str, ...]:
        return ("bias_ih", "bias_hh") if self.reset == "after" else ("bias_ih",)

    def problems(self, *x: Tensor, **named: Tensor) -> Iterator[Problem]:
        yield from super().problems(*x, **named)
        if self.reset == "before":
            # PyTorch's GRU has no such form: it needs a recurrence written out, as `Scan` has.
            yield Problem("reset", f"{self.kind()} takes reset=after in this version")


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
    - `reset`: where the reset gate acts: `after` the recurrent product, as above and in cuDNN, or
      `before` it, U (r · h), with b alone, as in the paper; this version takes `after`.
    - `init`, `recurrent_init`, `bias_init`: how W, U and both biases start. U is orthogonal, as in
      Keras: it neither shrinks nor blows up what it carries. Each array is drawn whole.
    - Input `h=`: the first state, 0 without; [units], or [layers, units] of several.

    Weights of layer k: `weight_ih_lk` [3 · units, n], `weight_hh_lk` [3 · units, units],
    `bias_ih_lk` and `bias_hh_lk` [3 · units]. MACs: T · 3 · units · (n + units), without the
    gates' products. Cho et al. 2014.
    """

    examples: ClassVar = (
        example("GRU(4)", "f32[5, 3]"),
        example("GRU(4, return=all, bias=false)", "f32[5, 3]"),
        example("GRU(3, return=(all, state))", "f32[4, 2]"),
        example("GRU(4, layers=2, return=(last, state))", "f32[5, 3]"),
        example("GRU(4, return=all)", "f32[5, 3]", h="f32[4]"),
    )


class BiGRU(_GRU):
    """Two GRUs, one reading [T, n] forwards and one backwards, and gives [2 · units].

    The forward output comes first on the last axis. The arguments are those of GRU.

    - `return`: `last` (the last h of each direction: the backward one has then read the first step
      last, [2 · units]), `all` (both h of each step, [T, 2 · units]), `state` (h, [2 · layers,
      units]: layer by layer, forward before backward), or several.
    - Input `h=`: the first state, in the same form.

    Weights: those of GRU, and the same with `_reverse`; a second layer reads 2 · units.
    Schuster and Paliwal 1997.
    """

    directions: ClassVar = 2
    examples: ClassVar = (
        example("BiGRU(4)", "f32[5, 3]"),
        example("BiGRU(4, return=all)", "f32[5, 3]"),
        example("BiGRU(3, layers=2, return=(last, state), bias=false)", "f32[4, 2]"),
    )
