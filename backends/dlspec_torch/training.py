"""`train.py` of a program: the loop that a person would write for this one model."""

from __future__ import annotations

from collections.abc import Sequence

from dlspec.emit import python as py
from dlspec.ir.model import networks
from dlspec.ops.constraints import Constraint, max_norm, min_max_norm
from dlspec.programs.compose import Verbatim
from dlspec.programs.constraints import rules, table
from dlspec_torch import rounds
from dlspec_torch.case import TAKEN, Case
from dlspec_torch.command import main
from dlspec_torch.helpers import definitions
from dlspec_torch.losses import total
from dlspec_torch.optimizers import made

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
    py.From("recipe", ("ROUND", "Run", "differing", "ended", "frozen")),
    py.From("recipe", ("log", "rates", "rewind", "scores", "write_lock")),
    py.From("weights", ("CheckpointError",)),
)

AGAIN = "Stopped at any moment and resumed, a run ends with the same bits."
Body = list[py.Statement]
MODEL, PART = py.Param("model", "nn.Module"), py.Param("part", "str")
RUN, DEVICE = py.Param("run", "Run"), py.Param("device", "torch.device")
OPTIMIZER = py.Param("optimizer", "torch.optim.Optimizer")


def model_of(case: Case) -> py.Param:
    """The parameter that the model is; several networks are attributes of their own class."""
    return py.Param("model", case.model_class) if case.train.networks or case.rounds else MODEL


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
        *([freeze()] if case.train.freezes else []),
        *([constrained()] if case.model.constraints else []),
        *([continued()] if case.train.continued else []),
        train_epoch(case),
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


# --- the loss ---------------------------------------------------------------------------------


def loss_functions(case: Case) -> Body:
    """The functions of the loss that stand in `train.py`."""
    if case.rounds:
        return [rounds.loss_fn(case), rounds.learned(case), rounds.optimizers(case)]
    return [loss_fn(case)] if case.step is None else []


def loss_fn(case: Case) -> py.Function:
    outputs, fields = case.compared
    names = variables((*outputs, *fields))
    body = [py.Return(total(case.train.loss, names, case.outputs, case.fields))]
    params = [py.Param(names[n], "Tensor") for n in dict.fromkeys((*outputs, *fields))]
    return py.Function("loss_fn", params, body, "Tensor")


def variables(names: Sequence[str], taken: Sequence[str] = ()) -> dict[str, str]:
    """A variable for each name, unlike all names of the file and of the function."""
    found: dict[str, str] = {}
    for name in names:
        if name not in found:
            found[name] = py.identifier(name, {*TAKEN, *taken, *found.values()})
    return found


def tensors() -> py.Function:
    return py.Function(
        "tensors",
        (py.Param("rows", "data.Rows"), DEVICE),
        [py.Return("{name: torch.from_numpy(v).to(device) for name, v in rows.items()}")],
        "dict[str, Tensor]",
    )


def per_epoch() -> py.Function:
    body = [py.Return('math.ceil(data.length(data.load()["train"]) / BATCH)')]
    return py.Function("per_epoch", (), body, "int", "The batches of an epoch.")


def batches_of(case: Case) -> str:
    """The code of the number of batches of an epoch: of runs that go on, whole ones."""
    rows = 'data.length(data.load()["train"])'
    return f"{rows} // BATCH" if case.train.continued else f"math.ceil({rows} / BATCH)"


def batches(case: Case) -> py.Function:
    cut = "{name: v[start : start + BATCH] for name, v in block.items()}"
    made: Body = [py.Raw(f"yield {cut}")]
    body: Body = []
    doc = "The batches of an epoch, made some at a time."
    if case.train.steps is not None:
        doc = "The batches of an epoch that the run has not had yet, made some at a time."
        body.append(py.Assign("had", "run.step - run.epoch * per_epoch()"))
        made.insert(0, py.If("had", [py.Assign("had", "1", op="-"), py.Raw("continue")]))
    rows = [
        py.Assign("block", "tensors(rows, device)"),
        py.For("start", "range(0, data.length(rows), BATCH)", made),
    ]
    body.append(py.For("rows", 'data.blocks("train", BATCH, run.seed, run.epoch)', rows))
    return py.Function("batches", (RUN, DEVICE), body, "Iterator[dict[str, Tensor]]", doc)


