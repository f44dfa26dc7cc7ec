"""The expressions of a forward pass: ops, blocks and networks on their inputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dlspec.backend.apart import all_of_one, shared
from dlspec.backend.chains import INDENT
from dlspec.backend.classes import ClassWriter
from dlspec.backend.derivatives import Derivatives, is_derivative
from dlspec.backend.externs import PYTHON, import_line
from dlspec.backend.merge import Differs, Merged, Values, fill, flows, told
from dlspec.backend.protocol import Inputs, Slot
from dlspec.emit import python as py
from dlspec.emit.text import WIDTH
from dlspec.ir import model as ir
from dlspec.ops import positions
from dlspec.ops.extern import Extern


def has_inputs(code: Any) -> bool:
    """Whether a call takes its inputs as a tuple."""
    found: list[Any] = []

    def note(part: Any) -> Any:
        found.append(part)
        return part

    fill(code, note)
    return any(isinstance(part, Inputs) for part in found)


class Expressions(Derivatives):
    """Writes values: what needs a line of its own goes before, into `lines`."""

    def __init__(self, writer: ClassWriter) -> None:
        super().__init__(writer)
        self.draws = False
        """Whether a step takes a generator of random numbers."""
        self.modes = False
        """Whether anything is computed otherwise in training."""
        self.popped: dict[int, int] = {}
        """The elements that are taken off a list as they are read."""

    def expression(self, m: Merged, lines: list[py.Statement]) -> py.Expr:
        if id(m) in self.held:
            return self.held[id(m)]
        match m.kind:
            case "wire":
                return py.Atom(self.local(m.flow.name))
            case "carry":
                return self.carries[-1][m.flow.index]
            case "mode":
                return self.mode(m, lines)
            case "scalar":
                slots = tuple((o, Slot(f.value.value, f.value.origin)) for o, f in m.uses)
                return self.value(Values(slots))
            case "items":
                return py.List(tuple(self.operand(i, lines) for i in m.inputs))
            case "join":
                left, right = (self.expression(i, lines) for i in m.inputs)
                return py.Binary(left, "+", right)
            case "slice":
                assert m.body is not None
                bounds = (self.bound(m, name) for name in ("start", "stop", "step"))
                return py.Index(self.expression(m.body, lines), py.Slice(*bounds))
            case "pick":
                assert m.body is not None
                slots = tuple((o, Slot(f.index, f.origin, role="i")) for o, f in m.uses)
                return py.Index(self.expression(m.body, lines), self.value(Values(slots)))
            case "sum":  # no 0 is added first
                parts = self.expression(m.inputs[0], lines)
                rest = py.Index(parts, py.Slice(py.literal(1)))
                return py.call("sum", rest, py.Index(parts, py.literal(0)))
            case "select" if id(m) in self.popped:
                assert m.body is not None
                return py.call(py.Attribute(self.expression(m.body, lines), "pop"))
            case "select":
                assert m.body is not None
                at = m.flow.index
                if m.body.kind == "net" and not m.body.flow.part:
                    at = m.body.flow.gives[at]
                return py.Index(self.expression(m.body, lines), py.literal(at))
            case "repeat":
                inputs = [self.expression(i, lines) for i in m.inputs]
                if m.body is None:
                    return inputs[0]
                return self.repeat(m, inputs, self.part(), lines)
            case "copies":
                return self.copies(m, lines)
            case "each":
                return self.each(m, lines)
            case "scan":
                return self.scan(m, lines)
        return self.applied(m, lines, None)

    def applied(self, m: Merged, lines: list[py.Statement], arriving: py.Expr | None) -> py.Expr:
        """An op, block or scope on its inputs."""
        if self.style.functional and is_derivative(m):
            return self.derivative(m, lines)
        code = self.w.calls[id(m)]
        if m.module is not None and str(m.module[0]) in self.told:
            code = told(code, "training")
        source = all_of_one(m.inputs) if arriving is None and has_inputs(code) else None
        if source is not None:
            made = self.expression(source, lines)
            return fill(code, lambda c: made if isinstance(c, Inputs) else self.constant(c))
        self.once(m, lines)
        apart = self.apart(m.inputs, lines) if arriving is None else {0: arriving}
        inputs = [apart.get(i) or self.operand(x, lines) for i, x in enumerate(m.inputs)]
        for i, made in enumerate(inputs):
            if not isinstance(made, py.Atom) and self.reads_twice(m, i):
                inputs[i] = py.Atom(self.part())
                lines.append(py.Assign(inputs[i], made))
        named = {n: self.expression(x, lines) for n, x in m.named.items()}
        for n, made in named.items():
            if not isinstance(made, py.Atom) and self.reads_twice(m, n):
                named[n] = py.Atom(self.part(n))
                lines.append(py.Assign(named[n], made))

        def put(code: Any) -> Any:
            if isinstance(code, Inputs):
                whole = ir.is_list(m.inputs[0].flow)
                return inputs[0] if whole else py.Tuple(tuple(inputs))
            if isinstance(code, Values):
                return self.constant(code)
            what = code.what
            if what == "self":
                return self.layer(m)
            if what == "seed":
                return self.seed()
            if what == PYTHON:
                return self.python(m.flow.op)
            return named[what] if isinstance(what, str) else inputs[what]

        return fill(code, put)

    def bound(self, m: Merged, name: str) -> py.Expr | None:
        """A bound of a part of a list; None where it is open."""
        slots = tuple(
            (o, Slot(getattr(f, name), f.origins.get(name), role=name)) for o, f in m.uses
        )
        values = [s.value for _, s in slots]
        if None not in values:
            return self.value(Values(slots))
        if any(v is not None for v in values):
            raise Differs
        return None

    def once(self, m: Merged, lines: list[py.Statement]) -> None:
        """Gives the positions that several inputs read a line of their own."""
        found: dict[str, list[Merged]] = {}
        for f in (f for x in m.inputs for f in flows(x)) if len(m.inputs) > 1 else ():
            counts = f.kind == "apply" and isinstance(f.flow.op, positions.range)
            if counts and id(f) not in self.held and all(i.kind == "wire" for i in f.inputs):
                found.setdefault(str(self.expression(f, [])), []).append(f)
        for same in found.values():
            if len(same) > 1:
                name = py.Atom(self.part("place"))
                lines.append(py.Assign(name, self.expression(same[0], lines)))
                self.held.update((id(f), name) for f in same)

    def operand(self, m: Merged, lines: list[py.Statement]) -> py.Expr:
        """An operand of arithmetic; a long chain in it gets a line of its own."""
        if self.ordered and any(self.takes(x) for x in flows(m)):
            target = self.part()
            made = self.chain(m, target, lines)
            if made != py.Atom(target):
                lines.append(py.Assign(target, made))
            return py.Atom(target)
        mark, held = len(lines), dict(self.held)
        made = self.expression(m, lines)
        heads = sum(1 for x in flows(m) if self.is_head(x))
        much = len(str(made)) + INDENT
        if (heads > 1 and much > WIDTH - 24) or (heads and much > WIDTH):
            del lines[mark:]
            self.held = held
            made = self.chain(m, self.fresh_target(m), lines)
        return made

    def apart(self, inputs: Sequence[Merged], lines: list[py.Statement]) -> dict[int, py.Expr]:
        """Outputs of one call among some inputs, by the places of these: the call has a line."""
        found: dict[int, py.Expr] = {}
        for places in shared(inputs):
            body = inputs[places[0]].body
            assert body is not None
            made = self.expression(body, lines)
            if body.kind == "net" and not body.flow.part:
                kept = self.part("outputs")
                lines.append(py.Assign(kept, made))
                gives = body.flow.gives
                found.update(
                    (i, py.Index(kept, py.literal(gives[inputs[i].flow.index]))) for i in places
                )
                continue
            names = {inputs[i].flow.index: "" for i in places}
            names = {index: self.part("part") for index in sorted(names)}
            targets = (py.Atom(names.get(k, "_")) for k in range(len(body.flow.types)))
            lines.append(py.Assign(py.Tuple(tuple(targets), naked=True), made))
            found.update((i, py.Atom(names[inputs[i].flow.index])) for i in places)
        return found

    def scan(self, m: Merged, lines: list[py.Statement]) -> py.Expr:
        """`scan(self.cell, (x,), (h,))`; what is the same at each step stands in a lambda."""
        assert m.body is not None
        steps = m.flow.sequences + m.flow.states
        inputs: list[py.Expr] = []
        for i, x in enumerate(m.inputs):
            start = m.flow.sequences <= i < steps and x.kind == "scalar"
            made = py.Atom("") if start else self.operand(x, lines)
            if not isinstance(made, py.Atom) and (i >= steps or self.reads_twice(m, i)):
                kept = py.Atom(self.part())
                lines.append(py.Assign(kept, made))
                made = kept
            inputs.append(made)
        read = {x.flow.index: i for i, x in enumerate(m.body.inputs)}
        step = self.layer(m.body)
        if [x.flow.index for x in m.body.inputs] != list(range(steps)):
            cell = self.w.planner.model.instances[m.body.flow.instance]
            names = [self.part(cell.inputs[read[i]][0]) for i in range(steps)]
            self.carries.append([*map(py.Atom, names), *inputs[steps:]])
            step = py.Lambda(tuple(names), self.expression(m.body, lines))
            self.carries.pop()

        def put(code: Any) -> Any:
            if isinstance(code, Values):
                return self.constant(code)
            return step if code.what == "step" else inputs[code.what]

        return fill(self.w.calls[id(m)], put)

    def mode(self, m: Merged, lines: list[py.Statement]) -> py.Expr:
        """One value in training, and another in evaluation."""
        test = self.in_training()
        sides: list[tuple[list[py.Statement], py.Expr]] = []
        for side in m.inputs:
            own: list[py.Statement] = []
            sides.append((own, self.expression(side, own)))
        (first, then), (second, otherwise) = sides
        if not first and not second:
            return py.IfElse(then, test, otherwise)
        target = self.part()
        first.append(py.Assign(target, then))
        second.append(py.Assign(target, otherwise))
        lines.append(py.If(test, first, second))
        return py.Atom(target)

    def in_training(self) -> py.Expr:
        """Whether the program trains; of several networks, one may be frozen."""
        if not self.style.trains or len(self.w.nets) > 1:
            self.modes = True
            return py.Atom("training")
        if self.is_step:
            return py.Attribute(next(iter(self.w.nets.values())), self.style.trains)
        return py.Attribute("self", self.style.trains)

    def layer(self, m: Merged) -> py.Expr:
        """The object of a layer: an attribute, or the element of a list that is next."""
        assert m.module is not None
        name = str(m.module[0])
        own = py.Attribute("self", name)
        if name in self.elements or len(m.module) == 1:
            return self.elements.get(name, own)
        return py.Index(own, py.literal(int(m.module[-1])))

    def python(self, op: Extern) -> py.Expr:
        """The function of an `extern`, which the file imports."""
        path = op.function(self.w.planner.backend.name)
        assert path is not None
        name = self.w.planner.python[path]
        self.w.imports.add(import_line(path, name))
        return py.Atom(name)

    def seed(self) -> py.Expr:
        """The generator of random numbers: an attribute, or the argument of a step."""
        assert self.style.seed is not None
        if self.is_step:
            self.draws = True
            return py.Atom("seed")
        self.w.stored["seed_generator"] = self.style.seed
        return py.Attribute("self", "seed_generator")

    def constant(self, values: Values) -> py.Expr | None:
        return None if values.omitted else self.value(values)
