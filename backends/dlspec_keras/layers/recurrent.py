"""Recurrent layers: Keras's own where they do what the op says, else the helper `Recurrent`."""

from __future__ import annotations

from functools import partial

from dlspec.backend.protocol import SELF, Emit, Emitted, Hole, Slot, Use, X
from dlspec.emit import python as py
from dlspec.ops.base import Op
from dlspec.ops.recurrent import GRU, LSTM, BiGRU, BiLSTM, BiSimpleRNN, SimpleRNN

NATIVE = {
    ("last",): {},
    ("all",): {"return_sequences": True},
    ("last", "state"): {"return_state": True},
    ("all", "state"): {"return_sequences": True, "return_state": True},
}
"""What Keras returns, and how it is asked to."""


def recurrent(kind: str, use: Use) -> Emitted:
    op = use.op
    two_ways = op.directions == 2
    returns = NATIVE.get(op.returns)
    given = set(use.named) - {"lengths"}
    if op.layers > 1 or returns is None or (given and given != set(op.states)):
        return stacked(kind, use)
    if two_ways and (given or "state" in op.returns):
        return stacked(kind, use)
    make = py.call(
        f"layers.{kind}",
        use.field("units"),
        **own(kind, use),
        use_bias=use.field("bias").or_default(True),
        **returns,
    )
    if two_ways:
        merge = use.field("merge").or_default("concat")
        made = py.call("layers.Bidirectional", make, merge_mode=merge)
        return called(use, made)
    if not given:
        return called(use, make)
    states = tuple(Hole(name) for name in op.states)
    start = states[0] if len(states) == 1 else py.List(states)
    return called(use, make, initial_state=start)


def called(use: Use, make: py.Expr, **states: py.Expr) -> Emitted:
    """The call of a layer; where rows differ in length, it ends where each does."""
    if "lengths" not in use.named:
        return Emitted(py.call(SELF, X[0], **states), make)
    call = py.call("padded_steps", SELF, X[0], Hole("lengths"), **states)
    return Emitted(call, make, ("padded_steps", "sequence_mask"))


def own(kind: str, use: Use) -> dict[str, Slot]:
    """The arguments of one kind alone."""
    if kind == "SimpleRNN":
        return {"activation": use.field("activation").or_default("tanh")}
    if kind == "GRU":
        return {"reset_after": use.fixed(use.op.reset == "after").or_default(True)}
    return {}


def stacked(kind: str, use: Use) -> Emitted:
    op = use.op
    cell: py.Expr = py.Code(f"layers.{kind}")
    options = {n: s for n, s in own(kind, use).items() if s.value != s.default}
    if options:
        cell = py.call("partial", cell, **options)
    returns = op.returns[0] if len(op.returns) == 1 else op.returns
    make = py.call(
        "Recurrent",
        cell,
        use.field("units"),
        returns=use.fixed(returns).or_default("last"),
        count=use.field("layers").or_default(1),
        two_ways=use.fixed(op.directions == 2).or_default(False),
        **({"merge": use.field("merge").or_default("concat")} if op.directions == 2 else {}),
        use_bias=use.field("bias").or_default(True),
        dropout=use.field("dropout").or_default(0.0),
    )
    states = {name: Hole(name) for name in op.states if name in use.named}
    imports = ("from functools import partial",) if options else ()
    found = called(use, make, **states)
    return Emitted(found.call, make, ("Recurrent", *found.helpers), imports)


LAYERS: dict[type[Op], Emit] = {
    SimpleRNN: partial(recurrent, "SimpleRNN"),
    BiSimpleRNN: partial(recurrent, "SimpleRNN"),
    LSTM: partial(recurrent, "LSTM"),
    GRU: partial(recurrent, "GRU"),
    BiLSTM: partial(recurrent, "LSTM"),
    BiGRU: partial(recurrent, "GRU"),
}
