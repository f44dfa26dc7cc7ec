"""Parts of `train.py` where a run goes through several steps, each with an optimizer of its own."""

from __future__ import annotations

from collections.abc import Sequence

from dlspec.backend.names import class_name
from dlspec.emit import python as py
from dlspec.ir.model import Mode, ModelIR, networks, read_inputs, within
from dlspec.ir.recipe import Step
from dlspec_torch.case import Case
from dlspec_torch.helpers import HELPERS
from dlspec_torch.optimizers import made
from dlspec_torch.shared import Body, backward, held, seeded

STEP = py.Param("step", "str")
LEARNED = "dict[str, list[nn.Parameter]]"
OPTIMIZERS = "dict[str, torch.optim.Optimizer]"


def network(case: Case, name: str) -> py.Code:
    """The code of a network: the model, or a part of it."""
    return py.Code(f"model.{name}" if case.train.networks else "model")


def computed(case: Case, graph: ModelIR) -> py.Expr:
    """The loss of one step: its function called on its networks and its fields."""
    function = class_name(graph.root.definition, HELPERS)
    nets = (network(case, name) for name in networks(graph.root))
    fields = (py.item("batch", field) for field in read_inputs(graph.root))
    return py.call(f"objective.{function}", *nets, *fields, *beside(graph))


def beside(graph: ModelIR) -> list[py.Code]:
    """What a function of several networks is given beside them and fields."""
    modes = any(isinstance(f, Mode) for f in within(graph.root.body))
    return [py.Code("model.training")] if modes and len(networks(graph.root)) > 1 else []


def loss_fn(case: Case) -> py.Function:
    """The loss of a batch by the name of the step, with what its metrics read, where it has any."""
    *first, last = case.rounds
    body: Body = []
    for step, graph in first:
        body.append(py.If(f"step == {py.literal(step.name)}", given(case, step, graph)))
    body += given(case, *last)
    params = (STEP, py.Param("model", case.model_class), py.Param("batch", "dict[str, Tensor]"))
    doc, gives = "What a step minimises on a batch", "Tensor"
    if case.watched:
        doc, gives = f"{doc}, and what its metrics read", "tuple[Tensor, dict[str, Tensor]]"
    return py.Function("loss_fn", params, body, gives, f"{doc}.")


def given(case: Case, step: Step, graph: ModelIR) -> Body:
    """The end of `loss_fn` for one step."""
    found = computed(case, graph)
    watched = len(graph.root.outputs) > 1
    if case.watched and not watched:
        return [py.Return(py.Tuple((found, py.Dict(()))))]
    return [py.Return(found)]


def learned(case: Case) -> py.Function:
    """The parameters by the step that updates them."""
    found = tuple((py.literal(step.name), parameters(case, step)) for step, _ in case.rounds)
    body = [py.Return(py.Dict(found, broken=True))]
    params = (py.Param("model", case.model_class),)
    return py.Function("learned", params, body, LEARNED, "The parameters that each step updates.")


def parameters(case: Case, step: Step) -> py.Expr:
    each = [f"{network(case, name)}.parameters()" for name in step.updates]
    if case.train.freezes:
        each = [f"(p for p in {of} if p.requires_grad)" for of in each]
    if len(each) == 1:
        return py.Code(f"[{each[0][1:-1]}]" if case.train.freezes else f"list({each[0]})")
    return py.Code(f"[{', '.join(f'*{of}' for of in each)}]")


def optimizers(case: Case) -> py.Function:
    """The optimizers by their steps."""
    found = []
    for step, _ in case.rounds:
        assert step.optimizer is not None
        of: py.Expr = py.Code(f"parameters[{py.literal(step.name)}]")
        if case.train.groups:
            of = py.call("grouped", py.Code("model"), *below(case, step))
        found.append((py.literal(step.name), made(step.optimizer, case.scheduled, of)))
    own: Body = [] if case.train.groups else [py.Assign("parameters", "learned(model)")]
    body: Body = [*own, py.Return(py.Dict(tuple(found), broken=True))]
    params = (py.Param("model", case.model_class),)
    return py.Function("optimizers_of", params, body, OPTIMIZERS, "The optimizer of each step.")


def below(case: Case, step: Step) -> tuple[py.Expr, ...]:
    """How the names of the weights begin that a step updates; nothing, where it has all."""
    names = tuple(f"{name}." for name in step.updates)
    if not case.train.networks:
        return ()
    return (py.literal(names[0] if len(names) == 1 else names),)


