"""What a `train` block on rows of different lengths computes: masks where padding would count."""

from __future__ import annotations

from dlspec.diagnostics import SpecError
from dlspec.diagnostics.lengths import PaddingCounts
from dlspec.diagnostics.uses import NotInThisVersion
from dlspec.elaborate.feeding import Feeding
from dlspec.ir import recipe as ir
from dlspec.ir.model import ModelIR
from dlspec.length import Dynamic
from dlspec.passes.padding import NotMasked, lengths_name, padded
from dlspec.source import Span


def for_rows(
    model: ModelIR, step: ir.Step | None, found: Feeding, span: Span | None
) -> tuple[ModelIR, ir.Step | None, dict[str, str]]:
    """The model and what is computed of a batch, told the lengths of its rows where they need them,
    and the columns that feed the model's lengths. Raises SpecError."""
    assert found.data is not None and found.data.ir is not None
    rows = found.data.ir.ragged
    if not rows or step is None:
        return model, step, {}
    if model.root.states:
        what = "rows of different lengths for a model with state"
        hint = "what goes on from batch to batch is of one length: write the size as a number"
        raise SpecError(NotInThisVersion(span, what, hint))
    ragged = {n: at for n, at in found.lengths.items() if isinstance(at, Dynamic)}
    try:
        made = padded(model, ragged)
        graph = padded(step.graph, rows, dict.fromkeys(step.updates, made))
    except NotMasked as problem:
        why = PaddingCounts(span, problem.what, problem.line, problem.help)
        raise SpecError(why) from None
    has = {name for name, _ in made.root.inputs}
    told = {lengths_name(n): lengths_name(str(at)) for n, at in ragged.items() if str(at) in rows}
    told = {name: column for name, column in told.items() if name in has}
    return made, step.model_copy(update={"graph": graph}), told
