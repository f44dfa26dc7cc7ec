"""`checkpoint.py` of a program."""

from __future__ import annotations

from collections import Counter

from dlspec.backend.protocol import Use
from dlspec.emit import python as py
from dlspec.ir.model import Apply, Net, layers
from dlspec.ops.group_norm import InstanceNorm
from dlspec.ops.kernel_norm import Normed
from dlspec.ops.norm import BatchNorm
from dlspec.ops.raw import Raw
from dlspec.ops.recurrence import Recurrent
from dlspec_keras.case import Case
from dlspec_keras.layers import LAYERS
from dlspec_keras.layers.kernel_norm import LAYERS as LAYERS_OF_NORMS
from dlspec_keras.optimizers import slots
from dlspec_keras.pieces import Fills, program, template

TRANSPOSED = frozenset({"ConvTranspose1D", "ConvTranspose2D", "ConvTranspose3D"})
SHAPED = frozenset(
    {"DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv1D", "SeparableConv2D", "PReLU"}
)
"""Kinds that have a weight with another number of axes in Keras."""

DOC = "Checkpoints of a Keras run, under names that every backend reads."


def checkpoint_file(case: Case) -> str:
    """The text of `checkpoint.py`: it offers `initialise`, `save`, `load` and `sublayers`, and
    `seed_dropout` where the model has dropout."""
    comment = "the optimizer's own names"
    if case.several:
        comment = "the optimizers' own names"
        named = {s.name: s.optimizer for s, _ in case.rounds if s.optimizer is not None}
        found = {name: slots(o) for name, o in (named or case.train.optimizers).items()}
        own = py.Assign("SLOTS_OF", py.literal(found), comment)
    else:
        own = py.Assign("SLOTS", py.literal(dict(case.slots)), comment)
    fills: Fills = {"slots": [own], "slots_of": [own], "calls": [calls(case)]}
    return program(DOC, template("checkpoint", features(case), fills))


def calls(case: Case) -> py.Statement:
    """How often a layer that draws was called in so many steps, at most."""
    drawn = (layer for layer in layers(case.model) if layer.apply.op.draws)
    used = Counter(n.name if n.apply.module else n.name.rpartition(".")[0] for n in drawn)
    uses = sum(isinstance(f, Net) for f in case.within) if case.train.graphs else 1
    own = sum(isinstance(f, Apply) and f.op.draws for f in case.within)
    most = max(uses * max(used.values(), default=1), own)
    if most == 1:
        return py.Assign("calls", "run.step")
    return py.Assign("calls", f"{most} * run.step", "a step may use a layer again")


def features(case: Case) -> set[str]:
    """What the template is asked for."""
    found = set(case.kinds - TRANSPOSED - {"BatchNorm", "InstanceNorm"})
    found |= {"Embedding"} if "EmbeddingBag" in found else set()
    found |= {"rounds"} if case.rounds else {"plain_run"}
    found |= {"named"} if case.several else set()
    found |= {"mixed", "kept"} if case.mixed else set()
    found |= {"slots", "kept"} if not case.several and case.slots else set()
    found |= {"shaped"} if case.kinds & SHAPED else set()
    found |= {"dropout"} if case.draws else set()
    found |= {"Dense"} if "MultiHeadAttention" in case.kinds else set()
    found |= {"constrained"} if case.model.constraints else set()
    found |= {"sampled"} if case.samples(training=True) else set()
    found |= {"freezes"} if case.train.freezes else set()
    found |= {"sequential"} if case.sequential else set()
    found |= {"lists"} if case.listed else set()
    found |= {"raw"} if any(isinstance(a.op, Raw) and a.op.weights() for a in case.ops) else set()
    for apply in case.ops:
        if isinstance(apply.op, BatchNorm | InstanceNorm):
            found.add("BatchNorm" if apply.op.running_stats else "GroupNorm")
        if isinstance(apply.op, Normed) and apply.op.norm is not None:
            found |= {"normed", "shaped", LAYERS_OF_NORMS[apply.op.norm]}
        if isinstance(apply.op, Recurrent):
            gru = apply.op.kind().endswith("GRU")
            found |= {"recurrent", "gru" if gru else "plain"}
            found |= {"projected"} if getattr(apply.op, "projection", None) else set()
            found |= {"state_dropout"} if apply.op.recurrent_dropout else set()
            found |= {"before"} if getattr(apply.op, "reset", "after") == "before" else set()
            found.add(form(apply))
        if apply.op.kind() in TRANSPOSED:
            found.add("spread" if made(apply) == "ConvTranspose" else apply.op.kind())
    return found


def form(apply: Apply) -> str:
    """How a recurrent layer stands in the model: `single`, `two_ways` or `stacked`."""
    forms = {"Recurrent": "stacked", "layers.Bidirectional": "two_ways"}
    return forms.get(made(apply), "single")


def made(apply: Apply) -> str:
    """The class that a layer is an object of."""
    x = tuple(f.types[0] for f in apply.inputs)
    named = {n: f.types[0] for n, f in apply.named.items()}
    use = Use(apply.op, x, named, apply.types, apply.origins, apply.channels_last)
    make = LAYERS[type(apply.op)](use).make
    if isinstance(make, py.Call) and make.callee in LAYERS_OF_NORMS.values():
        make = make.args[0].value
    return str(make.callee) if isinstance(make, py.Call) else ""