def penalised(case: Case) -> Body:
    """Adds what the networks of a step have added to their loss; what others did is left out."""
    every = [
        py.Assign("added", "penalties(network)"),
        py.If("name in UPDATED[step]", [py.Assign("loss", "added", op="+")]),
    ]
    if not case.train.networks:
        return [py.Assign("loss", "penalties(model)", op="+")]
    return [py.For("name, network", "model.named_children()", every)]


def rate(case: Case) -> py.Statement:
    """Sets the learning rate of the step."""
    rate = "rate[step][run.step // len(ROUND)]"
    if not case.train.groups:
        return py.Assign('optimizers[step].param_groups[0]["lr"]', rate)
    scaled = any(g.lr_scale != 1 for g in case.train.groups)
    each = f'{rate} * group.get("lr_scale", 1)' if scaled else rate
    return py.For("group", "optimizers[step].param_groups", [py.Assign('group["lr"]', each)])


def step(case: Case, mixed: bool, clip: Sequence[py.Statement]) -> Body:
    """The update that one batch is for; `clip` bounds the gradients of `own`."""
    body = seeded(case)
    body += [
        py.Assign("step", "ROUND[run.step % len(ROUND)]"),
        py.Assign("own", "parameters[step]"),
    ]
    loss = "loss, _" if case.watched else "loss"
    found: Body = [py.Assign(loss, "loss_fn(step, model, batch)")]
    found += penalised(case) if case.penalised else []
    body += [py.Block("with autocast", found)] if mixed else found
    body += backward(case, "own", "inputs=own", "no gradient for the other networks", case.waits)
    body += clip
    if case.scheduled:
        body.append(rate(case))
    return [
        *body,
        py.Do("optimizers[step].step()"),
        *held(case),
        py.Do("totals[step].add_(loss.detach())"),
        py.Assign("counts[step]", "1", op="+"),
        py.Assign("run.step", "1", op="+"),
    ]


def means() -> Body:
    """What an epoch gives: the mean loss of each step that it went through."""
    found = '{f"{step}.loss": totals[step].item() / n for step, n in counts.items() if n}'
    return [py.Return(found)]


def evaluate(case: Case) -> py.Function:
    """The losses of chunks, weighed by their rows."""
    read = case.train.graphs[0].graph.root.inputs[0][0]
    losses = '{f"{step}.loss": total / count for step, total in totals.items()}'
    each: Body = [
        py.Assign("totals[step]", "size * loss_fn(step, model, batch).item()", op="+"),
    ]
    chunk: Body = [
        py.Assign("batch", "tensors(rows, device)"),
        py.Assign("size", py.call("len", py.item("rows", read))),
    ]
    if case.watched:
        value = "output.detach()" if case.differentiates else "output"
        named = f'{{f"{{step}}.{{name}}": {value} for name, output in outputs.items()}}'
        each = [
            py.Assign("loss, outputs", "loss_fn(step, model, batch)"),
            py.Assign("totals[step]", "size * loss.item()", op="+"),
            py.Assign("read", named, op="|"),
        ]
        chunk.append(py.Assign("read", "{}"))
    chunk.append(py.For("step", "totals", each))
    chunk += [py.Do("made.append(read)")] if case.watched else []
    chunk.append(py.Assign("count", "size", op="+"))
    seed = py.Do("torch.manual_seed(0)", "the same draws in every evaluation")
    body: Body = [
        py.Do("model.eval()"),
        *([seed] if case.samples(training=False) else []),
        py.Assign("totals, count", "dict.fromkeys(ROUND, 0.0), 0"),
        *([py.Assign("made", "[]")] if case.watched else []),
        py.For("rows", "data.chunks(part, CHUNK)", chunk),
    ]
    if case.watched:
        body.append(py.Assign("losses", losses))
        body.append(py.Return("losses | scores(joined(made), data.load()[part])"))
    else:
        body.append(py.Return(losses))
    params = (
        py.Param("model", case.model_class),
        py.Param("part", "str"),
        py.Param("device", "torch.device"),
    )
    doc = "The loss of each step over all rows of a part: the mean over chunks of them."
    if case.watched:
        doc = "The losses of steps, the means over chunks of rows, and the metrics over all."
    quick = () if case.differentiates else ("torch.no_grad()",)
    return py.Function("evaluate", params, body, "dict[str, Any]", doc, quick)
