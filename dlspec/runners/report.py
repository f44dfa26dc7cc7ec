"""What is said of an exported file: as JSON beside it, and as text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from dlspec.frozen import frozen
from dlspec.ir.recipe import Limit


@frozen
class Line:
    """A line of the budget, and what was found."""

    limit: Limit
    found: float

    @property
    def kept(self) -> bool:
        return self.found <= self.limit.most

    @property
    def text(self) -> str:
        """`size 38,232 bytes, of at most 60 KB`."""
        return f"{self.limit.measure} {shown(self.limit.measure, self.found)}"


@frozen
class Report:
    """An exported file, beside the model that was trained."""

    file: str
    format: str
    quantized: bool
    size: int
    """Bytes."""
    operators: Mapping[str, int]
    parameters: int
    macs: int
    ram: int
    """Bytes of activations that are alive together, at most: an estimate."""
    part: str
    rows: int
    """How many rows of `part` the agreement is of."""
    agreement: Mapping[str, Mapping[str, float | None]]
    """By output: the `difference` (max |a - b| / max |reference|), what it may be (`limit`; None
    for a quantized file), and the signal-to-noise ratio in dB (`snr`)."""
    metrics: Mapping[str, Mapping[str, float]]
    """By metric: `before` and `after` the export."""
    budget: tuple[Line, ...]

    @property
    def agrees(self) -> bool:
        """Whether every output is within its tolerance. Quantized files answer to their budget."""
        return all(
            a["limit"] is None or (a["difference"] or 0.0) <= a["limit"]
            for a in self.agreement.values()
        )

    @property
    def kept(self) -> bool:
        return all(line.kept for line in self.budget)

    def to_json(self) -> str:
        facts: dict[str, Any] = {
            name: dict(value) if isinstance(value, Mapping) else value
            for name, value in vars(self).items()
            if name != "budget"
        }
        facts["budget"] = [
            {"limit": f"{x.limit.measure} <= {x.limit.text}", "found": x.found, "kept": x.kept}
            for x in self.budget
        ]
        facts["agrees"] = self.agrees
        return json.dumps(facts, indent=2, sort_keys=True) + "\n"

    def to_text(self) -> str:
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        kind = f"{self.format}, int8" if self.quantized else self.format
        yield f"{self.file}: {kind}, {self.size:,} bytes, {self.parameters:,} parameters"
        operators = ", ".join(f"{n} {name}" for name, n in sorted(self.operators.items()))
        yield f"  operators   {operators}"
        for name, a in self.agreement.items():
            limit = "" if a["limit"] is None else f", of at most {a['limit']:.1e}"
            told = self.quantized and a["snr"] is not None
            noise = f", {a['snr']:.1f} dB above the noise" if told else ""
            over = f"over {self.rows} {self.part} rows"
            yield f"  {name}: {a['difference']:.1e} from the trained model{limit}{noise}, {over}"
        for name, m in self.metrics.items():
            yield f"  {name}: {m['before']:.4f} before, {m['after']:.4f} after"
        for line in self.budget:
            mark = "kept" if line.kept else "BROKEN"
            yield f"  budget {mark:6}  {line.text}, of at most {line.limit.text}"


def shown(measure: str, found: float) -> str:
    """A number with the unit of its measure."""
    if measure == "accuracy_drop":
        return f"{100 * found:.2f} points"
    return f"{found:,.0f}" if measure == "macs" else f"{found:,.0f} bytes"
