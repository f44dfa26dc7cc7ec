"""What `train.py` computes of a batch: the forward pass, the loss, what parts of the model add."""

from __future__ import annotations

from dlspec.backend.names import variables
from dlspec.emit import python as py
from dlspec.ir.model import networks
from dlspec_torch import rounds
from dlspec_torch.case import TAKEN, Case
from dlspec_torch.losses import total
from dlspec_torch.shared import MODEL, Body


def loss_functions(case: Case) -> Body:
    """The functions of the loss that stand in `train.py`."""
    if case.rounds:
        return [rounds.loss_fn(case), rounds.learned(case), rounds.optimizers(case)]
    return [loss_fn(case)] if case.step is None else []


def loss_fn(case: Case) -> py.Function:
    outputs, fields = case.compared
    names = variables((*outputs, *fields), TAKEN)
    body = [py.Return(total(case.train.loss, names, case.outputs, case.fields))]
    params = [py.Param(names[n], "Tensor") for n in dict.fromkeys((*outputs, *fields))]
    return py.Function("loss_fn", params, body, "Tensor")


def forward(case: Case) -> py.Expr:
    """The model called on a batch."""
    return py.call("model", *(py.item("batch", field) for _, field, _ in case.inputs))


def loss(case: Case, output: py.Expr | None, outputs: str, targets: str, wrap: str = "") -> py.Expr:
    """The loss: of the only output, or of several by name, and of the fields."""
    names, fields = case.compared
    made = [output or py.item(outputs, n) for n in names]
    wanted = [py.item(targets, f) for f in fields if f not in names]
    return py.call("loss_fn", *made, *(py.call(wrap, w) if wrap else w for w in wanted))


def objective(case: Case, net: str = "model") -> py.Expr:
    """What is computed of a batch: the loss, and what metrics read."""
    assert case.step is not None
    several = [rounds.network(case, n) for n in networks(case.step.root)]
    nets = several if case.train.networks else [py.Code(net)]
    fields = (py.item("batch", f) for f in case.read)
    return py.call("objective", *nets, *fields, *rounds.beside(case.step))


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
