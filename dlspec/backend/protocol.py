"""What a backend answers: for each op, how it is made and how it is called.

A backend has one function for each op in a table `LAYERS`, or a row in `UNSUPPORTED`. The function
sees one use of the op, concrete, and gives emitted code whose values are `Slot`s. The planner lays
the code of all uses at one place in a definition over each other, and generalises the slots that
differ: to the spec's arithmetic, to an argument of the class, or to a column of a table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from dlspec.emit import python as py
from dlspec.expr import Const, Expr, origin
from dlspec.ops.base import Op
from dlspec.recipe.losses import Loss
from dlspec.tensor import Tensor

NOTHING: Any = object()


@dataclass(frozen=True)
class Slot(py.Expr):
    """A value in emitted code, with its origin; left out where it always equals `default`.

    `role` names a class argument or a table's column, where one has to be made for it.
    """

    value: Any
    origin: Expr | None = None
    default: Any = NOTHING
    role: str = ""

    def or_default(self, default: Any) -> Slot:
        """The same, to be left out where the framework's own default has the value."""
        return replace(self, default=default)


@dataclass(frozen=True)
class Hole(py.Expr):
    """A place that the planner fills: an input by number or name, or the op's own object."""

    what: int | str


SELF = Hole("self")
X = tuple(Hole(i) for i in range(8))
SEED = Hole("seed")
"""The generator of random numbers of a class, or of a step."""


@dataclass(frozen=True)
class Inputs(py.Expr):
    """All unnamed inputs, as a tuple in the code (Concat)."""


@dataclass(frozen=True)
class Use:
    """One use of an op, as an emitter sees it."""

    op: Any
    x: tuple[Tensor, ...]
    named: Mapping[str, Tensor]
    y: tuple[Tensor, ...]
    origins: Mapping[str, Expr]
    channels_last: bool = False
    exact: bool = False
    """`numerics = exact`: the reconciled numerics of both frameworks."""
    scalars: Mapping[int, Slot] = field(default_factory=dict)
    """Operands of tensor arithmetic that are compile-time numbers, by position."""
    beside: frozenset[str] = frozenset()
    """The dropouts, by argument, that another use at the same place of its definition has."""
    general: bool = False
    """Whether uses at the same place need different code where each has the least that does: then
    that of each is such as does for all."""

    def drops(self, argument: str = "dropout") -> bool:
        """Whether the code must be such as can drop: that of all uses at a place is the same."""
        return argument in self.beside or bool(getattr(self.op, argument))

    def field(self, name: str) -> Slot:
        """An argument of the op."""
        value = getattr(self.op, name)
        return Slot(value, self.origins.get(name, origin(value)), role=name)

    def size(self, role: str) -> Slot:
        """A size that the op infers from its first input: a key of `Op.sizes`."""
        value = self.x[0].shape[self.op.sizes[role]]
        return Slot(int(value), origin(value), role=role)

    def given(self, value: Any, role: str, made_by: Expr | None = None) -> Slot:
        """Any other value, with the name for it and, if known, the arithmetic that made it."""
        return Slot(value, made_by if made_by is not None else origin(value), role=role)

    def fixed(self, value: Any) -> Slot:
        """A value that is a literal in the code."""
        return Slot(value, Const(value))


@dataclass(frozen=True)
class Emitted:
    """Code for one use. `make` is the constructor call of its object, or None for a function;
    `call` is the expression in `forward`, with `SELF` for the object and `X[i]` for the inputs.

    `helpers` names verbatim classes or functions that the model file must hold, `imports` the
    import lines that the code needs beside the ones of every model file.
    """

    call: py.Expr
    make: py.Expr | None = None
    helpers: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()


Emit = Callable[[Use], Emitted]


