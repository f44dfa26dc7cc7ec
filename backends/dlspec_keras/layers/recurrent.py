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
    projected = is_projected(use)
    if two_ways and projected:
        return stacked(kind, use)
    make = py.call(
        "ProjectedLSTM" if projected else f"layers.{kind}",
        use.field("units"),
        **own(kind, use),
        use_bias=use.field("bias").or_default(True),
        **returns,
    )
    if two_ways:
        merge = use.field("merge").or_default("concat")
        made = py.call("layers.Bidirectional", make, merge_mode=merge)
        return called(use, made)
    helpers = ("ProjectedLSTM", "ProjectedLSTMCell") if projected else ()
    if not given:
        return called(use, make, helpers)
    states = tuple(Hole(name) for name in op.states)
    start = states[0] if len(states) == 1 else py.List(states)
    return called(use, make, helpers, initial_state=start)


def is_projected(use: Use) -> bool:
    return getattr(use.op, "projection", None) is not None


def called(use: Use, make: py.Expr, helpers: tuple[str, ...] = (), **states: py.Expr) -> Emitted:
    """The call of a layer; where rows differ in length, it ends where each does."""
    if "lengths" not in use.named:
        return Emitted(py.call(SELF, X[0], **states), make, helpers)
    call = py.call("padded_steps", SELF, X[0], Hole("lengths"), **states)
    return Emitted(call, make, (*helpers, "padded_steps", "sequence_mask"))


def own(kind: str, use: Use) -> dict[str, Slot]:
    """The arguments that say what a step does."""
    op = use.op
    found = {"activation": use.fixed(op.activation or "linear").or_default("tanh")}
    if kind != "SimpleRNN":
        gates = use.fixed(op.recurrent_activation or "linear")
        found["recurrent_activation"] = gates.or_default("sigmoid")
    if kind == "GRU":
        found["reset_after"] = use.fixed(op.reset == "after").or_default(True)
    if is_projected(use):
        found = {"projection": use.field("projection"), **found}
    return found | {"recurrent_dropout": use.field("recurrent_dropout").or_default(0.0)}


def stacked(kind: str, use: Use) -> Emitted:
    op = use.op
    projected = is_projected(use)
    cell: py.Expr = py.Code("ProjectedLSTM" if projected else f"layers.{kind}")
    options = own(kind, use)
    drops = {"recurrent_dropout"} if use.drops("recurrent_dropout") else set()
    options = {n: s for n, s in options.items() if n in drops or s.value != s.default}
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
    cells = ("ProjectedLSTM", "ProjectedLSTMCell") if projected else ()
    found = called(use, make, ("Recurrent", *cells), **states)
    return Emitted(found.call, make, found.helpers, imports)


LAYERS: dict[type[Op], Emit] = {
    SimpleRNN: partial(recurrent, "SimpleRNN"),
    BiSimpleRNN: partial(recurrent, "SimpleRNN"),
    LSTM: partial(recurrent, "LSTM"),
    GRU: partial(recurrent, "GRU"),
    BiLSTM: partial(recurrent, "LSTM"),
    BiGRU: partial(recurrent, "GRU"),
}
