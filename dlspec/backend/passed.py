"""Layers that a block takes as arguments: `nn.ReLU`, `partial(nn.LeakyReLU, 0.2)`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dlspec.backend.merge import fill, unify
from dlspec.backend.protocol import Backend, UnsupportedOp, Use
from dlspec.backend.scopes import rebuilt
from dlspec.emit import python as py
from dlspec.expr import Ref, Static
from dlspec.ir import model as ir


def made_by(make: py.Expr) -> py.Expr:
    """What makes a layer when called, from the constructor call that makes it."""
    made = _concrete(make)
    assert isinstance(made, py.Call)
    callee = py.Code(made.callee) if isinstance(made.callee, str) else made.callee
    return py.Call("partial", (py.Arg(callee), *made.args)) if made.args else callee


def deferred(factory: py.Expr) -> py.Expr:
    """The same as the default of a parameter, where a call would be made once for all uses."""
    if not (isinstance(factory, py.Call) and factory.callee == "partial"):
        return factory
    made, *args = factory.args
    return py.Lambda((), py.Call(made.value, tuple(args)))


def default_of(definition: ir.Definition, parameter: str, backend: Backend) -> py.Expr | None:
    """The default of a `layer` parameter, where making it needs no input."""
    p = next(p for p in definition.parameters if p.name == parameter)
    layer = p.default.value if p.default is not None else None
    op = getattr(layer, "op", None)
    if op is None or op.sizes:
        return None
    try:
        return made_by(backend.style.object_of(Use(op, (), {}, (), {})))
    except (UnsupportedOp, IndexError):  # none, or one that depends on the input's type
        return None


class Conflict(Exception):
    """Instances whose argument for a `layer` parameter would have to make different layers: in
    PyTorch `f -> f` may need two sizes. Each is an instance with the parameter's name."""

    def __init__(self, found: list[tuple[int, str]]) -> None:
        super().__init__(found)
        self.found = found


def without(instance: ir.Instance, parameter: str) -> ir.Instance:
    """An instance that makes its layers itself, where an argument would have made them."""

    def change(flow: Any) -> Any:
        if isinstance(flow, ir.Apply | ir.Call) and flow.factory == parameter:
            flow = _made_here(flow)
        if isinstance(flow, ir.Call):
            given = flow.arguments.items()
            kept = {n: Static(s.value) if s.origin == Ref(parameter) else s for n, s in given}
            flow = flow.model_copy(update={"arguments": kept})
        return flow

    return _rewritten(instance, change)


def with_objects(model: ir.ModelIR, backend: Backend, exact: bool) -> ir.ModelIR:
    """The same model, where a layer that is passed and that no object of the framework does alone
    is made by the block that takes it."""

    def change(flow: Any) -> Any:
        passed = isinstance(flow, ir.Apply) and flow.factory is not None
        return _made_here(flow) if passed and not _object(flow, backend, exact) else flow

    def needed(instance: ir.Instance) -> bool:
        return any(change(f) is not f for f in ir.within(instance.body))

    instances = tuple(_rewritten(i, change) if needed(i) else i for i in model.instances)
    return model.model_copy(update={"instances": instances})


def _made_here(flow: Any) -> Any:
    plain = isinstance(flow, ir.Apply) and not flow.op.has_object()
    return flow.model_copy(update={"factory": None, "module": None if plain else flow.module})


def _rewritten(instance: ir.Instance, change: Callable[[Any], Any]) -> ir.Instance:
    """An instance whose flows went through `change`, from the inside out."""

    def flow(f: Any) -> Any:
        return change(rebuilt(f, flow))

    def statement(s: Any) -> Any:
        match s:
            case ir.Branch():
                return s.model_copy(update={"body": tuple(map(statement, s.body))})
            case ir.Loop():
                rounds = tuple(tuple(map(statement, body)) for body in s.iterations)
                return s.model_copy(update={"iterations": rounds})
            case _:
                return s.model_copy(update={"value": flow(s.value)})

    return instance.model_copy(update={"body": tuple(map(statement, instance.body))})


def _object(flow: ir.Apply, backend: Backend, exact: bool) -> bool:
    """Whether one object of the framework does what a layer does."""
    if type(flow.op) not in backend.layers:
        return True  # what is not there is said elsewhere
    if len(flow.inputs) != 1 or flow.named or len(flow.types) != 1:
        return False
    try:
        backend.style.object_of(use_of(flow, exact))
    except UnsupportedOp:
        return False
    return True


def use_of(flow: ir.Apply, exact: bool) -> Use:
    """What a backend's function for an op reads of one use."""
    x = tuple(f.types[0] for f in flow.inputs)
    named = {n: f.types[0] for n, f in flow.named.items()}
    return Use(flow.op, x, named, flow.types, flow.origins, flow.channels_last, exact)


def _concrete(make: py.Expr) -> py.Expr:
    """A constructor call with its slots as literals."""

    def put(values: Any) -> Any:
        if values.omitted:
            return None
        value = values.slots[0][1].value
        return value if isinstance(value, py.Expr) else py.literal(value)

    return fill(unify([(None, make)]), put)  # type: ignore[list-item]
