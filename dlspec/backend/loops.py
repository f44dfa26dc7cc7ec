"""The loops of a forward pass: over lists of layers, the spec's own lists, and counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from dlspec.backend.arguments import Varies, iterated
from dlspec.backend.classes import ClassWriter, Layer
from dlspec.backend.elements import Elements, rounds
from dlspec.backend.merge import Merged, Step, Values, flows
from dlspec.backend.names import variable
from dlspec.backend.protocol import Slot
from dlspec.backend.reading import Later, Round, Target
from dlspec.backend.tables import sequence
from dlspec.backend.walks import places
from dlspec.emit import python as py
from dlspec.expr import Ref


class Loops(Elements):
    """What `Forward` knows of loops."""

    def __init__(self, writer: ClassWriter) -> None:
        super().__init__(writer)
        self.carries: list[list[py.Expr]] = []
        self.elements: dict[str, py.Expr] = {}
        """How the next layer of each list is read, within a loop."""
        self.shown: tuple[int, ...] | None = None
        """The shape that a comment gave last."""

    def repeat(
        self, m: Merged, inputs: list[py.Expr], target: str, lines: list[py.Statement]
    ) -> py.Expr:
        """`layer * n`: a loop that carries its values in `target`."""
        assert m.body is not None
        if len(inputs) != 1:
            targets = [self.part() for _ in inputs]
            left: py.Expr = py.Tuple(tuple(map(py.Atom, targets)), naked=True)
            lines.append(py.Assign(left, py.Tuple(tuple(inputs), naked=True)))
        else:
            targets = [target]
            left = py.Atom(target)
            if inputs[0] != left:
                lines.append(py.Assign(target, inputs[0]))
        self.hold(m.body, lines)
        self.carries.append([py.Atom(t) for t in targets])
        self.rounds.append(Round(m, m.flow.site))
        inner: list[py.Statement] = []
        cursors, zipped = self.enter([m.body], top=len(self.rounds) == 1)
        made = self.chain(m.body, targets[0], inner)
        if made != left:
            inner.append(py.Assign(left, made))
        current = self.rounds.pop()
        self.carries.pop()
        lines.extend(cursors)
        counts = tuple((o, Slot(f.count.value, f.count.origin, role="count")) for o, f in m.uses)
        lines.append(self.over(current, zipped, [], [], counts, inner, []))
        self.leave(zipped)
        self.shown = None
        return left if len(targets) > 1 else py.Atom(targets[0])

    def copies(self, m: Merged, lines: list[py.Statement], name: str = "") -> py.Expr:
        """`[expert(x) for expert in self.experts]`; a loop, where a copy takes more than a call."""
        assert m.body is not None
        inputs: list[py.Expr] = []
        for i in m.inputs:
            made = self.expression(i, lines)
            if not isinstance(made, py.Atom):
                lines.append(py.Assign(kept := py.Atom(self.part()), made))
                made = kept
            inputs.append(made)
        self.carries.append(inputs)
        self.rounds.append(Round(m, m.flow.site))
        inner: list[py.Statement] = []
        cursors, zipped = self.enter([m.body], top=len(self.rounds) == 1)
        each = self.chain(m.body, Target(self.part), inner)
        current = self.rounds.pop()
        self.carries.pop()
        lines.extend(cursors)
        counts = tuple((o, Slot(f.count.value, f.count.origin, role="count")) for o, f in m.uses)
        loop = self.over(current, zipped, [], [], counts, inner, [])
        self.leave(zipped)
        return self.gathered(each, loop, lines, name)

    def each(self, m: Merged, lines: list[py.Statement], name: str = "") -> py.Expr:
        """`[conv(x) for conv in self.convs]`, of a list that is written over others."""
        assert m.body is not None
        over = m.flow.over
        self.rounds.append(Round(m, over.site))
        before = dict(self.arguments.loop_names)
        refs = {Ref(n, over.site): n for n in over.names}
        names = {ref: self.local_variable(n) for ref, n in refs.items()}
        self.arguments.loop_names.update(names)
        reads, self.arguments.loop_reads = self.arguments.loop_reads, set()
        inner: list[py.Statement] = []
        cursors, zipped = self.enter([m.body], top=len(self.rounds) == 1)
        elements = self.element_reads(m)
        each = self.chain(m.body, Target(self.part), inner)
        current = self.rounds.pop()
        read = self.arguments.loop_reads
        self.arguments.loop_reads = reads | {r for r in read if r not in refs}
        lines.extend(cursors)
        variables = [(i, names[r]) for i, r in enumerate(refs) if r in read]
        uses = [(o, f.over) for o, f in m.uses]
        count = self.arguments.counts.get(over.site)
        counts = tuple((o, Slot(len(s.values), count, role="count")) for o, s in uses)
        loop = self.over(current, zipped, variables, uses, counts, inner, elements)
        self.arguments.loop_names = before
        self.leave(zipped)
        return self.gathered(each, loop, lines, name)

    def gathered(
        self, each: py.Expr, loop: py.For, lines: list[py.Statement], name: str
    ) -> py.Expr:
        """What each round of a loop makes, as a list: a comprehension, where it is one value."""
        self.shown = None
        if not loop.body:
            return py.ListComp(each, loop.target, loop.iterable)
        found = py.Atom(name or self.part("made"))
        adding = py.Do(py.call(py.Attribute(found, "append"), each))
        lines.append(py.Assign(found, py.List(())))
        lines.append(replace(loop, body=[*loop.body, adding]))
        return found

    def hold(self, body: Merged, lines: list[py.Statement]) -> None:
        """What every copy of a block is given beside its first input is computed once, before the
        loop."""
        for name, value in self.before(body):
            held = py.Atom(self.part(name))
            lines.append(py.Assign(held, self.expression(value, lines)))
            self.held[id(value)] = held

    def before(self, body: Merged) -> Iterator[tuple[str, Merged]]:
        """What every copy of a block is given that is computed once, with the name of the input."""
        if body.kind != "call":
            return
        names = [name for name, _ in self.w.planner.model.instances[body.flow.instance].inputs]
        for name, value in zip(names, body.inputs, strict=False):
            parts = list(flows(value))
            if len(parts) > 1 and not any(m.kind == "carry" for m in parts):
                yield name, value

    def loop(self, step: Step, lines: list[py.Statement]) -> None:
        if not step.bodies.get(0):
            return
        loop = step.statement
        self.rounds.append(Round(step, loop.site))
        top = len(self.rounds) == 1
        threaded = self.threaded(step) if top else None
        if threaded is not None:
            layer, name = threaded
            self.rounds.pop()
            element = self.part(layer.element)
            given = {"training": py.Atom("training")} if layer.name in self.told else {}
            call = py.call(element, py.Atom(self.local(name)), **given)
            each = py.Attribute("self", layer.name)
            lines.append(py.For(element, each, [py.Assign(self.local(name), call)]))
            self.shown = None
            return
        inside = list(places(step.bodies[0]))
        cursors, zipped = self.enter(inside, top)
        refs = {Ref(n, loop.site): n for n in loop.names}
        before = dict(self.arguments.loop_names)
        for ref, n in refs.items():
            self.arguments.loop_names[ref] = self.local_variable(n)
        reads, self.arguments.loop_reads = self.arguments.loop_reads, set()
        elements = self.element_columns(step)
        self.later.append(Later(step.bodies[0]))
        inner = self.body(step.bodies[0])
        self.later.pop()
        read = self.arguments.loop_reads
        self.arguments.loop_reads = reads | {r for r in read if r not in refs}
        current = self.rounds.pop()
        if not inner:
            self.arguments.loop_names = before
            self.leave(zipped)
            return
        lines.extend(cursors)
        variables = [(i, self.arguments.loop_names[r]) for i, r in enumerate(refs) if r in read]
        count = self.arguments.counts.get(loop.site)
        counts = tuple((o, Slot(len(s.iterations), count, role="count")) for o, s in step.uses)
        lines.append(self.over(current, zipped, variables, step.uses, counts, inner, elements))
        self.arguments.loop_names = before
        self.leave(zipped)
        self.shown = None

    def local_variable(self, name: str) -> str:
        made = variable(name, self.taken)
        return made

    def threaded(self, step: Step) -> tuple[Layer, str] | None:
        """A loop that only sends one wire through the members of one list is a loop over it."""
        name: str | None = None
        found: set[str] = set()
        for inner in step.bodies[0]:
            value = inner.value
            if inner.kind != "bind" or value is None or len(inner.statement.names) != 1:
                return None
            name = name or inner.statement.names[0]
            if inner.statement.names[0] != name:
                return None
            for m in flows(value):
                if m.kind == "wire" and m.flow.name == name:
                    continue
                if m.kind in ("carry", "repeat"):
                    continue
                plain = m.kind == "call" and len(m.inputs) == 1 and not m.flow.factory
                if not plain or m.module is None or len(m.module) < 2:
                    return None
                found.add(str(m.module[0]))
        if len(found) != 1 or name is None:
            return None
        return self.w.layers[found.pop()], name

    def enter(
        self, places: list[Merged], top: bool
    ) -> tuple[list[py.Statement], list[tuple[str, Layer]]]:
        """The lists that a loop reads: zipped into its header, or by a cursor made before it."""
        if not top:
            return [], []
        direct: dict[str, int] = {}
        deep: set[str] = set()
        order: dict[str, Layer] = {}
        starts: dict[str, dict[int, int]] = {}
        for place in places:
            for m in flows(place) if place is places[0] or len(places) == 1 else (place,):
                if m.module is None or len(m.module) < 2 or self.w.makes.get(id(m)) is None:
                    continue
                name = str(m.module[0])
                if name not in self.w.layers:
                    continue
                order[name] = self.w.layers[name]
                first = starts.setdefault(name, {})
                for o, f in m.uses:
                    at = int(f.module[1])
                    first[o.instance.number] = min(at, first.get(o.instance.number, at))
                rounds = {len(o.rounds) for o, _ in m.uses}
                if rounds != {len(self.rounds)}:
                    deep.add(name)
        seen: dict[str, set[int]] = {}
        for name, layer in order.items():
            seen[name] = {id(m) for _, _, m in layer.uses}
            direct[name] = len(seen[name])
        cursors: list[py.Statement] = []
        zipped: list[tuple[str, Layer]] = []
        for name, layer in order.items():
            lengths = {len({p for _, p, _ in layer.uses})}
            whole = direct[name] == 1 and name not in deep and self.every_round(layer)
            if whole and lengths:
                element = self.part(layer.element)
                self.elements[name] = py.Atom(element)
                zipped.append((element, layer))
            else:
                cursor = self.part(name)
                members = self.members(name, {*starts[name].values()})
                cursors.append(py.Assign(cursor, py.call("iter", members)))
                self.elements[name] = py.call("next", py.Atom(cursor))
        return cursors, zipped

    @staticmethod
    def members(name: str, starts: set[int]) -> py.Expr:
        """The list from the member on that the loop reads first: what stands before has been read,
        as by the items of `[x -> Dense(8) * n for n in counts]`."""
        if len(starts) > 1:
            raise Varies
        (start,) = starts
        every = py.Attribute("self", name)
        return py.Index(every, py.Slice(py.literal(start), None)) if start else every

    def every_round(self, layer: Layer) -> bool:
        """Whether each round of the loop has exactly one element."""
        site = self.rounds[-1].site
        step, site = self.rounds[-1].step, self.rounds[-1].site
        reached: dict[int, set[int]] = {o.instance.number: set() for o, _ in step.uses}
        for o, _, _ in layer.uses:
            reached[o.instance.number].add(dict(o.rounds)[site])
        return all(len(reached[o.instance.number]) == rounds(s) for o, s in step.uses)

    def leave(self, zipped: list[tuple[str, Layer]]) -> None:
        if not self.rounds:
            self.elements.clear()

    def over(
        self,
        current: Round,
        zipped: list[tuple[str, Layer]],
        variables: list[tuple[int, str]],
        uses: Any,
        counts: Any,
        inner: list[py.Statement],
        elements: list[tuple[str, py.Expr]],
    ) -> py.For:
        """The `for` statement over the lists, the loop's own variables and its columns."""
        names: list[str] = [e for e, _ in zipped]
        sources: list[py.Expr] = [py.Attribute("self", layer.name) for _, layer in zipped]
        counter = ""
        if (zipped or elements or current.columns) and counts_up(variables, uses):
            ((_, counter),), variables = variables, []
        if variables:
            target, source = self.header(variables, uses)
            names.append(target)
            sources.append(source)
        for name, source in elements:
            names.append(name)
            sources.append(source)
        ragged = len({slot.value for _, slot in counts}) > 1
        for name, cells in current.columns:
            names.append(name)
            column = sequence([py.literal(c) for c in cells])
            if ragged:  # the column of the longest
                column = py.Index(column, py.Slice(None, self.value(Values(counts))))
            sources.append(column)
        if not sources:
            count = self.value(Values(counts))
            return py.For("_", py.call("range", count), inner)
        one = len(sources) == 1
        every = sources[0] if one else py.call("zip", *sources, strict=True)
        each = _target(names[0]) if one else py.Tuple(tuple(map(_target, names)), naked=not counter)
        if not counter:
            return py.For(each, every, inner)
        numbered = py.Tuple((py.Atom(counter), each), naked=True)
        return py.For(numbered, py.call("enumerate", every), inner)

    def header(self, variables: list[tuple[int, str]], uses: Any) -> tuple[str, py.Expr]:
        """The loop's variables that the body reads, and what they run over."""
        names = [n for _, n in variables]
        rows, *others = ([[row[i] for i, _ in variables] for row in s.values] for _, s in uses)
        if any(other != rows for other in others):
            return self.header_by_origin(variables, uses)
        if len(names) == 1:
            return names[0], sequence([py.literal(r[0]) for r in rows])
        if [r[0] for r in rows] == list(range(len(rows))) and len(names) == 2:
            seconds = sequence([py.literal(r[1]) for r in rows])
            return ", ".join(names), py.call("enumerate", seconds)
        return ", ".join(names), py.literal(tuple(map(tuple, rows)))

    def header_by_origin(self, variables: list[tuple[int, str]], uses: Any) -> tuple[str, py.Expr]:
        """The spec's own list, where instances (or outer rounds) run over different ones."""
        slots = tuple((o, Slot(s.items.value, s.items.origin, role="items")) for o, s in uses)
        source = self.arguments.by_origin(Values(slots), self.read)
        width = len(uses[0][1].names)
        if source is None:
            raise Varies
        kept = dict(variables)
        return ", ".join(kept.get(i, "_") for i in range(width)), iterated(source)


def counts_up(variables: list[tuple[int, str]], uses: Any) -> bool:
    """Whether the only variable of a loop is the number of the round."""
    if len(variables) != 1:
        return False
    ((place, _),) = variables
    return all([row[place] for row in s.values] == [*range(len(s.values))] for _, s in uses)


def _target(names: str) -> py.Expr:
    parts = names.split(", ")
    return py.Atom(names) if len(parts) == 1 else py.Tuple(tuple(map(py.Atom, parts)))
