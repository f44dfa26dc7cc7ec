"""States and the steps of a recurrence (DLS230 to DLS239)."""

from __future__ import annotations

from dlspec.diagnostics.shapes import InContext
from dlspec.frozen import frozen


@frozen
class BadRecurrence(InContext):
    """A cell of a recurrence is a block with `state`: what the last step left, with its type and
    first value. Each state has one `next`, which is the state of the next step, of the same type;
    so has each state of a model, whose next value is the output `next_h`.
    `(x, h=start) -> Scan(Cell(8))` calls the cell at each step along the first axis of x; a named
    input that is a state gives its first value, and any other is the same at each step.
    """

    code = "DLS230"
    what: str
    hint: str = ""
    said: str = ""

    @property
    def title(self) -> str:
        return self.what

    @property
    def label(self) -> str:
        return self.said

    @property
    def help(self) -> str:
        return self.hint
