"""`numerics = exact`: ten steps in float64 give both backends the same weights, and moments."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import trained_layers
from numbers_ import difference
from safetensors.numpy import load_file

from dlspec.emit.files import write_tree
from dlspec.pipeline import check
from dlspec.pipeline.compile import Request, compiled
from dlspec.runners.process import run
from dlspec.source import Source

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
OBJECTIVES = {"gan", "vae"}
"""Specs whose loss is an expression, which Keras programs compute in 32 bits: held to formulas in
`tests/objectives` and `tests/training`."""
SPECS = sorted({p.stem for p in (ROOT / "specs").glob("*.dls")} - OBJECTIVES)
CHILDREN = Path(__file__).parent / "children"
STEPS = 10
CLOSE = 1e-11
ROUNDING = 1e-9
"""A weight whose gradients are this small beside the largest has an exact gradient of zero."""

OPTIMIZERS = {
    "momentum": "SGD(lr=0.05, momentum=0.9, weight_decay=1e-3)",
    "nesterov": "SGD(lr=0.05, momentum=0.9, nesterov=true)",
    "plain": "SGD(lr=0.1)",
    "adam": "Adam(lr=3e-3, betas=(0.8, 0.99), weight_decay=1e-3)",
    "rmsprop": "RMSprop(lr=1e-3, momentum=0.5)",
}


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


def test_ten_steps_of_every_spec_give_the_same_weights(tmp_path: Path) -> None:
    tasks: dict[str, list[dict]] = {"torch": [], "keras": []}
    for name in SPECS:
        spec = ROOT / "specs" / f"{name}.dls"
        made = programs(exact(spec.read_text(encoding="utf-8")), spec, tmp_path / name)
        for backend, program in zip(tasks, made, strict=True):
            tasks[backend].append(task(program, tmp_path / f"{name}-{backend}", 1))
    trained(tasks)
    far = {
        f"{name}: {tensor}": f"{d:.1e}"
        for name in SPECS
        for tensor, d in apart(tmp_path / f"{name}-torch", tmp_path / f"{name}-keras").items()
        if d > CLOSE
    }
    assert far == {}


def test_ten_steps_of_further_layers_give_the_same_weights(tmp_path: Path) -> None:
    spec = trained_layers.spec(tmp_path)
    made = programs(exact(spec.read_text(encoding="utf-8")), spec, tmp_path / "programs")
    outs = [tmp_path / backend for backend in ("torch", "keras")]
    trained({o.name: [task(p, o, 1)] for o, p in zip(outs, made, strict=True)})
    assert {n: f"{d:.1e}" for n, d in apart(*outs).items() if d > CLOSE} == {}


def test_ten_steps_of_every_optimizer_give_the_same_weights(tmp_path: Path) -> None:
    spec = ROOT / "specs" / "digits.dls"
    tasks: dict[str, list[dict]] = {"torch": [], "keras": []}
    for name, optimizer in OPTIMIZERS.items():
        text = exact(spec.read_text(encoding="utf-8"), optimizer)
        made = programs(text, spec, tmp_path / name)
        for backend, program in zip(tasks, made, strict=True):
            tasks[backend].append(task(program, tmp_path / f"{name}-{backend}", 1))
    trained(tasks)
    far = {
        f"{name}: {tensor}": f"{d:.1e}"
        for name in OPTIMIZERS
        for tensor, d in apart(tmp_path / f"{name}-torch", tmp_path / f"{name}-keras").items()
        if d > CLOSE
    }
    assert far == {}


@pytest.mark.parametrize("optimizer", ("AdamW(lr=3e-3)", OPTIMIZERS["momentum"]))
def test_a_run_that_changes_its_backend_ends_where_it_would_have(
    optimizer: str, tmp_path: Path
) -> None:
    spec = ROOT / "specs" / "digits.dls"
    text = exact(spec.read_text(encoding="utf-8"), optimizer)
    by_backend = dict(zip(("torch", "keras"), programs(text, spec, tmp_path / "p"), strict=True))
    outs = {b: tmp_path / b for b in by_backend}
    whole = tmp_path / "whole"
    trained({b: [task(p, outs[b], 1)] for b, p in by_backend.items()})
    outs["torch"].rename(tmp_path / "swap")
    outs["keras"].rename(tmp_path / "torch")
    (tmp_path / "swap").rename(tmp_path / "keras")
    tasks = {b: [task(p, outs[b], 2, resume=True)] for b, p in by_backend.items()}
    tasks["torch"].append(task(by_backend["torch"], whole, 2))
    trained(tasks)
    for out in outs.values():
        assert max(apart(whole, out).values()) < CLOSE
