"""How classes look in Keras, and the verbatim helpers of `model.py`."""

from __future__ import annotations

from typing import Any

from dlspec.backend.protocol import Emitted, Slot, Style
from dlspec.elaborate.reserved import ATTRIBUTES
from dlspec.emit import python as py
from dlspec.programs.library import texts
from dlspec_keras.layers.choosing import DTYPES
from dlspec_keras.layers.common import as_float, length
from dlspec_keras.objects import object_of
from dlspec_keras.pieces import template


def helpers() -> dict[str, str]:
    """The definitions of `verbatim/model.py` and `verbatim/functions.py`."""
    return texts(template("model")) | texts(template("functions"))


def lists(layers: py.Expr) -> py.Expr:
    """Keras tracks plain lists."""
    if isinstance(layers, py.Generator):
        fields = (layers.element, layers.target, layers.iterable, layers.conditions, layers.inner)
        return py.ListComp(*fields)
    return layers


def sequential(layers: tuple[tuple[str, py.Expr], ...]) -> py.Expr:
    """The names are those by which a checkpoint finds the layers."""
    named = []
    for name, made in layers:
        if not isinstance(made, py.Call):
            raise TypeError(f"{name} is not made by a call: {made}")
        named.append(py.Call(made.callee, (*made.args, py.Arg(py.literal(name), "name"))))
    return py.call("keras.Sequential", py.List(tuple(named)))


def identity(op: Any) -> bool:
    """Whether an op changes nothing, ever."""
    from dlspec.ops.activation import Identity
    from dlspec.ops.only_training import OnlyTraining

    return isinstance(op, Identity) or (isinstance(op, OnlyTraining) and not op.draws)


def training(op: Any) -> bool:
    """Whether an op does something else in training."""
    return bool(op.keeps_statistics or op.draws)


def average(value: py.Expr) -> py.Expr:
    return py.call("ops.mean", value)


def start(x: py.Expr, value: Slot, sizes: tuple[Slot, ...], dtype: str, like: str) -> Emitted:
    """In the type that layers compute in, since the next ones are."""
    shape = py.Tuple((length(x, 0), *sizes))
    named = {} if dtype == "f32" else {"dtype": py.literal(DTYPES[dtype])}
    if value.value == 0:
        made = py.call("ops.zeros", shape, **named)
    else:
        made = py.call("ops.full", shape, value, **named)
    return as_float(made) if dtype == "f32" else Emitted(made)


STYLE = Style(
    module="layers.Layer",
    model="keras.Model",
    forward="call",
    typed=False,
    named_in_chains=True,
    lazy=True,
    imports=("import keras", "from keras import layers, ops"),
    lists=lists,
    sequential=sequential,
    dict_inputs=True,
    reserved=ATTRIBUTES,
    training=training,
    helpers=helpers(),
    identity=identity,
    object_of=object_of,
    length=length,
    average=average,
    functional=True,
    adds="self.add_loss",
    start=start,
    seed=py.call("keras.random.SeedGenerator"),
)
