"""Laying traces over each other: what stands at one place of a definition, in all its uses.

The traces of one definition come from one text, so they agree statement by statement; where they
differ in more than values, `Differs` says that they need classes of their own.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from dlspec.backend.lists import summands, whole
from dlspec.backend.protocol import Hole, Inputs, Slot, X
from dlspec.emit import python as py
from dlspec.expr import Expr, Ref, fixed, refs
from dlspec.ir import model as ir
from dlspec.ops.arithmetic import add


class Differs(Exception):
    """The uses of a definition differ in structure."""


@dataclass(frozen=True, eq=False)
class Occurrence:
    """One execution of a place: in which instance, and in which round of the loops around it."""

    instance: ir.Instance
    env: dict[Ref, Any]
    rounds: tuple[tuple[int, int], ...] = ()

    def inner(self, site: int, round_: int, env: dict[Ref, Any]) -> Occurrence:
        return Occurrence(self.instance, {**self.env, **env}, (*self.rounds, (site, round_)))


def first(instance: ir.Instance) -> Occurrence:
    """The body of an instance."""
    env: dict[Ref, Any] = {Ref(n): v for n, v in instance.arguments.items()}
    env.update({Ref(n): v for n, v in instance.dims.items()})
    return Occurrence(instance, env)


# --- flows ------------------------------------------------------------------------------------


@dataclass(eq=False)
class Merged:
    """A flow at one place in all its occurrences."""

    kind: str
    uses: list[tuple[Occurrence, Any]]
    inputs: list[Merged] = field(default_factory=list)
    named: dict[str, Merged] = field(default_factory=dict)
    body: Merged | None = None
    numbers: list[tuple[Occurrence, Any]] = field(default_factory=list)
    """Of a wire: the uses where it is a number."""

    @property
    def flow(self) -> Any:
        return self.uses[0][1]

    @cached_property
    def by_use(self) -> dict[int, Any]:
        """The flow of each occurrence, by its `id`."""
        return {id(o): f for o, f in self.uses}

    @property
    def module(self) -> ir.Path | None:
        """Where its object stands; None for what has none."""
        return getattr(self.flow, "module", None) or None


PLACED = ("apply", "call", "net", "compare", "mode", "repeat", "copies", "scope", "scan")
"""What has a site of its own."""


def merge_flow(uses: list[tuple[Occurrence, Any]]) -> Merged:
    flow = uses[0][1]
    kind = flow.kind
    if (summed := merge_sum(uses)) is not None:
        return summed
    if {f.kind for _, f in uses} == {"wire", "scalar"}:
        return merge_chosen(uses)
    if any(f.kind != kind for _, f in uses):
        raise Differs
    made = Merged(kind, uses)
    match kind:
        case "wire":
            _same(f.name for _, f in uses)
        case "select" if all(ir.is_list(f.value) for _, f in uses) and varies(uses):
            made.kind = "pick"
        case "carry" | "select":
            _same(f.index for _, f in uses)
    if kind in PLACED:
        _same(f.site for _, f in uses)
    if kind == "items" and (elements := merge_elements(uses)) is not None:
        return elements
    if kind == "apply" and (listed := merge_whole(uses)) is not None:
        made.inputs = [listed]
    elif kind in (*PLACED, "items", "join"):
        _same(len(f.inputs) for _, f in uses)
        made.inputs = [
            merge_flow([(o, f.inputs[i]) for o, f in uses]) for i in range(len(flow.inputs))
        ]
    if kind in ("apply", "call"):
        _same(f.factory for _, f in uses)
    if kind in ("apply", "call", "compare"):
        _same(tuple(f.named) for _, f in uses)
        made.named = {n: merge_flow([(o, f.named[n]) for o, f in uses]) for n in flow.named}
    if kind in ("select", "slice"):
        made.body = merge_flow([(o, f.value) for o, f in uses])
    if kind in ("scope", "scan"):
        made.body = merge_flow([(o, f.body) for o, f in uses])
    if kind in ("repeat", "copies"):
        rounds = [
            (o.inner(f.site, i, {}), body) for o, f in uses for i, body in enumerate(f.bodies)
        ]
        made.body = merge_flow(rounds) if rounds else None
    return made


def merge_chosen(uses: list[tuple[Occurrence, Any]]) -> Merged:
    """A wire that is a number in some uses."""
    _same(f.name if f.kind == "wire" else f.wire for _, f in uses)
    wires = [(o, f) for o, f in uses if f.kind == "wire"]
    return Merged("wire", wires, numbers=[(o, f) for o, f in uses if f.kind == "scalar"])


def varies(uses: list[tuple[Occurrence, Any]]) -> bool:
    """Whether elements of a list are read by an index that is not one number everywhere: the kind
    of such a place is `pick`."""
    written = (r for _, f in uses if f.origin is not None for r in refs(f.origin))
    return len({f.index for _, f in uses}) > 1 or any(True for _ in written)


def merge_whole(uses: list[tuple[Occurrence, Any]]) -> Merged | None:
    """All elements of a list as what an op joins, however many they are; None for other inputs."""
    if any(f.op.inputs[1] is not None for _, f in uses):
        return None
    return _merge_list([(o, whole(f.inputs)) for o, f in uses])


def merge_sum(uses: list[tuple[Occurrence, Any]]) -> Merged | None:
    """All elements of a list added up, however many they are, as the kind `sum`."""
    sites = {f.site for _, f in uses if f.kind == "apply" and isinstance(f.op, add)}
    if len(sites) != 1:
        return None
    (site,) = sites
    listed = _merge_list([(o, whole(summands(f, site))) for o, f in uses])
    return None if listed is None else Merged("sum", uses, [listed])


def _merge_list(found: list[tuple[Occurrence, Any]]) -> Merged | None:
    if any(wire is None for _, wire in found) or len({wire.name for _, wire in found}) > 1:
        return None
    return merge_flow(found)


def merge_elements(uses: list[tuple[Occurrence, Any]]) -> Merged | None:
    """A list that is written over others: one code for all elements, of the kind `each`; None
    where the elements differ in more than values."""
    if any(f.over is None for _, f in uses):
        return None
    rounds = [
        (o.inner(f.over.site, i, _variables(f.over, i)), element)
        for o, f in uses
        for i, element in enumerate(f.inputs)
    ]
    try:
        _same(f.over.site for _, f in uses)
        return Merged("each", uses, body=merge_flow(rounds))
    except Differs:
        return None


def _same(values: Any) -> None:
    if len(set(values)) != 1:
        raise Differs


def flows(merged: Merged) -> Any:
    """A flow and what it reads, inputs first."""
    for m in (*merged.inputs, *merged.named.values()):
        yield from flows(m)
    if merged.body is not None:
        yield from flows(merged.body)
    yield merged


# --- statements -------------------------------------------------------------------------------


@dataclass(eq=False)
class Step:
    """A statement at one place in all its occurrences."""

    kind: str
    uses: list[tuple[Occurrence, Any]]
    value: Merged | None = None
    bodies: dict[int, list[Step]] = field(default_factory=dict)
    """Of a branch: by the number of the branch; of a loop: under 0. The kind `element` is a name in
    a loop's header for a tensor."""

    @property
    def statement(self) -> Any:
        return self.uses[0][1]


