"""`train.py` of a program: Keras's `fit` with one callback, written for this one model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dlspec.backend.names import variables
from dlspec.emit import python as py
from dlspec.ir.model import Apply, Flow, Mode, networks
from dlspec.ops.drawing import Draw
from dlspec.programs.compose import Verbatim
from dlspec.programs.constraints import rules, table
from dlspec.programs.library import texts
from dlspec_keras.case import Case
from dlspec_keras.constraints import check_biases, check_constraints, rule
from dlspec_keras.losses import total
from dlspec_keras.optimizers import made, needs_exact, scaled
from dlspec_keras.pieces import Fills, program, template
from dlspec_keras.rows import fed, symbols, targets

Body = list[py.Statement]


def train_file(case: Case) -> str:
    """The text of `train.py`."""
    again = "Stopped at any moment and resumed, a run ends with the same bits."
    doc = f"Trains {case.model_class} on {case.data.name}.\n\n{again}"
    text = template("train", features(case), fills(case))
    name, alias = case.model_class, model_name(case)
    imported = name if name == alias else f"{name} as {alias}"
    onednn = py.From("tensorflow.python.util._pywrap_util_port", ("IsMklEnabled as onednn",))
    own = py.From("objective", ("objective",))
    imports = (py.Import("platform"), onednn, py.From("model", (imported,)), own)
    return program(doc, text, (*imports, *OF_PARTS))


OF_PARTS = (py.From("functools", ("partial",)), py.From("inspect", ("signature",)))
"""Imports of what stands in other files than the template's."""


def features(case: Case) -> set[str]:
    words = {
        "scheduled": case.scheduled,
        "metrics": bool(case.train.metrics),
        "validated": case.validated,
        "patient": case.patience is not None,
        "small": case.small,
        "grouped": bool(case.train.groups),
        "mixed": case.mixed,
        "constrained": bool(case.model.constraints),
        "freezes": case.train.freezes,
        "rests": case.rests,
        "dropout": case.draws,
        "begins": case.draws or case.train.freezes or case.train.continued,
        "continued": case.train.continued,
        "first": bool(begins(case)),
        "folder": case.folder,
        "ragged": bool(case.data.ragged),
        "step": case.step is not None,
        "several": bool(case.train.networks),
        "sampled": case.samples(training=True),
        "draws_in_step": draws(case.within),
        "floating": floating(case),
        "steps": case.train.steps is not None,
        "together": together(case),
        case.train.precision: True,
    }
    return {word for word, holds in words.items() if holds}


def together(case: Case) -> bool:
    """Whether several steps go in one call: as many as divide an epoch."""
    return case.small and case.train.steps is None


def fills(case: Case) -> Fills:
    on = case.train.best_by[0].removeprefix("val.")
    last = case.step is None and any(t.last for _, _, t in case.inputs)
    doc = "What the model reads, with the channels of images behind their places."
    reads = "What the objective reads." if case.step is not None else "What the model reads."
    stops = "Validation, early stopping, the log and the checkpoints."
    checks = "Validation, the log and the checkpoints."
    after = stops if case.patience is not None else checks if case.validated else None
    return {
        "constants": constants(case),
        **(step_fills(case) if case.step is not None else loss_fills(case)),
        "inputs_doc": [py.Raw(f'"""{doc if last else reads}"""')],
        "inputs": [py.Return(fed(case))],
        "after_doc": [py.Raw(f'"""{after or "The log and the checkpoints."}"""')],
        "improved": [py.Assign("improved", py.call("run.improved", py.Index("val", literal(on))))],
        "build": [py.Do(py.call("model", symbols(case)))],
        "optimizer": [py.Assign("optimizer", optimizer(case))],
        "optimizers": [py.Assign("optimizers", optimizers(case))],
        "owner": [py.Return(owners(case))],
        "lock": [py.Return(lock(case))],
        "freeze": freezing(case),
        "compile": [py.Do(compiled(case, "model"))],
        "compile_step": [py.Do(compiled(case, "training"))],
        "compile_kept": [py.Do(kept_by_model(case), "where checkpoints look for it")],
        **length_fills(case),
        **main_fills(case),
    }


def freezing(case: Case) -> Body:
    """The functions that let weights wait."""
    if not case.train.freezes:
        return []
    return [Verbatim(name, source=text) for name, text in texts(template("freezing")).items()]


