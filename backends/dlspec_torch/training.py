"""`train.py` of a program: the loop that a person would write for this one model."""

from __future__ import annotations

from collections.abc import Sequence

from dlspec.emit import python as py
from dlspec.ops.constraints import Constraint, max_norm, min_max_norm
from dlspec.programs.compose import Verbatim
from dlspec.programs.constraints import rules, table
from dlspec_torch import rounds
from dlspec_torch.case import Case
from dlspec_torch.command import main
from dlspec_torch.computing import loss_functions, penalties
from dlspec_torch.evaluation import evaluate, joined
from dlspec_torch.helpers import definitions
from dlspec_torch.loop import (
    batches,
    batches_of,
    clips_exactly,
    constrained,
    continued,
    exact_clip,
    freeze,
    grouped,
    optimizers,
    per_epoch,
    step_seed,
    tensors,
    train_epoch,
)
from dlspec_torch.optimizers import made
from dlspec_torch.shared import DEVICE, Body

IMPORTS = (
    py.Import("argparse"),
    py.Import("json"),
    py.Import("math"),
    py.Import("platform"),
    py.Import("signal"),
    py.Import("sys"),
    py.From("collections.abc", ("Callable", "Iterator")),
    py.From("contextlib", ("nullcontext",)),
    py.From("fnmatch", ("fnmatchcase",)),
    py.From("functools", ("partial",)),
    py.From("importlib.metadata", ("version",)),
    py.From("pathlib", ("Path",)),
    py.From("typing", ("Any",)),
    py.Import("numpy", "np"),
    py.Import("torch"),
    py.Import("torch.nn.functional", "F"),
    py.From("torch", ("Tensor", "nn")),
    py.Import("checkpoint"),
    py.Import("data"),
    py.From("recipe", ("ROUND", "Run", "claimed", "differing", "ended", "frozen")),
    py.From("recipe", ("log", "rates", "rewind", "scores", "write_lock")),
    py.From("weights", ("CheckpointError",)),
)


AGAIN = "Stopped at any moment and resumed, a run ends with the same bits."


def train_file(case: Case) -> str:
    """The text of `train.py`."""
    functions = [
        *([exact_clip()] if clips_exactly(case) else []),
        *loss_functions(case),
        *([penalties()] if case.penalised else []),
        tensors(),
        *([per_epoch()] if case.train.steps is not None or case.rounds else []),
        batches(case),
        *([step_seed()] if case.draws else []),
        *([grouped(case)] if case.train.groups else []),
        *([optimizers(case)] if case.mixed else []),
        *([freeze()] if case.train.freezes else []),
        *([constrained()] if case.model.constraints else []),
        *([continued()] if case.train.continued else []),
        train_epoch(case),
        *([joined()] if case.watched else []),
        rounds.evaluate(case) if case.rounds else evaluate(case),
        train(case),
        lock(case),
        main(case),
    ]
    one = case.step is not None
    own = py.From("objective", ("objective",)) if one else py.Import("objective")
    return py.Module(
        f"Trains {case.model_class} on {case.data.name}.\n\n{AGAIN}",
        (*IMPORTS, case.model_import, own),
        [*constants(case), *functions, py.If('__name__ == "__main__"', [py.Do("main()")])],
    ).render()


def constants(case: Case) -> Body:
    block = case.train
    found: Body = [
        py.Assign("HASH", py.literal(case.hash), "of the spec"),
        length(case),
        py.Assign("BATCH", py.literal(block.batch)),
        py.Assign("CHUNK", py.literal(max(256, block.batch)), "rows at a time in evaluation"),
    ]
    if case.scheduled and case.rounds:
        rates = {s.name: s.optimizer.lr for s, _ in case.rounds if s.optimizer is not None}
        found.append(py.Assign("LEARNING_RATES", py.literal(rates)))
    elif case.scheduled:
        found.append(py.Assign("LEARNING_RATE", py.literal(case.optimizer.lr)))
    if case.penalised and case.rounds and block.networks:
        updated = {s.name: s.updates for s, _ in case.rounds}
        found.append(py.Assign("UPDATED", py.literal(updated), "networks by step"))
    if block.precision == "fp16":
        # A fixed scale has no state that a checkpoint would need.
        found.append(py.Assign("LOSS_SCALE", "1024", "small gradients vanish in 16 bits"))
    found.append(py.Assign("SEED", py.literal(block.seed)))
    if block.continued:
        found.append(py.Assign("STATES", py.literal(tuple(case.model.root.states))))
    if case.small:
        found.append(py.Assign("THREADS", "1", "more do not make such small steps faster"))
    if case.model.constraints:
        found += constraints(case)
    return found


