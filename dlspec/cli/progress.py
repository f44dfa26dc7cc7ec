"""The progress of a run: a table that grows on a terminal, plain lines elsewhere."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from dlspec.cli.report import colours

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

SHOWN = 12
"""Epochs on the screen."""


class Progress:
    """Shows each epoch of a metrics log as soon as the program says that it is over."""

    def __init__(self, log: Path, epochs: int, best_by: tuple[str, Literal["min", "max"]]) -> None:
        self.log = log
        self.epochs = epochs
        self.on, self.direction = best_by
        self.live: Live | None = None

    def __enter__(self) -> Self:
        if colours(sys.stdout):
            from rich.live import Live

            self.live = Live(transient=False, redirect_stdout=False, redirect_stderr=False)
            self.live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.live is not None:
            self.live.stop()

    def line(self, text: str) -> None:
        """A line that the program printed."""
        if self.live is None:
            print(text, flush=True)
        elif rows := self.rows():
            self.live.update(self.table(rows), refresh=True)

    def rows(self) -> list[dict[str, Any]]:
        """The records of the log; a line that is being written is left out."""
        if not self.log.exists():
            return []
        lines = self.log.read_text(encoding="utf-8").splitlines(keepends=True)
        return [json.loads(text) for text in lines if text.endswith("\n")]

    def best(self, rows: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
        """The epoch whose weights `best.safetensors` has; the last where nothing is measured."""
        measured = [r for r in rows if isinstance(r.get(self.on), int | float)]
        if not measured:
            return rows[-1] if rows else None
        choose = min if self.direction == "min" else max
        return choose(measured, key=lambda r: r[self.on])

    def table(self, rows: Sequence[dict[str, Any]]) -> Table:
        from rich import box
        from rich.table import Table

        best = self.best(rows)
        names = [n for n, v in rows[-1].items() if isinstance(v, float)]
        made = Table(box=box.SIMPLE, pad_edge=False)
        made.add_column("epoch", justify="right")
        for name in names:
            made.add_column(name, justify="right")
        for row in rows[-SHOWN:]:
            cells = [f"{row['epoch']}/{self.epochs}", *(_number(row.get(n)) for n in names)]
            made.add_row(*cells, style="bold" if row is best else None)
        return made

    def result(self) -> str:
        """The best epoch in a sentence."""
        best = self.best(self.rows())
        if best is None:
            return "no epoch was trained"
        value = best.get(self.on)
        if not isinstance(value, int | float):
            return f"last epoch: {best['epoch']}"
        return f"best epoch: {best['epoch']}, with {self.on} {value:.4f}"


def _number(value: Any) -> str:
    return f"{value:.4f}" if isinstance(value, float) else "-"