def merge_body(bodies: Sequence[tuple[Occurrence, tuple[Any, ...]]]) -> list[Step]:
    if not bodies:
        return []
    if len({len(b) for _, b in bodies}) != 1:
        raise Differs
    return [_merge_statement([(o, b[i]) for o, b in bodies]) for i in range(len(bodies[0][1]))]


def _merge_statement(uses: list[tuple[Occurrence, Any]]) -> Step:
    kind = uses[0][1].kind
    if any(s.kind != kind for _, s in uses):
        raise Differs
    _same(s.site for _, s in uses)
    step = Step(kind, uses)
    match kind:
        case "bind" if uses[0][1].element:
            step.kind = "element"
            _same(s.names for _, s in uses)
        case "bind" | "output" | "penalty":
            step.value = merge_flow([(o, s.value) for o, s in uses])
        case "branch":
            for taken in sorted({s.taken for _, s in uses if s.taken is not None}):
                step.bodies[taken] = merge_body([(o, s.body) for o, s in uses if s.taken == taken])
        case "loop":
            rounds = [
                (o.inner(s.site, i, _variables(s, i)), body)
                for o, s in uses
                for i, body in enumerate(s.iterations)
            ]
            step.bodies[0] = merge_body(rounds)
    return step


def _variables(loop: ir.Loop | ir.Over, round_: int) -> dict[Ref, Any]:
    return {Ref(n, loop.site): v for n, v in zip(loop.names, loop.values[round_], strict=True)}


# --- code -------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Values(py.Expr):
    """The slots at one place of the code, one for each occurrence."""

    slots: tuple[tuple[Occurrence, Slot], ...]

    @property
    def role(self) -> str:
        return self.slots[0][1].role

    @property
    def origin(self) -> Expr | None:
        """The origin that all agree on."""
        one = self.slots[0][1].origin
        return one if all(s.origin == one for _, s in self.slots) else None

    @property
    def dynamic(self) -> bool:
        """Whether it is known only when the program runs, in some use."""
        return not all(fixed(s.value) for _, s in self.slots)

    @property
    def omitted(self) -> bool:
        """Everywhere the framework's own default."""
        return all(same(s.value, s.default) for _, s in self.slots)