def forward(case: Case) -> py.Expr:
    """The model called on a batch."""
    return py.call("model", *(py.item("batch", field) for _, field, _ in case.inputs))


def loss(case: Case, output: py.Expr | None, outputs: str, targets: str, wrap: str = "") -> py.Expr:
    """The loss: of the only output, or of several by name, and of the fields."""
    names, fields = case.compared
    made = [output or py.item(outputs, n) for n in names]
    wanted = [py.item(targets, f) for f in fields if f not in names]
    return py.call("loss_fn", *made, *(py.call(wrap, w) if wrap else w for w in wanted))


# --- an epoch ---------------------------------------------------------------------------------


def train_epoch(case: Case) -> py.Function:
    params = [model_of(case), OPTIMIZER, RUN, DEVICE]
    if case.rounds:
        params[1] = py.Param("optimizers", rounds.OPTIMIZERS)
    if case.scheduled:
        table = "dict[str, np.ndarray]" if case.rounds else "np.ndarray"
        params.insert(2, py.Param("rate", table))
    if case.train.steps is not None:
        params.append(py.Param("stop", "int"))
    body: Body = [py.Do("model.train()")]
    if case.train.freezes:
        body.append(py.Do("freeze(model, run.epoch)"))
    autocast = precision(case)
    if case.draws or case.train.precision == "auto":
        body.append(py.Assign("gpu", 'device.type == "cuda"'))
    if case.draws:
        chosen = "torch.cuda.default_generators[0] if gpu else torch.default_generator"
        body.append(py.Assign("generator", chosen))
    body += autocast
    mixed, gives = bool(autocast), "float"
    of, doc = "model", "One pass over the training rows; gives the mean of its losses."
    totals: Body = [py.Assign("total, count", "torch.zeros((), device=device), 0")]
    updates = rounds.step(case, mixed, clip(case, "own")) if case.rounds else step(case, mixed)
    result: Body = [py.Return("total.item() / count")]
    if case.rounds:
        gives, doc = "dict[str, float]", "One pass over the training rows; gives the mean losses."
        totals = [
            py.Assign("totals", "{step: torch.zeros((), device=device) for step in ROUND}"),
            py.Assign("counts", "dict.fromkeys(ROUND, 0)"),
        ]
        result = rounds.means()
    if case.train.steps is not None:
        doc = doc.replace("One pass over the training rows", "The rest of an epoch, or of the run")
        updates.insert(0, py.If("run.step >= stop", [py.Raw("break")]))
    parameters = "learned(model)" if case.rounds else f"list({of}.parameters())"
    body += [
        py.Assign("parameters", parameters),
        *([py.Assign("held", "list(constrained(model))")] if case.model.constraints else []),
        *([py.Assign("network", "Continued(model)")] if case.train.continued else []),
        *totals,
        py.For("batch", "batches(run, device)", updates),
        *result,
    ]
    return py.Function("train_epoch", params, body, gives, doc)


def step_seed() -> py.Function:
    body = [py.Return("(run.seed * 1_000_003 + run.step) % 2**32")]
    doc = "The seed of one step, in the 32 bits that PyTorch's CPU generator reads."
    return py.Function("step_seed", (RUN,), body, "int", doc)


def precision(case: Case) -> Body:
    """The context in which a step computes, as `autocast`; nothing where it is plain fp32."""
    match case.train.precision:
        case "auto":
            chosen = "torch.autocast(device.type, torch.bfloat16) if bf16 else nullcontext()"
            bf16 = py.Assign("bf16", "gpu and torch.cuda.is_bf16_supported()")
            return [bf16, py.Assign("autocast", chosen)]
        case "bf16":
            return [py.Assign("autocast", "torch.autocast(device.type, torch.bfloat16)")]
        case "fp16":
            return [py.Assign("autocast", "torch.autocast(device.type, torch.float16)")]
    return []


