"""What each place of a definition calls, and what makes it in the constructor."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dlspec.backend import scopes
from dlspec.backend.arguments import Argument, Arguments
from dlspec.backend.merge import Differs, Merged, Occurrence, first, flows, merge_body, unify
from dlspec.backend.passed import default_of, deferred, made_by
from dlspec.backend.protocol import Comparison, Emitted, Hole, Slot, Use
from dlspec.backend.walks import all_steps
from dlspec.elaborate.reserved import safe
from dlspec.emit import python as py
from dlspec.emit.text import identifier
from dlspec.expr import Ref, origin
from dlspec.ir import model as ir
from dlspec.ir.values import Known
from dlspec.ops.arithmetic import add, divide, multiply, subtract
from dlspec.ops.base import RATES

if TYPE_CHECKING:
    from dlspec.backend.plan import Planner


NUMBERS_TOO = (add, subtract, multiply, divide)
"""Ops whose code in Python is the same for a number."""


class Calls:
    """The calls of one definition's flows, by the identity of the place."""

    def __init__(
        self, planner: Planner, definition: ir.Definition, instances: list[ir.Instance]
    ) -> None:
        self.planner = planner
        self.style = planner.backend.style
        self.definition = definition
        self.instances = instances
        self.steps = merge_body([(first(i), i.body) for i in instances])
        self.is_function = definition.kind in ("fn", "step")
        # Keras fills in arguments called `training` and `mask` by itself.
        methods = () if self.is_function else ("self", "kwargs", "training", "mask", "inputs")
        self.taken = {*planner.module_names, *methods}
        self.nets = self.name_networks()
        self.arguments = Arguments(definition, instances, set(self.taken))
        self.calls: dict[int, py.Expr] = {}
        self.makes: dict[int, py.Expr | None] = {}
        self.dropping: dict[int, frozenset[str]] = {}
        """What any use at a place drops."""
        self.general: set[int] = set()
        """The places whose uses need the code that does for all."""
        self.helpers: set[str] = set()
        self.imports: set[str] = set()
        self.conflicts: list[tuple[int, str]] = []
        """Instances with the parameters that would need two arguments."""

    def name_networks(self) -> dict[str, str]:
        """The arguments of a step that are networks, by their names in the spec."""
        found: dict[str, str] = {}
        for step in all_steps(self.steps):
            for m in flows(step.value) if step.value is not None else ():
                if m.kind == "net" and m.flow.net not in found:
                    found[m.flow.net] = identifier(m.flow.net, {*self.taken, *found.values()})
        self.taken.update(found.values())
        return found

    def emit(self, m: Merged) -> bool:
        """Whether anything is called at a place: then it is kept what, and what makes it."""
        match m.kind:
            case "apply":
                self.emit_apply(m)
            case "call":
                self.emit_call(m)
            case "net":
                self.calls[id(m)] = self.network(m)
            case "compare":
                self.emit_loss(m)
            case "scope":
                self.emit_sequence(m)
            case "scan":
                self.emit_scan(m)
            case _:
                return False
        return True

    def emit_apply(self, m: Merged) -> None:
        if (other := beside_nothing(m)) is not None:
            self.calls[id(m)] = Hole(other)
            return
        if all(self.style.identity(f.op) for _, f in m.uses) and m.flow.factory is None:
            self.calls[id(m)] = Hole(0)
            return
        if m.flow.factory is not None:
            self.emit_factory(m)
            return
        if any(x.numbers for x in m.inputs) and not isinstance(m.flow.op, NUMBERS_TOO):
            raise Differs
        try:
            self.emit_uses(m)
        except Differs:
            self.general.add(id(m))
            self.emit_uses(m)

    def emit_uses(self, m: Merged) -> None:
        """One code for all uses of ops at a place."""
        codes: list[tuple[Occurrence, Emitted]] = []
        self.dropping[id(m)] = drops(m)
        for o, f in m.uses:
            emit = self.planner.backend.layers.get(type(f.op))
            if emit is None:
                raise self.planner.unsupported(f.op)
            codes.append((o, emit(self.use(f, m))))
        self.calls[id(m)] = unify([(o, e.call) for o, e in codes])
        makes = [(o, e.make) for o, e in codes]
        self.makes[id(m)] = unify(makes) if makes[0][1] is not None else None
        self.needs(e for _, e in codes)

    def use(self, flow: ir.Apply, m: Merged | None = None) -> Use:
        """A use of an op, of those at one place."""
        x = [f.types[0] for f in flow.inputs]
        for i, merged in enumerate(m.inputs if m is not None else ()):
            if merged.numbers:  # written as the tensor that it is in other uses
                x[i] = merged.flow.types[0]
        scalars = {
            i: Slot(f.value.value, f.value.origin, role="value")
            for i, f in enumerate(flow.inputs)
            if isinstance(f, ir.Scalar) and (m is None or not m.inputs[i].numbers)
        }
        named = {n: f.types[0] for n, f in flow.named.items()}
        return Use(
            flow.op,
            tuple(x),
            named,
            flow.types,
            flow.origins,
            flow.channels_last,
            self.planner.exact,
            scalars,
            self.dropping.get(id(m), frozenset()),
            id(m) in self.general,
        )

    def needs(self, emitted: Iterable[Emitted]) -> None:
        for e in emitted:
            self.helpers.update(e.helpers)
            self.imports.update(e.imports)

    # -- blocks, functions, networks

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

    def emit_sequence(self, m: Merged) -> None:
        """A named chain of layers, kept as a sequence."""
        self.makes[id(m)] = unify([(o, self.sequence_of(f, o)) for o, f in m.uses])
        self.calls[id(m)] = py.call(Hole("self"), Hole(0))

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

    # -- what a call gives

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
            made = [v for v in a.values.values() if isinstance(v, py.Expr)]
            if made and not isinstance(value, py.Expr):  # nor one whose loop has no rounds
                value = made[0] if a.default is None else a.default_value
            if isinstance(value, py.Expr):
                own_name = a.name if a.default is not None else ""
                passed = self.passed_on(f.arguments.get(own.get(a.name, "")), value, at)
                if passed is not None:
                    args.append(py.Arg(passed, own_name))
                    continue
                same_default = a.default is not None and value == a.default_value
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

    # -- layers that are passed on

    def emit_factory(self, m: Merged) -> None:
        """A layer that a parameter of type `layer` gives: made by calling the argument."""
        for o, f in m.uses:
            use = self.use(f) if m.kind == "apply" else None
            self.give(m.flow.factory, o, self.factory(f, use))
            if use is not None:
                emitted = self.planner.backend.layers[type(f.op)](use)
                self.needs((emitted,) if emitted.make is not None else ())
        argument = self.layer_argument(m.flow.factory)
        self.makes[id(m)] = py.Call(argument.name)
        inputs = tuple(py.Arg(Hole(i)) for i in range(len(m.inputs)))
        self.calls[id(m)] = py.Call(Hole("self"), inputs)

    def factory(self, layer: Any, use: Use | None) -> py.Expr:
        """What makes a layer when called: `nn.ReLU`, `partial(nn.LeakyReLU, 0.2)`."""
        return made_by(self.make_block(layer) if use is None else self.style.object_of(use))

    def give(self, parameter: str, at: Occurrence, made: py.Expr) -> None:
        """What an instance's argument for a `layer` parameter is."""
        argument = self.layer_argument(parameter)
        number, values = at.instance.number, argument.values
        given = values.get(number)
        if isinstance(given, py.Expr) and given != made:
            self.conflicts.append((number, parameter))
        values[number] = made
        known = [*values.values(), argument.default]
        argument.annotation = self.planner.layer_type(m for m in known if m is not None)

    def layer_argument(self, parameter: str) -> Argument:
        """The argument for a parameter of type `layer`, which the class needs."""
        argument = self.arguments.parameters[parameter]
        self.arguments.use(argument)
        default = default_of(self.definition, parameter, self.planner.backend)
        if default is not None:
            argument.default, argument.default_value = deferred(default), default
        return argument


def drops(m: Merged) -> frozenset[str]:
    """The dropouts, by argument, that any op at a place has."""
    return frozenset(name for name in RATES for _, f in m.uses if getattr(f.op, name, 0))


def beside_nothing(m: Merged) -> int | None:
    """The operand that a sum is, where the other was chosen beside a tensor and is 0."""
    if not isinstance(m.flow.op, add):
        return None
    for i, x in enumerate(m.inputs):
        if x.kind == "scalar" and all(f.wire and f.value.value == 0 for _, f in x.uses):
            return 1 - i
    return None
