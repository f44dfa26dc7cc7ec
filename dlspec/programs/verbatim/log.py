"""What a run leaves beside its weights: its metrics, and what it was made of."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dlspec.programs.verbatim.store import CheckpointError, write_whole


def log(path: Path, record: Mapping[str, Any]) -> None:
    """Adds a line of JSON. What is not a finite number is null."""
    plain = {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in record.items()
    }
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(plain) + "\n")


def rewind(path: Path, epoch: int) -> None:
    """Drops what a killed run logged after its checkpoint."""
    if path.exists():
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        whole = [line for line in lines if line.endswith("\n")]
        kept = [line for line in whole if json.loads(line)["epoch"] <= epoch]
        write_whole(path, "".join(kept).encode())


def write_lock(path: Path, facts: Mapping[str, Any], epoch: int) -> None:
    """Writes what a run is made of, so that it can be made again.

    Raises CheckpointError if the epochs so far were of other data.
    """
    if epoch and path.exists():
        try:
            before = json.loads(path.read_text(encoding="utf-8"))["data"]["hash"]
        except (ValueError, KeyError, TypeError) as error:
            raise CheckpointError(f"{path} is damaged, or no lock file") from error
        if before != facts["data"]["hash"]:
            others = "the data are not those that the run began with"
            raise CheckpointError(f"{others}; --overwrite starts again")
    text = json.dumps({"format": 1, **facts}, indent=2, sort_keys=True)
    write_whole(path, text.encode() + b"\n")
