"""How classes look in PyTorch, and the verbatim helpers of `model.py`."""

from __future__ import annotations

from typing import Any

from dlspec.backend.protocol import Emitted, Slot, Style
from dlspec.elaborate.reserved import ATTRIBUTES
from dlspec.emit import python as py
from dlspec_torch.helpers import HELPERS
from dlspec_torch.layers.common import DTYPES, length, method
from dlspec_torch.objects import object_of


def _lists(layers: py.Expr) -> py.Expr:
    return py.call("nn.ModuleList", layers)


def _sequential(layers: tuple[tuple[str, py.Expr], ...]) -> py.Expr:
    named = tuple(py.Arg(layer, name) for name, layer in layers)
    return py.call("nn.Sequential", py.Call("OrderedDict", named))


def _identity(op: Any) -> bool:
    from dlspec.ops.activation import Identity
    from dlspec.ops.only_training import OnlyTraining

    return isinstance(op, Identity) or (isinstance(op, OnlyTraining) and not op.draws)


def _absent(name: str, make: py.Expr) -> py.Statement:
    """PyTorch makes no buffer of what was another attribute before."""
    if isinstance(make, py.Call) and make.callee == "nn.Buffer":
        return py.Do(py.call("self.register_buffer", py.literal(name), py.literal(None)))
    return py.Assign(py.Attribute("self", name), py.literal(None))


def _average(value: py.Expr) -> py.Expr:
    return py.call(py.Attribute(value, "mean"))


def _start(x: py.Expr, value: Slot, sizes: tuple[Slot, ...], dtype: str, like: str) -> Emitted:
    named = {} if dtype == like else {"dtype": DTYPES[dtype]}
    shape = (length(x, 0), *sizes)
    if value.value == 0:
        return Emitted(method(x, "new_zeros", *shape, **named))
    return Emitted(method(x, "new_full", py.Tuple(shape), value, **named))


STYLE = Style(
    module="nn.Module",
    model="nn.Module",
    forward="forward",
    typed=True,
    named_in_chains=False,
    lazy=False,
    imports=(
        "from collections import OrderedDict",
        "import torch",
        "import torch.nn.functional as F",
        "from torch import Tensor, nn",
    ),
    lists=_lists,
    sequential=_sequential,
    dict_inputs=False,
    reserved=ATTRIBUTES,
    helpers=HELPERS,
    identity=_identity,
    object_of=object_of,
    start=_start,
    absent=_absent,
    length=length,
    average=_average,
    trains="training",
    adds="self.losses.append",
    losses=py.List(()),
)
