"""Where a run stands, as the header of a checkpoint tells without reading its weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def standing(path: Path) -> dict[str, Any]:
    """`epoch`, `step`, `best` and the like of a safetensors file that a program wrote.

    Nothing where the file is not there, or none of ours: whoever reads its weights says why.
    """
    try:
        with path.open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            if size > path.stat().st_size:
                return {}
            header = json.loads(file.read(size))
        found: dict[str, Any] = json.loads(header["__metadata__"]["dlspec"])
        whole = type(found["epoch"]) is int and type(found.get("best", 0.0)) is float
        return found if whole else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
