"""Runs of ten steps in float64, in both backends."""

from __future__ import annotations

import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numbers_ import difference
from safetensors.numpy import load_file

from dlspec.emit.files import write_tree
from dlspec.pipeline import check
from dlspec.pipeline.compile import Request, compiled
from dlspec.runners.process import run
from dlspec.source import Source

ROOT = Path(__file__).parents[2]
CHILDREN = Path(__file__).parent / "children"
STEPS = 10
CLOSE = 1e-11
ROUNDING = 1e-9
"""A weight whose gradients are this small beside the largest has an exact gradient of zero."""


def exact(text: str, optimizer: str = "") -> str:
    """A spec with exact numerics, without dropout and early stopping."""
    text = re.sub(r"Dropout\([^()]*\)", "Dropout(0)", text)
    text = re.sub(r"dropout=[^,)]*", "dropout=0", text)
    text = re.sub(r"^  (precision|early_stop) .*\n", "", text, flags=re.M)
    if optimizer:
        text = re.sub(r"(optimizer +=) [^\n]*", rf"\1 {optimizer}", text)
    return re.sub(r"^train {\n", "train {\n  numerics = exact\n", text, flags=re.M)


def programs(text: str, spec: Path, folder: Path) -> list[Path]:
    """The programs of both backends, with so large a batch that an epoch has ten steps."""
    source = Source(spec.name, text)
    result = check(source)
    assert result.program is not None, [d.title for d in result.errors]
    train = result.program.trains[""]
    rows = len_of_training(result.program, spec, folder)
    batch = -(-rows // STEPS)
    program = result.program.model_copy(
        update={"trains": {"": train.model_copy(update={"batch": batch})}}
    )
    made = []
    for backend in ("torch", "keras"):
        request = Request(spec, source, program, folder / backend, backend)
        write_tree(request.out, compiled(request))
        made.append(request.out)
    return made


def len_of_training(program, spec: Path, folder: Path) -> int:
    """The rows that are trained on, as the program itself counts them."""
    request = Request(spec, Source(spec.name, ""), program, folder / "counted", "torch")
    write_tree(request.out, compiled(request))
    child = CHILDREN / "count.py"
    (outcome,) = run(child, [{"program": str(request.out)}])
    assert outcome.answer is not None, outcome.error
    return int(outcome.answer["rows"])


def trained(tasks: dict[str, list[dict]]) -> None:
    """Trains in both frameworks side by side."""
    with ThreadPoolExecutor(2) as pool:
        done = {b: pool.submit(run, CHILDREN / f"train_{b}.py", t) for b, t in tasks.items()}
        for backend, outcomes in done.items():
            for outcome in outcomes.result():
                assert outcome.answer is not None, f"{backend}: {outcome.error}"


def task(program: Path, out: Path, epochs: int, resume: bool = False) -> dict:
    return {"program": str(program), "out": str(out), "epochs": epochs, "resume": resume}


def apart(one: Path, other: Path) -> dict[str, float]:
    """How far two checkpoints are from each other, by tensor; without those whose exact gradient
    is zero, which drift by rounding alone."""
    a, b = load_file(one / "last.safetensors"), load_file(other / "last.safetensors")
    assert a.keys() == b.keys()
    squares = {n: float(np.sqrt(v.max())) for n, v in a.items() if n.endswith(".square")}
    largest = max(squares.values(), default=0.0)
    still = {
        n.removeprefix("optimizer.").removesuffix(".square")
        for n, size in squares.items()
        if size < ROUNDING * largest
    }
    kept = (n for n in a if not any(n == s or n.startswith(f"optimizer.{s}.") for s in still))
    return {n: difference(b[n], a[n]) for n in kept}


def differing(folder: Path, names: Iterable[str], close: float = CLOSE) -> dict[str, str]:
    """The tensors in which the runs NAME-torch and NAME-keras of a folder differ, and how far."""
    return {
        f"{name}: {tensor}": f"{d:.1e}"
        for name in names
        for tensor, d in apart(folder / f"{name}-torch", folder / f"{name}-keras").items()
        if d > close
    }