def step(case: Case, mixed: bool) -> Body:
    body: Body = []
    if case.draws:
        drawn = "for all that is drawn" if case.samples(training=False) else "for dropout"
        body.append(py.Do("generator.manual_seed(step_seed(run))", drawn))
    found = forward_and_loss(case)
    body += [py.Block("with autocast", found)] if mixed else found
    clear = py.Assign("parameter.grad", "None", "zero_grad() costs more than a small layer")
    body.append(py.For("parameter", "parameters", [clear]))
    if case.train.precision == "fp16":
        unscale = py.Assign("parameter.grad", "LOSS_SCALE", op="/")
        body += [
            py.Do("(LOSS_SCALE * loss).backward()"),
            py.For("parameter", "parameters", [py.If("parameter.grad is not None", [unscale])]),
        ]
    else:
        body.append(py.Do("loss.backward()"))
    body += clip(case, "parameters")
    if case.scheduled:
        body.append(set_rate(case))
    body.append(py.Do("optimizer.step()"))
    if case.model.constraints:
        put = [py.Do("weight.data.copy_(rule(weight.data))")]
        body.append(py.For("weight, rule", "held", put))
    body += [
        py.Assign("size", py.call("len", py.item("batch", rows_of(case)))),
        py.Do("total.add_(loss.detach(), alpha=size)"),
        py.Assign("count", "size", op="+"),
        py.Assign("run.step", "1", op="+"),
    ]
    return body


def clip(case: Case, of: str) -> Body:
    """Bounds the norm of some gradients."""
    most = case.train.clip_norm
    if most is None:
        return []
    function = "clip" if clips_exactly(case) else "nn.utils.clip_grad_norm_"
    return [py.Do(py.call(function, py.Code(of), most))]


def rows_of(case: Case) -> str:
    """A field, whose length is the number of rows."""
    return case.read[0] if case.step is not None else case.inputs[0][1]


def set_rate(case: Case) -> py.Statement:
    if not case.train.groups:
        return py.Assign('optimizer.param_groups[0]["lr"]', "rate[run.step]")
    scaled = any(g.lr_scale != 1 for g in case.train.groups)
    rate = 'rate[run.step] * own.get("lr_scale", 1)' if scaled else "rate[run.step]"
    return py.For("own", "optimizer.param_groups", [py.Assign('own["lr"]', rate)])


# --- weights that are updated in a way of their own -------------------------------------------


def grouped(case: Case) -> py.Function:
    body = [
        py.Raw("groups: dict[str, dict[str, Any]] = {}"),
        py.For(
            "name, parameter",
            "model.named_parameters()",
            [
                *([py.If("math.isinf(frozen(name))", [py.Raw("continue")])] if case.rests else []),
                py.Assign("own", "differing(name)"),
                py.Assign("group", 'groups.setdefault(str(own), {"params": [], **own})'),
                py.Do('group["params"].append(parameter)'),
            ],
        ),
        py.Return("list(groups.values())"),
    ]
    of = "The parameters that learn" if case.rests else "The parameters"
    doc = f"{of}, those that are updated alike together."
    return py.Function("grouped", [MODEL], body, "list[dict[str, Any]]", doc)


def freeze() -> py.Function:
    learns = [py.Do("parameter.requires_grad_(epoch >= frozen(name))")]
    idle = "own and not any(parameter.requires_grad for parameter in own)"
    body = [
        py.For("name, parameter", "model.named_parameters()", learns),
        py.For(
            "module",
            "model.modules()",
            [py.Assign("own", "list(module.parameters())"), py.If(idle, [py.Do("module.eval()")])],
        ),
    ]
    doc = "Weights that wait are not updated; what has no others is in evaluation mode."
    return py.Function("freeze", (MODEL, py.Param("epoch", "int")), body, "None", doc)


