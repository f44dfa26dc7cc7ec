"""`checkpoint.py` of a program."""

from __future__ import annotations

from dlspec.backend.protocol import Use
from dlspec.emit import python as py
from dlspec.ir.model import Apply
from dlspec.ops.recurrence import Recurrent
from dlspec_keras.case import Case
from dlspec_keras.layers import LAYERS
from dlspec_keras.pieces import program, template

DOC = "Checkpoints of a Keras run, under names that every backend reads."


def checkpoint_file(case: Case) -> str:
    """The text of `checkpoint.py`: it offers `initialise`, `save`, `load` and `sublayers`, and
    `seed_dropout` where the model has dropout."""
    comment = "the optimizer's own names"
    own = py.Assign("SLOTS", py.literal(dict(case.slots)), comment)
    return program(DOC, template("checkpoint", features(case), {"slots": [own]}))


def features(case: Case) -> set[str]:
    """What the template is asked for."""
    found = set(case.kinds)
    found |= {"slots"} if case.slots else set()
    found |= {"shaped"} if case.kinds & {"DepthwiseConv2D", "PReLU"} else set()
    found |= {"dropout"} if case.draws else set()
    found |= {"sequential"} if case.sequential else set()
    found |= {"lists"} if case.listed else set()
    for apply in case.ops:
        if isinstance(apply.op, Recurrent):
            found |= {"recurrent", "gru" if apply.op.kind().endswith("GRU") else "lstm"}
            found.add(form(apply))
    return found


def form(apply: Apply) -> str:
    """How a recurrent layer stands in the model: `single`, `two_ways` or `stacked`."""
    x = tuple(f.types[0] for f in apply.inputs)
    named = {n: f.types[0] for n, f in apply.named.items()}
    make = LAYERS[type(apply.op)](Use(apply.op, x, named, apply.types, {})).make
    kind = str(make.callee) if isinstance(make, py.Call) else ""
    return {"Recurrent": "stacked", "layers.Bidirectional": "two_ways"}.get(kind, "single")
