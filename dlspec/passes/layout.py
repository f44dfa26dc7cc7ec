"""Channels-last regions for backends that keep images so.

Types stay logical (channels first) everywhere; `Tensor.last` says how a value is kept. The pass
marks the ops that work channels-last and puts `Permute` on the borders of their regions. It decides
for definitions, not for instances: what is one class, loop or repeat stays one.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

from dlspec.ir.model import (
    Apply,
    Bind,
    Branch,
    Call,
    Carry,
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
    within,
)
from dlspec.ops.shape import Flatten, Reshape
from dlspec.passes.batch import Expand
from dlspec.passes.permute import Permute
from dlspec.passes.regions import Order, Place, Regions, Source, moves_only_ones
from dlspec.passes.roles import keeps_channels, role
from dlspec.tensor import Tensor

ALWAYS = 1_000_000


def channels_last(model: ModelIR, apart: Collection[str] = ()) -> ModelIR:
    """The same model with images kept channels-last.

    Inputs of the model that are read only inside a region come channels-last (`Tensor.last` of
    their types says so), outputs in logical order; so do those of the definitions in `apart`,
    which are called from elsewhere too.
    """
    root = model.root.definition
    cells = _cells(model)
    whole = frozenset({root, *apart, *cells})
    fits = _reshapes(model)
    inputs = {(root, "input", name) for name, _ in model.root.inputs}
    while True:
        regions = Regions(frozenset(inputs))
        collect = _Walk(model, regions, fits, whole, cells, collecting=True)
        for instance in model.instances:
            collect.instance(instance)
        outside = regions.read_outside()
        if not outside:
            break
        inputs -= outside
    rewrite = _Walk(model, regions, fits, whole, cells, collecting=False)
    instances = tuple(rewrite.instance(i) for i in model.instances)
    return model.model_copy(update={"instances": instances})


def _cells(model: ModelIR) -> frozenset[str]:
    """Definitions that a `Scan` calls: what goes from step to step is in logical order."""
    flows = (f for instance in model.instances for f in within(instance.body))
    scanned = (f.body for f in flows if isinstance(f, Scan))
    return frozenset(model.instances[f.instance].definition for f in scanned if isinstance(f, Call))


@dataclass(frozen=True)
class _Fits:
    """Sites of Reshape and Flatten that read, or give, the same sequence in both orders."""

    read: frozenset[Place]
    give: frozenset[Place]


def _reshapes(model: ModelIR) -> _Fits:
    sites, reads, gives = set(), set(), set()
    for instance in model.instances:
        for f in within(instance.body):
            if isinstance(f, Apply) and type(f.op) in (Flatten, Reshape):
                place = (instance.definition, f.site)
                sites.add(place)
                if not moves_only_ones(f.inputs[0].types[0]):
                    reads.add(place)
                if not moves_only_ones(f.types[0]):
                    gives.add(place)
    return _Fits(frozenset(sites - reads), frozenset(sites - gives))


@dataclass
class _Walk:
    """One walk over the bodies: first to collect what borders on what, then to rewrite them.

    Both walks meet the same places, whose names are made of the definition and the sites in it.
    """

    model: ModelIR
    regions: Regions
    fits: _Fits
    whole: frozenset[str]
    """Definitions whose outputs are in logical order."""
    cells: frozenset[str]
    """Definitions whose inputs are, too."""
    collecting: bool
    definition: str = ""
    env: dict[str, tuple[Source, ...]] = field(default_factory=dict)
    outputs: int = 0
    read_again: frozenset[str] = frozenset()
    """Wires that the definition reads by their names."""
    sites: dict[Place, int] = field(default_factory=dict)

    def instance(self, instance: Instance) -> Instance:
        """The instance with its types and borders."""
        self.definition, self.outputs = instance.definition, 0
        self.read_again = frozenset(f.name for f in within(instance.body) if isinstance(f, Wire))
        self.env = {name: (self.input(self.definition, name),) for name, _ in instance.inputs}
        inputs = tuple((name, self.kept(t, self.env[name][0])) for name, t in instance.inputs)
        outputs = tuple(
            (name, self.kept(t, self.output(self.definition, i)))
            for i, (name, t) in enumerate(instance.outputs)
        )
        body = self.body(instance.body)
        return instance.model_copy(update={"inputs": inputs, "outputs": outputs, "body": body})

    def input(self, definition: str, name: str) -> Source:
        if definition in self.cells:
            return "first"
        place = (definition, "input", name)
        is_root = definition == self.model.root.definition
        return "first" if is_root and place not in self.regions.inputs else place

    def output(self, definition: str, index: int) -> Source:
        return "first" if definition in self.whole else (definition, "output", index)

    # --- statements ---------------------------------------------------------------------------

    def body(self, body: tuple[Statement, ...]) -> tuple[Statement, ...]:
        return tuple(self.statement(part) for s in body for part in self.parts(s))

    def parts(self, s: Statement) -> tuple[Statement, ...]:
        """An output that is also read is a wire first: the wire stays in its region."""
        if not isinstance(s, Output) or s.name not in self.read_again:
            return (s,)
        if isinstance(s.value, Wire) and s.value.name == s.name:
            return (s,)
        wire = Wire(name=s.name, types=s.value.types)
        bound = Bind(site=2 * ALWAYS + s.site, names=(s.name,), value=s.value, line=s.line)
        return bound, s.model_copy(update={"value": wire})

    def statement(self, s: Statement) -> Statement:
        match s:
            case Bind():
                return s.model_copy(update={"value": self.bind(s)})
            case Branch():
                return s.model_copy(update={"body": self.body(s.body)})
            case Loop():
                return s.model_copy(
                    update={"iterations": tuple(self.body(i) for i in s.iterations)}
                )
            case Penalty():
                return s.model_copy(update={"value": self.flow(s.value, (), (s.site,))[0]})
            case Output():
                value, sources = self.flow(s.value, (), (s.site,))
                wants = tuple(
                    self.output(self.definition, self.outputs + i) for i in range(len(sources))
                )
                self.outputs += len(sources)
                if len(sources) == 1:
                    value = self.border(value, sources[0], wants[0], (s.site,))
                else:
                    value = self.alike(value, sources, wants)
                return s.model_copy(update={"value": value})

    def bind(self, s: Bind) -> Flow:
        value, sources = self.flow(s.value, (), (s.site,))
        if len(s.names) > 1:
            self.env.update(
                (name, (source,)) for name, source in zip(s.names, sources, strict=True)
            )
        elif len(sources) > 1 or is_list(s.value):
            self.env[s.names[0]] = sources
        else:
            place = (self.definition, "wire", s.site)
            value = self.border(value, sources[0], place, (s.site,))
            self.env[s.names[0]] = (place,)
        return value

    # --- values -------------------------------------------------------------------------------

    def flow(
        self, flow: Flow, carry: tuple[Source, ...], at: Place
    ) -> tuple[Flow, tuple[Source, ...]]:
        """The flow rewritten, and where each of its values stands."""
        here = (self.definition, *at)
        match flow:
            case Scalar():
                return flow, ("first",)
            case Carry():
                source = (carry[flow.index],)
                return self.typed(flow, source), source
            case Wire():
                sources = self.env[flow.name]
                wire = self.typed(flow, sources)
                if len(sources) > 1 or flow.is_list:
                    return wire, sources
                place = (*here, "read")
                return self.border(wire, sources[0], place, (*at, "read")), (place,)
            case Select():
                value, sources = self.flow(flow.value, carry, at)
                source = (sources[flow.index],)
                return self.typed(flow, source, value=value), source
            case Items() | Join():
                made = [self.flow(f, carry, (*at, i)) for i, f in enumerate(flow.inputs)]
                sources = tuple(source for _, part in made for source in part)
                return self.typed(flow, sources, inputs=tuple(f for f, _ in made)), sources
            case Slice():
                value, sources = self.flow(flow.value, carry, at)
                kept = sources[flow.start : flow.stop : flow.step]
                return self.typed(flow, kept, value=value), kept
            case Apply():
                return self.apply(flow, carry)
            case Call():
                return self.call(flow, carry)
            case Repeat():
                places = self.carried("repeat", flow)
                inputs = self.arriving(flow, places, carry)
                bodies = tuple(self.round(b, places, flow.site) for b in flow.bodies)
                return self.typed(flow, places, inputs=inputs, bodies=bodies), places
            case Copies():
                places = self.logical(len(flow.inputs))
                inputs = self.arriving(flow, places, carry)
                at = (flow.site, "copy")
                bodies = tuple(self.read(b, "first", places, at) for b in flow.bodies)
                sources = self.logical(len(flow.types))
                return self.typed(flow, sources, inputs=inputs, bodies=bodies), sources
            case Scope():
                places = self.carried("scope", flow)
                inputs = self.arriving(flow, places, carry)
                body, sources = self.flow(flow.body, places, (flow.site, "body"))
                return self.typed(flow, sources, inputs=inputs, body=body), sources
            case Mode():
                place = (self.definition, "mode", flow.site)
                sides = []
                for i, f in enumerate(flow.inputs):
                    value, sources = self.flow(f, carry, (*at, i))
                    if not isinstance(f, Scalar):
                        value = self.border(value, sources[0], place, (flow.site, "mode", i))
                    sides.append(value)
                return self.typed(flow, (place,), inputs=tuple(sides)), (place,)
            case Net() | Compare():
                raise TypeError(f"a model has no {flow.kind}")
            case Scan():
                places = self.logical(len(flow.inputs))
                inputs = self.arriving(flow, places, carry)
                body, sources = self.flow(flow.body, places, (flow.site, "step"))
                body = self.alike(body, sources, self.logical(len(sources)))
                scan = flow.model_copy(update={"inputs": inputs, "body": body})
                return scan, self.logical(len(flow.types))

    def logical(self, count: int) -> tuple[Source, ...]:
        return tuple[Source, ...](["first"] * count)

    def carried(self, kind: str, flow: Repeat | Scope) -> tuple[Source, ...]:
        return tuple((self.definition, kind, flow.site, i) for i in range(len(flow.inputs)))

    def arriving(
        self,
        flow: Repeat | Copies | Scope | Scan,
        places: tuple[Source, ...],
        carry: tuple[Source, ...],
    ) -> tuple[Flow, ...]:
        return tuple(
            self.read(f, place, carry, (flow.site, i, "arrives"))
            for i, (f, place) in enumerate(zip(flow.inputs, places, strict=True))
        )

    def round(self, body: Flow, places: tuple[Source, ...], site: int) -> Flow:
        """One round of a repeat, whose values go to the next."""
        if len(places) == 1:
            return self.read(body, places[0], places, (site, "next"))
        value, sources = self.flow(body, places, (site, "next"))
        return self.alike(value, sources, places)

    def apply(self, flow: Apply, carry: tuple[Source, ...]) -> tuple[Flow, tuple[Source, ...]]:
        site = (self.definition, flow.site)
        if not flow.inputs:
            return flow, tuple[Source, ...](["first"] * len(flow.types))
        arranged = flow.inputs[:1] if isinstance(flow.op, Expand) else flow.inputs
        x = max((f.types[0] for f in arranged), key=lambda t: t.rank)
        kind = role(flow.op, x)
        want: Source = "first"
        give: Source = "first"
        if kind == "last":
            want = give = "last"
        elif kind == "reshape":
            want = (*site, "in") if site in self.fits.read else "first"
            give = (*site, "out") if site in self.fits.give else "first"
        elif kind == "free":
            want, give = (*site, "in"), (*site, "out")
        elif kind != "first":
            want = (*site, "op")
            give = want if keeps_channels(flow.op, x, len(flow.inputs)) else "first"
            if kind == "likes last" and x.rank > 1 and self.collecting:
                self.regions.vote(want, "last")
        inputs = tuple(self.read(f, want, carry, (flow.site, i)) for i, f in enumerate(arranged))
        for f in flow.inputs[len(arranged) :]:  # of these only the batch is read
            inputs += (self.flow(f, carry, (flow.site, "batch"))[0],)
        named = {n: self.read(f, "first", carry, (flow.site, n)) for n, f in flow.named.items()}
        sources = (give,) * len(flow.types)
        last = not self.collecting and self.regions.last(give if kind == "reshape" else want)
        made = self.typed(flow, sources, inputs=inputs, named=named, channels_last=last)
        return made, sources

    def call(self, flow: Call, carry: tuple[Source, ...]) -> tuple[Flow, tuple[Source, ...]]:
        block = self.model.instances[flow.instance].definition
        names = [n for n in self.model.definitions[block].inputs if n not in flow.named]
        inputs = tuple(
            self.read(f, self.input(block, n), carry, (flow.site, i))
            for i, (n, f) in enumerate(zip(names, flow.inputs, strict=False))
        )
        named = {
            n: self.read(f, self.input(block, n), carry, (flow.site, n))
            for n, f in flow.named.items()
        }
        sources = tuple(self.output(block, i) for i in range(len(flow.types)))
        return self.typed(flow, sources, inputs=inputs, named=named), sources

    def read(self, flow: Flow, want: Source, carry: tuple[Source, ...], at: Place) -> Flow:
        """A flow as the input of something that wants it in an order."""
        value, sources = self.flow(flow, carry, at)
        if len(sources) == 1:
            return self.border(value, sources[0], want, at)
        return self.alike(value, sources, (want,) * len(sources))

    def border(self, flow: Flow, source: Source, want: Source, at: Place) -> Flow:
        """A flow on its way to another place, permuted if the order differs there."""
        x = flow.types[0]
        self.edge(source, want, x)
        if self.collecting or x.rank < 2 or self.regions.last(source) == self.regions.last(want):
            return flow
        order: Order = "last" if self.regions.last(want) else "first"
        site = self.sites.setdefault((self.definition, *at), ALWAYS + len(self.sites))
        kept = replace(x, last=order == "last")
        return Apply(site=site, op=Permute(order=order), inputs=(flow,), types=(kept,))

    def alike(self, flow: Flow, sources: tuple[Source, ...], wants: tuple[Source, ...]) -> Flow:
        """Several values at once cannot be permuted on their way: both ends are kept alike."""
        for source, want, x in zip(sources, wants, flow.types, strict=True):
            if self.collecting:
                self.regions.edge(source, want, x, weight=ALWAYS)
        return flow

    # --- types --------------------------------------------------------------------------------

    def edge(self, source: Source, target: Source, x: Tensor) -> None:
        if self.collecting:
            self.regions.edge(source, target, x)

    def kept(self, x: Tensor, source: Source) -> Tensor:
        if self.collecting or x.rank < 2:
            return x
        return replace(x, last=self.regions.last(source))

    def typed(self, flow: Any, sources: tuple[Source, ...], **update: Any) -> Any:
        types = tuple(self.kept(t, s) for t, s in zip(flow.types, sources, strict=True))
        return flow.model_copy(update={"types": types, **update})
