"""The arguments of a generated class, found by generalising the values that its body needs.

The candidates for a value, in order: the spec's own arithmetic, where it gives the value in every
instance; an argument that is equal in all instances; a constant; a new argument, named by the
operator's role. A model takes no arguments: its body passes literals. One that stands in others
with several values of its parameters takes them, as a block does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from dlspec.backend.merge import Differs, Occurrence, Values, first, same
from dlspec.backend.names import variable
from dlspec.emit import python as py
from dlspec.emit.text import identifier
from dlspec.expr import MATHEMATICS, Const, Expr, Ref, Size, Term, evaluate, fixed, refs
from dlspec.ir import model as ir

Reader = Callable[[str], py.Expr]
"""How an argument is read where the code stands: `stride` or `self.stride`."""


@dataclass
class Argument:
    """One argument of a class, with its value in each instance."""

    name: str
    values: dict[int, Any]
    default: py.Expr | None = None
    default_value: Any = None
    annotation: str = "int"
    is_new: bool = False


@dataclass
class Arguments:
    """The arguments of one class."""

    definition: ir.Definition
    instances: list[ir.Instance]
    taken: set[str]
    used: dict[str, Argument] = field(default_factory=dict)
    new: list[Argument] = field(default_factory=list)
    parameters: dict[str, Argument] = field(default_factory=dict)
    named_dims: set[str] = field(default_factory=set)
    roles: dict[str, str] = field(default_factory=dict)
    dims: dict[str, Argument] = field(default_factory=dict)
    loop_names: dict[Ref, str] = field(default_factory=dict)
    loop_reads: set[Ref] = field(default_factory=set)
    length: Reader = py.Atom
    """How a dynamic size is read: from a wire, in the forward pass alone."""
    loop_items: dict[int, tuple[Expr, Ref]] = field(default_factory=dict)
    """Loops of one variable over a list that has an origin."""
    counts: dict[int, Expr] = field(default_factory=dict)
    """The arithmetic behind the number of rounds of loops, by their sites."""
    numbers: dict[Expr, str] = field(default_factory=dict)
    """The arithmetic that a function gives a name, with the local variable of that name."""
    named: dict[str, Expr] = field(default_factory=dict)
    """Those of them that the body reads."""
    beside: set[str] = field(default_factory=set)
    """Names that stand beside those of the arguments: the local ones of a function."""

    def __post_init__(self) -> None:
        for p in self.definition.parameters:
            name = variable(p.name, self.taken)
            values = {i.number: i.arguments.get(p.name) for i in self.instances}
            default = p.default.value if p.default is not None else None
            # a list would be one for all calls, so that each call gives its own
            plain = p.default is not None and _plain(default) and not isinstance(default, list)
            self.parameters[p.name] = Argument(
                name,
                values,
                py.literal(default) if plain else None,
                default,
                ANNOTATIONS.get(p.type, _annotation(p.type)),
            )

    @property
    def is_model(self) -> bool:
        """Whether it is a model of which there is one: then it takes no arguments."""
        return self.definition.kind == "model" and len(self.instances) == 1

    def learn(self, found: Iterable[Values]) -> None:
        """What the values of the body say about the names of dimensions."""
        for values in found:
            e = values.origin
            if isinstance(e, Ref) and e.loop is None and values.role not in ("", "value"):
                self.roles.setdefault(e.name, values.role)
            elif isinstance(e, Term):
                self.name_dims(e)

    def name_dims(self, e: Expr) -> None:
        """Dimensions that the arithmetic names are always arguments."""
        dims = {d for i in self.instances for d in i.dims}
        self.named_dims |= {r.name for r in refs(e) if r.loop is None and r.name in dims}

    # -- one value

    def resolve(self, values: Values, read: Reader) -> py.Expr:
        """The code for a value. Loop variables may appear in it where `loop_names` has them."""
        found = self.by_origin(values, read)
        if found is not None:
            return found
        each = self.each(values)
        if each is not None and not self.is_model and not self.is_size(values):
            for argument in (*self.parameters.values(), *self.dims.values(), *self.new):
                if _integral(each) and all(
                    same(argument.values.get(n), v) for n, v in each.items()
                ):
                    self.use(argument)
                    return read(argument.name)
        constant = self.constant(values)
        if constant is not None:
            return constant
        if values.dynamic:
            raise Differs
        if each is None or self.is_model:
            raise Varies
        return read(self.add(values.role or "value", each).name)

    def is_size(self, values: Values) -> bool:
        """Whether a value is the size of an axis and nothing else: an argument that happens to be
        equal means something else."""
        e = values.origin
        return isinstance(e, Ref) and e.loop is None and e.name not in self.parameters

    def by_origin(self, values: Values, read: Reader) -> py.Expr | None:
        e = values.origin
        if e is None:
            return None
        if not any(True for _ in refs(e)):
            return self.spelled(e, values)
        if self.is_model and all(r.loop is None for r in refs(e)) and not values.dynamic:
            return self.spelled(e, values)
        try:
            right = all(same(evaluate(e, o.env), s.value) for o, s in values.slots)
        except (KeyError, IndexError, TypeError, ZeroDivisionError):
            return None
        if not right:
            return None
        loops = [r for r in refs(e) if r.loop is not None]
        if any(r not in self.loop_names for r in loops):
            return None
        if isinstance(e, Ref) and e.loop is None and e.name not in self.parameters:
            agreed = len({i.dims.get(e.name) for i in self.instances}) == 1
            if agreed and e.name not in self.named_dims and not values.dynamic:
                return None
        try:
            made = self.print(e, read)
        except Varies:
            return None
        self.loop_reads.update(loops)
        return made

    def whole_list(
        self,
        columns: Sequence[Values],
        lengths: Mapping[int, int],
        row_of: Callable[[Any], int],
        read: Reader,
    ) -> tuple[Ref, py.Expr] | None:
        """The variable of a loop and the list that it runs over, where columns are arithmetic on
        that variable, one row for each round: `Conv1D(n, padding=n // 2) for n in sizes`."""
        origins = [values.origin for values in columns]
        read_in = {r for e in origins if e is not None for r in refs(e) if r.loop is not None}
        if self.is_model or not columns or None in origins or len(read_in) != 1:
            return None
        (ref,) = read_in
        items, variable = self.loop_items.get(ref.loop or 0, (Const(()), None))
        if ref != variable:
            return None
        slots = []
        for o, s in (slot for values in columns for slot in values.slots):
            try:
                found = evaluate(items, o.env)
                same_rows = len(found) == lengths[o.instance.number]
                if not same_rows or not same(found[row_of(o)], o.env[ref]):
                    return None
            except (KeyError, IndexError, TypeError):
                return None
            slots.append((o, replace(s, value=found, origin=items)))
        listed = self.by_origin(Values(tuple(slots)), read)
        return None if listed is None else (ref, listed)

    def of_list(self, values: Values, read: Reader) -> py.Expr | None:
        """A loop variable's value in one round, as an element of the list that the loop runs over:
        `sizes[1]`. A size that the round before made has the variable of that round."""
        e = values.origin
        if self.is_model or e is None:
            return None
        loops = {r.loop for r in refs(e) if r.loop is not None}
        if len(loops) != 1:
            return None
        site = next(iter(loops))
        items = self.loop_items.get(site)
        rounds = {dict(o.rounds).get(site, -1) for o, _ in values.slots}
        if items is None or len(rounds) != 1 or -1 in rounds:
            return None
        (here,) = rounds
        for at in (here, here - 1):
            found = substituted(e, items[1], element(items[0], at))
            if at < 0 or found is None:
                continue
            same_value = self.by_origin(
                Values(tuple((o, replace(s, origin=found)) for o, s in values.slots)), read
            )
            if same_value is not None:
                return same_value
        return None

    def constant(self, values: Values) -> py.Expr | None:
        one = values.slots[0][1].value
        if values.dynamic:
            return None
        shared = all(same(s.value, one) for _, s in values.slots)
        if shared and (_plain(one) or isinstance(one, py.Expr)):  # code for a layer passed on
            return py.literal(one)
        return None

    def spelled(self, e: Expr, values: Values) -> py.Expr | None:
        """A constant, as the arithmetic that makes it where its digits would say little."""
        found = self.constant(values)
        if found is None or brief(values.slots[0][1].value):
            return found
        o, s = values.slots[0]
        return self.print(e, py.Atom) if same(evaluate(e, o.env), s.value) else found

    def each(self, values: Values) -> dict[int, Any] | None:
        """The value in each instance; None where it differs within one."""
        found: dict[int, Any] = {}
        for o, s in values.slots:
            if not same(found.setdefault(o.instance.number, s.value), s.value):
                return None
        return found

    @contextmanager
    def reading(self, names: Mapping[Ref, str]) -> Iterator[None]:
        """Where the variables of loops may be read, by these names."""
        before, reads = self.loop_names, self.loop_reads
        self.loop_names, self.loop_reads = {**before, **names}, set()
        try:
            yield
        finally:
            self.loop_names, self.loop_reads = before, reads

    # -- arguments

    def use(self, argument: Argument) -> None:
        self.used[argument.name] = argument

    def add(self, role: str, each: dict[int, Any]) -> Argument:
        for argument in self.new:
            if all(same(argument.values.get(n), v) for n, v in each.items()):
                return argument
        own = {a.name for a in self.parameters.values()}
        name = identifier(role, self.taken | own | self.beside)
        self.taken.add(name)
        self.beside.add(name)
        one = next(iter(each.values()))
        kind = "int" if type(one) is Size else type(one).__name__
        if isinstance(one, tuple):
            kind = "tuple[int, ...]" if _whole(each.values()) else "tuple[Any, ...]"
        if isinstance(one, list):
            kind = "list[int]" if _whole(each.values()) else "list[Any]"
        made = Argument(name, each, annotation=kind, is_new=True)
        self.new.append(made)
        self.use(made)
        return made

    def dim(self, name: str) -> Argument:
        """The argument for a bound dimension."""
        if name not in self.dims:
            role = self.roles.get(name, name.lower())
            each = {i.number: i.dims[name] for i in self.instances if name in i.dims}
            self.dims[name] = self.add(role, each)
        return self.dims[name]

    def signature(self) -> list[Argument]:
        """The arguments that the body reads: new ones, then the spec's, defaults last."""
        mine = [a for a in self.parameters.values() if a.name in self.used]
        plain = [a for a in mine if a.default is None]
        return [*self.new, *plain, *(a for a in mine if a.default is not None)]

    # -- arithmetic

    def print(self, e: Expr, read: Reader, once: bool = False) -> py.Expr:
        """The spec's arithmetic in Python. What is not gone through `once` is a list, where
        Python's function gives an iterator."""
        match e:
            case Const(value):
                return py.literal(value)
            case Ref() if e.loop is not None:
                return py.Atom(self.loop_names[e])
            case Ref(name):
                return self.reference(name, read)
            case Term() if e in self.numbers:
                return self.local(e)
            case Term(op, operands):
                known = self.number(e)
                if known is not None:
                    return py.literal(known)
                made = _term(op, [self.print(o, read, once=op in ONCE) for o in operands])
                return py.call("list", made) if op in ITERATORS and not once else made
        raise TypeError(e)

    def name_numbers(self, names: Callable[[str], str]) -> None:
        """Lets the body read the numbers that the function names, where they are the same
        arithmetic in all uses."""
        for name, found in self.instances[0].numbers.items():
            e = found.origin
            if e is not None and all(
                name in i.numbers and i.numbers[name].origin == e for i in self.instances
            ):
                self.numbers.setdefault(e, names(name))

    def local(self, e: Expr) -> py.Expr:
        """The local variable of a number that the function names."""
        name = self.numbers[e]
        self.named[name] = e
        return py.Atom(name)

    def definitions(self) -> list[py.Statement]:
        """The local variables that the body reads, each behind those that it reads itself."""
        every, made = dict(self.numbers), dict[str, py.Statement]()
        waiting = list(self.named.items())
        for name, e in waiting:
            self.numbers = {other: n for other, n in every.items() if other != e}
            made[name] = py.Assign(name, self.print(e, py.Atom))
            waiting.extend(item for item in self.named.items() if item not in waiting)
        self.numbers = every
        return [made[name] for name in every.values() if name in made]

    def number(self, e: Term) -> float | None:
        """What a part of a model's arithmetic comes to, where no loop changes it; None where it
        says more than the digits would."""
        if not self.is_model or any(r.loop is not None for r in refs(e)):
            return None
        value = evaluate(e, first(self.instances[0]).env)
        known = isinstance(value, int | float) and fixed(value) and brief(value)
        return value if known else None

    def reference(self, name: str, read: Reader) -> py.Expr:
        if name in self.parameters:
            argument = self.parameters[name]
            if self.is_model:
                return py.literal(next(iter(argument.values.values())))
            if any(isinstance(v, list) and not _plain(v) for v in argument.values.values()):
                raise Varies  # a list of layers is no argument of a class
            self.use(argument)
            return read(argument.name)
        sizes = {i.dims.get(name) for i in self.instances}
        if not all(map(fixed, sizes)):
            return self.length(name)
        if self.is_model or (len(sizes) == 1 and name not in self.named_dims):
            return py.literal(next(iter(sizes)))
        return read(self.dim(name).name)


