"""Tensors that are common to all examples, where an op or an output wants one for each.

Elsewhere nothing is needed: frameworks broadcast over the batch axis, which stands in front. In a
block or function that reads common tensors only there are no examples: a common tensor is one
example there, and what is given out is common again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from dlspec.ir.model import (
    Apply,
    Bind,
    Branch,
    Call,
    Compare,
    Copies,
    Flow,
    Instance,
    Items,
    Join,
    Loop,
    Mode,
    ModelIR,
    Net,
    Output,
    Penalty,
    Repeat,
    Scalar,
    Scan,
    Scope,
    Select,
    Slice,
    Statement,
    Wire,
    is_list,
)
from dlspec.ops.base import Op
from dlspec.ops.common import alike, each
from dlspec.ops.extern import Extern
from dlspec.passes.permute import Permute

FIRST_SITE = 2_000_000_000
"""The sites of what this pass makes begin behind all others."""
KEPT = "example"
"""The name of a wire that keeps an input whose own name is given to something common."""


class Expand(Op):
    """The first input, once for each example of the second; without a second, as one example. Only
    this pass makes it."""

    inputs = (1, 2)


class Only(Op):
    """The only example, as a common tensor. Only this pass makes it."""


def batched(
    model: ModelIR, devices: bool = False, networks: Mapping[str, ModelIR] | None = None
) -> ModelIR:
    """The same model, with common tensors expanded where they meet what wants one for each.

    With `devices`, positions get an input beside which they are made. `networks` are those of a
    step, by name: an image goes channels-last into one that keeps it so.
    """
    sites: dict[tuple[Any, ...], int] = {}
    nets = networks or {}
    instances = tuple(_Walk(model, i, sites, devices, nets).instance() for i in model.instances)
    return model.model_copy(update={"instances": instances})


@dataclass
class _Walk:
    """One walk over the body of an instance."""

    model: ModelIR
    of: Instance
    sites: dict[tuple[Any, ...], int]
    devices: bool
    networks: Mapping[str, ModelIR]
    wires: dict[str, Wire] = field(default_factory=dict)
    """Every wire as it stands, by name."""
    kept: tuple[Bind, ...] = ()

    @property
    def alone(self) -> bool:
        """Whether nothing here belongs to an example."""
        return bool(self.of.inputs) and all(t.common for _, t in self.of.inputs)

    @property
    def step(self) -> bool:
        """Whether it is a step of a training, whose loss is common."""
        return self.model.definitions[self.of.definition].kind == "step"

    def instance(self) -> Instance:
        self.wires = {n: Wire(name=n, types=(t,)) for n, t in self.of.inputs}
        body = self.body(self.of.body)
        return self.of.model_copy(update={"body": (*self.kept, *body)})

    def body(self, body: tuple[Statement, ...]) -> tuple[Statement, ...]:
        return tuple(made for s in body for made in self.statement(s))

    def statement(self, s: Statement) -> Iterator[Statement]:
        match s:
            case Bind():
                s = s.model_copy(update={"value": self.flow(s.value)})
                if is_list(s.value):
                    self.wires.pop(s.names[0], None)
                else:
                    self.bind(s.names, s.value)
                yield s
            case Branch():
                yield s.model_copy(update={"body": self.body(s.body)})
            case Loop():
                rounds = tuple(self.body(i) for i in s.iterations)
                yield s.model_copy(update={"iterations": rounds})
            case Output():
                yield from self.output(s)
            case Penalty():
                yield s.model_copy(update={"value": self.flow(s.value)})

    def bind(self, names: tuple[str, ...], value: Flow) -> None:
        for name, t in zip(names, value.types, strict=True):
            self.wires[name] = Wire(name=name, types=(t,))

    def output(self, s: Output) -> Iterator[Statement]:
        """An output of the model belongs to each example; one of a block that reads common tensors
        is common."""
        value = self.flow(s.value)
        if self.step:
            pass
        elif self.of.definition == self.model.root.definition:
            value = self.expanded(value, (s.site, "output"))
        elif self.alone and len(value.types) > 1:
            names = tuple(f"part_{i}" for i in range(len(value.types)))
            yield Bind(site=self.site(s.site, "parts"), names=names, value=value, line=s.line)
            for i, (name, t) in enumerate(zip(names, value.types, strict=True)):
                part = self.only(Wire(name=name, types=(t,)), (s.site, i))
                yield s.model_copy(update={"site": self.site(s.site, i, "out"), "value": part})
            return
        elif self.alone:
            value = self.only(value, (s.site, "output"))
        yield s.model_copy(update={"value": value})
        if s.name is not None:
            self.bind((s.name,), value)

    def only(self, flow: Flow, at: tuple[Any, ...]) -> Flow:
        if flow.types[0].common:
            return flow
        common = replace(flow.types[0], common=True)
        return Apply(site=self.site(*at), op=Only(), inputs=(flow,), types=(common,))

    def flow(self, flow: Flow) -> Flow:
        """A flow whose inputs belong to each example where they must."""
        match flow:
            case Apply() if flow.op.sees_example:
                return flow.model_copy(update={"inputs": self.beside() if self.devices else ()})
            case Apply(op=Extern()):
                return self.fed(flow, lambda key: isinstance(key, int))
            case Apply():
                x = tuple(f.types[0] for f in flow.inputs)
                wants = _nothing if not x or alike(flow.op, x) else _every
                return self.fed(flow, lambda key: wants(key) and key not in flow.op.common)
            case Call():
                types = dict(self.model.instances[flow.instance].inputs)
                names = [n for n in types if n not in flow.named]
                return self.fed(flow, lambda key: not types[_name(key, names)].common)
            case Compare():
                return self.fed(flow, _every)
            case Mode():
                return self.fed(flow, _nothing if flow.types[0].common else _every)
            case Net():
                return self.network(self.fed(flow, _every))
            case Repeat() | Copies():
                bodies = tuple(map(self.flow, flow.bodies))
                return self.fed(flow, _every, bodies=bodies)
            case Scope() | Scan():
                return self.fed(flow, _every, body=self.flow(flow.body))
            case Items() | Join():
                return flow.model_copy(update={"inputs": tuple(map(self.flow, flow.inputs))})
            case Select() | Slice():
                return flow.model_copy(update={"value": self.flow(flow.value)})
        return flow

    def network(self, flow: Net) -> Net:
        """A network whose images are kept as it reads them."""
        model = self.networks.get(flow.net)
        last = {n for n, t in model.root.inputs if t.last} if model is not None else set()
        inputs = []
        for name, f in zip(flow.takes, flow.inputs, strict=True):
            if name in last:
                kept = replace(f.types[0], last=True)
                site = self.site(flow.site, name, "last")
                f = Apply(site=site, op=Permute(order="last"), inputs=(f,), types=(kept,))
            inputs.append(f)
        return flow.model_copy(update={"inputs": tuple(inputs)})

    def fed(self, flow: Any, wants: Callable[[int | str], bool], **update: Any) -> Any:
        """The flow with its inputs expanded for which `wants` holds, by number or name."""
        update["inputs"] = tuple(self.input(f, flow, i, wants) for i, f in enumerate(flow.inputs))
        if getattr(flow, "named", None):
            update["named"] = {n: self.input(f, flow, n, wants) for n, f in flow.named.items()}
        return flow.model_copy(update=update)

    def input(
        self, f: Flow, owner: Any, key: int | str, wants: Callable[[int | str], bool]
    ) -> Flow:
        made = self.flow(f)
        return self.expanded(made, (owner.site, key)) if wants(key) else made

    def expanded(self, flow: Flow, at: tuple[Any, ...]) -> Flow:
        if isinstance(flow, Scalar) or len(flow.types) != 1 or not flow.types[0].common:
            return flow
        like = self.example()
        inputs = (flow,) if like is None else (flow, like)
        return Apply(site=self.site(*at), op=Expand(), inputs=inputs, types=(each(flow.types[0]),))

    def beside(self) -> tuple[Wire, ...]:
        """Any wire: it stands where the model does."""
        return tuple(self.wires.values())[:1]

    def example(self) -> Wire | None:
        """A wire that belongs to each example: an input, if its name still stands for it."""
        for wire in self.wires.values():
            if not wire.types[0].common:
                return wire
        if self.alone:
            return None
        source = next(Wire(name=n, types=(t,)) for n, t in self.of.inputs if not t.common)
        name = KEPT
        while name in self.wires:
            name += "_"
        self.kept = (Bind(site=self.site(KEPT), names=(name,), value=source, line=0),)
        self.wires[name] = Wire(name=name, types=source.types)
        return self.wires[name]

    def site(self, *at: Any) -> int:
        """The same number for the same place of a definition."""
        return self.sites.setdefault((self.of.definition, *at), FIRST_SITE + len(self.sites))


def _nothing(key: int | str) -> bool:
    return False


def _every(key: int | str) -> bool:
    return True


def _name(key: int | str, names: list[str]) -> str:
    return key if isinstance(key, str) else names[key]