def same(a: Any, b: Any) -> bool:
    """Equal in type and value: 1 is not true."""
    if isinstance(a, bool) is not isinstance(b, bool):
        return False
    return bool(a == b)


def unify(codes: Sequence[tuple[Occurrence, Any]], role: str = "") -> Any:
    """One tree of code for all occurrences, with `Values` where there were slots, or where literal
    integers differ. `role` is the name of the argument at which the code stands."""
    one = codes[0][1]
    if any(c != one for _, c in codes) and None not in (found := [_whole(c) for _, c in codes]):
        slots = (Slot(n, role=role) for n in found)
        return Values(tuple((o, s) for (o, _), s in zip(codes, slots, strict=True)))
    if isinstance(one, Slot):
        if not all(isinstance(c, Slot) for _, c in codes):
            raise Differs
        return Values(tuple(codes))
    if isinstance(one, tuple):
        if any(not isinstance(c, tuple) or len(c) != len(one) for _, c in codes):
            raise Differs
        return tuple(unify([(o, c[i]) for o, c in codes]) for i in range(len(one)))
    if isinstance(one, py.Expr | py.Arg | py.Clause):
        if any(type(c) is not type(one) for _, c in codes):
            raise Differs
        changed = {
            f.name: unify([(o, getattr(c, f.name)) for o, c in codes], getattr(one, "name", ""))
            for f in dataclasses.fields(one)
        }
        return dataclasses.replace(one, **changed)
    if any(c != one for _, c in codes):
        raise Differs
    return one


def _whole(code: Any) -> int | None:
    """The number that a literal integer is; None for other code."""
    if isinstance(code, py.Unary) and code.op == "-" and (n := _whole(code.operand)) is not None:
        return -n
    if isinstance(code, py.Atom) and code.kind == "number" and code.text.isdecimal():
        return int(code.text)
    return None


def fill(code: Any, put: Callable[[Any], Any]) -> Any:
    """Code with its values, holes and inputs replaced; arguments whose value is None go."""
    if isinstance(code, Values | Hole | Inputs):
        return put(code)
    if isinstance(code, py.Call):
        callee = fill(code.callee, put) if isinstance(code.callee, py.Expr) else code.callee
        args = []
        for a in code.args:
            value = fill(a.value, put)
            if value is None:
                continue
            args.append(dataclasses.replace(a, value=value))
        return dataclasses.replace(code, callee=callee, args=tuple(args))
    if isinstance(code, tuple):
        return tuple(x for x in (fill(c, put) for c in code) if x is not None)
    if isinstance(code, py.Expr | py.Arg | py.Clause):
        changed = {
            f.name: fill(getattr(code, f.name), put)
            for f in dataclasses.fields(code)
            if isinstance(getattr(code, f.name), py.Expr | py.Arg | py.Clause | tuple)
        }
        return dataclasses.replace(code, **changed) if changed else code
    return code


def told(code: Any, name: str) -> Any:
    """Code in which the object of a layer is told an argument of the same name."""
    if not isinstance(code, py.Expr | py.Arg | py.Clause | tuple) or isinstance(code, Hole):
        return code
    if isinstance(code, tuple):
        return tuple(told(part, name) for part in code)
    changed = {f.name: told(getattr(code, f.name), name) for f in dataclasses.fields(code)}
    made = dataclasses.replace(code, **changed)
    if isinstance(made, py.Call) and made.callee == Hole("self"):
        made = dataclasses.replace(made, args=(*made.args, py.Arg(py.Atom(name), name)))
    return made


def as_function(code: py.Expr) -> py.Expr | None:
    """Code that reads one input as a function of it: `lambda x: ops.clip(x, 0, 1)`, or only
    `ops.abs`. None where it reads more, or an object."""
    plain = True

    def named(hole: Any) -> Any:
        nonlocal plain
        plain = plain and hole == X[0]
        return py.Atom("x")

    body = fill(code, named)
    if not plain:
        return None
    if isinstance(code, py.Call) and code.args == (py.Arg(X[0]),) and isinstance(code.callee, str):
        return py.Code(code.callee)
    return py.Lambda(("x",), body)


def values_in(code: Any) -> Any:
    """Every `Values` of some code, in order."""
    return _parts(code, Values)


def holes_in(code: Any) -> Any:
    """Every `Hole` of some code, in order."""
    return _parts(code, Hole)


def _parts(code: Any, kind: type) -> Any:
    if isinstance(code, kind):
        yield code
    elif isinstance(code, tuple):
        for c in code:
            yield from _parts(c, kind)
    elif isinstance(code, py.Expr | py.Arg | py.Clause):
        for f in dataclasses.fields(code):
            yield from _parts(getattr(code, f.name), kind)
