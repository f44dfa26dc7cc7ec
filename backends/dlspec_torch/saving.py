"""`checkpoint.py` of a program."""

from __future__ import annotations

from dlspec.emit import python as py
from dlspec_torch.case import Case
from dlspec_torch.optimizers import slots
from dlspec_torch.sections import chosen


def checkpoint_file(case: Case) -> str:
    """The text of `checkpoint.py`: it offers `initialise`, `save` and `load`."""
    words = {
        "slots": bool(case.slots) and not case.several,
        "several": case.several,
        "rounds": bool(case.rounds),
        "mixed": case.mixed,
        "plain": not case.slots and not case.several,
        "statistics": counts_batches(case),
        "idle": case.idle,
        "counts": case.counts,
        "freezes": case.train.freezes,
        "some": case.several or (case.rests and bool(case.slots)),
    }
    own = py.Assign("SLOTS", py.literal(dict(case.slots)), "PyTorch's names, and the neutral ones")
    if case.several:
        named = {s.name: s.optimizer for s, _ in case.rounds if s.optimizer is not None}
        found = {key: slots(o) for key, o in (named or case.train.optimizers).items()}
        own = py.Assign("SLOTS_OF", py.literal(found))
    text = py.Module("", (), [own]).render().strip()
    imported = ["Run", "restored"]
    imported += ["updates_of"] if case.rounds else []
    imported += ["waited"] if case.train.freezes and (case.counts or case.several) else []
    of = "learned(model, optimizer)" if case.rests else "model.named_parameters()"
    fills = {
        "slots": text,
        "several": text,
        "recipe": f"from recipe import {', '.join(imported)}",
        "each": f"for name, parameter in {of}:",
    }
    return chosen("checkpoint.py", {w for w, here in words.items() if here}, fills)


def counts_batches(case: Case) -> bool:
    """Whether a layer has PyTorch's count of the batches that it has seen, which no one reads."""
    return any(getattr(apply.op, "running_stats", False) for apply in case.ops)
