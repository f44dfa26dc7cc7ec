"""A run with weights: its spec, its program in each backend, the rows that it is tried on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dlspec.diagnostics import SpecError
from dlspec.diagnostics.commands import MissingExtra, ProgramFailed
from dlspec.diagnostics.folders import NoCheckpoint
from dlspec.diagnostics.runs import NotANumber, RuntimeFailed
from dlspec.emit.files import write_tree
from dlspec.emit.text import identifier
from dlspec.expr import fixed
from dlspec.frozen import frozen
from dlspec.ir.model import ModelIR
from dlspec.ir.networks import held
from dlspec.ir.program import Program
from dlspec.ir.recipe import Data, Train
from dlspec.length import Dynamic, put
from dlspec.passes.layout import channels_last
from dlspec.passes.padding import lengths_name
from dlspec.pipeline.compile import Request, compiled
from dlspec.pipeline.lock import Lock, lock_of
from dlspec.pipeline.record import Record, whole_record
from dlspec.pipeline.resume import BEST
from dlspec.runners.process import Outcome, run_one

PACKAGES = {"ai_edge_litert": "export", "onnx": "export", "onnxruntime": "export"}
PACKAGES |= {"onnxscript": "export", "torch": "torch", "tensorflow": "keras", "keras": "keras"}
"""Module -> the extra that brings it; what is not here comes with `data`."""


@frozen
class Trained:
    """A folder that `dlspec train` made."""

    folder: Path
    record: Record
    program: Program
    lock: Lock

    @property
    def train(self) -> Train:
        return self.program.trains[self.record.train]

    @property
    def model(self) -> ModelIR:
        return self.program.trained[self.record.train]

    @property
    def data(self) -> Data:
        return self.program.data[self.train.data]

    @property
    def weights(self) -> Path:
        return self.folder / BEST

    @property
    def fed(self) -> dict[str, str]:
        """Each input of the model and the field that feeds it, in the order of the model."""
        fed = self.train.inputs
        return {name: fed[name] for name, _ in self.model.root.inputs if name in fed}

    @property
    def computed(self) -> dict[str, tuple[str, list[int]]]:
        """Each input of the model that no field feeds as it is, with its dtype and its shape."""
        rest = ((n, self.train.fed(t)) for n, t in self.model.root.inputs if n not in self.fed)
        return {name: (t.dtype, list(map(int, t.shape))) for name, t in rest}

    @property
    def longest(self) -> dict[str, list[int]]:
        """The shape of each input that is as long as its rows may be: files have one size."""
        shapes = ((n, self.train.fed(t).shape) for n, t in self.model.root.inputs)
        return {n: list(map(int, s)) for n, s in shapes if not all(map(fixed, s))}

    @property
    def open(self) -> dict[str, list[int]]:
        """The axes of a batch of each input in which rows differ, as far as some do."""
        found: dict[str, list[int]] = {}
        for name, t in self.model.root.inputs:
            sizes = enumerate(self.train.fed(t).shape, start=1)
            found[name] = [axis for axis, size in sizes if not fixed(size)]
        return {n: axes for n, axes in found.items() if axes}

    @property
    def lengths(self) -> dict[str, int]:
        """Each input that is told the lengths of rows, with the greatest."""
        told = {lengths_name(dim): int(size) for dim, size in self.train.lengths.items()}
        return {n: told[n] for n, _ in self.model.root.inputs if n in told}

    @property
    def drawn_lengths(self) -> dict[str, tuple[int, int]]:
        """The least and the greatest of the lengths that no field feeds: rows are full where an
        output has an axis of several sizes, since its real places are not told apart."""
        sizes = (size for _, t in self.model.root.outputs for size in t.shape)
        mixed = any(isinstance(size, Dynamic) and len(size.length.names) > 1 for size in sizes)
        rest = ((n, most) for n, most in self.lengths.items() if n not in self.fed)
        return {n: (most if mixed else 1, most) for n, most in rest}

    @property
    def real(self) -> dict[str, list[tuple[int, str, list[int]]]]:
        """Of each output on whose axes rows differ: the axis, the input with the lengths, and how
        many places of the axis are real at each length."""
        found: dict[str, list[tuple[int, str, list[int]]]] = {}
        for name, t in self.model.root.outputs:
            for axis, size in enumerate(t.shape, start=1):
                dims = size.length.names if isinstance(size, Dynamic) else ()
                for dim in dims if len(dims) == 1 else ():
                    most = self.lengths.get(lengths_name(dim))
                    if most is not None:
                        real = [max(int(put(size, {dim: n})), 0) for n in range(most + 1)]
                        found.setdefault(name or "output", []).append(
                            (axis, lengths_name(dim), real)
                        )
        return found

    @property
    def outputs(self) -> list[str]:
        return [name or "output" for name, _ in self.model.root.outputs]

    @property
    def part(self) -> str:
        """The rows that a model is tried on: those of the test, where there are any."""
        shares = self.data.split.shares()
        return next(p for p in ("test", "val", "train") if p in shares)

    @property
    def last(self) -> list[str]:
        """The inputs that a Keras program and its files take channels-last."""
        return [name for name, t in channels_last(self.model).root.inputs if t.last]

    def forward(self, program: Path, inputs: Path, outputs: Path, dtype: str) -> dict[str, Any]:
        """The task of running the model of a program."""
        return {
            "program": str(program.resolve()),
            "model": identifier(self.model.name),
            "weights": str(self.weights.resolve()),
            "dtype": dtype,
            "last": self.last,
            "stateful": bool(self.model.root.states),
            "names": self.outputs,
            "inputs": str(inputs),
            "outputs": str(outputs),
        }

    def forward_file(
        self, file: Path, inputs: Path, outputs: Path, network: str = ""
    ) -> dict[str, Any]:
        """The task of running an exported file, of one network where there are several."""
        task = {
            "file": str(file.resolve()),
            "last": self.last,
            "names": self.outputs,
            "inputs": str(inputs),
            "outputs": str(outputs),
        }
        if network:
            part = held(self.model)[network]
            task |= {"takes": list(part.takes), "names": list(part.gives)}
        return task


def trained(run: Path) -> Trained:
    """The run in a folder. Raises SpecError where it has no weights."""
    record = whole_record(run)
    program = record.program()
    if not (run / BEST).exists():
        raise SpecError(NoCheckpoint(None, run.as_posix()))
    return Trained(run, record, program, lock_of(run))


def class_names(lock: Lock, field: str, count: int) -> tuple[str, ...]:
    """The names of a field's classes: as the data told them, else their numbers."""
    told = lock.classes.get(field, [])
    return (*told, *map(str, range(len(told), count)))


