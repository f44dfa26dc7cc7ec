"""Where one value comes from: an expression, followed to the parameters that it reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

from dlspec.declared import Declared
from dlspec.elaborate.file import FileTable
from dlspec.elaborate.parameters import settings
from dlspec.elaborate.uses import walk
from dlspec.elaborate.written import Text, Written
from dlspec.expr import Static
from dlspec.frozen import frozen
from dlspec.ir import model as ir
from dlspec.ir.program import Program
from dlspec.source import Span
from dlspec.syntax import tree

How = Literal["written", "default", "set", "parameter", "computed", "data", "weights"]
"""`written`: as a literal. `default`: nothing gives it, so an op, a setting or a parameter has its
own. `set`: by `--set`. `parameter`: from parameters, which `names` holds. `computed`: from sizes of
inputs or the variable of a loop. `data`: counted in the data. `weights`: by a group of weights."""


@frozen
class Origin:
    """Where one value comes from. `names` has the parameters that its expression reads."""

    how: How
    span: Span | None = None
    names: tuple[Named, ...] = ()

    @property
    def text(self) -> str:
        """The expression as the spec has it."""
        return " ".join(self.span.text.split()) if self.span is not None else ""


@frozen
class Named:
    """A parameter with its value: `width`, or `DigitsCNN.width` of a model or block."""

    name: str
    value: Any
    origin: Origin


@frozen
class Part:
    """A layer, a block of settings, or an object in one, with the origin of each value."""

    name: str
    kind: str
    file: str
    line: int
    values: tuple[Named, ...]


@frozen
class Use:
    """An instance on the way from a model to a layer; `arguments` are those of the call."""

    definition: Text
    instance: ir.Instance
    arguments: Mapping[str, Named | None]
    outer: Use | None


class Follower:
    """Follows the values of a program to where they are written."""

    def __init__(
        self, table: FileTable, written: Written, program: Program, given: Sequence[str]
    ) -> None:
        self.table = table
        self.written = written
        self.program = program
        self.overrides = settings(given, table)

    def file_parameter(self, name: str, table: FileTable) -> Named:
        """Of the spec, or of a file that it imports, whose parameters have their defaults."""
        default = table.parameters[name].parameter.default
        given = self.overrides.get(name) if table is self.table else None
        entry = table.scope.entries.get(name)
        value = entry.value if isinstance(entry, Static) else self.program.parameters.get(name)
        if given is not None:
            return Named(name, value, self.expression(given, None, "set"))
        assert default is not None
        return Named(name, value, self.expression(default, None, "default"))

    def expression(self, e: tree.Expr, use: Use | None, how: How | None = None) -> Origin:
        """The origin of a written value; `use` is where the text around it runs."""
        while use is not None and not _holds(use.definition.span, e.span):
            use = use.outer
        known = use.arguments if use is not None else {}
        loops = bound(use.definition) if use is not None else frozenset()
        names = self.names(e, known, loops)
        if how is None:
            loose = {n.id for n in walk(e) if isinstance(n, tree.Name)}
            sizes = use.instance.dims.keys() if use is not None else ()
            computed = not loose.isdisjoint({*loops, *sizes})
            how = "parameter" if names else "computed" if computed else "written"
        return Origin(how, e.span, names)

    def expressions(self, several: Sequence[tree.Expr], use: Use | None) -> Origin:
        """The origin of a value that one or several expressions make."""
        found = [self.expression(e, use) for e in several]
        names = {n.name: n for origin in found for n in origin.names}
        ways: tuple[How, ...] = ("parameter", "computed", "written")
        how = next(h for h in ways if any(origin.how == h for origin in found))
        return Origin(how, several[0].span.to(several[-1].span), tuple(names.values()))

    def names(
        self, e: tree.Expr, known: Mapping[str, Named | None], loops: frozenset[str]
    ) -> tuple[Named, ...]:
        """The parameters that an expression reads, each once."""
        found: dict[str, Named] = {}
        home = self.table.home(e)
        for node in walk(e):
            if not isinstance(node, tree.Name) or node.id in loops:
                continue
            if (own := known.get(node.id)) is not None:
                found.setdefault(node.id, own)
            elif node.id not in known and node.id in home.parameters:
                found.setdefault(node.id, self.file_parameter(node.id, home))
        return tuple(found.values())

    # -- objects

    def part(
        self,
        name: str,
        made: Declared,
        use: Use | None,
        line: int,
        said: Mapping[str, Declared] = MappingProxyType({}),
    ) -> Part:
        """`said` has what `weights` groups say in place of its arguments."""
        call = self.written.object(made)
        file = (use.definition.span if use is not None else self.table).source.name
        if call is not None and (use is None or _arguments(type(made), call)):
            file, line = call.span.source.name, call.span.line
        own = {v.name: v for v in self.values(made, use)}
        for argument, value in said.items():
            e = self.written.object(value)
            assert e is not None
            own = {n: v for n, v in own.items() if not n.startswith(f"{argument}.")}
            own[argument] = Named(argument, value, self.expression(e, use, "weights"))
        return Part(name, made.kind(), file, line, tuple(own.values()))

    def values(self, made: Declared, use: Use | None) -> Iterator[Named]:
        """The arguments of an object; those of an object in it follow as `init.std`."""
        cls = type(made)
        given = _arguments(cls, self.written.object(made))
        for f in cls.model_fields:
            name, value = f.removesuffix("_"), getattr(made, f)
            if f == cls.further:
                for key, item in value.items():
                    yield Named(key, item, self.expressions(given[key], use))
            elif name not in given:
                how: How = "written" if f in made.model_fields_set else "default"
                yield Named(name, value, Origin(how))
            else:
                yield Named(name, value, self.expressions(given[name], use))
                if isinstance(value, Declared) and isinstance(given[name][0], tree.Call):
                    inner = self.values(value, use)
                    yield from (Named(f"{name}.{n.name}", n.value, n.origin) for n in inner)


def _arguments(cls: type[Declared], call: tree.Expr | None) -> dict[str, tuple[tree.Expr, ...]]:
    """The expressions by the names of the arguments: one, but for a variadic argument."""
    given = call.arguments if isinstance(call, tree.Call) else ()
    found: dict[str, tuple[tree.Expr, ...]]
    found = {a.name.id: (a.value,) for a in given if a.name is not None}
    free = tuple(a.value for a in given if a.name is None)
    if cls.variadic is not None:
        return {cls.variadic: free, **found} if free else found
    return {**dict(zip(cls.positional, ((e,) for e in free), strict=False)), **found}


def bound(definition: Text) -> frozenset[str]:
    """The variables of the loops of a definition."""
    loops = (n for n in walk(definition.body) if isinstance(n, tree.For | tree.Comprehension))
    return frozenset(name.id for loop in loops for name in loop.names)


def _holds(outer: Span, inner: Span) -> bool:
    same = outer.source is inner.source
    return same and outer.start <= inner.start and inner.end <= outer.end