DIGITS = 8


def brief(value: object) -> bool:
    """Whether a number is as clear as what it was computed from: not 0.04419417382415922."""
    return not isinstance(value, float) or len(repr(value)) <= DIGITS


class Varies(Exception):
    """A value that differs between the rounds of a loop: it needs a column of a table."""


ANNOTATIONS = {
    "layer": "Callable[..., Any]",
    "str": "str",
    "bool": "bool",
    "int": "int",
    "float": "float",
}


def _annotation(type_: str) -> str:
    made = type_.replace("layer", ANNOTATIONS["layer"])
    return "tuple[Any, ...]" if type_.startswith("tuple") else made


def _whole(tuples: Iterable[tuple[Any, ...]]) -> bool:
    """Whether tuples hold integers alone."""
    return all(isinstance(n, int) for values in tuples for n in values)


def _plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_plain, value))
    return value is None or isinstance(value, bool | int | float | str)


def _integral(each: dict[int, Any]) -> bool:
    """Only sizes are recognised by their value; a rate that happens to be equal is not the same."""
    return all(isinstance(v, int) and not isinstance(v, bool) and v > 3 for v in each.values())


def element(items: Expr, at: int) -> Expr:
    """An element of a list; what counts up has its place."""
    match items:
        case Term("range", (_,)):
            return Const(at)
        case Term("reversed", (Term("range", (stop,)),)):
            return Term("-", (stop, Const(at + 1)))
        case Term("reversed", (inner,)):
            return Term("index", (inner, Const(-at - 1)))
    return Term("index", (items, Const(at)))