def length(case: Case) -> py.Assign:
    """How long a run is."""
    block = case.train
    if block.steps is None:
        return py.Assign("EPOCHS", py.literal(block.epochs))
    return py.Assign("STEPS", py.literal(block.steps), "rounds of batches" if case.rounds else "")


def constraints(case: Case) -> Body:
    """What weights are held to, and the functions that do so."""
    found = rules(case.model.constraints, case.weights)
    kinds = dict.fromkeys(made.kind() for made, _ in found)
    texts = definitions("constraints")
    return [
        *(Verbatim(kind, source=texts[kind]) for kind in kinds),
        table(found, case.weights, rule),
    ]


def rule(made: Constraint, axes: tuple[int, ...] | None) -> tuple[py.Expr]:
    """A constraint as a function of a weight."""
    given: dict[str, object] = {} if axes is None else {"axis": axes}
    match made:
        case max_norm():
            given |= {"most": made.max}
        case min_max_norm():
            given |= {"least": made.min, "most": made.max}
            given |= {"rate": made.rate} if made.rate != 1 else {}
    kind = py.Code(made.kind())
    return (py.call("partial", kind, **given) if given else kind,)


LOCKED = "write_lock(made_of, lock(run.seed, {}, device), run.epoch)"


def train(case: Case) -> py.Function:
    counted = "epochs" if case.train.steps is None else "steps"
    kept, optimizer = kept_by(case)
    # how often weights that waited were updated
    whole = case.train.steps is not None or bool(case.rounds)
    waits = case.train.freezes and len(kept) > 2
    counted_by = ["per_epoch()" if whole else batches_of(case)] if waits else []
    body: Body = [
        py.Assign("last, best", 'out / "last.safetensors", out / "best.safetensors"'),
        py.Assign("metrics", 'out / "metrics.jsonl"'),
        *case.on_device,
        optimizer,
        py.If(
            "resume and last.exists()",
            [
                py.Assign("run", f"checkpoint.load(last, {', '.join([*kept[1:], *counted_by])})"),
                *([py.Do("run.resume()")] if case.validated else []),
            ],
            [py.Assign("run", "Run(seed)"), py.Do("checkpoint.initialise(model, seed)")],
        ),
        py.Do("rewind(metrics, run.epoch)"),
        py.Assign("end, made_of", f'ended(run, {counted}), out / "lock.json"'),
        py.If("not (end and made_of.exists())", [py.Do(LOCKED.format(counted))]),
        py.If("end", [py.Do('print("nothing to train:", end)'), py.Return()]),
        *rate(case),
    ]
    body.append(py.While(f"not ended(run, {counted})", epoch(case, kept)))
    params = (
        py.Param("out", "Path"),
        py.Param(counted, "int"),
        py.Param("seed", "int"),
        DEVICE,
        py.Param("resume", "bool"),
    )
    doc = "Trains to the end of the last epoch, with a checkpoint after each."
    return py.Function("train", params, body, "None", doc)


def kept_by(case: Case) -> tuple[list[str], py.Statement]:
    """What a checkpoint of the run keeps, and the statement that makes the optimizers."""
    if case.several:
        return ["run", "model", "optimizers"], py.Assign("optimizers", "optimizers_of(model)")
    of = py.Code("grouped(model)" if case.train.groups else "model.parameters()")
    kept = ["run", "model", "optimizer"] if case.slots else ["run", "model"]
    return kept, py.Assign("optimizer", made(case.optimizer, case.scheduled, of))


