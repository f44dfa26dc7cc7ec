"""Whether a run can go on with a spec."""

from __future__ import annotations

from dlspec.ir.document import meaning
from dlspec.ir.program import Program

FREE = frozenset({"name", "epochs", "steps", "metrics", "early_stop"})
"""What a run may go on with another of."""


def differences(old: Program, old_train: str, new: Program, new_train: str) -> tuple[str, ...]:
    """What two programs do not train alike: `data`, `model`, or settings of `train`."""
    before, after = old.trains[old_train], new.trains[new_train]
    found = []
    if meaning(old.data[before.data]) != meaning(new.data[after.data]):
        found.append("data")
    if meaning(old.trained[old_train]) != meaning(new.trained[new_train]):
        found.append("model")
    was, now = meaning(before), meaning(after)
    settings = [name for name in was if name not in FREE | {"data", "model"}]
    return (*found, *(name for name in settings if was[name] != now[name]))
