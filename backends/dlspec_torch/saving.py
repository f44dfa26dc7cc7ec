"""`checkpoint.py` of a program."""

from __future__ import annotations

from dlspec.emit import python as py
from dlspec_torch.case import Case
from dlspec_torch.sections import chosen


def checkpoint_file(case: Case) -> str:
    """The text of `checkpoint.py`: it offers `initialise`, `save` and `load`."""
    words = {
        "slots": bool(case.slots),
        "statistics": "BatchNorm" in case.kinds,
        "idle": case.idle,
        "counts": case.counts,
        "freezes": case.train.freezes,
    }
    own = py.Assign("SLOTS", py.literal(dict(case.slots)), "PyTorch's names, and the neutral ones")
    text = py.Module("", (), [own]).render().strip()
    counted = ", updates" if case.train.freezes else ""
    imported = f"from recipe import Run, restored{counted}"
    fills = {"slots": text, "recipe": imported}
    return chosen("checkpoint.py", {w for w, here in words.items() if here}, fills)
