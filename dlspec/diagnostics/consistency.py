"""What a spec says and nothing follows from (DLS240 to DLS249)."""

from __future__ import annotations

from collections.abc import Iterable

from dlspec.diagnostics.base import Diagnostic, Fix, Label
from dlspec.frozen import frozen
from dlspec.source import Span


@frozen
class NeverRead(Diagnostic):
    """A wire, input, parameter or `let` that nothing reads.

    It may be left over, or another name was meant where it should stand.
    """

    code = "DLS240"
    severity = "warning"
    what: str
    name: str
    hint: str = "leave it out, or read it"

    @property
    def title(self) -> str:
        return f"nothing reads the {self.what} `{self.name}`"

    @property
    def help(self) -> str:
        return self.hint


@frozen
class BiasWithoutEffect(Diagnostic):
    """A bias before a normalisation that subtracts the mean of the same channels.

    Whatever it is, it is subtracted again. It takes memory and time, and drifts under Adam. Where a
    published model has it all the same, `bias=true` says so, and there is no warning.
    """

    code = "DLS241"
    severity = "warning"
    layer: str
    norm: str
    after: Span
    written: bool
    """Whether the layer says something of its bias."""

    @property
    def title(self) -> str:
        return f"{self.norm} takes the bias of {self.layer} away again"

    @property
    def related(self) -> Iterable[Label]:
        return (Label(self.after, "subtracts the mean of each channel"),)

    @property
    def help(self) -> str:
        return f"write `{self._without}`" if self._without else "write `bias=false`"

    @property
    def fix(self) -> Fix | None:
        return Fix(self.span, self._without) if self.span and self._without else None

    @property
    def _without(self) -> str:
        """The layer as it should be written; empty where it takes its bias from elsewhere."""
        if self.written or self.span is None or not self.span.text.endswith(")"):
            return ""
        return f"{self.span.text[:-1]}, bias=false)"


@frozen
class UnusedOutput(Diagnostic):
    """An output of a model that is trained and in no loss, metric or export.

    It is not computed in training, and nobody sees what it gives.
    """

    code = "DLS242"
    severity = "warning"
    name: str
    model: str

    @property
    def title(self) -> str:
        return f"no loss, metric or export uses the output `{self.name}` of {self.model}"

    @property
    def help(self) -> str:
        return "leave it out, or name it in a loss or a metric; an export gives every output"
