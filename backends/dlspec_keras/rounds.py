"""`train.py` of a program with several steps: a loop of updates, each with its own optimizer."""

from __future__ import annotations

from dlspec.backend.names import class_name
from dlspec.emit import python as py
from dlspec.ir.model import ModelIR, networks, read_inputs, within
from dlspec.ir.recipe import Step
from dlspec_keras import training
from dlspec_keras.case import Case
from dlspec_keras.optimizers import made, scaled
from dlspec_keras.pieces import Fills, program, template
from dlspec_keras.rows import symbols
from dlspec_keras.style import STYLE

IMPORTS: tuple[py.Import | py.From, ...] = (
    *(py.Import(name) for name in ("argparse", "json", "os", "platform", "signal")),
    *training.OF_PARTS,
    py.From("recipe", ("claimed",)),
    py.From("weights", ("CheckpointError",)),
)
"""What the shared part and tables of constraints need beside the template's own."""
SHARED = "def main() -> None:"
"""From here on, it is what a run of one step has too."""


def train_file(case: Case) -> str:
    """The text of `train.py`."""
    again = "Stopped at any moment and resumed, a run ends with the same bits."
    doc = f"Trains {case.model_class} on {case.data.name}.\n\n{again}"
    words = features(case)
    own = template("rounds", words, fills(case))
    shared = template("train", {*words, "step"}, training.main_fills(case), begin=SHARED)
    text = f"{own}\n\n{shared}"
    name, alias = case.model_class, training.model_name(case)
    imported = name if name == alias else f"{name} as {alias}"
    onednn = py.From("tensorflow.python.util._pywrap_util_port", ("IsMklEnabled as onednn",))
    return program(doc, text, (*IMPORTS, onednn, py.From("model", (imported,))))


def features(case: Case) -> set[str]:
    words = {
        "scheduled": case.scheduled,
        "val": "val" in case.parts,
        "validated": case.validated,
        "watched": case.watched,
        "grouped": bool(case.train.groups),
        "freezes": case.train.freezes,
        "rests": case.rests,
        "waits": case.waits,
        "penalised": case.penalised,
        "plain": not (case.watched or case.penalised),
        "ragged": bool(case.data.ragged),
        "several": bool(case.train.networks),
        "steps": case.train.steps is not None,
        "small": case.small,
        "constrained": bool(case.model.constraints),
        "dropout": case.draws,
        "folder": case.folder,
        "sampled": case.samples(training=True),
        "draws_in_step": training.draws(case.within),
        "floating": training.floating(case),
        case.train.precision: True,
    }
    return {word for word, holds in words.items() if holds}


def fills(case: Case) -> Fills:
    on = case.train.best_by[0].removeprefix("val.")
    counted = "epochs" if case.train.steps is None else "steps"
    read = dict.fromkeys(n for _, graph in case.rounds for n in read_inputs(graph.root))
    rate = "rate, " if case.scheduled else ""
    given = f"run, {rate}" + ("steps * len(ROUND)" if counted == "steps" else "")
    total = "steps" if counted == "steps" else "epochs * epoch"
    params = f"out: Path, {counted}: int, seed: int, resume: bool"
    call = f"train_epoch(training, updates, optimizers, {given.rstrip(', ')})"
    write = f"write_lock(made_of, lock(run.seed, {counted}), run.epoch)"
    return {
        "constants": training.constants(case),
        "losses": losses(case),
        "freeze": training.freezing(case),
        "learned": [py.Return(learned(case))],
        "optimizers": [py.Assign("found", optimizers(case))],
        "inputs": [py.Return(py.Dict(tuple((py.literal(n), py.item("rows", n)) for n in read)))],
        "made": [py.Assign("model", py.call(training.model_name(case)))],
        "build": [py.Do(py.call("model", symbols(case)))],
        "train": [py.Raw(f"def train({params}) -> None:")],
        "end": [py.Assign("end", f"ended(run, {counted})")],
        "write_lock": [py.Do(write)],
        "rate": [
            py.Assign(
                "rate",
                f"{{s: rates(lr, {total}, epoch) for s, lr in LEARNING_RATES.items()}}",
            )
        ],
        "while": [py.Raw(f"while not ended(run, {counted}):")],
        "epoch": [py.Assign("losses", call)],
        "improved": [
            py.Assign("improved", py.call("run.improved", py.Index("val", py.literal(on))))
        ],
        "lock_head": [py.Raw(f"def lock(seed: int, {counted}: int) -> dict[str, Any]:")],
        "lock": [py.Return(training.lock(case))],
    }


def losses(case: Case) -> list[py.Statement]:
    """The body of `call`: the loss of a batch by the name of the step, and what its metrics read,
    where any has some."""
    *first, last = case.rounds
    body: list[py.Statement] = []
    for step, graph in first:
        found = py.Return(given(case, graph))
        body.append(py.If(f"step == {py.literal(step.name)}", [found]))
    return [*body, py.Return(given(case, last[1]))]


def given(case: Case, graph: ModelIR) -> py.Expr:
    """What `call` gives for one step."""
    loss = computed(case, graph)
    alone = case.watched and len(graph.root.outputs) == 1
    return py.Tuple((loss, py.Dict(()))) if alone else loss


def computed(case: Case, graph: ModelIR) -> py.Expr:
    """The loss of one step: its function called on its networks and its fields."""
    nets: list[py.Expr] = [network(case, "self.net", name) for name in networks(graph.root)]
    if training.floating(case):
        nets = [py.call("wide", net) for net in nets]
    given: list[py.Expr] = [py.item("rows", field) for field in read_inputs(graph.root)]
    given += training.beside([*within(graph.root.body)])
    function = class_name(graph.root.definition, STYLE.helpers)
    return py.call(f"objective.{function}", *nets, *given)


def network(case: Case, of: str, name: str) -> py.Code:
    """The code of a network: the model, or a part of it."""
    return py.Code(f"{of}.{name}" if case.train.networks else of)


def learned(case: Case) -> py.Expr:
    """The variables by the step that updates them."""

    def variables(step: Step) -> py.Code:
        each = [f"{network(case, 'model', n)}.trainable_variables" for n in step.updates]
        return py.Code(" + ".join(each))

    found = ((py.literal(step.name), variables(step)) for step, _ in case.rounds)
    return py.Dict(tuple(found), broken=True)


def optimizers(case: Case) -> py.Expr:
    """The optimizers by their steps."""
    found, fp16 = [], case.train.precision == "fp16"
    exact = case.exact or bool(case.train.groups)
    for step, _ in case.rounds:
        assert step.optimizer is not None
        rate = py.literal(step.optimizer.lr)
        call = made(step.optimizer, rate, case.train.clip_norm, exact)
        found.append((py.literal(step.name), scaled(call) if fp16 else call))
    return py.Dict(tuple(found), broken=True)
