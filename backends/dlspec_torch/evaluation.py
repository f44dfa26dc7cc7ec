"""What `train.py` evaluates: the loss and the metrics over all rows of a part."""

from __future__ import annotations

from dlspec.backend.names import variables
from dlspec.emit import python as py
from dlspec_torch.case import TAKEN, Case
from dlspec_torch.computing import forward, loss, objective
from dlspec_torch.loop import rows_of
from dlspec_torch.shared import DEVICE, MODEL, PART, Body, model_of


def evaluate(case: Case) -> py.Function:
    if case.step is not None:
        return evaluate_step(case)
    names = variables(
        tuple(case.outputs),
        {"model", "part", "device", "rows", "batch", "made", "loss", "torch", "data"}
        | {*TAKEN, *LOCAL},
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


def joined() -> py.Function:
    """What metrics read, of all chunks."""
    array = "(t.float() if t.is_floating_point() else t).numpy(force=True)"
    body: Body = [
        py.Assign("whole", "{name: torch.cat([m[name] for m in made]) for name in made[0]}"),
        py.Return(f"{{name: {array} for name, t in whole.items()}}"),
    ]
    params = (py.Param("made", "list[dict[str, Tensor]]"),)
    doc = "What metrics read, of all chunks."
    return py.Function("joined", params, body, "dict[str, np.ndarray]", doc)


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
        found = py.Binary(found, "|", py.Code("scores(joined(made), data.load()[part])"))
    return py.Function(
        "evaluate",
        (model_of(case), PART, DEVICE),
        [*body, py.Return(found)],
        "dict[str, Any]",
        "The loss, the mean over chunks of rows, and the metrics over all rows of a part.",
        () if case.differentiates else ("torch.inference_mode()",),
    )


LOCAL = ("checkpoint", "tensors", "loss_fn", "scores", "CHUNK")
