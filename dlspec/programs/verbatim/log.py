"""What a run leaves beside its weights: its metrics, and what it was made of."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dlspec.programs.verbatim.store import write_whole


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


def write_lock(path: Path, facts: Mapping[str, Any]) -> None:
    """Writes what a run was made of, so that it can be made again."""
    text = json.dumps({"format": 1, **facts}, indent=2, sort_keys=True)
    write_whole(path, text.encode() + b"\n")