def length_fills(case: Case) -> Fills:
    """What reads how long a run is."""
    steps = case.train.steps is not None
    counted = "steps" if steps else "epochs"
    total, each = ("steps", "per_epoch") if steps else ("epochs * steps", "steps")
    params = f"out: Path, {counted}: int, seed: int, resume: bool"
    write = f"write_lock(made_of, lock(run.seed, {counted}), run.epoch)"
    fitted = "model" if case.step is None else "training"
    return {
        "train": [py.Raw(f"def train({params}) -> None:")],
        "schedule": [py.Assign("schedule", f"Schedule(rates(LEARNING_RATE, {total}, {each}))")],
        "grouped": [py.Do(f"grouped(model, {each})")],
        "end": [py.Assign("end, made_of", f'ended(run, {counted}), out / "lock.json"')],
        "write_lock": [py.Do(write)],
        "fit": [py.Raw(f"{fitted}.fit(")],
        "lock_head": [py.Raw(f"def lock(seed: int, {counted}: int) -> dict[str, Any]:")],
    }


def main_fills(case: Case) -> Fills:
    """What stands in `main`."""
    counted = "epochs" if case.train.steps is None else "steps"
    named = py.Code(counted.upper())
    length = py.call("parser.add_argument", f"--{counted}", type=py.Code("int"), default=named)
    run = f"train(args.out, args.{counted}, args.seed, args.resume)"
    return {
        "parts": [py.Raw(f"choices={literal(case.parts)},")],
        "length": [py.Do(length)],
        "run": [py.Do(run)],
    }


def loss_fills(case: Case) -> Fills:
    """What stands in a program whose loss is a sum of losses."""
    return {
        "loss_fn": [loss_fn(case)],
        "training_class": [py.Raw(f"class Training({model_name(case)}):")],
        "compute_loss": [
            py.Return(with_penalties(case, loss(case, "y_pred", "y", floating(case))))
        ],
        "targets": [targets(case)],
        "gather": [gathered(case)],
        "evaluate_loss": [py.Assign("loss", py.call("float", evaluated(case)))],
        "scores": [py.Return(py.Binary('{"loss": loss}', "|", scores(case)))],
    }


def step_fills(case: Case) -> Fills:
    """What stands in one whose objective is a function of its own."""
    assert case.step is not None
    given = [py.item("rows", field) for field in case.read] + beside(case.within)
    nets = [py.Code("model")]
    if case.train.networks:
        nets = [py.Code(f"part(self.net.{name})") for name in networks(case.step.root)]
    return {
        "network": [py.Raw("def model(x):")],
        "objective": [py.Return(py.call("objective", *nets, *given))],
        "computed_loss": [
            py.Return(with_penalties(case, py.Code("y_pred[0]" if case.watched else "y_pred")))
        ],
        "made": [py.Assign("model", py.call(model_name(case)))],
    }


def with_penalties(case: Case, loss: py.Expr) -> py.Expr:
    """A loss with what the parts of the model have added to it in this step."""
    if not case.penalised:
        return loss
    added: py.Expr = py.call("sum", py.Code("self.losses"))
    if floating(case):
        added = py.call("ops.cast", added, py.Code(FLOAT))
    return py.Binary(loss, "+", added)


def beside(objective: Sequence[Flow]) -> list[py.Expr]:
    """What an objective is given beside networks and fields."""
    seed = [py.Code("self.seed_generator")] if draws(objective) else []
    mode = [py.Code("training")] if any(isinstance(f, Mode) for f in objective) else []
    return [*seed, *mode]


def draws(objective: Sequence[Flow]) -> bool:
    """Whether an objective itself draws random numbers."""
    return any(isinstance(f, Apply) and isinstance(f.op, Draw) for f in objective)


literal = py.literal

TAKEN = frozenset(
    """
    Adam AdamW AfterEpoch Any BATCH CHUNK CONSTRAINTS CheckpointError Continued EPOCHS HASH INPUTS
    Iterator LEARNING_RATE LOSS_SCALE OUTPUTS Path RMSprop Run SEED SGD SLOTS Schedule Several
    TARGETS SomeLearn THREADS Training argparse batches bfloat16 built by_variable checkpoint
    claimed constrain data differing ended evaluate evaluating fnmatchcase freeze frozen grouped
    inputs json keras lock log loss_fn main math np objective onednn ops os partial platform
    processors rates rewind safetensors scores signal signature sys tf train widened write_lock
    """.split()
)
"""Names of `train.py` that a model may bear too, besides those of variables, which are all in
lower case."""


