"""`checkpoint.py` of a program."""

from __future__ import annotations

from dlspec.emit import python as py
from dlspec_torch.case import Case
from dlspec_torch.optimizers import slots
from dlspec_torch.sections import chosen


def checkpoint_file(case: Case) -> str:
    """The text of `checkpoint.py`: it offers `initialise`, `save` and `load`."""
    if case.rounds:
        return of_rounds(case)
    words = {
        "slots": bool(case.slots) and not case.mixed,
        "mixed": case.mixed,
        "plain": not case.slots,
        "statistics": counts_batches(case),
        "idle": case.idle,
        "counts": case.counts,
        "freezes": case.train.freezes,
        "some": case.mixed or (case.rests and bool(case.slots)),
    }
    own = py.Assign("SLOTS", py.literal(dict(case.slots)), "PyTorch's names, and the neutral ones")
    if case.mixed:
        found = {name: slots(optimizer) for name, optimizer in case.train.optimizers.items()}
        own = py.Assign("SLOTS_OF", py.literal(found))
    text = py.Module("", (), [own]).render().strip()
    counted = ", waited" if case.train.freezes and case.counts else ""
    imported = f"from recipe import Run, restored{counted}"
    of = "learned(model, optimizer)" if case.rests else "model.named_parameters()"
    each = f"for name, parameter in {of}:"
    fills = {"slots": text, "mixed": text, "recipe": imported, "each": each}
    return chosen("checkpoint.py", {w for w, here in words.items() if here}, fills)


def counts_batches(case: Case) -> bool:
    """Whether a layer has PyTorch's count of the batches that it has seen, which no one reads."""
    return any(getattr(apply.op, "running_stats", False) for apply in case.ops)


def of_rounds(case: Case) -> str:
    """That of a run with several steps, which keeps the optimizer of each."""
    found = {s.name: slots(s.optimizer) for s, _ in case.rounds if s.optimizer is not None}
    own = py.Assign("SLOTS_OF", py.literal(found))
    text = py.Module("", (), [own]).render().strip()
    fills = {"rounds": text, "recipe": "from recipe import Run, restored, updates_of"}
    words = {"rounds", "some", *(["statistics"] if counts_batches(case) else [])}
    if case.train.freezes:
        words.add("freezes")
        fills["recipe"] += ", waited"
    return chosen("checkpoint.py", words, fills)
