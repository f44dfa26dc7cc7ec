"""The loop of `train.py`: the batches of an epoch, and the step that each takes."""

from __future__ import annotations

from dlspec.emit import python as py
from dlspec.programs.compose import Verbatim
from dlspec_torch import rounds
from dlspec_torch.case import Case
from dlspec_torch.computing import forward_and_loss
from dlspec_torch.helpers import definitions
from dlspec_torch.optimizers import made
from dlspec_torch.shared import DEVICE, MODEL, RUN, Body, backward, held, model_of, seeded

OPTIMIZER = py.Param("optimizer", "torch.optim.Optimizer")


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
    yielded: Body = [py.Raw(f"yield {cut}")]
    body: Body = []
    doc = "The batches of an epoch, made some at a time."
    if case.train.steps is not None:
        doc = "The batches of an epoch that the run has not had yet, made some at a time."
        body.append(py.Assign("had", "run.step - run.epoch * per_epoch()"))
        yielded.insert(0, py.If("had", [py.Assign("had", "1", op="-"), py.Raw("continue")]))
    rows = [
        py.Assign("block", "tensors(rows, device)"),
        py.For("start", "range(0, data.length(rows), BATCH)", yielded),
    ]
    body.append(py.For("rows", 'data.blocks("train", BATCH, run.seed, run.epoch)', rows))
    return py.Function("batches", (RUN, DEVICE), body, "Iterator[dict[str, Tensor]]", doc)


def train_epoch(case: Case) -> py.Function:
    params = [model_of(case), OPTIMIZER, RUN, DEVICE]
    if case.several:
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
    body = seeded(case)
    found = forward_and_loss(case)
    body += [py.Block("with autocast", found)] if mixed else found
    body += backward(case, "parameters")
    body += clip(case, "parameters")
    updated: Body = [set_rate(case)] if case.scheduled else []
    updated.append(py.Do("optimizer.step()"))
    body += [py.For("optimizer", "optimizers.values()", updated)] if case.mixed else updated
    body += [
        *held(case),
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
    scaled = any(case.train.scale(g) != 1 for g in case.train.groups)
    rate = 'rate[run.step] * own.get("lr_scale", 1)' if scaled else "rate[run.step]"
    return py.For("own", "optimizer.param_groups", [py.Assign('own["lr"]', rate)])


# --- weights that are updated in a way of their own -------------------------------------------


def grouped(case: Case) -> py.Function:
    of = "The parameters that learn" if case.rests else "The parameters"
    params: list[py.Param] = [model_of(case)]
    each: Body = []
    if case.rounds and case.train.networks:
        of = f"{of} of some networks"
        params.append(py.Param("networks", "str | tuple[str, ...]"))
        each.append(py.If("not name.startswith(networks)", [py.Raw("continue")]))
    if case.rests:
        each.append(py.If("math.isinf(frozen(name))", [py.Raw("continue")]))
    each.append(py.Assign("own", "differing(name)"))
    if case.mixed:
        of = f"{of} of one optimizer"
        params.append(py.Param("optimizer", "str"))
        other = f'own.get("optimizer", {py.literal(case.main)}) != optimizer'
        each.append(py.If(other, [py.Raw("continue")]))
    each += [
        py.Assign("group", 'groups.setdefault(str(own), {"params": [], **own})'),
        py.Do('group["params"].append(parameter)'),
    ]
    body: Body = [
        py.Raw("groups: dict[str, dict[str, Any]] = {}"),
        py.For("name, parameter", "model.named_parameters()", each),
        py.Return("list(groups.values())"),
    ]
    doc = f"{of}, those that are updated alike together."
    return py.Function("grouped", params, body, "list[dict[str, Any]]", doc)


def optimizers(case: Case) -> py.Function:
    """The optimizers by name, each with its weights."""
    found = tuple(
        (py.literal(name), made(own, case.scheduled, py.call("grouped", py.Code("model"), name)))
        for name, own in case.train.optimizers.items()
    )
    doc = "The optimizers, each with weights of its own."
    body = [py.Return(py.Dict(found, broken=True))]
    return py.Function("optimizers_of", (model_of(case),), body, rounds.OPTIMIZERS, doc)


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


def constrained() -> py.Function:
    matching = "any(fnmatchcase(name, pattern) for pattern in patterns)"
    learns = py.If(f"weight.requires_grad and {matching}", [py.Raw("yield weight, rule")])
    inner = py.For("patterns, rule", "CONSTRAINTS", [learns])
    body = [py.For("name, weight", "model.named_parameters()", [inner])]
    kind = "Iterator[tuple[nn.Parameter, Callable[[Tensor], Tensor]]]"
    doc = "The weights that are held to something after each step, but for frozen ones."
    return py.Function("constrained", [MODEL], body, kind, doc)


def continued() -> Verbatim:
    name = "Continued"
    return Verbatim(name, source=definitions("continued")[name])


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
