"""The statements of a forward pass: wires, lists, branches, and what is given out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dlspec.backend.arguments import Varies
from dlspec.backend.chains import INDENT
from dlspec.backend.conditions import condition, guard, negated
from dlspec.backend.derivatives import Derivative
from dlspec.backend.expressions import Expressions
from dlspec.backend.merge import Merged, Step, Values, flows
from dlspec.backend.protocol import Slot
from dlspec.backend.reading import Later, Target
from dlspec.backend.walks import all_steps, settled
from dlspec.emit import python as py
from dlspec.emit.statements import Page
from dlspec.emit.text import WIDTH
from dlspec.ir.model import is_list
from dlspec.passes.permute import Permute


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
        bounds, name = {(f.start, f.stop, f.step) for _, f in cut.uses}, step.statement.names[0]
        assert cut.body is not None
        if bounds != {(None, -1, None)} or cut.body.kind != "wire" or cut.body.flow.name != name:
            continue
        for before in reversed(steps[:j]):
            if before.kind != "bind" or before.value is None or name in before.statement.names:
                break
            found = list(flows(before.value))
            reads = [m for m in found if m.kind == "wire" and m.flow.name == name]
            if reads:
                last = [m for m in found if m.kind == "select" and m.body is reads[0]]
                repeats = any(m.kind in ("repeat", "copies", "each") for m in found)
                if len(reads) == len(last) == 1 and last[0].flow.index == -1 and not repeats:
                    yield id(last[0]), id(step)
                break


class Statements(Expressions):
    """Writes the merged statements of a class or function in their order."""

    def body(self, steps: list[Step], last: bool = False) -> list[py.Statement]:
        lines: list[py.Statement] = []
        steps = self.with_functions(steps)
        taken = dict(pops(steps))
        self.popped.update(taken)
        self.later.append(later := Later(steps))
        for later.at, step in enumerate(steps):
            if id(step) in taken.values():
                continue
            around = self.now, self.passing
            self.now, self.passing = step, []
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
                case "derivative" if isinstance(step, Derivative):
                    self.function_of(step, lines)
            self.release()
            self.now, self.passing = around
        self.later.pop()
        if last:
            self.finish(lines)
        return lines

    def release(self) -> None:
        """The names for parts of a statement are free behind it, but for what is given out."""
        held = {n for _, value in self.outputs for n in py.names_in(str(value))}
        self.taken.difference_update(set(self.passing) - held)

    def keep(self, step: Step, lines: list[py.Statement]) -> None:
        """What is given out is put aside where a name in it is written again."""
        steps = [s for s in all_steps([step]) if s.kind == "bind"]
        written = {self.locals.get(n) for s in steps for n in s.statement.names}
        for i, (name, value) in enumerate(self.outputs):
            if py.names_in(str(value)) & written:
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
            self.listed(names[0], value, lines)
            return
        if len(names) == 1:
            target = self.target(names[0], value)
            made = self.chain(value, target, lines)
            if value.kind != "wire" and self.is_alias(names[0], made):
                return
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

    def is_alias(self, name: str, made: py.Expr) -> bool:
        """Whether a wire came out as another, as where an axis need not move: if neither is written
        again, its readers read that other."""
        source = next((n for n, local in self.locals.items() if made == py.Atom(local)), None)
        if source is None or source == name or len(self.later) > 1 or self.rounds:
            return False
        top = self.later[0].at
        written = [
            (i, n)
            for i, step in enumerate(self.later[0].steps)
            for s in all_steps([step])
            if s.kind in ("bind", "element", "output")
            for n in (s.statement.names if s.kind != "output" else (s.statement.name,))
        ]
        again = any(n == source and i > top for i, n in written)
        if again or sum(n == name for _, n in written) > 1:
            return False
        self.locals[name] = self.locals[source]
        self.aliases.setdefault(source, []).append(name)
        return True

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

    def listed(self, name: str, value: Merged, lines: list[py.Statement]) -> None:
        """A list of tensors: made, grown or cut."""
        local = self.local(name)
        if value.kind == "join":
            old, new = value.inputs
            grows = old.kind == "wire" and old.flow.name == name
            if grows and new.kind == "items" and len(new.inputs) == 1:
                added = self.operand(new.inputs[0], lines)
                lines.append(py.Do(py.call(py.Attribute(local, "append"), added)))
                return
        if value.kind in ("each", "copies"):
            own = any(m.kind == "wire" and m.flow.name == name for m in flows(value))
            write = self.each if value.kind == "each" else self.copies
            made = write(value, lines, "" if own else local)
        else:
            made = self.expression(value, lines)
        # another name for a list must not grow with it
        if made != py.Atom(local):
            lines.append(py.Assign(local, py.call("list", made) if value.kind == "wire" else made))

    # -- what is given out

    def output(self, step: Step, lines: list[py.Statement]) -> None:
        value = step.value
        assert value is not None
        name = step.statement.name
        if self.is_step and not self.outputs:
            self.loss(value, lines)
            return
        read_later = bool(name and self.reads.get(name))
        many = len(self.w.instances[0].outputs) > 1
        renamed = read_later and value.kind == "wire" and value.flow.name != name
        if renamed or ((read_later or many) and not stands(value)):
            target = self.local(name) if name else self.fresh("output")
            parts = self.target(name, value) if name else target
            made = self.chain(value, parts, lines)
            if made != py.Atom(target):
                types = [f.types[0] for _, f in value.uses]
                lines.append(py.Assign(target, made, self.comment(types)))
            self.outputs.append((name, py.Atom(target)))
            return
        self.outputs.append((name, self.chain(value, self.fresh_target(value), lines)))

    def loss(self, value: Merged, lines: list[py.Statement]) -> None:
        """The loss of a step: one number for the batch."""
        made = self.chain(value, Target(lambda: self.part("x")), lines)
        if not value.flow.types[0].common:
            made = self.style.average(made)
        if len(self.w.instances[0].outputs) > 1:
            target = self.fresh("loss")
            lines.append(py.Assign(target, made))
            made = py.Atom(target)
        self.outputs.append(("loss", made))

    def penalty(self, step: Step, lines: list[py.Statement]) -> py.Statement:
        """What is added to the loss: the mean, where it is a number of each example."""
        assert step.value is not None
        value = self.expression(step.value, lines)
        if not step.value.flow.types[0].common:
            value = self.style.average(value)
        if self.style.losses is not None:
            self.w.stored["losses"] = self.style.losses
        return py.Do(py.call(self.style.adds, value))

    def finish(self, lines: list[py.Statement]) -> None:
        if len(self.outputs) == 1:
            self.give_back(self.outputs[0][1], lines)
        elif self.is_step:
            (_, loss), *others = self.outputs
            given = py.Dict(tuple((py.literal(n), e) for n, e in others))
            lines.append(py.Return(py.Tuple((loss, given), naked=True)))
        elif self.is_root:
            items = tuple((py.literal(n), e) for n, e in self.outputs)
            lines.append(py.Return(py.Dict(items)))
        else:
            lines.append(py.Return(py.Tuple(tuple(e for _, e in self.outputs), naked=True)))

    def give_back(self, value: py.Expr, lines: list[py.Statement]) -> None:
        """A value that just got a name is returned without it, if that takes no more lines."""
        made = lines[-1] if lines else None
        if isinstance(made, py.Assign) and str(made.target) == str(value) and not made.op:
            page = Page(WIDTH, INDENT // 2 if self.w.is_function else INDENT)
            short, long = py.Return(made.value), py.Assign(made.target, made.value)
            if len(short.lines(page)) <= len(long.lines(page)):
                lines[-1] = short
                return
        lines.append(py.Return(value))

    # -- branches

    def branch(self, step: Step, lines: list[py.Statement]) -> None:
        if settled(step):
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
        if step.statement.inline:
            self.inline(step, arms, lines)
            return
        exhaustive = len(arms) > 1 and set(arms) == set(step.bodies) and self.decided(step)
        last = max(arms)
        otherwise = arms.pop(last) if exhaustive else []
        (first, then), *rest = arms.items()
        elifs = tuple((self.decision(step, k), b) for k, b in rest)
        lines.append(py.If(self.decision(step, first), then, otherwise, elifs))

    def inline(
        self, step: Step, arms: dict[int, list[py.Statement]], lines: list[py.Statement]
    ) -> None:
        """`y = a if test else b`; an `if` statement, where that takes more than a line."""
        name = next(body[-1].statement.names[0] for body in step.bodies.values() if body)
        numbers = [
            (o, Slot(f.value.value, f.value.origin))
            for m in self.w.numbers.get(name, ())
            for o, f in m.numbers
        ]
        for taken in (0, 1):
            if taken not in arms and numbers:
                value = self.value(Values(tuple(numbers)))
                arms[taken] = [py.Assign(self.local(name), value)]
        test = self.decision(step, 0)
        if len(arms) < 2:
            ((taken, only),) = arms.items()
            lines.append(py.If(negated(test) if taken else test, only))
            return
        plain = [a[0] for a in (arms[0], arms[1]) if len(a) == 1 and isinstance(a[0], py.Assign)]
        if len(plain) == 2:
            made = py.IfElse(plain[0].value, test, plain[1].value)
            if len(f"{self.local(name)} = {made}") + INDENT <= WIDTH:
                lines.append(py.Assign(self.local(name), made))
                return
        lines.append(py.If(test, arms[0], arms[1]))

    def decided(self, step: Step) -> bool:
        """Whether every use takes one of the branches."""
        return all(s.taken is not None for _, s in step.uses)

    def decision(self, step: Step, taken: int) -> py.Expr:
        if self.rounds or self.arguments.is_model or self.w.is_function:
            return self.loop_test(step, taken)
        if id(step) in self.w.conditions:
            kept = py.Attribute("self", self.w.conditions[id(step)])
            if taken == min(step.bodies):
                return kept
            return negated(kept) if len(step.bodies) == 2 else self.loop_test(step, taken)
        layer = guard(self.w, step)
        assert layer is not None
        return py.Compare(py.Attribute("self", layer), "is not", py.literal(None))

    def loop_test(self, step: Step, taken: int) -> py.Expr:
        try:
            return condition(self.arguments, step, taken, self.read)
        except Varies:
            slots = tuple((o, Slot(s.taken == taken, role="condition")) for o, s in step.uses)
            return self.column(Values(slots))