def program_in(run: Trained, backend: str, scratch: Path) -> Path:
    """The folder of the run's program in a backend: the run itself, or one that is compiled."""
    if backend == run.record.backend:
        return run.folder
    return compiled_in(run, run.program, backend, scratch / backend)


def compiled_in(run: Trained, program: Program, backend: str, out: Path) -> Path:
    """Compiles the run's spec once more into another folder."""
    record = run.record
    spec = (run.folder / record.folder / record.spec).resolve()
    request = Request(
        spec, record.source, program, out, backend, record.train, record.settings, record.classes
    )
    write_tree(out, compiled(request))
    return out


def answer(command: str, runtime: str, outcome: Outcome, what: str = "the model") -> dict[str, Any]:
    """What a child answered that ran a model, or `what`. Raises SpecError where it did not."""
    if outcome.answer is not None and "unfit" in outcome.answer:
        raise SpecError(RuntimeFailed(None, runtime, outcome.answer["unfit"], what))
    if outcome.answer is not None:
        for name, (rows, of) in outcome.answer.get("nan", {}).items():
            raise SpecError(NotANumber(None, name, rows, of))
        return dict(outcome.answer)
    if outcome.missing:
        module = outcome.missing.partition(".")[0]
        extra = PACKAGES.get(module, "data")
        raise SpecError(MissingExtra(None, command, (module,), extra))
    if outcome.error.startswith("CheckpointError: "):
        raise SpecError(ProgramFailed(None, command, outcome.error.partition(": ")[2]))
    raise SpecError(RuntimeFailed(None, runtime, outcome.error, what))


def write_rows(command: str, run: Trained, scratch: Path) -> tuple[Path, int]:
    """The model's inputs for the rows that it is tried on, as an NPZ file; and their number."""
    inputs = scratch / "inputs.npz"
    task = {
        "program": str(run.folder.resolve()),
        "part": run.part,
        "inputs": run.fed,
        "drawn": {n: t for n, t in run.computed.items() if n not in run.lengths},
        "lengths": run.drawn_lengths,
        "longest": run.longest,
        "names": [name for name, _ in run.model.root.inputs],
        "outputs": str(inputs),
    }
    found = answer(command, "the data", run_one("rows", task))
    return inputs, int(found["rows"])
