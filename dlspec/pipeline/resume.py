"""Whether a run can go on with a spec."""

from __future__ import annotations

from pathlib import Path

from dlspec.diagnostics import SpecError
from dlspec.diagnostics.folders import OtherSpec
from dlspec.ir.document import meaning, program_hash
from dlspec.ir.program import Program
from dlspec.pipeline.record import RECORD, read_record

LAST, BEST = CHECKPOINTS = ("last.safetensors", "best.safetensors")

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


def holds_run(out: Path) -> bool:
    """Whether a folder has weights that were trained."""
    return any((out / name).exists() for name in CHECKPOINTS)


def check_spec(out: Path, program: Program, train: str) -> None:
    """Whether the run in a folder can go on with this program. Raises SpecError."""
    if not (out / RECORD).exists():
        return
    record = read_record(out)
    if (program_hash(program), train) == (record.hash, record.train):
        return  # whatever became of the folder's `spec.dls`
    try:
        old = record.written()
    except SpecError:
        raise SpecError(OtherSpec(None, out.as_posix(), ())) from None
    found = differences(old, record.train, program, train)
    if found:
        raise SpecError(OtherSpec(None, out.as_posix(), found))
