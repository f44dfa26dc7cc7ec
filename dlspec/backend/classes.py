"""One class or function of `model.py`, from the merged traces of a definition: what it makes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dlspec.backend.arguments import Argument, count_of
from dlspec.backend.calls import Calls
from dlspec.backend.merge import Merged, Occurrence, Step, Values, flows, values_in
from dlspec.backend.passed import Conflict
from dlspec.backend.walks import all_steps, branches, places
from dlspec.emit import python as py
from dlspec.expr import Ref, origin
from dlspec.ir import model as ir

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


def elements(loop: Step) -> Iterator[Step]:
    """The names in a loop's header that are tensors."""
    return (step for step in loop.bodies.get(0, ()) if step.kind == "element")


@dataclass
class ClassCode:
    """What a parent must know of a planned class or function, and its statement."""

    name: str
    arguments: list[Argument]
    statement: py.Class | py.Function
    helpers: set[str]
    imports: set[str]


class ClassWriter(Calls):
    """Plans and writes the class of one definition."""

    def __init__(
        self, planner: Planner, definition: ir.Definition, instances: list[ir.Instance], name: str
    ) -> None:
        super().__init__(planner, definition, instances)
        self.name = name
        self.layers: dict[str, Layer] = {}
        self.stored: dict[str, py.Expr] = {}
        self.conditions: dict[int, str] = {}
        self.numbers: dict[str, list[Merged]] = {}
        """The reads of wires that are numbers in some uses."""
        self.plan()
        if self.conflicts:
            raise Conflict(self.conflicts)

    def plan(self) -> None:
        """Emits every place, and learns from the emitted values what arguments there are."""
        found: list[Values] = []
        for m in places(self.steps):
            if not self.emit(m):
                continue
            found.extend(values_in(self.makes.get(id(m))))
            found.extend(values_in(self.calls.get(id(m))))
            self.place(m)
        self.learn_roles()
        self.arguments.learn(found)
        lists: dict[str, int] = {}
        for step in all_steps(self.steps):
            if step.kind == "loop":
                self.learn_loop([s for _, s in step.uses])
                for name in (s.statement.value.value.name for s in elements(step)):
                    self.learn_count(step.statement.site, lists.get(name))
            for m in flows(step.value) if step.value is not None else ():
                if m.numbers:
                    self.numbers.setdefault(m.flow.name, []).append(m)
                if m.kind == "each":
                    self.learn_loop([f.over for _, f in m.uses])
                    for name in m.flow.over.tensors:
                        self.learn_count(m.flow.over.site, lists.get(name))
            if step.value is not None and step.value.kind == "each" and step.kind == "bind":
                lists[step.statement.names[0]] = step.value.flow.over.site
        for step in branches(self.steps):
            for _, s in step.uses:
                for test in s.tests:
                    if test.origin is not None:
                        self.arguments.name_dims(test.origin)

    def learn_loop(self, uses: list[ir.Loop] | list[ir.Over]) -> None:
        """What a loop of one variable runs over, where that is the same arithmetic everywhere."""
        loop = uses[0]
        items = loop.items.origin
        if items is None or any(s.items.origin != items for s in uses):
            return
        if (count := count_of(items)) is not None:
            self.arguments.counts[loop.site] = count
        if len(loop.names) == 1:
            self.arguments.loop_items[loop.site] = (items, Ref(loop.names[0], loop.site))

    def learn_count(self, loop: int, made: int | None) -> None:
        """A loop over a list of tensors has as many rounds as the one that made the list."""
        counts = self.arguments.counts
        if made in counts:
            counts.setdefault(loop, counts[made])

    def learn_roles(self) -> None:
        """Dimensions are named by the first operator that reads them, whatever the backend."""
        for step in all_steps(self.steps):
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

    def place(self, m: Merged) -> None:
        if m.module is None or self.makes.get(id(m)) is None:
            return
        name = str(m.module[0])
        layer = self.layers.setdefault(name, Layer(name, len(m.module) > 1))
        layer.uses.extend((o, f.module, m) for o, f in m.uses)