def count_of(items: Expr | None) -> Expr | None:
    """The arithmetic behind the number of rounds of a loop, from that behind its list."""
    match items:
        case Term("range", (stop,)):
            return stop
        case Term("enumerate" | "reversed", (inner,)) | Term("zip", (inner, *_)):
            return count_of(inner)
        case None:
            return None
    return Term("len", (items,))


def substituted(e: Expr, ref: Ref, by: Expr) -> Expr | None:
    """The expression with one name replaced; None where another loop's variable is in it."""
    match e:
        case Ref():
            if e == ref:
                return by
            return e if e.loop is None else None
        case Term(op, operands):
            parts = [substituted(o, ref, by) for o in operands]
            return None if any(p is None for p in parts) else Term(op, tuple(parts))  # type: ignore[arg-type]
    return e


ITERATORS = {"enumerate", "reversed", "zip"}
"""Functions of the language that give lists, where Python's give what is gone through once."""
ONCE = {"enumerate", "zip", "sum", "min", "max"}
"""Functions that take one of those."""


def iterated(listed: py.Expr) -> py.Expr:
    """A list that a loop goes through, as an iterator where it is made of one."""
    match listed:
        case py.Call(callee="list", args=(arg,)):
            return arg.value
    return listed


_BINARY = {"+", "-", "*", "/", "//", "%", "**", "and", "or"}
_COMPARE = {"==", "!=", "<", "<=", ">", ">=", "in", "not in"}


def _term(op: str, operands: list[py.Expr]) -> py.Expr:
    match op:
        case "neg":
            return py.Unary("-", operands[0])
        case "not":
            return py.Unary("not", operands[0])
        case "if":
            test, then, otherwise = operands
            return py.IfElse(then, test, otherwise)
        case "index":
            return py.Index(operands[0], operands[1])
        case "list":
            return py.List(tuple(operands))
        case "tuple":
            return py.Tuple(tuple(operands))
    if op in _BINARY:
        return py.Binary(operands[0], op, operands[1])
    if op in _COMPARE:
        return py.Compare(operands[0], op, operands[1])
    return py.call(f"math.{op}" if op in MATHEMATICS else op, *operands)


__all__ = ["Argument", "Arguments", "Occurrence", "Varies"]
