"""What recurrent layers share: outputs, states, stacked layers, two directions."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, PlainValidator

from dlspec.declared import Problem, Words
from dlspec.expr import product
from dlspec.ops.base import Op, Weight
from dlspec.ops.fields import AS_IT_IS, Count, Flag, Rate
from dlspec.ops.init import GLOROT, ORTHOGONAL, ZEROS, Initial
from dlspec.ops.rules import floats, some_places
from dlspec.tensor import INTEGERS, Tensor

RETURNS = ("last", "all", "state")


def _returns(value: Any) -> str | tuple[str, ...]:
    parts = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    if not parts or any(p not in RETURNS for p in parts):
        raise ValueError("must be last, all, state, or several of them, such as (all, state)")
    if len(set(parts)) < len(parts):
        raise ValueError("must name each output once")
    return value if isinstance(value, str) else parts


Returns = Annotated[str | tuple[str, ...], PlainValidator(_returns), AS_IT_IS, Words(RETURNS)]

Activation = (
    Literal[
        "tanh",
        "relu",
        "sigmoid",
        "hard_sigmoid",
        "softsign",
        "elu",
        "selu",
        "silu",
    ]
    | None
)
"""The name of a function of the language, or None for the numbers as they are."""


class Recurrent(Op):
    """What recurrent layers share: [T, n] is read step by step, T first."""

    positional: ClassVar = ("units",)
    gates: ClassVar[int]
    """Rows of the kernels for each unit."""
    states: ClassVar[tuple[str, ...]]
    """The names of what is carried from step to step, which are also optional inputs."""
    directions: ClassVar[int] = 1
    fused: ClassVar[Mapping[str, tuple[str | None, ...]]] = {"activation": ("tanh",)}
    """Arguments, and the values that a kernel of PyTorch and cuDNN and an operator of ONNX have:
    with others a program goes from step to step."""
    held: ClassVar[Mapping[str, tuple[str | None, ...]]] = {}
    """The same of arguments of which only ONNX has no operator."""

    units: Count
    return_: Returns = "last"
    layers: Annotated[Count, Field(le=1000)] = 1
    bias: Flag = True
    dropout: Rate = 0.0
    recurrent_dropout: Rate = 0.0
    activation: Activation = "tanh"
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
    def carried(self) -> int:
        """The features of h."""
        return self.units

    @property
    def unfused(self) -> str:
        """The argument for which PyTorch and cuDNN have no kernel of it; "" where they have one."""
        return next((n for n, values in self.fused.items() if getattr(self, n) not in values), "")

    @property
    def unrolled(self) -> str:
        """The argument for which ONNX has no operator of it (`reset=before`); else ""."""
        for name, values in {**self.fused, **self.held}.items():
            if (value := getattr(self, name)) not in values:
                return f"{name}={'none' if value is None else value}"
        return ""

    @classmethod
    def unrolled_with(cls) -> str:
        """The arguments with which an ONNX file has its steps written out, in words."""
        made = []
        for name, values in {**cls.fused, **cls.held}.items():
            own = " or ".join(map(str, values))
            made.append(f"`{name}`" if values == (None,) else f"another `{name}` than {own}")
        return ", or ".join((", ".join(made[:-1]), made[-1])) if made[1:] else made[0]

    @property
    def merged(self) -> int:
        """The features of each step's output, both directions together."""
        return product(self.directions, self.carried)

    @property
    def given(self) -> tuple[int, ...]:
        """The features of each tensor that `last` and `all` give."""
        return (self.merged,)

    @property
    @abstractmethod
    def biases(self) -> tuple[str, ...]:
        """The bias arrays of one layer and direction."""

    def state(self, x: Tensor, name: str) -> Tensor:
        """The type of a state: [units], or [layers · directions, units] where there are several,
        layer by layer, forward before backward."""
        count = product(self.directions, self.layers)
        features = self.carried if name == "h" else self.units
        return x.with_shape(*((count, features) if count > 1 else (features,)))

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
        if {"last", "state"} & {*self.returns}:
            yield from some_places(kind, x[0], [0])
        told = named.pop("lengths", None)
        if told is not None and (told.rank or told.dtype not in INTEGERS):
            what = f"`lengths` is one integer for each example, got {told}"
            yield Problem("lengths", what, "lengths(x) has those of x")
        if named and len(named) < len(self.states):
            what = f"{kind} needs both h= and c=, or neither"
            yield Problem(next(iter(named)), what, "both start at 0 where neither is given")
        for name, t in named.items():
            wanted = self.state(x[0], name)
            if not t.same(wanted):
                yield Problem(name, f"`{name}` must be {wanted}, got {t}")

    def shape(self, *x: Tensor, **named: Tensor) -> Tensor | tuple[Tensor, ...]:
        kinds = {
            "last": tuple(x[0].with_shape(n) for n in self.given),
            "all": tuple(x[0].with_shape(x[0].shape[0], n) for n in self.given),
            "state": tuple(self.state(x[0], name) for name in self.states),
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
                    Weight(f"weight_hh{place}", (rows, self.carried), self.recurrent_init),
                ]
                if self.bias:
                    made += [Weight(b + place, (rows,), self.bias_init) for b in self.biases]
                made += self.projections(place)
        return tuple(made)

    def projections(self, place: str) -> Iterable[Weight]:
        """What makes h of the output of a layer and direction, where that is not h itself."""
        return ()

    def macs(self, *x: Tensor) -> int:
        kernels = (w.size for w in self.weights(*x) if w.name.startswith("weight"))
        return int(x[0].shape[0]) * sum(kernels)


class BothWays(Recurrent):
    """Two of them, one reading forwards and one backwards."""

    directions: ClassVar = 2

    merge: Literal["concat", "sum", "mul", "ave"] | None = "concat"

    @property
    def given(self) -> tuple[int, ...]:
        if self.merge == "concat":
            return (self.merged,)
        return (self.carried,) if self.merge else (self.carried, self.carried)


class Gated(Recurrent):
    """One whose gates say what goes into the state and what of it stays."""

    fused: ClassVar = {**Recurrent.fused, "recurrent_activation": ("sigmoid",)}

    recurrent_activation: Activation = "sigmoid"


def _as_steps(x: Tensor) -> str:
    if x.rank == 1:
        single = f"one feature for each step: Reshape({x.shape[0]:d}, 1)"
        return f"{single}; of a recurrent layer before it all steps: `return=all`"
    if x.rank == 3 and not x.image:
        steps, *rest = (int(s) for s in x.shape)
        return f"all features of a step on one axis: Reshape({steps}, {rest[0] * rest[1]})"
    return ""