@dataclass(frozen=True)
class Comparison:
    """One use of a loss, as a backend sees it: its output is `X[0]`, its target `X[1]`, and what
    it takes beside them `Hole("where")` and `Hole("weight")`."""

    loss: Loss
    axis: int | None
    output: Tensor
    target: Tensor
    named: Mapping[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class Unsupported:
    """Why a backend has no code for an op."""

    kind: Literal["not yet", "never"]
    reason: str


class UnsupportedOp(Exception):
    """A backend has no code for an op; `advice` says what to write instead."""

    def __init__(self, kind: str, reason: str, advice: str = "") -> None:
        super().__init__(f"{kind}: {reason}")
        self.kind, self.reason, self.advice = kind, reason, advice


def no_losses(use: Comparison) -> Emitted:
    """Of a backend without losses."""
    raise UnsupportedOp(use.loss.kind(), "no code is written for it")


def _none(name: str, make: py.Expr) -> py.Statement:
    return py.Assign(py.Attribute("self", name), py.literal(None))


def _nothing(x: py.Expr, value: Slot, sizes: tuple[Slot, ...], dtype: str, like: str) -> Emitted:
    return Emitted(py.call("start", x, value, *sizes))


@dataclass(frozen=True)
class Style:
    """How classes look in a framework; everything else about `model.py` is the planner's."""

    module: str
    """Base class of a block: `nn.Module`, `layers.Layer`."""
    model: str
    """Base class of a model: `nn.Module`, `keras.Model`."""
    forward: str
    """`forward` or `call`."""
    typed: bool
    """Whether forward's arguments are annotated with `Tensor`."""
    named_in_chains: bool
    """Whether a layer in a named chain is given its name when it is made (Keras), so that a block
    that stands in one takes and passes on `**kwargs`."""
    lazy: bool
    """Whether a layer makes its weights when it is called first, so that one whose output nothing
    reads must be called all the same."""
    imports: tuple[str, ...]
    """Import lines that every model file may need; unused ones are dropped by name."""
    lists: Callable[[py.Expr], py.Expr]
    """A list of layers from a generator or a list."""
    sequential: Callable[[tuple[tuple[str, py.Expr], ...]], py.Expr]
    """A chain of named layers."""
    dict_inputs: bool
    """Whether several inputs of a model come as one dict."""
    reserved: frozenset[str]
    """Attributes that a class must not have."""
    training: Callable[[Any], bool] = lambda op: False
    """Ops for whose sake a model's forward must take `training`: Keras's `fit` asks for the name
    and passes it on to every layer by itself."""
    helpers: Mapping[str, str] = field(default_factory=dict)
    """Source text of verbatim helpers, by name."""
    identity: Callable[[Any], bool] = lambda op: False
    """Whether an op does nothing, so that no code is written for it."""
    length: Callable[[py.Expr, int], py.Expr] = lambda value, axis: py.call("length", value, axis)
    """The size of an axis of the batch, when the program runs."""
    seed: py.Expr | None = None
    """What makes a generator of random numbers, which a class that draws holds as the attribute
    `seed_generator`; None where the framework has one for all."""
    trains: str = ""
    """How a class says whether it is being trained: an attribute; nothing: by the argument
    `training`."""
    average: Callable[[py.Expr], py.Expr] = lambda value: py.call("mean", value)
    """The mean over all elements of a batch."""
    adds: str = "add_loss"
    """What a class calls with a number that is added to the loss of a training."""
    functional: bool = False
    """Whether a derivative is that of a function: `gradient(lambda x: y, x)`."""
    losses: py.Expr | None = None
    """Where it keeps such numbers, as the attribute `losses`; None where the framework does."""
    object_of: Callable[[Use], py.Expr] = lambda use: py.call("object")
    """The constructor call of a layer that a block takes as an argument, also of one that is
    otherwise written as a function: `nn.ReLU()`, `layers.LeakyReLU(negative_slope=0.2)`."""
    start: Callable[[py.Expr, Slot, tuple[Slot, ...], str, str], Emitted] = _nothing
    """The first value of a state, one for each example of a tensor: its number, its sizes, its
    dtype and that of the tensor."""
    absent: Callable[[str, py.Expr], py.Statement] = _none
    """What stands for a layer that only some instances have, by its name and constructor call,
    before the condition that makes it."""


@dataclass(frozen=True)
class Backend:
    """An entry of the group `dlspec.backends`."""

    name: str
    layers: Mapping[type[Op], Emit]
    unsupported: Mapping[type[Op], Unsupported]
    style: Style
    files: Callable[..., dict[str, str]]
    """`files(program, train)` gives every file of the folder, by its name."""
    compare: Callable[[Comparison], Emitted] = no_losses
    """The code of a loss."""