def model_name(case: Case) -> str:
    """The model's class, as `train.py` calls it."""
    name = case.model_class
    return py.identifier(f"{name}Model", TAKEN) if name in TAKEN or name.islower() else name


def begins(case: Case) -> dict[str, float]:
    """The first values of states, where one is not 0."""
    found = {name: first.value for name, first in case.model.root.states.items()}
    return found if any(found.values()) else {}


def constants(case: Case) -> Body:
    block = case.train
    found: Body = [
        py.Assign("HASH", literal(case.hash), "of the spec"),
        length(case),
        py.Assign("BATCH", literal(block.batch)),
        py.Assign("CHUNK", literal(max(256, block.batch)), "rows at a time in evaluation"),
    ]
    if case.scheduled and case.rounds:
        rates = {s.name: s.optimizer.lr for s, _ in case.rounds if s.optimizer is not None}
        found.append(py.Assign("LEARNING_RATES", literal(rates)))
    elif case.scheduled:
        found.append(py.Assign("LEARNING_RATE", literal(case.optimizer.lr)))
    if case.penalised and case.rounds and block.networks:
        updated = {s.name: s.updates for s, _ in case.rounds}
        found.append(py.Assign("UPDATED", literal(updated), "networks by step"))
    found.append(py.Assign("SEED", literal(block.seed)))
    if block.continued:
        types = dict(case.model.root.inputs)
        shapes = {name: tuple(map(int, types[name].shape)) for name in case.model.root.states}
        found.append(py.Assign("STATES", literal(shapes)))
        if begins(case):
            found.append(py.Assign("FIRST", literal(begins(case)), "values of the states"))
    if case.small:
        said = "more do not make such small steps faster"
        found.append(py.Assign("THREADS", "1", said))
    grouped = bool(block.groups)
    exact = (o for o in case.optimizers if needs_exact(o, case.exact or grouped))
    # those of several steps are given what they update
    some = ["SomeLearn"] if block.freezes and not case.rounds else []
    kinds = {kind: [py.Raw(of(kind, bool(some)))] for kind in (*OWN, SEVERAL)}
    written = texts(template("optimizers", {"grouped"} if grouped else (), kinds))
    together = [SEVERAL] if case.mixed else []
    for kind in (*some, *dict.fromkeys(o.kind() for o in exact), *together):
        found.append(Verbatim(kind, source=written[kind]))
    check_biases(case, {name: group for group in block.groups for name in group.weights})
    if case.model.constraints:
        check_constraints(case)
        known = case.weights
        found.append(table(rules(case.model.constraints, known), known, rule))
    return found


OWN = {"SGD": "SGD", "Adam": "Adam", "AdamW": "Adam", "RMSprop": "RMSprop"}
"""The optimizers of `verbatim/optimizers.py`, and those of Keras that they change."""
SEVERAL = "Several"
"""What holds several of them."""


def of(kind: str, some: bool) -> str:
    """The first line of an optimizer's class; `some` of its weights may wait."""
    bases = f"keras.optimizers.{OWN.get(kind, 'Optimizer')}"
    return f"class {kind}({f'SomeLearn, {bases}' if some else bases}):"


def length(case: Case) -> py.Assign:
    """How long a run is."""
    block = case.train
    if block.steps is None:
        return py.Assign("EPOCHS", literal(block.epochs))
    return py.Assign("STEPS", literal(block.steps), "rounds of batches" if case.rounds else "")


# --- the loss ---------------------------------------------------------------------------------


def loss_fn(case: Case) -> py.Function:
    outputs, fields = case.compared
    names = variables((*outputs, *fields), TAKEN)
    body = [py.Return(total(case.train.loss, names, case.outputs, case.fields))]
    params = [py.Param(names[n]) for n in dict.fromkeys((*outputs, *fields))]
    return py.Function("loss_fn", params, body)


def loss(case: Case, outputs: str, targets: str, cast: bool = False) -> py.Expr:
    """The loss of outputs (by name, where there are several) and of the fields."""
    names, fields = case.compared
    single = len(case.outputs) == 1
    found: list[py.Expr] = []
    for name in names:
        output: py.Expr = py.Atom(outputs) if single else py.item(outputs, name)
        found.append(py.call("ops.cast", output, py.Code(FLOAT)) if cast else output)
    found += [py.item(targets, f) for f in fields if f not in names]
    return py.call("loss_fn", *found)


