"""What every run needs and no framework has a say in."""

import fcntl
import json
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from weights import CheckpointError, write_whole

BEST = "lowest val.loss"  # what makes an epoch the best


@dataclass
class Run:
    """Where a run stands.

    Every draw is a function of (seed, step), so this and the weights are all there is.
    """

    seed: int
    epoch: int = 0
    step: int = 0
    best: float = math.inf
    wait: int = 0
    measure: str = BEST  # what `best` is

    def improved(self, value: float) -> bool:
        """Counts an epoch that ended with this value; says whether it is the best."""
        self.epoch += 1
        self.wait += 1
        if value < self.best:
            self.best, self.wait = value, 0
        return self.wait == 0

    def resume(self) -> None:
        """Seeks the best anew where the run was measured otherwise until now."""
        if self.measure != BEST:
            measures = f"by the {BEST}, no more by the {self.measure}"
            print("the best epoch is sought anew,", measures, flush=True)
            self.best, self.wait, self.measure = math.inf, 0, BEST


def rates(peak: float, steps: int, per_epoch: int) -> np.ndarray:
    """warmup(1 epoch) -> cosine(to=0): one learning rate for each step."""
    return np.concatenate(
        [warmup(peak, per_epoch), cosine(peak, steps - per_epoch, to=0.0)]
    )[:steps]


def warmup(peak: float, steps: int) -> np.ndarray:
    """A straight rise, which is at the peak in its last step."""
    return peak * np.arange(1, steps + 1) / steps


def cosine(peak: float, steps: int, to: float) -> np.ndarray:
    """Half a cosine: the peak in the first step, `to` one step after the last."""
    return to + (peak - to) * (1 + np.cos(math.pi * np.arange(steps) / steps)) / 2


def ended(run: Run, epochs: int) -> str:
    """Why a run is at its end, and what lets it go on; nothing where it is not."""
    if run.epoch >= epochs:
        return f"the run has {run.epoch} of {epochs} epochs; a greater --epochs goes on"
    return ""


def scores(
    outputs: dict[str, np.ndarray], rows: dict[str, np.ndarray]
) -> dict[str, Any]:
    """The metrics of a whole set, by their names."""
    table = confusion(rows["label"], outputs["logits"].argmax(1), 10)
    return {
        "accuracy": accuracy(table),
    }


def confusion(label: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """How many of each class (rows) were taken for which (columns)."""
    pairs = classes * label.ravel() + predicted.ravel()
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def accuracy(table: np.ndarray) -> float:
    """The share that is right."""
    return float(table.trace() / table.sum())


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Keeps other processes from training in a folder. Raises CheckpointError."""
    folder.mkdir(parents=True, exist_ok=True)
    held = os.open(folder, os.O_RDONLY)
    try:
        if "DLSPEC_CLAIMED" not in os.environ and not locked(held):
            raise CheckpointError(f"another process trains in {folder}")
        yield
    finally:
        os.close(held)


def locked(descriptor: int) -> bool:
    """Whether no other process holds a folder, as far as its file system tells."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return not isinstance(error, BlockingIOError)
    return True


def restored(path: Path, facts: Mapping[str, Any]) -> Run:
    """Where the run of a checkpoint stands. Raises CheckpointError."""
    known = {f.name: f.type for f in fields(Run)}
    wrong = [n for n, value in facts.items() if type(value) is not known.get(n)]
    if wrong or "seed" not in facts:
        raise CheckpointError(f"{path} does not say where its run stands")
    return Run(**facts)


def log(path: Path, record: Mapping[str, Any]) -> None:
    """Adds a line of JSON. What is not a finite number is null."""
    plain = {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in record.items()
    }
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(plain) + "\n")


def rewind(path: Path, epoch: int) -> None:
    """Drops what a killed run logged after its checkpoint, and damaged lines."""
    if not path.exists():
        return
    kept, lines = b"", path.read_bytes().split(b"\n")
    for number, line in enumerate(lines[:-1], start=1):
        try:
            kept += line + b"\n" if json.loads(line)["epoch"] <= epoch else b""
        except (ValueError, KeyError, TypeError):
            print(f"{path}, line {number} is damaged, and left out", flush=True)
    write_whole(path, kept)


def write_lock(path: Path, facts: Mapping[str, Any], epoch: int) -> None:
    """Writes what a run is made of, so that it can be made again.

    Raises CheckpointError if the epochs so far were of other data.
    """
    if epoch and path.exists():
        try:
            known = json.loads(path.read_text(encoding="utf-8"))
            found, before = known["format"], known["data"]["hash"]
        except (ValueError, KeyError, TypeError) as error:
            raise CheckpointError(f"{path} is damaged, or no lock file") from error
        if found != 1:
            raise CheckpointError(f"{path} has format {found}; this program reads 1")
        if before != facts["data"]["hash"]:
            others = "the data are not those that the run began with"
            raise CheckpointError(f"{others}; --overwrite starts again")
    text = json.dumps({"format": 1, **facts}, indent=2, sort_keys=True)
    write_whole(path, text.encode() + b"\n")
