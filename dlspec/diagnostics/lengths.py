"""Sizes that differ from batch to batch (DLS220 to DLS229)."""

from __future__ import annotations

from collections.abc import Iterable

from dlspec.diagnostics.base import Diagnostic, Label
from dlspec.diagnostics.shapes import InContext
from dlspec.frozen import frozen
from dlspec.source import Span


@frozen
class FixedSizeNeeded(InContext):
    """A dynamic size where one is needed that is the same for every batch.

    `T` of `i32[T <= 512]` is known only when the model runs. Shapes of weights, arguments of layers
    and blocks, conditions, loops and lists are settled before; a layer may take a dynamic axis
    where it treats every place alike. A list of sizes, `[T, 3]`, is such a list: `Reshape(T, 3)`
    and types take the sizes themselves, and `lengths(x)` is the size as a tensor.
    """

    code = "DLS220"
    what: str
    size: str
    hint: str = ""

    @property
    def title(self) -> str:
        return f"{self.what} needs a fixed size"

    @property
    def label(self) -> str:
        return f"{self.size} differs from batch to batch"

    @property
    def help(self) -> str:
        return self.hint


@frozen
class BadBound(InContext):
    """A dynamic dimension is declared once, in the type of an input: a new name, and the greatest
    size that it may have: `input tokens: i32[T <= 512]`. Other types then say `T`."""

    code = "DLS221"
    what: str
    hint: str = ""
    before: Span | None = None

    @property
    def title(self) -> str:
        return self.what

    @property
    def related(self) -> Iterable[Label]:
        return (Label(self.before, "declared here"),) if self.before else ()

    @property
    def help(self) -> str:
        return self.hint


@frozen
class PaddingCounts(Diagnostic):
    """An operator that would count what pads the rows of a batch, and cannot leave it out.

    A batch is as long as its longest row. Convolution, recurrence, attention, reductions, softmax,
    losses and metrics leave out what stands behind a shorter one; the others take such an axis
    only where they treat each place by itself.
    """

    code = "DLS222"
    what: str
    line: int
    hint: str = ""

    @property
    def title(self) -> str:
        return self.what

    @property
    def label(self) -> str:
        return f"what pads the rows would count in line {self.line}"

    @property
    def help(self) -> str:
        return self.hint or "data of one length have no padding: write the size as a number"
