"""The constructor of a class: its layers, in the order in which they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlspec.backend.conditions import condition, guard, test_count
from dlspec.backend.merge import (
    Differs,
    Merged,
    Occurrence,
    Step,
    Values,
    fill,
    first,
    flows,
    unify,
)
from dlspec.backend.protocol import Slot
from dlspec.backend.tables import comprehension, plain
from dlspec.backend.walks import all_steps, outside_scopes, settled
from dlspec.emit import python as py
from dlspec.emit.text import identifier
from dlspec.ir import model as ir

if TYPE_CHECKING:
    from dlspec.backend.classes import ClassWriter, Layer


class Constructor:
    """Writes what makes the layers of a class."""

    def __init__(self, writer: ClassWriter) -> None:
        self.w = writer
        self.arguments = writer.arguments
        self.style = writer.style
        self.made: set[str] = set()
        """The attributes that are made so far."""
        branches = [s for s in all_steps(writer.steps) if s.kind == "branch"]
        self.guards = {guard(writer, step) for step in branches}
        """Those by which forward tells which branch is taken."""

    def statements(self) -> list[py.Statement]:
        return self.making(self.w.steps, {i.number for i in self.w.instances}, within=False)

    def making(self, steps: list[Step], reach: set[int], within: bool) -> list[py.Statement]:
        """What makes the layers of some statements, which the instances `reach` come to."""
        found: list[py.Statement] = []
        for step in steps:
            if step.value is not None:
                for m in outside_scopes(step.value):
                    found.extend(self.make(m, reach))
            if step.kind == "branch" and not settled(step) and not within:
                found.extend(self.branch(step, reach))
                continue
            for body in step.bodies.values():
                found.extend(self.making(body, reach, within or step.kind == "loop"))
        return found

    def make(self, m: Merged, reach: set[int]) -> list[py.Statement]:
        if m.module is None or self.w.makes.get(id(m)) is None or m.module[0] in self.made:
            return []
        layer = self.w.layers[str(m.module[0])]
        self.made.add(layer.name)
        value = self.list_of(layer, reach) if layer.is_list else self.filled(self.w.makes[id(m)])
        return [py.Assign(py.Attribute("self", layer.name), value)]

    def branch(self, step: Step, reach: set[int]) -> list[py.Statement]:
        """Layers that only some instances have: None in the others, where forward asks."""
        before = set(self.made)
        bodies: dict[int, list[py.Statement]] = {}
        for k, body in step.bodies.items():
            here = {o.instance.number for o, s in step.uses if s.taken == k}
            bodies[k] = self.making(body, reach & here, False)
        new = [n for n in self.w.layers if n in self.made - before]
        arms = {k: body for k, body in bodies.items() if body}
        found = [self.style.absent(n, self.constructed(n)) for n in new if n in self.guards]
        if not arms:
            self.w.conditions[id(step)] = self.store_condition(step)
            return found
        otherwise = arms.pop(test_count(step)) if test_count(step) in arms and arms else []
        if not arms:
            arms, otherwise = {test_count(step): otherwise}, []
        chain = [(condition(self.arguments, step, k, plain), body) for k, body in arms.items()]
        (test, then), *rest = chain
        found.append(py.If(test, then, otherwise, tuple(rest)))
        if self.needs_condition(step):
            self.w.conditions[id(step)] = self.store_condition(step)
        return found

    def constructed(self, name: str) -> py.Expr:
        """The constructor call of a layer, with its slots."""
        made = self.w.makes[id(self.w.layers[name].uses[0][2])]
        assert made is not None
        return made

    def needs_condition(self, step: Step) -> bool:
        """Whether forward cannot tell the branch by a layer that is there."""
        return len(step.bodies) > 1 or guard(self.w, step) is None

    def store_condition(self, step: Step) -> str:
        """The decision as an attribute: its number for several branches."""
        test = condition(self.arguments, step, min(step.bodies), plain)
        kept = (name for name, value in self.w.stored.items() if value == test)
        if (name := next(kept, None)) is None:
            taken = {*self.w.layers, *self.w.stored, *self.style.reserved}
            name = identifier(str(test) if isinstance(test, py.Atom) else "condition", taken)
            self.w.stored[name] = test
        return name

    # -- lists of layers

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
                for i in self.w.instances
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
            return self.w.makes[id(m)]
        if m.kind == "call":
            return self.w.make_block(flow, o)
        if m.kind == "scope":
            return self.w.sequence_of(flow, o)
        return self.w.planner.backend.layers[type(flow.op)](self.w.use(flow, m)).make

    def count_origin(self, layer: Layer) -> Any:
        """The spec's count, where one repeat makes the whole list."""
        places = {id(m) for _, _, m in layer.uses}
        repeats = [
            m
            for step in all_steps(self.w.steps)
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
            return self.arguments.counts.get(sites.pop()) if len(sites) == 1 else None
        return None

    # -- values

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
        argument.annotation = self.w.planner.layer_type(each.values())
        return py.Atom(argument.name)