def rate(case: Case) -> Body:
    """The learning rates of all steps, where they change."""
    if not case.scheduled:
        return []
    if case.rounds:
        each = py.Assign("epoch", "math.ceil(per_epoch() / len(ROUND))", "in rounds")
        count = "steps" if case.train.steps is not None else "epochs * epoch"
        table = f"{{step: rates(lr, {count}, epoch) for step, lr in LEARNING_RATES.items()}}"
        return [each, py.Assign("rate", table)]
    if case.train.steps is not None:
        return [py.Assign("rate", "rates(LEARNING_RATE, steps, per_epoch())")]
    return [
        py.Assign("steps", batches_of(case)),
        py.Assign("rate", "rates(LEARNING_RATE, epochs * steps, steps)"),
    ]


def epoch(case: Case, kept: Sequence[str]) -> Body:
    rate = "rate, " if case.scheduled else ""
    before = "before `last`, which promises that it is there"
    steps = case.train.steps is not None
    optimizer = "optimizers" if case.several else "optimizer"
    found = "losses" if case.rounds else "loss"
    stop = ""
    if steps:
        stop = ", steps * len(ROUND)" if case.rounds else ", steps"
    call = f"train_epoch(model, {optimizer}, {rate}run, device{stop})"
    diverged = py.If(
        "not math.isfinite(loss)",
        [py.Assign("place", 'f"in epoch {run.epoch + 1}"'), py.Do(f"sys.exit({DIVERGED})")],
    )
    body: Body = [py.Assign(found, call)]
    body.append(py.For("loss", "losses.values()", [diverged]) if case.rounds else diverged)
    save_best = py.Do("checkpoint.save(best, run, model)", before)
    report = "losses" if case.rounds else '{"loss": loss}'
    if "val" in case.parts:
        body.append(py.Assign("val", 'evaluate(model, "val", device)'))
        report += ' | {f"val.{name}": v for name, v in val.items()}'
    if case.validated:
        on = py.literal(case.train.best_by[0].removeprefix("val."))
        body.append(py.Assign("improved", py.call("run.improved", py.Index("val", on))))
    elif not steps:
        body.append(py.Assign("run.epoch", "1", op="+"))
    if steps:
        body.append(py.Assign("run.epoch", "run.step // per_epoch()", "whole ones"))
    body.append(py.Assign("report", report))
    body.append(py.Do('log(metrics, {"epoch": run.epoch, "step": run.step} | report)'))
    body.append(py.If("improved", [save_best]) if case.validated else save_best)
    place = "epoch {run.epoch}/{epochs}"
    if steps:
        place = (
            "step {run.step // len(ROUND)}/{steps}" if case.rounds else "step {run.step}/{steps}"
        )
    body += [
        py.Do(f"checkpoint.save(last, {', '.join(kept)})"),
        py.Assign("shown", '[f"{n} {v:.4f}" for n, v in report.items() if isinstance(v, float)]'),
        py.Do(f'print(f"{place}", *shown, sep="  ", flush=True)'),
    ]
    return body


DIVERGED = 'f"error: the loss is {loss} {place}; a lower lr may help"'


def lock(case: Case) -> py.Function:
    counted = "epochs" if case.train.steps is None else "steps"
    facts = py.Dict(
        (
            (py.literal("spec"), "HASH"),
            (py.literal("parameters"), py.literal(case.parameters)),
            (py.literal("data"), "data.facts()"),
            (py.literal("seed"), "seed"),
            (py.literal(counted), counted),
            (py.literal("device"), "device.type"),
            (py.literal("threads"), "torch.get_num_threads()"),
            (py.literal("onednn"), "onednn.is_available() and onednn.enabled"),
            (py.literal("versions"), '{"python": platform.python_version(), **packages}'),
        ),
        broken=True,
    )
    names = '("torch", "numpy", "safetensors")'
    body = [
        py.Assign("packages", f"{{name: version(name) for name in {names}}}"),
        py.Assign("onednn", "torch.backends.mkldnn"),
        py.Return(facts),
    ]
    params = (py.Param("seed", "int"), py.Param(counted, "int"), DEVICE)
    return py.Function("lock", params, body, "dict[str, Any]", "What the run is made of.")
