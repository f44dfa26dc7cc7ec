"""Loops written out: the last resort for a body whose rounds differ in more than values."""

from __future__ import annotations

from typing import Any

from dlspec.backend.scopes import rebuilt
from dlspec.ir import model as ir


def unroll(instance: ir.Instance) -> ir.Instance:
    """The same instance without loops and repeats."""
    return instance.model_copy(update={"body": _body(instance.body)})


def _body(body: tuple[Any, ...]) -> tuple[Any, ...]:
    made: list[Any] = []
    for s in body:
        match s:
            case ir.Bind() | ir.Output() | ir.Penalty():
                made.append(s.model_copy(update={"value": _flow(s.value)}))
            case ir.Branch() if s.training:
                made.append(s.model_copy(update={"body": _body(s.body)}))
            case ir.Branch():
                made.extend(_body(s.body))
            case ir.Loop():
                for iteration in s.iterations:
                    made.extend(_body(iteration))
    return tuple(made)


def _flow(flow: Any) -> Any:
    flow = rebuilt(flow, _flow)
    if isinstance(flow, ir.Copies):
        made = tuple(_carried(body, flow.inputs) for body in flow.bodies)
        return ir.Items(inputs=made, types=flow.types)
    if isinstance(flow, ir.Items) and flow.over is not None:
        return flow.model_copy(update={"over": None})
    if not isinstance(flow, ir.Repeat):
        return flow
    values = flow.inputs
    for body in flow.bodies:
        made = _carried(body, values)
        many = len(made.types) > 1
        values = tuple(
            ir.Select(index=i, value=made, types=(t,)) if many else made
            for i, t in enumerate(made.types)
        )
    if len(values) > 1:
        return made
    return values[0]


def _carried(flow: Any, values: tuple[Any, ...]) -> Any:
    """A body that reads `values` where it read what arrived."""
    if isinstance(flow, ir.Carry):
        return values[flow.index]
    if isinstance(flow, ir.Scope | ir.Scan):
        inputs = tuple(_carried(f, values) for f in flow.inputs)
        return flow.model_copy(update={"inputs": inputs})
    return rebuilt(flow, lambda f: _carried(f, values))
