"""Rows of a data set, as a spec names them: `digits.train[:256]`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Part = Literal["train", "val", "test"]


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows `start` to `stop` of a part (exclusive; None: to the end), in the order of the split."""

    data: str
    part: Part
    start: int = 0
    stop: int | None = None

    def __str__(self) -> str:
        bounds = f"[{self.start or ''}:{'' if self.stop is None else self.stop}]"
        return f"{self.data}.{self.part}{'' if bounds == '[:]' else bounds}"

    __repr__ = __str__
