"""The forward pass of a class, or a function: statements that a person would have written."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from typing import Any

from dlspec.backend.apart import all_of_one, shared
from dlspec.backend.arguments import Varies
from dlspec.backend.chains import INDENT, Chains
from dlspec.backend.classes import ClassWriter, negated
from dlspec.backend.externs import PYTHON, import_line
from dlspec.backend.merge import (
    Merged,
    Step,
    Values,
    fill,
    first,
    flows,
    same,
    told,
    unify,
)
from dlspec.backend.names import variable
from dlspec.backend.protocol import Inputs, Slot
from dlspec.emit import python as py
from dlspec.emit.text import WIDTH, identifier
from dlspec.expr import Ref, origin
from dlspec.ir import model as ir
from dlspec.ir.model import is_list
from dlspec.ops.batch_size import SIZE
from dlspec.ops.extern import Extern
from dlspec.passes.permute import Permute
from dlspec.tensor import Tensor


def has_inputs(code: Any) -> bool:
    """Whether a call takes its inputs as a tuple."""
    found: list[Any] = []

    def note(part: Any) -> Any:
        found.append(part)
        return part

    fill(code, note)
    return any(isinstance(part, Inputs) for part in found)


def stands(value: Merged) -> bool:
    """Whether a value is a wire, perhaps in another order: it needs no name of its own."""
    if value.kind == "apply" and isinstance(value.flow.op, Permute):
        value = value.inputs[0]
    return value.kind == "wire"


def pops(steps: list[Step]) -> Iterator[tuple[int, int]]:
    """Reads of a list's last element behind which it is cut off: the read, and the statement that
    cuts, which `pop()` makes needless."""
    for j, step in enumerate(steps):
        cut = step.value
        if step.kind != "bind" or cut is None or cut.kind != "slice":
            continue
        bounds, name = (cut.flow.start, cut.flow.stop, cut.flow.step), step.statement.names[0]
        assert cut.body is not None
        if bounds != (None, -1, None) or cut.body.kind != "wire" or cut.body.flow.name != name:
            continue
        for before in reversed(steps[:j]):
            if before.kind != "bind" or before.value is None or name in before.statement.names:
                break
            found = list(flows(before.value))
            reads = [m for m in found if m.kind == "wire" and m.flow.name == name]
            if reads:
                last = [m for m in found if m.kind == "select" and m.body is reads[0]]
                repeats = any(m.kind in ("repeat", "copies") for m in found)
                if len(reads) == len(last) == 1 and last[0].flow.index == -1 and not repeats:
                    yield id(last[0]), id(step)
                break


def whole_list(inputs: list[Merged]) -> str | None:
    """The wire whose elements these are, all of them in order."""
    lists = {
        m.body.flow.name if m.kind == "select" and m.body and m.body.kind == "wire" else None
        for m in inputs
    }
    name = lists.pop()
    if lists or name is None:
        return None
    ordered = all(m.flow.index == i for i, m in enumerate(inputs))
    bodies = (f for m in inputs if m.body is not None for _, f in m.body.uses)
    every = all(f.is_list and len(f.types) == len(inputs) for f in bodies)
    return str(name) if ordered and every else None


class Forward(Chains):
    """Writes the forward pass of one class, or one function."""

    def __init__(self, writer: ClassWriter) -> None:
        super().__init__(writer)
        self.style = writer.style
        self.is_step = writer.definition.kind == "step"
        self.draws = False
        """Whether a step takes a generator of random numbers."""
        self.modes = False
        """Whether anything is computed otherwise in training."""
        self.locals: dict[str, str] = {}
        self.outputs: list[tuple[str | None, py.Expr]] = []
        self.reads = self.count_reads()
        self.popped: dict[int, int] = {}
        """The elements that are taken off a list as they are read."""
        self.lengths: dict[str, str] = {}
        """The dynamic sizes that are read before their wires are written again, with the names
        that they then have."""
        self.arguments.length = self.length
        if writer.is_function:
            self.share_names()

    # -- names

    def share_names(self) -> None:
        """The arguments of a function and its local names are of one kind, and must not meet."""
        self.taken.update(a.name for a in self.arguments.parameters.values())
        self.arguments.beside = self.taken
        for step in self.w.all_steps(self.w.steps):
            if step.kind == "loop":
                self.arguments.taken.update(step.statement.names)
        for name in (*self.w.definition.inputs, *self.reads):
            self.local(name)

    @cached_property
    def told(self) -> set[str]:
        """The attributes of a model that must be told of training: what calls the model tells only
        the model itself."""
        if not self.is_model or self.style.trains:
            return set()
        instances = self.w.planner.model.instances

        def asks(flow: ir.Flow) -> bool:
            if isinstance(flow, ir.Call):
                return inside(flow.instance)
            return isinstance(flow, ir.Mode) or (
                isinstance(flow, ir.Apply) and self.style.training(flow.op)
            )

        @cache
        def inside(number: int) -> bool:
            body = instances[number].body
            run, tested = ir.statements(body), ir.statements(body, training=False)
            return len([*run]) > len([*tested]) or any(map(asks, ir.within(body)))

        asking: Iterator[Any] = filter(asks, ir.within(self.w.instances[0].body))
        return {str(f.module[0]) for f in asking if f.kind != "mode" and f.module}

    def local(self, name: str) -> str:
        if name not in self.locals:
            self.locals[name] = variable(name, self.taken)
            self.taken.add(self.locals[name])
        return self.locals[name]

    def fresh(self, name: str) -> str:
        made = variable(name, {*self.taken, *self.locals.values()})
        self.taken.add(made)
        return made

    def count_reads(self) -> dict[str, int]:
        reads: dict[str, int] = {}
        for step in self.w.all_steps(self.w.steps):
            if step.kind == "element":
                source = step.statement.value.value.name
                reads[source] = reads.get(source, 0) + 1
            if step.value is not None:
                for m in flows(step.value):
                    if m.kind == "wire":
                        reads[m.flow.name] = reads.get(m.flow.name, 0) + 1
        return reads

    # -- the method, or the function

    def function(self) -> py.Function:
        """A function of the module: tensors, then numbers."""
        inputs = [self.local(n) for n in self.w.definition.inputs if self.has(n)]
        kind = "Tensor" if self.style.typed else ""
        lines = self.body(self.w.steps, last=True)
        of_nets = self.style.module if self.style.typed else ""
        params = [py.Param(n, of_nets) for n in self.w.nets.values()]
        params.extend(py.Param(n, kind) for n in inputs)
        params.extend(py.Param("seed") for _ in range(self.draws))
        truth = "bool" if self.style.typed else ""
        params.extend(py.Param("training", truth) for _ in range(self.modes))
        numbers = self.arguments.signature()
        params.extend(py.Param(a.name, a.annotation, a.default) for a in numbers)
        returns = self.returns() if self.style.typed else ""
        return py.Function(self.w.name, params, lines, returns)

    def has(self, name: str) -> bool:
        """Whether a function takes an input: a step takes only the fields that it reads."""
        return not self.is_step or bool(self.reads.get(name))

    def method(self) -> py.Function:
        names = self.w.definition.inputs
        inputs = [self.local(n) for n in names]
        dict_inputs = self.is_root and self.style.dict_inputs and len(inputs) > 1
        states = self.w.instances[0].states if self.is_model else {}
        lines: list[py.Statement] = []
        if dict_inputs:
            fed = [
                (self.local(n), py.Index("inputs", py.literal(n))) for n in names if n not in states
            ]
            targets = tuple(py.Atom(n) for n, _ in fed)
            values = tuple(v for _, v in fed)
            if len(fed) > 1:
                lines.append(py.Assign(py.Tuple(targets, naked=True), py.Tuple(values, naked=True)))
            else:
                lines.append(py.Assign(targets[0], values[0]))
            for n in states:
                given = py.call("inputs.get", py.literal(n))
                lines.append(py.Assign(self.local(n), given))
        lines.extend(map(self.started, states))
        types = [t for _, t in self.w.instances[0].inputs]
        self.shown = self.memory(types[0]) if types else None
        statements = self.body(self.w.steps, last=True)
        for name, kept in self.lengths.items():
            lines.append(py.Assign(kept, self.size(name)))
        lines.extend(statements)
        params = [py.Param("self")]
        kind = "Tensor" if self.style.typed else ""
        if dict_inputs:
            params.append(py.Param("inputs"))
        else:
            params.extend(
                py.Param(self.local(n), f"{kind} | None" if kind else "", "None")
                if n in states
                else py.Param(self.local(n), kind)
                for n in names
            )
        if self.told or self.modes:
            params.append(py.Param("training", default="None"))
        return py.Function(
            self.style.forward,
            params,
            lines,
            returns=self.returns() if self.style.typed else "",
            comment=self.signature(types) if self.is_model else "",
        )

    def started(self, state: str) -> py.Statement:
        """A state that is not given is at its first value, for each example."""
        root = self.w.instances[0]
        (name, like), t = root.fed[0], dict(root.inputs)[state]
        begins = root.states[state]
        value = Slot(begins.value, begins.origin, role="start")
        sizes = tuple(Slot(int(s), origin(s), role="units") for s in t.shape)
        made = self.style.start(py.Atom(self.local(name)), value, sizes, t.dtype, like.dtype)
        self.w.needs((made,))
        call = unify([(first(root), made.call)])
        local = self.local(state)
        return py.If(f"{local} is None", [py.Assign(local, fill(call, self.constant))])

    def returns(self) -> str | py.Expr:
        outputs = self.w.instances[0].outputs
        if len(outputs) == 1:
            return "Tensor"
        if self.is_step:
            return py.Code("tuple[Tensor, dict[str, Tensor]]")
        if self.is_root:
            return py.Code("dict[str, Tensor]")
        return py.Code(f"tuple[{', '.join(['Tensor'] * len(outputs))}]")

    def signature(self, types: list[Tensor]) -> str:
        outputs = self.w.instances[0].outputs
        if len(types) != 1 or len(outputs) != 1:
            return ""
        return f"{self.shape(types[0])} -> {self.shape(outputs[0][1])}"

    def memory(self, t: Tensor) -> tuple[int, ...]:
        return t.stored

    def shape(self, t: Tensor) -> str:
        batch = [] if t.common else ["B"]
        return "[" + ", ".join([*batch, *map(str, self.memory(t))]) + "]"

    def comment(self, types: list[Tensor]) -> str:
        """The shape of a value, where it changed; only in a model, which is concrete."""
        if not self.is_model or len({self.memory(t) for t in types}) != 1:
            return ""
        memory = self.memory(types[0])
        if memory == self.shown:
            return ""
        self.shown = memory
        return self.shape(types[0])

    # -- statements

    def body(self, steps: list[Step], last: bool = False) -> list[py.Statement]:
        lines: list[py.Statement] = []
        taken = dict(pops(steps))
        self.popped.update(taken)
        for step in steps:
            if id(step) in taken.values():
                continue
            self.keep(step, lines)
            match step.kind:
                case "bind":
                    self.bind(step, lines)
                case "element" if id(step) not in self.headed:
                    self.element(step, lines)
                case "output":
                    self.output(step, lines)
                case "penalty":
                    lines.append(self.penalty(step, lines))
                case "branch" if step.statement.training:
                    lines.append(py.If(self.in_training(), self.body(step.bodies[0])))
                case "branch":
                    self.branch(step, lines)
                case "loop":
                    self.loop(step, lines)
        if last:
            self.finish(lines)
        return lines

    def keep(self, step: Step, lines: list[py.Statement]) -> None:
        """What is given out is put aside where a name in it is written again."""
        steps = [s for s in self.w.all_steps([step]) if s.kind == "bind"]
        written = {self.locals.get(n) for s in steps for n in s.statement.names}
        for i, (name, value) in enumerate(self.outputs):
            read = {n.id for n in ast.walk(ast.parse(str(value))) if isinstance(n, ast.Name)}
            if read & written:
                saved = self.fresh(name or "output")
                lines.append(py.Assign(saved, value))
                self.outputs[i] = (name, py.Atom(saved))

    def bind(self, step: Step, lines: list[py.Statement]) -> None:
        names = step.statement.names
        value = step.value
        assert value is not None
        if not any(self.reads.get(n) for n in names):
            if self.style.lazy and any(self.is_head(m) for m in flows(value)):
                made = self.chain(value, self.fresh_target(value), lines)
                lines.append(py.Do(made))
            return
        if is_list(value.flow):
            lines.append(self.listed(names[0], value, lines))
            return
        if len(names) == 1:
            target = self.target(names[0], value)
            made = self.chain(value, target, lines)
            local = self.local(names[0])
            if made != py.Atom(local):
                types = [f.types[0] for _, f in value.uses]
                lines.append(py.Assign(local, made, self.comment(types)))
            return
        made = self.chain(value, self.fresh_target(value), lines)
        if value.kind == "net" and not value.flow.part:
            lines.append(self.by_name(value, names, made, lines))
            return
        targets = tuple(py.Atom(self.local(n) if self.reads.get(n) else "_") for n in names)
        lines.append(py.Assign(py.Tuple(targets, naked=True), made))

    def by_name(
        self, net: Merged, names: Sequence[str], made: py.Expr, lines: list[py.Statement]
    ) -> py.Statement:
        """The outputs of a network that are read, each a wire."""
        read = [
            (self.local(n), g)
            for n, g in zip(names, net.flow.gives, strict=True)
            if self.reads.get(n)
        ]
        if len(read) > 1:
            kept = self.fresh("outputs")
            lines.append(py.Assign(kept, made))
            made = py.Atom(kept)
        values = tuple(py.Index(made, py.literal(g)) for _, g in read)
        targets = tuple(py.Atom(n) for n, _ in read)
        if len(read) == 1:
            return py.Assign(targets[0], values[0])
        return py.Assign(py.Tuple(targets, naked=True), py.Tuple(values, naked=True))

    def element(self, step: Step, lines: list[py.Statement]) -> None:
        """An element of a list that the loop's header does not give."""
        name, value = step.statement.names[0], step.statement.value
        if self.reads.get(name):
            at = self.value(Values(tuple((o, Slot(s.value.index, role="i")) for o, s in step.uses)))
            source = py.Index(self.local(value.value.name), at)
            lines.append(py.Assign(self.local(name), source))

    def listed(self, name: str, value: Merged, lines: list[py.Statement]) -> py.Statement:
        """A list of tensors: made, grown or cut."""
        local = self.local(name)
        if value.kind == "join":
            old, new = value.inputs
            grows = old.kind == "wire" and old.flow.name == name
            if grows and new.kind == "items" and len(new.inputs) == 1:
                added = self.operand(new.inputs[0], lines)
                return py.Do(py.call(py.Attribute(local, "append"), added))
        made = self.expression(value, lines)
        # another name for a list must not grow with it
        return py.Assign(local, py.call("list", made) if value.kind == "wire" else made)

    def target(self, name: str, value: Merged) -> str:
        """The wire's own name for the parts of its chain, unless the chain still needs it."""
        needed = sum(1 for m in self.beside(value) if m.kind == "wire" and m.flow.name == name)
        return self.fresh("h") if needed else self.local(name)

    def fresh_target(self, value: Merged) -> str:
        """A name for the parts of a chain whose result has none."""
        source = value
        while source.inputs:
            source = source.inputs[0]
        beside = {m.flow.name for m in self.beside(value) if m.kind == "wire"}
        name = source.flow.name if source.kind == "wire" else "x"
        if source.kind == "wire" and name not in beside and name not in self.w.definition.inputs:
            return self.local(name)
        if "x" in self.locals and ("x" in beside or self.reads.get("x", 0) > 1):
            return self.fresh("h")
        return self.local("x")

    def beside(self, value: Merged) -> Any:
        """What a chain reads after its first value: the other inputs of its layers."""
        while True:
            for m in (*value.inputs[1:], *value.named.values()):
                yield from flows(m)
            if value.body is not None and value.kind in ("repeat", "copies"):
                yield from flows(value.body)
            if not value.inputs:
                return
            value = value.inputs[0]

    def output(self, step: Step, lines: list[py.Statement]) -> None:
        value = step.value
        assert value is not None
        name = step.statement.name
        if self.is_step and not self.outputs:
            self.loss(value, lines)
            return
        read_later = bool(name and self.reads.get(name))
        many = len(self.w.instances[0].outputs) > 1
        if (read_later or many) and not stands(value):
            target = self.local(name) if name else self.fresh("output")
            made = self.chain(value, target, lines)
            if made != py.Atom(target):
                types = [f.types[0] for _, f in value.uses]
                lines.append(py.Assign(target, made, self.comment(types)))
            self.outputs.append((name, py.Atom(target)))
            return
        self.outputs.append((name, self.chain(value, self.fresh_target(value), lines)))

    def loss(self, value: Merged, lines: list[py.Statement]) -> None:
        """The loss of a step: one number for the batch."""
        made = self.chain(value, self.fresh("x"), lines)
        if not value.flow.types[0].common:
            made = self.style.average(made)
        if len(self.w.instances[0].outputs) > 1:
            target = self.fresh("loss")
            lines.append(py.Assign(target, made))
            made = py.Atom(target)
        self.outputs.append(("loss", made))

    def finish(self, lines: list[py.Statement]) -> None:
        if len(self.outputs) == 1:
            lines.append(py.Return(self.outputs[0][1]))
        elif self.is_step:
            (_, loss), *others = self.outputs
            given = py.Dict(tuple((py.literal(n), e) for n, e in others))
            lines.append(py.Return(py.Tuple((loss, given), naked=True)))
        elif self.is_root:
            items = tuple((py.literal(n), e) for n, e in self.outputs)
            lines.append(py.Return(py.Dict(items)))
        else:
            lines.append(py.Return(py.Tuple(tuple(e for _, e in self.outputs), naked=True)))

    # -- expressions

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
                f = m.flow
                bounds = (None if b is None else py.literal(b) for b in (f.start, f.stop, f.step))
                return py.Index(self.expression(m.body, lines), py.Slice(*bounds))
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
                return self.repeat(m, inputs, self.fresh("h"), lines)
            case "copies":
                return self.copies(m, lines)
            case "scan":
                return self.scan(m, lines)
        return self.applied(m, lines, None)

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
        target = self.fresh("h")
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

    def penalty(self, step: Step, lines: list[py.Statement]) -> py.Statement:
        """What is added to the loss: the mean, where it is a number of each example."""
        assert step.value is not None
        value = self.expression(step.value, lines)
        if not step.value.flow.types[0].common:
            value = self.style.average(value)
        if self.style.losses is not None:
            self.w.stored["losses"] = self.style.losses
        return py.Do(py.call(self.style.adds, value))

    def applied(self, m: Merged, lines: list[py.Statement], arriving: py.Expr | None) -> py.Expr:
        """An op, block or scope on its inputs."""
        code = self.w.calls[id(m)]
        if m.module is not None and str(m.module[0]) in self.told:
            code = told(code, "training")
        source = all_of_one(m.inputs) if arriving is None and has_inputs(code) else None
        if source is not None:
            made = self.expression(source, lines)
            return fill(code, lambda c: made if isinstance(c, Inputs) else self.constant(c))
        apart = self.apart(m.inputs, lines) if arriving is None else {0: arriving}
        inputs = [apart.get(i) or self.operand(x, lines) for i, x in enumerate(m.inputs)]
        for i, made in enumerate(inputs):
            if not isinstance(made, py.Atom) and self.reads_twice(m, i):
                inputs[i] = py.Atom(self.fresh("h"))
                lines.append(py.Assign(inputs[i], made))
        named = {n: self.expression(x, lines) for n, x in m.named.items()}
        for n, made in named.items():
            if not isinstance(made, py.Atom) and self.reads_twice(m, n):
                named[n] = py.Atom(self.fresh(n))
                lines.append(py.Assign(named[n], made))

        def put(code: Any) -> Any:
            if isinstance(code, Inputs):
                whole = whole_list(m.inputs)
                return py.Tuple(tuple(inputs)) if whole is None else py.Atom(self.local(whole))
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

    def scan(self, m: Merged, lines: list[py.Statement]) -> py.Expr:
        """`scan(self.cell, (x,), (h,))`; what is the same at each step stands in a lambda."""
        assert m.body is not None
        steps = m.flow.sequences + m.flow.states
        inputs: list[py.Expr] = []
        for i, x in enumerate(m.inputs):
            start = m.flow.sequences <= i < steps and x.kind == "scalar"
            made = py.Atom("") if start else self.operand(x, lines)
            if not isinstance(made, py.Atom) and (i >= steps or self.reads_twice(m, i)):
                kept = py.Atom(self.fresh("h"))
                lines.append(py.Assign(kept, made))
                made = kept
            inputs.append(made)
        read = {x.flow.index: i for i, x in enumerate(m.body.inputs)}
        step = self.layer(m.body)
        if [x.flow.index for x in m.body.inputs] != list(range(steps)):
            cell = self.w.planner.model.instances[m.body.flow.instance]
            names = [self.fresh(cell.inputs[read[i]][0]) for i in range(steps)]
            self.carries.append([*map(py.Atom, names), *inputs[steps:]])
            step = py.Lambda(tuple(names), self.expression(m.body, lines))
            self.carries.pop()

        def put(code: Any) -> Any:
            if isinstance(code, Values):
                return self.constant(code)
            return step if code.what == "step" else inputs[code.what]

        return fill(self.w.calls[id(m)], put)

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

    def apart(self, inputs: Sequence[Merged], lines: list[py.Statement]) -> dict[int, py.Expr]:
        """Outputs of one call among some inputs, by the places of these: the call has a line."""
        found: dict[int, py.Expr] = {}
        for places in shared(inputs):
            body = inputs[places[0]].body
            assert body is not None
            made = self.expression(body, lines)
            if body.kind == "net" and not body.flow.part:
                kept = self.fresh("outputs")
                lines.append(py.Assign(kept, made))
                gives = body.flow.gives
                found.update(
                    (i, py.Index(kept, py.literal(gives[inputs[i].flow.index]))) for i in places
                )
                continue
            names = {inputs[i].flow.index: "" for i in places}
            names = {index: self.fresh("part") for index in sorted(names)}
            targets = (py.Atom(names.get(k, "_")) for k in range(len(body.flow.types)))
            lines.append(py.Assign(py.Tuple(tuple(targets), naked=True), made))
            found.update((i, py.Atom(names[inputs[i].flow.index])) for i in places)
        return found

    def operand(self, m: Merged, lines: list[py.Statement]) -> py.Expr:
        """An operand of arithmetic; a long chain in it gets a line of its own."""
        if self.ordered and any(self.takes(x) for x in flows(m)):
            target = self.fresh("h")
            made = self.chain(m, target, lines)
            lines.append(py.Assign(target, made))
            return py.Atom(target)
        mark = len(lines)
        made = self.expression(m, lines)
        heads = sum(1 for x in flows(m) if self.is_head(x))
        if heads > 1 and INDENT + len(str(made)) > WIDTH - 24:
            del lines[mark:]
            target = self.fresh_target(m)
            made = self.chain(m, target, lines)
        return made

    def layer(self, m: Merged) -> py.Expr:
        """The object of a layer: an attribute, or the element of a list that is next."""
        assert m.module is not None
        name = str(m.module[0])
        own = py.Attribute("self", name)
        if name in self.elements or len(m.module) == 1:
            return self.elements.get(name, own)
        return py.Index(own, py.literal(int(m.module[-1])))

    # -- values

    def length(self, name: str) -> py.Expr:
        """A dynamic size: that of an input's axis, read at once where the input's name is written
        again."""
        source, _ = self.source(name)
        steps = self.w.all_steps(self.w.steps)
        if any(source in s.statement.names for s in steps if s.kind in ("bind", "element")):
            if name not in self.lengths:
                self.lengths[name] = self.fresh(name.lower())
            return py.Atom(self.lengths[name])
        return self.size(name)

    def size(self, name: str) -> py.Expr:
        source, axis = self.source(name)
        return self.style.length(py.Atom(self.local(source)), axis)

    def source(self, name: str) -> tuple[str, int]:
        """The input that has a dynamic size, and on which axis of the batch."""
        for wire, type_ in self.w.instances[0].inputs:
            for axis, size in enumerate(type_.stored):
                if origin(size) == Ref(name):
                    return wire, axis + (not type_.common)
        for wire, type_ in self.w.instances[0].inputs:
            if name == SIZE and not type_.common and self.has(wire):
                return wire, 0
        raise LookupError(name)

    def read(self, name: str) -> py.Expr:
        """An argument of the class in forward: kept under its own name. That of a function is
        there."""
        if self.w.is_function:
            return py.Atom(name)
        attribute = identifier(name, {*self.w.layers, *self.style.reserved})
        self.w.stored[attribute] = py.Atom(name)
        return py.Attribute("self", attribute)

    def value(self, values: Values) -> py.Expr:
        if isinstance(values.slots[0][1].value, py.Expr):
            return values.slots[0][1].value
        try:
            return self.arguments.resolve(values, self.read)
        except Varies:
            return self.column(values)

    def column(self, values: Values) -> py.Expr:
        """A value that each round has its own of: a further column of the loop's table."""
        if not self.rounds:
            raise Varies
        current = self.rounds[-1]
        by_round: dict[int, Any] = {}
        for o, s in values.slots:
            at = dict(o.rounds)[current.site]
            if not same(by_round.setdefault(at, s.value), s.value):
                raise Varies
        cells = [by_round.get(i) for i in range(max(by_round) + 1)]
        for name, known in current.columns:
            if known == cells:
                return py.Atom(name)
        name = self.fresh(values.role or "value")
        current.columns.append((name, cells))
        return py.Atom(name)

    # -- branches

    def branch(self, step: Step, lines: list[py.Statement]) -> None:
        if self.w.settled(step):
            for body in step.bodies.values():
                lines.extend(self.body(body))
            return
        arms: dict[int, list[py.Statement]] = {}
        shown = self.shown
        for taken, body in step.bodies.items():
            self.shown = shown
            made = self.body(body)
            if made:
                arms[taken] = made
        self.shown = None
        if not arms:
            return
        exhaustive = len(arms) > 1 and set(arms) == set(step.bodies) and self.decided(step)
        last = max(arms)
        otherwise = arms.pop(last) if exhaustive else []
        (first, then), *rest = arms.items()
        elifs = tuple((self.decision(step, k), b) for k, b in rest)
        lines.append(py.If(self.decision(step, first), then, otherwise, elifs))

    def decided(self, step: Step) -> bool:
        """Whether every use takes one of the branches."""
        return all(s.taken is not None for _, s in step.uses)

    def decision(self, step: Step, taken: int) -> py.Expr:
        if self.rounds or self.is_model or self.w.is_function:
            return self.loop_test(step, taken)
        if id(step) in self.w.conditions:
            kept = py.Attribute("self", self.w.conditions[id(step)])
            if taken == min(step.bodies):
                return kept
            return negated(kept) if len(step.bodies) == 2 else self.loop_test(step, taken)
        guard = self.w.guard(step)
        assert guard is not None
        return py.Compare(py.Attribute("self", guard), "is not", py.literal(None))

    def loop_test(self, step: Step, taken: int) -> py.Expr:
        try:
            return self.w.test(step, taken, self.read)
        except Varies:
            slots = tuple((o, Slot(s.taken == taken, role="condition")) for o, s in step.uses)
            return self.column(Values(slots))

    # -- loops
