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
    """The loss of a batch by the name of the step."""
    *first, (_, last) = case.rounds
    body: Body = [
        py.If(f"step == {py.literal(step.name)}", [py.Return(computed(case, graph))])
        for step, graph in first
    ]
    body.append(py.Return(computed(case, last)))
    params = (STEP, py.Param("model", case.model_class), py.Param("batch", "dict[str, Tensor]"))
    return py.Function("loss_fn", params, body, "Tensor", "What a step minimises on a batch.")


def learned(case: Case) -> py.Function:
    """The parameters by the step that updates them."""
    found = tuple((py.literal(step.name), parameters(case, step)) for step, _ in case.rounds)
    body = [py.Return(py.Dict(found, broken=True))]
    params = (py.Param("model", case.model_class),)
    return py.Function("learned", params, body, LEARNED, "The parameters that each step updates.")


def parameters(case: Case, step: Step) -> py.Expr:
    each = [f"{network(case, name)}.parameters()" for name in step.updates]
    if len(each) == 1:
        return py.Code(f"list({each[0]})")
    return py.Code(f"[{', '.join(f'*{of}' for of in each)}]")


def optimizers(case: Case) -> py.Function:
    """The optimizers by their steps."""
    found = []
    for step, _ in case.rounds:
        assert step.optimizer is not None
        of = py.Code(f"parameters[{py.literal(step.name)}]")
        found.append((py.literal(step.name), made(step.optimizer, case.scheduled, of)))
    body: Body = [
        py.Assign("parameters", "learned(model)"),
        py.Return(py.Dict(tuple(found), broken=True)),
    ]
    params = (py.Param("model", case.model_class),)
    return py.Function("optimizers_of", params, body, OPTIMIZERS, "The optimizer of each step.")


def step(case: Case, mixed: bool, clip: Sequence[py.Statement]) -> Body:
    """The update that one batch is for; `clip` bounds the gradients of `own`."""
    body = seeded(case)
    body += [
        py.Assign("step", "ROUND[run.step % len(ROUND)]"),
        py.Assign("own", "parameters[step]"),
    ]
    found: Body = [py.Assign("loss", "loss_fn(step, model, batch)")]
    body += [py.Block("with autocast", found)] if mixed else found
    body += backward(case, "own", "inputs=own", "no gradient for the other networks")
    body += clip
    if case.scheduled:
        rate = "rate[step][run.step // len(ROUND)]"
        body.append(py.Assign('optimizers[step].param_groups[0]["lr"]', rate))
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
    each = py.Assign("totals[step]", "size * loss_fn(step, model, batch).item()", op="+")
    chunk: Body = [
        py.Assign("batch", "tensors(rows, device)"),
        py.Assign("size", py.call("len", py.item("rows", read))),
        py.For("step", "totals", [each]),
        py.Assign("count", "size", op="+"),
    ]
    seed = py.Do("torch.manual_seed(0)", "the same draws in every evaluation")
    body: Body = [
        py.Do("model.eval()"),
        *([seed] if case.samples(training=False) else []),
        py.Assign("totals, count", "dict.fromkeys(ROUND, 0.0), 0"),
        py.For("rows", "data.chunks(part, CHUNK)", chunk),
        py.Return('{f"{step}.loss": total / count for step, total in totals.items()}'),
    ]
    params = (
        py.Param("model", case.model_class),
        py.Param("part", "str"),
        py.Param("device", "torch.device"),
    )
    doc = "The loss of each step over all rows of a part: the mean over chunks of them."
    quick = () if case.differentiates else ("torch.no_grad()",)
    return py.Function("evaluate", params, body, "dict[str, Any]", doc, quick)