def objective(case: Case, net: str = "model") -> py.Expr:
    """What is computed of a batch: the loss, and what metrics read."""
    assert case.step is not None
    several = [rounds.network(case, n) for n in networks(case.step.root)]
    nets = several if case.train.networks else [py.Code(net)]
    fields = (py.item("batch", f) for f in case.read)
    return py.call("objective", *nets, *fields, *rounds.beside(case.step))


def constrained() -> py.Function:
    matching = "any(fnmatchcase(name, pattern) for pattern in patterns)"
    learns = py.If(f"weight.requires_grad and {matching}", [py.Raw("yield weight, rule")])
    inner = py.For("patterns, rule", "CONSTRAINTS", [learns])
    body = [py.For("name, weight", "model.named_parameters()", [inner])]
    kind = "Iterator[tuple[nn.Parameter, Callable[[Tensor], Tensor]]]"
    doc = "The weights that are held to something after each step, but for frozen ones."
    return py.Function("constrained", [MODEL], body, kind, doc)


def penalties() -> py.Function:
    every = [
        py.Assign("own", 'getattr(module, "losses", [])'),
        py.Assign("total", "sum(own)", op="+"),
        py.Do("own.clear()"),
    ]
    body = [
        py.Assign("total", "0.0"),
        py.For("module", "model.modules()", every),
        py.Return("total"),
    ]
    doc = "What the parts of the model have added to the loss in this step."
    return py.Function("penalties", [MODEL], body, "Tensor | float", doc)


def continued() -> Verbatim:
    name = "Continued"
    return Verbatim(name, source=definitions("continued")[name])


def forward_and_loss(case: Case) -> Body:
    found = _forward_and_loss(case)
    if case.penalised:
        found.append(py.Assign("loss", py.call("penalties", py.Code("model")), op="+"))
    return found


def _forward_and_loss(case: Case) -> Body:
    if case.step is not None:
        net = "network" if case.train.continued else "model"
        return [py.Assign("loss, _" if case.watched else "loss", objective(case, net))]
    if len(case.outputs) == 1:
        return [py.Assign("loss", loss(case, forward(case), "", "batch"))]
    return [
        py.Assign("outputs", forward(case)),
        py.Assign("loss", loss(case, None, "outputs", "batch")),
    ]


def clips_exactly(case: Case) -> bool:
    return case.train.clip_norm is not None and case.train.numerics == "exact"


def exact_clip() -> py.Function:
    body = [
        py.Assign("gradients", "[p.grad for p in parameters if p.grad is not None]"),
        py.Assign("norm", "nn.utils.get_total_norm(gradients)"),
        py.For("gradient", "gradients", [py.Do("gradient.mul_((most / norm).clamp(max=1))")]),
    ]
    doc = "Scales gradients of a larger norm to this one; PyTorch's own adds 1e-6 to the norm."
    params = (py.Param("parameters", "list[nn.Parameter]"), py.Param("most", "float"))
    return py.Function("clip", params, body, "None", doc)


# --- evaluation -------------------------------------------------------------------------------


def evaluate(case: Case) -> py.Function:
    if case.step is not None:
        return evaluate_step(case)
    names = variables(
        tuple(case.outputs),
        ("model", "part", "device", "rows", "batch", "made", "loss", "torch", "data", *LOCAL),
    )
    only = py.Atom(next(iter(names.values()))) if len(names) == 1 else None
    collect = [
        py.Assign("batch", "tensors(rows, device)"),
        py.Do(py.call("made.append", forward(case))),
    ]
    body: Body = [
        py.Do("model.eval()"),
        *evaluation_seed(case),
        py.Assign("made", "[]"),
        py.For("rows", "data.chunks(part, CHUNK)", collect),
    ]
    if only is not None:
        body.append(py.Assign(only, "torch.cat(made).cpu()"))
        arrays: py.Expr = py.Dict(
            tuple((py.literal(n), py.call(py.Attribute(v, "numpy"))) for n, v in names.items())
        )
    else:
        body.append(
            py.Assign("outputs", "{n: torch.cat([m[n] for m in made]).cpu() for n in made[0]}")
        )
        arrays = py.Code("{name: output.numpy() for name, output in outputs.items()}")
    body.append(py.Assign("rows", "data.load()[part]"))
    body.append(py.Assign("loss", loss(case, only, "outputs", "rows", "torch.from_numpy")))
    found: py.Expr = py.Code('{"loss": loss.item()}')
    if case.train.metrics:
        found = py.Binary(found, "|", py.call("scores", arrays, py.Code("rows")))
    return py.Function(
        "evaluate",
        (MODEL, PART, DEVICE),
        [*body, py.Return(found)],
        "dict[str, Any]",
        "The loss and the metrics over all rows of a part.",
        ("torch.inference_mode()",),
    )


