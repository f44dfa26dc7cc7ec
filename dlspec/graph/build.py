"""From the IR of a model to its graph: each use of a layer is a node, each value an edge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from dlspec.graph.arguments import arguments, given, value
from dlspec.graph.nodes import Graph, Input, Kind, Node, Port
from dlspec.graph.tidy import add_up, drop_unread
from dlspec.ir import model as ir
from dlspec.ops.extern import Extern
from dlspec.tensor import Tensor

ROUNDS = 8
"""A loop of at least so many rounds is a node that can be folded."""

Env = dict[str, list[Port]]
"""The wires in reach; a list of tensors has several ports."""


def graph(model: ir.ModelIR) -> Graph:
    """The graph of a model."""
    return _Builder(model).graph()


class _Builder:
    def __init__(self, model: ir.ModelIR) -> None:
        self.model = model
        self.count = 0
        self.nodes: dict[int, Node] = {}
        self.seen: set[str] = set()
        """The layers whose parameters are counted."""
        self.names: dict[Port, str] = {}
        """The wires that values were bound to."""

    def graph(self) -> Graph:
        root = self.node("block", self.model.name, given=arguments(self.model.root.arguments))
        own = self.model.definitions[self.model.name]
        root.line = ir.placed(own.line, own.home)
        _Body(self, root, ()).instance(self.model.root)
        drop_unread(root)
        add_up(root)
        return Graph(root)

    def node(self, kind: Kind, title: str, **facts: Any) -> Node:
        made = Node(self.count, kind, title, **facts)
        self.nodes[made.number] = made
        self.count += 1
        return made


class _Body:
    """The inside of one node, while it grows."""

    def __init__(self, builder: _Builder, owner: Node, prefix: ir.Path) -> None:
        self.builder = builder
        self.owner = owner
        self.prefix = prefix
        self.home = prefix
        """What names are shown without."""
        self.own: set[int] = set()
        """The numbers of the nodes within."""
        self.env: Env = {}
        self.carried: list[Port] = []
        self.made: dict[int, list[Port]] = {}
        """What each flow became: one that is read twice is one node. A port is that of the node
        that made a value, wherever it stands; only what reads it brings it in."""
        self.taken: dict[Port, Port] = {}
        """Values from outside, and the ends by which they come in."""
        self.outer: _Body | None = None
        self.line = self.file = ""
        """Where the statement is written that is being drawn, and the file of the body."""

    # -- ends

    def end_in(self, name: str, t: Tensor) -> Port:
        made = self.builder.node("input", name, types=[t], line=self.owner.line)
        place = len(self.owner.ends("input"))
        self.owner.inside.insert(place, made)
        self.own.add(made.number)
        return Port(made.number)

    def end_out(self, name: str, port: Port) -> Port:
        """An end that gives a value away: the port that it has outside."""
        t = self.type(port)
        made = self.builder.node("output", name, inputs=[Input(port)], types=[t])
        made.line = self.owner.line
        self.place(made)
        self.owner.types.append(t)
        return Port(self.owner.number, len(self.owner.types) - 1)

    def type(self, port: Port) -> Tensor:
        return self.builder.nodes[port.node].types[port.index]

    # -- bodies

    def instance(self, it: ir.Instance) -> None:
        """The body of a block or model."""
        self.file = self.builder.model.definitions[it.definition].home
        for name, t in it.inputs:
            self.bind(name, [self.end_in(name, t)])
        found = list(self.statements(it.body))
        for output, port in found:
            self.end_out(output or "", self.here(port))

    def bind(self, name: str, ports: list[Port]) -> None:
        self.env[name] = ports
        for port in ports:
            self.builder.names.setdefault(port, name)

    def statements(self, body: Iterable[ir.Statement]) -> Iterator[tuple[str | None, Port]]:
        """Runs statements; gives the outputs."""
        for s in body:
            match s:
                case ir.Bind() | ir.Output():
                    self.line = ir.placed(s.line, self.file)
                    ports = self.ports(s.value)
                    if isinstance(s, ir.Output):
                        yield from ((s.name, port) for port in ports)
                        if s.name is not None:  # which may be read behind it
                            self.bind(s.name, ports)
                    elif len(s.names) == 1:
                        self.bind(s.names[0], ports)
                    else:
                        for wire, port in zip(s.names, ports, strict=True):
                            self.bind(wire, [port])
                case ir.Branch():
                    yield from self.statements(s.body)
                case ir.Loop() if len(s.iterations) < ROUNDS or _gives(s.iterations):
                    for round_ in s.iterations:
                        yield from self.statements(round_)
                case ir.Loop():
                    self.loop(s)

    def loop(self, s: ir.Loop) -> None:
        """A loop as a node of its own, with a node for each round that has several."""
        names = ", ".join(s.names)
        title = f"for {names}" if names else "for"
        inner = self.within(title, "", self.prefix)
        inner.owner.copies = len(s.iterations)
        for i, round_ in enumerate(s.iterations):
            if _size(round_) == 1:
                list(inner.statements(round_))
                continue
            values = zip(s.names, s.values[i] if i < len(s.values) else (), strict=False)
            told = ", ".join(f"{n}={value(v)}" for n, v in values)
            one = inner.within(f"round {i + 1}", told, self.prefix)
            list(one.statements(round_))
            one.leave()
        inner.leave()

    def within(self, title: str, told: str, prefix: ir.Path) -> _Body:
        """A node within this one that reads and writes the same wires."""
        node = self.builder.node("loop", title, given=told, line=self.line)
        self.place(node)
        inner = _Body(self.builder, node, prefix)
        inner.outer, inner.env, inner.line = self, dict(self.env), self.line
        inner.home, inner.file = self.home, self.file
        return inner

    def leave(self) -> None:
        """Hands the wires that were written within to the outside."""
        assert self.outer is not None
        outside: dict[Port, Port] = {inner: outer for outer, inner in self.taken.items()}
        for name, ports in self.env.items():
            if self.outer.env.get(name) == ports:
                continue
            for port in ports:
                if port.node in self.own and port not in outside:
                    outside[port] = self.end_out(name, port)
            self.outer.bind(name, [outside.get(p, p) for p in ports])

    def here(self, port: Port) -> Port:
        """A port of this node's inside: one from outside comes in by an end."""
        if self.outer is None or port.node in self.own:
            return port
        if port not in self.taken:
            source = self.outer.here(port)
            self.owner.inputs.append(Input(source))
            self.taken[port] = self.end_in(self.builder.names.get(port, ""), self.type(source))
        return self.taken[port]

    # -- flows

    def ports(self, f: ir.Flow) -> list[Port]:
        """The values of a flow."""
        known = self.made.get(id(f))
        if known is None:
            known = self.made[id(f)] = self.run(f)
        return known

    def run(self, f: ir.Flow) -> list[Port]:
        match f:
            case ir.Wire():
                return self.env[f.name]
            case ir.Carry():
                return [self.carried[f.index]]
            case ir.Scalar():
                return []
            case ir.Select():
                return [self.ports(f.value)[f.index]]
            case ir.Items() | ir.Join():
                return [p for i in f.inputs for p in self.ports(i)]
            case ir.Slice():
                return self.ports(f.value)[f.start : f.stop : f.step]
            case ir.Apply():
                return self.apply(f)
            case ir.Call():
                return self.call(f)
            case ir.Scope():
                return self.scope(f)
            case ir.Repeat():
                return self.repeat(f)
            case ir.Copies():
                return self.copies(f)
            case ir.Mode():
                return self.ports(f.inputs[1])
            case ir.Net() | ir.Compare():
                raise TypeError(f"a model has no {f.kind}")
            case ir.Scan():
                return self.scan(f)

    def apply(self, f: ir.Apply) -> list[Port]:
        inputs = self.inputs(f)
        own = f.module if f.module is not None else (f.op.called,)
        name = ir.dotted(*self.prefix, *own)
        x = tuple(i.types[0] for i in f.inputs)
        new = f.module is None or name not in self.builder.seen
        self.builder.seen.add(name)
        weights = f.op.weights(*x) if new else ()
        scalars = [value(i.value.value) for i in f.inputs if isinstance(i, ir.Scalar)]
        node = self.builder.node(
            "op",
            f.op.called if isinstance(f.op, Extern) else f.op.kind(),
            given=", ".join([*scalars, *given(f.op)]),
            defaults=", ".join(f"{n}={value(v)}" for n, v in f.op.defaults_taken().items()),
            name=name,
            line=self.line,
            inputs=inputs,
            types=list(f.types),
            parameters=sum(w.size for w in weights if w.kind != "statistics"),
            macs=f.op.macs(*x),
        )
        return self.place(node)

    def inputs(self, f: ir.Apply | ir.Call) -> list[Input]:
        plain = [Input(self.here(p)) for i in f.inputs for p in self.ports(i)]
        return plain + [Input(self.here(p), n) for n, i in f.named.items() for p in self.ports(i)]

    def place(self, node: Node) -> list[Port]:
        self.owner.inside.append(node)
        self.own.add(node.number)
        node.within = f"{ir.dotted(*self.home)}." if self.home else ""
        return [Port(node.number, i) for i in range(len(node.types))]

    def call(self, f: ir.Call) -> list[Port]:
        told = arguments({n: v.value for n, v in f.arguments.items()})
        path = (*self.prefix, *f.module)
        inputs = self.inputs(f)
        name = ir.dotted(*path) if f.module else ""
        node = self.builder.node("block", f.block, given=told, name=name)
        node.line, node.inputs = self.line, inputs
        inner = _Body(self.builder, node, path)
        inner.line = self.line
        inner.instance(self.builder.model.instances[f.instance])
        return self.place(node)

    def scope(self, f: ir.Scope) -> list[Port]:
        arriving = self.arriving(f)
        name = ir.dotted(*self.prefix, *f.module)
        node = self.builder.node("scope", str(f.module[-1]), name=name, line=self.line)
        return self.chained(node, arriving, [f.body], (*self.prefix, *f.module))

    def repeat(self, f: ir.Repeat) -> list[Port]:
        arriving = self.arriving(f)
        if len(f.bodies) <= 1:
            return self.bodies(f.bodies, arriving)
        node = self.builder.node("repeat", "", copies=len(f.bodies), line=self.line)
        found = self.chained(node, arriving, f.bodies, self.home)
        self.named(node)
        return found

    def named(self, node: Node) -> None:
        """A box of copies has the title of the first, and the names from the first to the last."""
        copies = [n for n in node.inside if not n.is_end]
        node.title = copies[0].title if copies else "Repeat"
        if copies and copies[0].name != copies[-1].name:
            node.name = f"{copies[0].name} ... {copies[-1].name.rpartition('.')[2]}"

    def copies(self, f: ir.Copies) -> list[Port]:
        """Copies side by side, in a box that gives what each of them makes."""
        arriving = self.arriving(f)
        node = self.builder.node("repeat", "", copies=len(f.bodies), line=self.line)
        found = self.chained(node, arriving, f.bodies, self.home, abreast=True)
        self.named(node)
        return found

    def scan(self, f: ir.Scan) -> list[Port]:
        """A cell in a box: what arrives there is a step of it, and so is what it gives."""
        given = [i for i in f.inputs if not isinstance(i, ir.Scalar)]
        arriving = [self.here(p) for i in given for p in self.ports(i)]
        node = self.builder.node("scope", "Scan", line=self.line)
        node.inputs = [Input(p) for p in arriving]
        inner = _Body(self.builder, node, self.prefix)
        inner.outer, inner.env, inner.line, inner.home = self, self.env, self.line, self.home
        inner.file = self.file
        ends = [inner.end_in("", self.type(p)) for p in arriving]
        inner.taken = dict(zip(arriving, ends, strict=True))
        ports = iter(ends)
        inner.carried = []
        for i in f.inputs:
            inner.carried.append(next(ports) if i in given else inner.end_in("", i.types[0]))
        for port in inner.ports(f.body)[: len(f.types)]:
            inner.end_out("", inner.here(port))
        node.types = list(f.types)
        return self.place(node)

    def arriving(self, f: ir.Scope | ir.Repeat | ir.Copies) -> list[Port]:
        return [self.here(p) for i in f.inputs for p in self.ports(i)]

    def bodies(
        self, bodies: Sequence[ir.Flow], arriving: list[Port], abreast: bool = False
    ) -> list[Port]:
        """Bodies that read what the one before made; `abreast`: that all read what arrives."""
        before = self.carried
        made: list[Port] = []
        for body in bodies:
            self.carried = arriving
            if abreast:
                made += self.ports(body)
            else:
                arriving = self.ports(body)
        self.carried = before
        return made if abreast else arriving

    def chained(
        self,
        node: Node,
        arriving: list[Port],
        bodies: Sequence[ir.Flow],
        home: ir.Path,
        abreast: bool = False,
    ) -> list[Port]:
        """A node that holds bodies, one behind the other or `abreast`; they read wires from outside
        too."""
        node.inputs = [Input(p) for p in arriving]
        inner = _Body(self.builder, node, self.prefix)
        inner.outer, inner.env, inner.line, inner.home = self, self.env, self.line, home
        inner.file = self.file
        carried = [inner.end_in("", self.type(p)) for p in arriving]
        inner.taken = dict(zip(arriving, carried, strict=True))
        for port in inner.bodies(bodies, carried, abreast):
            inner.end_out("", inner.here(port))
        return self.place(node)


def _gives(rounds: Iterable[Iterable[ir.Statement]]) -> bool:
    """Whether a body gives an output, which is one of its owner."""
    return any(isinstance(s, ir.Output) for r in rounds for s in ir.statements(tuple(r)))


def _size(body: tuple[ir.Statement, ...]) -> int:
    """How many nodes a body makes."""
    kinds = ir.Apply | ir.Call
    return sum(isinstance(f, kinds) for f in ir.within(body))
