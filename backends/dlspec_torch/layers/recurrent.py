"""Recurrent layers. LSTM and SimpleRNN have one bias, where PyTorch adds two. The helper
`Recurrent` is what torch.compile takes, and draws the dropout between layers from a seed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from dlspec.backend.protocol import SELF, Emit, Emitted, Hole, Slot, Use, X
from dlspec.emit import python as py
from dlspec.ops.base import Op
from dlspec.ops.recurrent import GRU, LSTM, BiGRU, BiLSTM, BiSimpleRNN, SimpleRNN
from dlspec_torch.layers.common import method

FUNCTIONS = {
    "tanh": "torch.tanh",
    "relu": "torch.relu",
    "sigmoid": "torch.sigmoid",
    "hard_sigmoid": "F.hardsigmoid",
    "softsign": "F.softsign",
    "elu": "F.elu",
    "selu": "F.selu",
    "silu": "F.silu",
    None: "nn.Identity()",
}
"""What computes an activation."""


def recurrent(kind: str, use: Use) -> Emitted:
    op = use.op
    padded = "lengths" in use.named
    stepwise = op.unrolled or use.drops("recurrent_dropout")
    own = "Recurrent"
    if stepwise:
        own = "ResetBefore" if kind == "GRU" and op.reset == "before" else f"Stepwise{kind}"
    mode = kind
    if kind == "RNN":
        mode = "RNN_RELU" if op.activation == "relu" else "RNN_TANH"
    make: py.Expr = py.call(
        own,
        mode,
        use.size("in_features"),
        use.field("units"),
        **(by_steps(use) if stepwise else {}),
        num_layers=use.field("layers").or_default(1),
        bias=use.field("bias").or_default(True),
        batch_first=True,
        dropout=use.field("dropout").or_default(0.0),
        bidirectional=use.fixed(op.directions == 2).or_default(False),
        **({"proj_size": use.field("projection").or_default(None)} if kind == "LSTM" else {}),
    )
    helpers: tuple[str, ...] = ("Recurrent", "Stepwise", own) if stepwise else (own,)
    if op.bias and len(op.biases) == 1:
        make, helpers = py.call("one_bias", make), (*helpers, "one_bias")
    result = py.call(SELF, X[0], *_start(use))
    if padded:
        result = py.call("padded_steps", SELF, X[0], Hole("lengths"), *_start(use))
        helpers = (*helpers, "padded_steps", "taken")
    kinds = py.literal(op.returns)
    if op.given != (op.merged,):
        call: py.Expr = py.call("merged", result, kinds, use.field("merge"))
        if len(use.y) == 1:
            call = py.Index(call, py.literal(0))
        return Emitted(call, make, (*helpers, "returned", "merged"))
    if len(use.y) == 1:
        return Emitted(_one(use, result), make, helpers)
    directions = use.fixed(op.directions).or_default(1)
    call = py.call("returned", result, kinds, directions=directions)
    return Emitted(call, make, (*helpers, "returned"))


def by_steps(use: Use) -> dict[str, py.Expr | Slot]:
    """The arguments of a layer that goes from step to step."""
    op = use.op
    given: dict[str, py.Expr | Slot] = {}
    if op.activation != "tanh":
        given["activation"] = py.Code(FUNCTIONS[op.activation])
    if getattr(op, "recurrent_activation", "sigmoid") != "sigmoid":
        given["gate"] = py.Code(FUNCTIONS[op.recurrent_activation])
    given["recurrent_dropout"] = use.field("recurrent_dropout").or_default(0.0)
    given["fused"] = use.fixed(not op.unfused).or_default(False)
    return given


def _one(use: Use, result: py.Expr) -> py.Expr:
    """The only output that is asked for, of (all steps, state)."""
    op = use.op
    steps = py.Index(result, py.literal(0))
    if op.returns == ("all",):
        return steps
    if op.returns == ("last",) and op.directions == 1 and "lengths" not in use.named:
        return py.Index(steps, py.Tuple((py.Slice(), py.literal(-1))))
    h: py.Expr = py.Index(result, py.literal(1))
    if "c" in op.states:
        h = py.Index(h, py.literal(0))
    if op.returns == ("state",):
        return method(h, "transpose", 0, 1) if use.y[0].rank > 1 else py.Index(h, py.literal(0))
    if op.layers > 1:
        h = py.Index(h, py.Slice(py.literal(-2)))
    return py.call("torch.cat", method(h, "unbind"), dim=1)


def _start(use: Use) -> tuple[py.Expr, ...]:
    """The first state, where it is given: PyTorch has the layers in front of the batch."""
    if "h" not in use.named:
        return ()
    h = _layers_first(use, "h")
    return (py.Tuple((h, _layers_first(use, "c"))),) if "c" in use.op.states else (h,)


def _layers_first(use: Use, name: str) -> py.Expr:
    state = Hole(name)
    if use.named[name].rank > 1:
        # cuDNN refuses other strides, torch.export's loop too
        return method(method(state, "transpose", 0, 1), "contiguous")
    return py.Index(state, py.literal(None))


LAYERS: Mapping[type[Op], Emit] = {
    SimpleRNN: partial(recurrent, "RNN"),
    BiSimpleRNN: partial(recurrent, "RNN"),
    LSTM: partial(recurrent, "LSTM"),
    BiLSTM: partial(recurrent, "LSTM"),
    GRU: partial(recurrent, "GRU"),
    BiGRU: partial(recurrent, "GRU"),
}
