"""One class or function of `model.py`, from the merged traces of a definition: what it makes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from dlspec.backend import scopes
from dlspec.backend.arguments import Argument, Arguments
from dlspec.backend.merge import (
    Differs,
    Merged,
    Occurrence,
    Step,
    Values,
    fill,
    first,
    flows,
    merge_body,
    unify,
    values_in,
)
from dlspec.backend.passed import Conflict
from dlspec.backend.protocol import Comparison, Emitted, Hole, Slot, Use
from dlspec.backend.tables import comprehension, plain
from dlspec.elaborate.reserved import safe
from dlspec.emit import python as py
from dlspec.emit.text import identifier
from dlspec.expr import Const, Ref, Term, origin
from dlspec.ir import model as ir
from dlspec.ir.values import Known

if TYPE_CHECKING:
    from dlspec.backend.plan import Planner


@dataclass
class Layer:
    """An attribute that holds a layer, or a list of them."""

    name: str
    is_list: bool
    uses: list[tuple[Occurrence, ir.Path, Merged]] = field(default_factory=list)
    """Each use with its path, and the place where it stands."""

    @property
    def element(self) -> str:
        """The name for one of a list: `residual` of `residuals`."""
        stem, _, number = self.name.rpartition("_")
        base = stem if stem and number.isdigit() else self.name
        base = base.rstrip("_")
        return base[:-1] if base.endswith("s") and len(base) > 1 else f"{base}_layer"


@dataclass
class ClassCode:
    """What a parent must know of a planned class or function, and its statement."""

    name: str
    arguments: list[Argument]
    statement: py.Class | py.Function
    helpers: set[str]
    imports: set[str]


class ClassWriter:
    """Plans and writes the class of one definition."""

    def __init__(
        self, planner: Planner, definition: ir.Definition, instances: list[ir.Instance], name: str
    ) -> None:
        self.planner = planner
        self.style = planner.backend.style
        self.definition = definition
        self.instances = instances
        self.name = name
        self.steps = merge_body([(first(i), i.body) for i in instances])
        self.is_function = definition.kind in ("fn", "step")
        # Keras fills in arguments called `training` and `mask` by itself.
        methods = () if self.is_function else ("self", "kwargs", "training", "mask", "inputs")
        self.taken = {*planner.module_names, *methods}
        self.nets = self.name_networks()
        self.arguments = Arguments(definition, instances, set(self.taken))
        self.layers: dict[str, Layer] = {}
        self.calls: dict[int, py.Expr] = {}
        self.makes: dict[int, py.Expr | None] = {}
        self.helpers: set[str] = set()
        self.imports: set[str] = set()
        self.stored: dict[str, py.Expr] = {}
        self.conditions: dict[int, str] = {}
        self.conflicts: list[tuple[int, str]] = []
        """Instances with the parameters that would need two arguments."""
        self.plan()
        if self.conflicts:
            raise Conflict(self.conflicts)

    def name_networks(self) -> dict[str, str]:
        """The arguments of a step that are networks, by their names in the spec."""
        found: dict[str, str] = {}
        for step in self.all_steps(self.steps):
            for m in flows(step.value) if step.value is not None else ():
                if m.kind == "net" and m.flow.net not in found:
                    found[m.flow.net] = identifier(m.flow.net, {*self.taken, *found.values()})
        self.taken.update(found.values())
        return found

    # -- planning

    def plan(self) -> None:
        """Emits every place, and learns from the emitted values what arguments there are."""
        found: list[Values] = []
        for m in self.places(self.steps):
            if m.kind == "apply":
                self.emit(m)
            elif m.kind == "call":
                self.emit_call(m)
            elif m.kind == "net":
                self.calls[id(m)] = self.network(m)
            elif m.kind == "compare":
                self.emit_loss(m)
            elif m.kind == "scope":
                self.emit_sequence(m)
            elif m.kind == "scan":
                self.emit_scan(m)
            else:
                continue
            found.extend(values_in(self.makes.get(id(m))))
            found.extend(values_in(self.calls.get(id(m))))
            self.place(m)
        self.learn_roles()
        self.arguments.learn(found)
        for step in self.all_steps(self.steps):
            if step.kind == "loop" and len(step.statement.names) == 1:
                items = step.statement.items.origin
                if items is not None and all(s.items.origin == items for _, s in step.uses):
                    ref = Ref(step.statement.names[0], step.statement.site)
                    self.arguments.loop_items[step.statement.site] = (items, ref)
        for step in self.branches(self.steps):
            for _, s in step.uses:
                for test in s.tests:
                    if test.origin is not None:
                        self.arguments.name_dims(test.origin)

    def learn_roles(self) -> None:
        """Dimensions are named by the first operator that reads them, whatever the backend."""
        for step in self.all_steps(self.steps):
            for m in flows(step.value) if step.value is not None else ():
                for _, f in m.uses:
                    self.learn_role(m.kind, f)

    def learn_role(self, kind: str, flow: Any) -> None:
        read: list[tuple[str, Any]] = []
        if kind == "apply" and flow.inputs:
            shape = flow.inputs[0].types[0].shape
            read = [(role, origin(shape[axis])) for role, axis in flow.op.sizes.items()]
        elif kind == "call":
            roles = self.planner.class_of(flow).arguments_plan.roles
            read = [(roles[d], s.origin) for d, s in flow.dims.items() if d in roles]
        for role, e in read:
            if isinstance(e, Ref) and e.loop is None:
                self.arguments.roles.setdefault(e.name, role)

    def places(self, steps: list[Step]) -> Any:
        """Every flow of some statements, in order, those in scopes left out."""
        for step in steps:
            if step.value is not None:
                yield from self.outside_scopes(step.value)
            for body in step.bodies.values():
                yield from self.places(body)

    def outside_scopes(self, m: Merged) -> Any:
        for inner in (*m.inputs, *m.named.values()):
            yield from self.outside_scopes(inner)
        if m.body is not None and m.kind != "scope":
            yield from self.outside_scopes(m.body)
        yield m

    def branches(self, steps: list[Step]) -> Any:
        for step in steps:
            if step.kind == "branch" and not self.settled(step):
                yield step
            for body in step.bodies.values():
                yield from self.branches(body)

    @staticmethod
    def settled(step: Step) -> bool:
        """Whether all uses take the same branch: then nothing is decided at run time."""
        return len({s.taken for _, s in step.uses}) == 1

    def use(self, flow: ir.Apply, m: Merged | None = None) -> Use:
        """A use of an op, of those at one place."""
        x = tuple(f.types[0] for f in flow.inputs)
        scalars = {
            i: Slot(f.value.value, f.value.origin, role="value")
            for i, f in enumerate(flow.inputs)
            if isinstance(f, ir.Scalar)
        }
        named = {n: f.types[0] for n, f in flow.named.items()}
        return Use(
            flow.op,
            x,
            named,
            flow.types,
            flow.origins,
            flow.channels_last,
            self.planner.exact,
            scalars,
            any(getattr(f.op, "dropout", 0) for _, f in m.uses) if m is not None else False,
        )

    def emit(self, m: Merged) -> None:
        if all(self.style.identity(f.op) for _, f in m.uses) and m.flow.factory is None:
            self.calls[id(m)] = Hole(0)
            return
        if m.flow.factory is not None:
            self.emit_factory(m)
            return
        codes: list[tuple[Occurrence, Emitted]] = []
        for o, f in m.uses:
            emit = self.planner.backend.layers.get(type(f.op))
            if emit is None:
                raise self.planner.unsupported(f.op)
            codes.append((o, emit(self.use(f, m))))
        self.calls[id(m)] = unify([(o, e.call) for o, e in codes])
        makes = [(o, e.make) for o, e in codes]
        self.makes[id(m)] = unify(makes) if makes[0][1] is not None else None
        self.needs(e for _, e in codes)

    def needs(self, emitted: Any) -> None:
        for e in emitted:
            self.helpers.update(e.helpers)
            self.imports.update(e.imports)

    def emit_factory(self, m: Merged) -> None:
        """A layer that a parameter of type `layer` gives: made by calling the argument."""
        for o, f in m.uses:
            use = self.use(f) if m.kind == "apply" else None
            self.give(m.flow.factory, o, self.planner.factory(f, use, self))
            if use is not None:
                emitted = self.planner.backend.layers[type(f.op)](use)
                self.needs((emitted,) if emitted.make is not None else ())
        argument = self.layer_argument(m.flow.factory)
        self.makes[id(m)] = py.Call(argument.name)
        inputs = tuple(py.Arg(Hole(i)) for i in range(len(m.inputs)))
        self.calls[id(m)] = py.Call(Hole("self"), inputs)

    def emit_call(self, m: Merged) -> None:
        if m.flow.factory is not None:
            self.emit_factory(m)
            return
        child = self.planner.class_of(m.flow)
        if m.module is None:
            self.calls[id(m)] = unify([(o, self.call_function(f, o)) for o, f in m.uses])
            return
        codes = [(o, self.make_block(f, o)) for o, f in m.uses]
        self.makes[id(m)] = unify(codes)
        names = [n for n, _ in self.planner.model.instances[m.flow.instance].inputs]
        inputs = []
        for i, name in enumerate(names):
            local = child.inputs[i] if i else ""
            inputs.append(py.Arg(Hole(i), local if i and len(names) > 1 else ""))
            del name
        self.calls[id(m)] = py.Call(Hole("self"), tuple(inputs))

    def network(self, m: Merged) -> py.Expr:
        """The call of a network, which is an argument of the function."""
        names = m.flow.takes
        holes = tuple(Hole(i) for i in range(len(names)))
        several = len(names) > 1 or m.flow.stateful
        if self.style.dict_inputs and several and not m.flow.part:
            pairs = zip(map(py.literal, names), holes, strict=True)
            return py.call(self.nets[m.flow.net], py.Dict(tuple(pairs)))
        return py.call(self.nets[m.flow.net], *holes)

    def emit_loss(self, m: Merged) -> None:
        codes: list[tuple[Occurrence, Emitted]] = []
        for o, f in m.uses:
            output, target = (i.types[0] for i in f.inputs)
            named = {n: i.types[0] for n, i in f.named.items()}
            use = Comparison(f.loss, f.axis, output, target, named)
            codes.append((o, self.planner.backend.compare(use)))
        self.calls[id(m)] = unify([(o, e.call) for o, e in codes])
        self.needs(e for _, e in codes)

    def emit_scan(self, m: Merged) -> None:
        """`scan(step, sequences, states)`; a state without a tensor starts as a number."""
        self.calls[id(m)] = unify([(o, self.scan_of(f)) for o, f in m.uses])
        self.helpers.add("scan")

    def scan_of(self, f: ir.Scan) -> py.Expr:
        sequences = tuple(Hole(i) for i in range(f.sequences))
        states: list[py.Expr] = []
        for i, given in enumerate(f.inputs[f.sequences : f.sequences + f.states], f.sequences):
            if not isinstance(given, ir.Scalar):
                states.append(Hole(i))
                continue
            t = given.types[0]
            value = Slot(given.value.value, given.value.origin, role="start")
            sizes = tuple(Slot(int(s), origin(s), role="units") for s in t.shape)
            start = self.style.start(Hole(0), value, sizes, t.dtype, f.inputs[0].types[0].dtype)
            self.needs((start,))
            states.append(start.call)
        made = py.call("scan", Hole("step"), py.Tuple(sequences), py.Tuple(tuple(states)))
        return py.Index(made, py.literal(0)) if len(f.types) == 1 else made

    def call_function(self, f: ir.Call, at: Occurrence) -> py.Expr:
        """The call of a function, concrete: the tensors, then its numbers by name."""
        child = self.planner.class_of(f).code
        names = [a.name for a in child.arguments]
        numbers = zip(names, self.given_to(f, at), strict=True)
        tensors = (py.Arg(Hole(i)) for i in range(len(f.inputs)))
        return py.Call(child.name, (*tensors, *(replace(a, name=n) for n, a in numbers)))

    def make_block(self, f: ir.Call, at: Occurrence | None = None) -> py.Expr:
        """The constructor call of a block, concrete: what its class takes, from this caller."""
        return py.Call(self.planner.class_of(f).code.name, tuple(self.given_to(f, at)))

    def given_to(self, f: ir.Call, at: Occurrence | None) -> list[py.Arg]:
        """What a call gives to the arguments of its class or function, in their order."""
        child = self.planner.class_of(f)
        dims = {a.name: d for d, a in child.arguments_plan.dims.items()}
        own = {a.name: p for p, a in child.arguments_plan.parameters.items()}
        args = []
        for a in child.code.arguments:
            # an instance whose branch was not taken never reads the argument
            value = a.values.get(f.instance, next(iter(a.values.values())))
            if isinstance(value, py.Expr):
                own_name = a.name if a.default is not None else ""
                passed = self.passed_on(f.arguments.get(own.get(a.name, "")), value, at)
                if passed is not None:
                    args.append(py.Arg(passed, own_name))
                    continue
                same_default = a.default is not None and value == a.default
                args.append(py.Arg(Slot(value, None, value if same_default else None), own_name))
                continue
            static = None
            if a.name in own:
                static = f.arguments.get(own[a.name])
            elif a.name in dims:
                static = f.dims.get(dims[a.name])
            made_by = static.origin if static is not None else None
            slot = Slot(value, made_by, role=a.name)
            if a.default is not None:
                slot = slot.or_default(a.default_value)
            args.append(py.Arg(slot, a.name if a.default is not None else ""))
        return args

    def passed_on(
        self, given: Known | None, value: py.Expr, at: Occurrence | None
    ) -> py.Expr | None:
        """This class's own argument, where a block hands the layer on that it was given."""
        e = given.origin if given is not None else None
        if at is None or self.arguments.is_model or not isinstance(e, Ref):
            return None
        if e.name not in self.arguments.parameters:
            return None
        self.give(e.name, at, value)
        return py.Atom(self.layer_argument(e.name).name)

    def give(self, parameter: str, at: Occurrence, made: py.Expr) -> None:
        """What an instance's argument for a `layer` parameter is."""
        number, values = at.instance.number, self.layer_argument(parameter).values
        given = values.get(number)
        if isinstance(given, py.Expr) and given != made:
            self.conflicts.append((number, parameter))
        values[number] = made

    def layer_argument(self, parameter: str) -> Argument:
        """The argument for a parameter of type `layer`, which the class needs."""
        argument = self.arguments.parameters[parameter]
        argument.annotation = "Callable"
        self.arguments.use(argument)
        default = self.planner.default_factory(self.definition, parameter)
        if default is not None:
            argument.default = argument.default_value = default
        return argument

    def emit_sequence(self, m: Merged) -> None:
        """A named chain of layers, kept as a sequence."""
        self.makes[id(m)] = unify([(o, self.sequence_of(f, o)) for o, f in m.uses])
        self.calls[id(m)] = py.call(Hole("self"), Hole(0))

    def place(self, m: Merged) -> None:
        if m.module is None or self.makes.get(id(m)) is None:
            return
        name = str(m.module[0])
        layer = self.layers.setdefault(name, Layer(name, len(m.module) > 1))
        layer.uses.extend((o, f.module, m) for o, f in m.uses)

    # -- the constructor

    def constructor(self) -> list[py.Statement]:
        made: set[str] = set()
        every = {i.number for i in self.instances}
        return self.making(self.steps, made, every, within=False)

    def making(
        self, steps: list[Step], made: set[str], reach: set[int], within: bool
    ) -> list[py.Statement]:
        """What makes the layers of some statements, which the instances `reach` come to."""
        found: list[py.Statement] = []
        for step in steps:
            if step.value is not None:
                for m in self.outside_scopes(step.value):
                    found.extend(self.make(m, made, reach))
            if step.kind == "branch" and not self.settled(step) and not within:
                found.extend(self.branch(step, made, reach))
                continue
            for body in step.bodies.values():
                found.extend(self.making(body, made, reach, within or step.kind == "loop"))
        return found

    def make(self, m: Merged, made: set[str], reach: set[int]) -> list[py.Statement]:
        if m.module is None or self.makes.get(id(m)) is None or m.module[0] in made:
            return []
        layer = self.layers[str(m.module[0])]
        made.add(layer.name)
        value = self.list_of(layer, reach) if layer.is_list else self.filled(self.makes[id(m)])
        return [py.Assign(py.Attribute("self", layer.name), value)]

    def filled(self, code: Any) -> py.Expr:
        """Constructor code with its values as the constructor reads them."""

        def put(values: Any) -> Any:
            if values.omitted:
                return None
            concrete = [s.value for _, s in values.slots]
            if isinstance(concrete[0], py.Expr):
                if all(c == concrete[0] for c in concrete):
                    return concrete[0]
                return self.passed_factory(values)
            return self.arguments.resolve(values, plain)

        return fill(code, put)

    def passed_factory(self, values: Values) -> py.Expr:
        """A layer that is passed on, different in each instance: an argument of its own."""
        each = {o.instance.number: s.value for o, s in values.slots}
        argument = self.arguments.add("layer", each)
        argument.annotation = "Callable"
        return py.Atom(argument.name)

    def list_of(self, layer: Layer, reach: set[int]) -> py.Expr:
        """A list of layers: one row for each, in order of execution."""
        by_path: dict[tuple[int, ir.Path], tuple[Occurrence, Merged]] = {}
        for o, path, m in layer.uses:
            by_path.setdefault((o.instance.number, path), (o, m))
        codes: list[tuple[Occurrence, Any]] = []
        rows: dict[int, int] = {}
        lengths = dict.fromkeys(sorted(reach), 0)
        for (number, path), (o, m) in by_path.items():
            raw = self.raw_make(m, o)
            row = Occurrence(o.instance, o.env, o.rounds)
            rows[id(row)] = int(path[-1])
            lengths[number] = max(lengths[number], int(path[-1]) + 1)
            codes.append((row, raw))
        try:
            template = unify(codes)
        except Differs:
            return self.mixed_list(codes, rows, lengths)

        def count() -> py.Expr:
            origin = self.count_origin(layer)
            slots = tuple(
                (first(i), Slot(lengths[i.number], origin, role="count"))
                for i in self.instances
                if i.number in reach
            )
            return self.arguments.resolve(Values(slots), plain)

        return comprehension(
            template,
            lengths,
            lambda o: rows[id(o)],
            self.arguments,
            count,
            self.style.lists,
        )

    def mixed_list(
        self,
        codes: list[tuple[Occurrence, Any]],
        rows: dict[int, int],
        lengths: dict[int, int],
    ) -> py.Expr:
        """A list whose elements are of several classes: each is written out."""
        if len(set(lengths.values())) != 1:
            raise Differs
        made: list[list[tuple[Occurrence, Any]]] = [[] for _ in range(max(lengths.values()))]
        for o, code in codes:
            made[rows[id(o)]].append((o, code))
        return self.style.lists(py.List(tuple(self.filled(unify(row)) for row in made)))

    def raw_make(self, m: Merged, o: Occurrence) -> Any:
        """The constructor call of one use, with its slots."""
        flow = m.by_use[id(o)]
        if getattr(flow, "factory", None) is not None:
            return self.makes[id(m)]
        if m.kind == "call":
            return self.make_block(flow, o)
        if m.kind == "scope":
            return self.sequence_of(flow, o)
        return self.planner.backend.layers[type(flow.op)](self.use(flow, m)).make

    def sequence_of(self, flow: ir.Scope, at: Occurrence) -> py.Expr:
        """A named chain of layers as the framework's own sequence."""
        layers: list[tuple[str, py.Expr]] = []
        for inner in scopes.in_sequence(flow.body) or ():
            if isinstance(inner, ir.Call):
                make = self.make_block(inner, at)
            else:
                emitted = self.planner.backend.layers[type(inner.op)](self.use(inner))
                self.needs((emitted,))
                assert emitted.make is not None
                make = emitted.make
            layers.append((safe(str(inner.module[-1])), make))
        return self.style.sequential(tuple(layers))

    def count_origin(self, layer: Layer) -> Any:
        """The spec's count, where one repeat makes the whole list."""
        places = {id(m) for _, _, m in layer.uses}
        repeats = [
            m
            for step in self.all_steps(self.steps)
            if step.value is not None
            for m in flows(step.value)
            if m.kind in ("repeat", "copies")
            and m.body is not None
            and any(id(p) in places for p in flows(m.body))
        ]
        depth = {len(o.rounds) for o, _, _ in layer.uses}
        if len(repeats) == 1 and depth == {1} and len(places) == 1:
            origin = repeats[0].flow.count.origin
            return origin if all(f.count.origin == origin for _, f in repeats[0].uses) else None
        if depth == {1} and len(places) == 1 and not repeats:
            sites = {o.rounds[0][0] for o, _, _ in layer.uses}
            items = self.arguments.loop_items.get(sites.pop())
            return Term("len", (items[0],)) if items and not sites else None
        return None

    def all_steps(self, steps: list[Step]) -> Any:
        for step in steps:
            yield step
            for body in step.bodies.values():
                yield from self.all_steps(body)

    def branch(self, step: Step, made: set[str], reach: set[int]) -> list[py.Statement]:
        """Layers that only some instances have: None in the others."""
        before = set(made)
        bodies: dict[int, list[py.Statement]] = {}
        for k, body in step.bodies.items():
            here = {o.instance.number for o, s in step.uses if s.taken == k}
            bodies[k] = self.making(body, made, reach & here, False)
        new = [n for n in self.layers if n in made - before]
        arms = {k: body for k, body in bodies.items() if body}
        found = [self.style.absent(n, self.constructed(n)) for n in new]
        if not arms:
            self.conditions[id(step)] = self.store_condition(step)
            return found
        otherwise = arms.pop(self.tests(step)) if self.tests(step) in arms and arms else []
        if not arms:
            arms, otherwise = {self.tests(step): otherwise}, []
        chain = [(self.test(step, k, plain), body) for k, body in arms.items()]
        (test, then), *rest = chain
        found.append(py.If(test, then, otherwise, tuple(rest)))
        if self.needs_condition(step):
            self.conditions[id(step)] = self.store_condition(step)
        return found

    def constructed(self, name: str) -> py.Expr:
        """The constructor call of a layer, with its slots."""
        made = self.makes[id(self.layers[name].uses[0][2])]
        assert made is not None
        return made

    def needs_condition(self, step: Step) -> bool:
        """Whether forward cannot tell the branch by a layer that is there."""
        return len(step.bodies) > 1 or self.guard(step) is None

    def guard(self, step: Step) -> str | None:
        """A layer that is there exactly where the only branch is taken."""
        if len(step.bodies) != 1:
            return None
        for m in self.places(next(iter(step.bodies.values()))):
            if m.module is not None and self.makes.get(id(m)) is not None:
                return str(m.module[0])
        return None

    def store_condition(self, step: Step) -> str:
        """The decision as an attribute: its number for several branches."""
        taken = {*self.layers, *self.stored, *self.style.reserved}
        name = identifier("condition", taken)
        self.stored[name] = self.test(step, min(step.bodies), plain)
        return name

    def test(self, step: Step, taken: int, read: Any) -> py.Expr:
        """The condition under which a branch is taken, as it was written."""
        most = self.tests(step)
        if taken < most:
            return self.one_test(step, taken, read)
        parts = [self.one_test(step, j, read) for j in range(most)]
        made = parts[0]
        for p in parts[1:]:
            made = py.Binary(made, "or", p)
        return negated(made)

    @staticmethod
    def tests(step: Step) -> int:
        """The number of tests; the branch of this number is the `else`."""
        return max(len(s.tests) for _, s in step.uses)

    def one_test(self, step: Step, j: int, read: Any) -> py.Expr:
        slots = tuple(
            (o, Slot(s.tests[j].value, s.tests[j].origin, role="condition"))
            for o, s in step.uses
            if len(s.tests) > j
        )
        return self.arguments.resolve(Values(slots), read)


OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def negated(test: py.Expr) -> py.Expr:
    """`not test`, as a person would write it."""
    if isinstance(test, py.Compare) and not test.more and test.op in OPPOSITE:
        return py.Compare(test.left, OPPOSITE[test.op], test.right)
    if isinstance(test, py.Unary) and test.op == "not" and isinstance(test.operand, py.Expr):
        return test.operand
    return py.Unary("not", test)


__all__ = ["ClassCode", "ClassWriter", "Const", "Layer"]