FLOAT = "keras.config.floatx()"


def floating(case: Case) -> bool:
    """Whether the model may compute in 16 bits, so that the loss has to be told not to."""
    return case.train.precision != "fp32"


# --- evaluation -------------------------------------------------------------------------------


def output_name(case: Case) -> str:
    """The variable of the only output."""
    local = {"model", "part", "chunks", "rows", "made", "loss", "outputs", "CHUNK"}
    return py.identifier(next(iter(case.outputs)), TAKEN | local)


def gathered(case: Case) -> py.Statement:
    """The outputs of all chunks: one array, or several by name."""
    single = len(case.outputs) == 1
    whole: py.Expr = py.call(
        "np.concatenate", py.Code("made" if single else "[m[n] for m in made]")
    )
    if floating(case):
        whole = py.call(py.Attribute(whole, "astype"), py.Code(FLOAT))
    if single:
        return py.Assign(output_name(case), whole)
    return py.Assign("outputs", py.DictComp(whole, "n", "made[0]", key="n"))


def evaluated(case: Case) -> py.Expr:
    single = len(case.outputs) == 1
    return loss(case, output_name(case) if single else "outputs", "rows")


def scores(case: Case) -> py.Expr:
    outputs: py.Expr = py.Code("outputs")
    if len(case.outputs) == 1:
        (name,) = case.outputs
        outputs = py.Dict(((literal(name), output_name(case)),))
    return py.call("scores", outputs, py.Code("rows"))


# --- a run ------------------------------------------------------------------------------------


def optimizer(case: Case) -> py.Expr:
    block = case.train
    found = made(case.optimizer, rate(case), block.clip_norm, case.exact or bool(block.groups))
    if case.mixed:
        named = (py.Code("optimizers"), py.Code("by_variable(model)"))
        clip = {} if block.clip_norm is None else {"global_clipnorm": block.clip_norm}
        found = py.call(SEVERAL, *named, rate(case), **clip)
    return scaled(found) if block.precision == "fp16" else found


def optimizers(case: Case) -> py.Expr:
    """The optimizers by name; gradients are clipped before they are given to them."""
    found = case.train.optimizers.items()
    return py.Dict(
        tuple((literal(name), made(o, rate(case), None, exact=True)) for name, o in found),
        broken=True,
    )


def owners(case: Case) -> py.Expr:
    """The name of the optimizer of each entry's variable."""
    default = literal(case.main) if case.mixed else literal("")
    name = py.Code(f'differing(e.name).get("optimizer", {default})')
    return py.DictComp(name, "e", "entries", key="id(e.variable)")


def rate(case: Case) -> py.Expr:
    """The learning rate, which the schedule gives for each step."""
    return py.Code("schedule") if case.scheduled else literal(case.optimizer.lr)


def compiled(case: Case, what: str) -> py.Expr:
    given: dict[str, Any] = {}
    given |= {"steps_per_execution": py.Code("together")} if together(case) else {}
    given |= {"auto_scale_loss": False} if case.train.precision == "fp16" else {}
    return py.call(f"{what}.compile", py.Code("optimizer"), **given)


def kept_by_model(case: Case) -> py.Expr:
    """The optimizer as the model's own; it is the training that steps."""
    given = {"auto_scale_loss": False} if case.train.precision == "fp16" else {}
    return py.call("model.compile", py.Code("optimizer"), **given)


def lock(case: Case) -> py.Expr:
    """What `lock.json` says."""
    threads = "tf.config.threading.get_intra_op_parallelism_threads()"
    counted = "epochs" if case.train.steps is None else "steps"
    entries = {
        "spec": py.Code("HASH"),
        "parameters": literal(case.parameters),
        "data": py.Code("data.facts()"),
        "seed": py.Code("seed"),
        counted: py.Code(counted),
        "device": py.Code('"cuda" if tf.config.get_visible_devices("GPU") else "cpu"'),
        "threads": py.Code(threads),
        "backend": py.Code("keras.backend.backend()"),
        "onednn": py.Code("onednn()"),
        "versions": py.Code('{"python": platform.python_version(), **packages}'),
    }
    pairs = tuple((literal(name), value) for name, value in entries.items())
    return py.Dict(pairs, broken=True)