def evaluation_seed(case: Case) -> Body:
    """Every evaluation draws the same numbers."""
    seed = py.Do("torch.manual_seed(0)", "the same draws in every evaluation")
    return [seed] if case.samples(training=False) else []


def evaluate_step(case: Case) -> py.Function:
    """The loss of chunks, weighed by their rows: what it compares may be no output."""
    several = case.watched
    size = py.call("len", py.item("rows", rows_of(case)))
    chunk: Body = [
        py.Assign("batch", "tensors(rows, device)"),
        py.Assign("loss, outputs" if several else "loss", objective(case)),
        py.Assign("size", size),
        py.Assign("total", "size * loss.item()", op="+"),
        py.Assign("count", "size", op="+"),
    ]
    outputs = "outputs"
    if case.differentiates:
        outputs = "{n: output.detach() for n, output in outputs.items()}"
    if several:
        chunk.append(py.Do(f"made.append({outputs})"))
    found: py.Expr = py.Code('{"loss": total / count}')
    body: Body = [
        py.Do("model.eval()"),
        *evaluation_seed(case),
        py.Assign("total, count", "0.0, 0"),
        *([py.Assign("made", "[]")] if several else []),
        py.For("rows", "data.chunks(part, CHUNK)", chunk),
    ]
    if several:
        cat = "torch.cat([m[name] for m in made]).float().numpy(force=True)"
        body.append(py.Assign("arrays", f"{{name: {cat} for name in made[0]}}"))
        found = py.Binary(found, "|", py.Code("scores(arrays, data.load()[part])"))
    return py.Function(
        "evaluate",
        (model_of(case), PART, DEVICE),
        [*body, py.Return(found)],
        "dict[str, Any]",
        "The loss, the mean over chunks of rows, and the metrics over all rows of a part.",
        () if case.differentiates else ("torch.inference_mode()",),
    )


LOCKED = "write_lock(made_of, lock(run.seed, {}, device), run.epoch)"
LOCAL = ("checkpoint", "tensors", "loss_fn", "scores", "CHUNK")


# --- a run ------------------------------------------------------------------------------------


def train(case: Case) -> py.Function:
    counted = "epochs" if case.train.steps is None else "steps"
    kept, optimizer = kept_by(case)
    body: Body = [
        py.Assign("last, best", 'out / "last.safetensors", out / "best.safetensors"'),
        py.Assign("metrics", 'out / "metrics.jsonl"'),
        py.Assign("model", case.on_device),
        optimizer,
        py.If(
            "resume and last.exists()",
            [
                py.Assign("run", f"checkpoint.load(last, {', '.join(kept[1:])})"),
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
    if case.rounds:
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
    optimizer, found = ("optimizers", "losses") if case.rounds else ("optimizer", "loss")
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
    if case.validated:
        on = py.literal(case.train.best_by[0].removeprefix("val."))
        body.append(py.Assign("val", 'evaluate(model, "val", device)'))
        body.append(py.Assign("improved", py.call("run.improved", py.Index("val", on))))
        report = '{"loss": loss} | {f"val.{name}": v for name, v in val.items()}'
    elif not steps:
        body.append(py.Assign("run.epoch", "1", op="+"))
    if steps:
        body.append(py.Assign("run.epoch", "run.step // per_epoch()", "whole ones"))
    if case.rounds and "val" in case.parts:
        body.append(py.Assign("val", 'evaluate(model, "val", device)'))
        report = 'losses | {f"val.{name}": v for name, v in val.items()}'
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
