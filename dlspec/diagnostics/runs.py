"""Errors of what runs models: exports, comparisons, predictions (DLS700-DLS749)."""

from __future__ import annotations

from collections.abc import Iterable

from dlspec.diagnostics.base import Diagnostic
from dlspec.frozen import frozen


@frozen
class NoExport(Diagnostic):
    """An export that the spec of a run does not have."""

    code = "DLS700"
    name: str
    known: tuple[str, ...]

    @property
    def title(self) -> str:
        if not self.known:
            return "the spec of this run has no `export` block"
        return f"there is no export `{self.name}`"

    @property
    def help(self) -> str:
        if not self.known:
            return "add one: `export { format = onnx }`"
        return f"the exports are: {', '.join(self.known)}"


@frozen
class ConversionFailed(Diagnostic):
    """A converter that refused a model, crashed its process, or took too long.

    Conversions run in a process of their own: other exports are written all the same.
    """

    code = "DLS701"
    file: str
    why: str

    @property
    def title(self) -> str:
        return f"{self.file} could not be written: {self.why}"

    @property
    def help(self) -> str:
        return "the same command with `--debug` shows all that the converter said"


@frozen
class RuntimeFailed(Diagnostic):
    """A framework or runtime that did not run a model to the end."""

    code = "DLS702"
    runtime: str
    why: str
    what: str = "the model"
    """Or the name of an exported file."""

    @property
    def title(self) -> str:
        return f"{self.runtime} did not run {self.what}: {self.why}"

    @property
    def help(self) -> str:
        return "the same command with `--debug` shows all that it said"


@frozen
class CannotReadInput(Diagnostic):
    """A file from which no rows for the model can be read.

    It holds what the `data` block of the spec reads, without what the model predicts: the fields
    go through the same transforms, with the statistics of the training rows.
    """

    code = "DLS703"
    path: str
    why: str
    takes: tuple[str, ...]
    """What such a file may hold, by its kind."""

    @property
    def title(self) -> str:
        return f"{self.path} is no input for this model: {self.why}"

    @property
    def notes(self) -> Iterable[str]:
        for i, kind in enumerate(self.takes):
            yield f"or {kind}" if i else f"the model takes {kind}"


@frozen
class UnknownModelFile(Diagnostic):
    """A model file that is neither ONNX nor TFLite, or is of another model."""

    code = "DLS704"
    path: str
    why: str

    @property
    def title(self) -> str:
        if self.why:
            return f"{self.path} is no file of this model: {self.why}"
        return f"{self.path} is no model file"

    @property
    def help(self) -> str:
        return "`--model` takes a file that `dlspec export` wrote: .onnx or .tflite"


@frozen
class NotANumber(Diagnostic):
    """An output of the trained model that is no number: nothing can be compared with it."""

    code = "DLS705"
    output: str
    rows: int
    of: int

    @property
    def title(self) -> str:
        where = f"{self.rows} of {self.of} rows"
        return f"the model's output `{self.output}` is not a number in {where}"

    @property
    def help(self) -> str:
        return "the training diverged, or the weights are damaged: see the losses in metrics.jsonl"


@frozen
class DrawsInEvaluation(Diagnostic):
    """A model that draws random numbers in evaluation too: no two runtimes draw alike, so that
    nothing can be compared.
    """

    code = "DLS707"
    model: str
    places: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"{self.model} draws random numbers in evaluation, each runtime other ones"

    @property
    def notes(self) -> Iterable[str]:
        return (f"it draws in {', '.join(self.places)}",)

    @property
    def help(self) -> str:
        return "draw in training only: `mu + draw if training else mu`"


@frozen
class NoGenerate(Diagnostic):
    """A `generate` block that the spec of a run does not have."""

    code = "DLS706"
    name: str
    known: tuple[str, ...]
    suggestion: str | None = None

    @property
    def title(self) -> str:
        if not self.known:
            return "the spec of this run has no `generate` block"
        return f"there is no `generate {self.name}`"

    @property
    def help(self) -> str:
        if not self.known:
            return (
                "add one: `generate write { feed = logits -> tokens; strategy = greedy; "
                "start = 0; limit = 256 steps }`"
            )
        near = f"did you mean `{self.suggestion}`? " if self.suggestion else ""
        return f"{near}the blocks are: {', '.join(self.known)}"
