"""Specs through both backends, the exporters and the runtimes: each in a process of its own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from cases import Spec
from definition import outputs
from numbers_ import Array, drawn_inputs, drawn_weights
from safetensors.numpy import save

from dlspec.emit.files import write_tree
from dlspec.ir.model import ModelIR, layers
from dlspec.ops.base import FORMATS
from dlspec.passes.layout import channels_last
from dlspec.pipeline import check
from dlspec.pipeline.compile import Request, compiled
from dlspec.runners.process import Outcome, run
from dlspec.source import Source

ROWS = 4
FILES = {"onnx": "model.onnx", "tflite": "model.tflite"}
RUNTIMES = ("torch64", "torch32", "keras64", "keras32", "onnx", "tflite")


@dataclass
class Ran:
    """What a spec gives: every output by runtime and name, or why there is none."""

    spec: Spec
    model: ModelIR
    folder: Path
    inputs: dict[str, Array]
    weights: dict[str, Array]
    definition: dict[str, Array]
    found: dict[str, dict[str, Array]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    refused: frozenset[str] = frozenset()
    """Formats that cannot hold one of its layers, as the layer says itself."""

    @property
    def runtimes(self) -> tuple[str, ...]:
        return tuple(r for r in RUNTIMES if r not in self.refused)

    @property
    def names(self) -> list[str]:
        return [name or "output" for name, _ in self.model.root.outputs]


def prepare(spec: Spec, folder: Path, seed: int = 0, *, defined: bool = True) -> Ran:
    """The programs of a spec in both backends, with random weights and inputs; where it is not
    `defined`, without what the definition gives."""
    source = Source("spec.dls", spec.text)
    result = check(source)
    problems = [f"{d.title} {d.label}: {d.span.text if d.span else ''}" for d in result.errors]
    assert result.program is not None, problems
    program = result.program.model_copy(update={"exports": {}})
    model = program.trained[""]
    folder.mkdir(parents=True)
    for backend in ("torch", "keras"):
        request = Request(folder / "spec.dls", source, program, folder / backend, backend)
        write_tree(request.out, compiled(request))
    inputs = drawn_inputs(model, spec.inputs, ROWS, seed)
    weights = drawn_weights(model, seed)
    np.savez(folder / "inputs.npz", **inputs)
    header = {"dlspec": json.dumps({"format": 1, "seed": 0})}
    (folder / "best.safetensors").write_bytes(save(weights, header))
    definition = outputs(model, inputs, weights) if defined else {}
    return Ran(spec, model, folder, inputs, weights, definition, refused=refused(model))


def refused(model: ModelIR) -> frozenset[str]:
    return frozenset(
        format_
        for layer in layers(model)
        for format_ in FORMATS
        if any(layer.apply.op.refused(format_, *(f.types[0] for f in layer.apply.inputs)))
    )


def run_all(rans: Sequence[Ran]) -> None:
    """Runs every spec everywhere: the two frameworks side by side, then what they exported."""
    with ThreadPoolExecutor(2) as pool:
        for done in (pool.submit(in_torch, rans), pool.submit(in_keras, rans)):
            done.result()


def in_torch(rans: Sequence[Ran]) -> None:
    """PyTorch in both precisions, and ONNX Runtime on what it exports."""
    forward(rans, "forward_torch", "torch")
    exported(rans, "torch", "onnx")
    forward(rans, "forward_onnx", "onnx")


def in_keras(rans: Sequence[Ran]) -> None:
    """Keras in both precisions, and LiteRT on what it exports."""
    forward(rans, "forward_keras", "keras")
    exported(rans, "keras", "tflite")
    forward(rans, "forward_tflite", "tflite")


def forward(rans: Sequence[Ran], child: str, runtime: str) -> None:
    widths = ("64", "32") if runtime in ("torch", "keras") else ("",)
    names = [(runtime + w, w) for w in widths]
    asked = [(r, n, w) for r in rans for n, w in names if n in r.runtimes and n not in r.errors]
    tasks = [forward_task(r, name, width) for r, name, width in asked]
    for (r, name, _), outcome in zip(asked, run(child, tasks), strict=True):
        if kept(r, name, outcome):
            made = np.load(r.folder / f"{name}.npz")
            r.found[name] = {n: made[n] for n in made.files}


def forward_task(r: Ran, runtime: str, width: str) -> dict[str, Any]:
    last = [n for n, t in channels_last(r.model).root.inputs if t.last]
    return {
        "program": str(r.folder / runtime.rstrip("3264")),
        "model": r.model.name,
        "weights": str(r.folder / "best.safetensors"),
        "file": str(r.folder / FILES.get(runtime, "")),
        "inputs": str(r.folder / "inputs.npz"),
        "outputs": str(r.folder / f"{runtime}.npz"),
        "dtype": f"float{width}",
        "names": r.names,
        "last": last,
    }


def exported(rans: Sequence[Ran], backend: str, runtime: str) -> None:
    rans = [r for r in rans if runtime in r.runtimes]
    tasks = [
        {
            "program": str(r.folder / backend),
            "run": str(r.folder),
            "out": str(r.folder),
            "file": FILES[runtime],
        }
        for r in rans
    ]
    for r, outcome in zip(rans, run("export_program", tasks), strict=True):
        kept(r, runtime, outcome)


def kept(r: Ran, runtime: str, outcome: Outcome) -> bool:
    if outcome.answer is None:
        r.errors[runtime] = outcome.error
    return outcome.answer is not None
