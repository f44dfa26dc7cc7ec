"""Layers as values: configured ops, blocks with arguments, chains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlspec import ops
from dlspec.declared import Declared
from dlspec.diagnostics import Diagnostic, SpecError, nearest
from dlspec.diagnostics.names import (
    MissingArgument,
    NotALayer,
    NotInThisVersion,
    Recursion,
    UnknownArgument,
    UnknownName,
    WrongArgumentCount,
)
from dlspec.diagnostics.values import WrongType
from dlspec.elaborate.configured import configure
from dlspec.elaborate.evaluate import Evaluator, Skip
from dlspec.elaborate.file import FileTable
from dlspec.elaborate.names import head_stage
from dlspec.elaborate.values import (
    BlockLayer,
    ChainLayer,
    Instance,
    Layer,
    OpLayer,
    Scope,
    Value,
    describe,
)
from dlspec.expr import Const, Ref, Size, Static, Term, refs
from dlspec.ops.base import Op
from dlspec.ops.init import INITS
from dlspec.source import Span
from dlspec.syntax import tree
from dlspec.units import Quantity

SCALARS: dict[str, tuple[type, str]] = {
    "int": (int, "an integer"),
    "float": (float, "a number"),
    "bool": (bool, "true or false"),
    "str": (str, "a string"),
}


class LayerEvaluator(Evaluator):
    """Evaluates expressions that may name layers."""

    def __init__(self, table: FileTable, overrides: Mapping[str, tree.Expr]) -> None:
        super().__init__()
        self.table = table
        self.overrides = overrides
        self.file_scope = Scope()
        self.defaulting: list[str] = []
        """The blocks whose defaults are being evaluated."""

    # -- layers by name

    def layer(self, e: tree.Expr, scope: Scope) -> tuple[Layer | Instance, str | None]:
        """What a stage applies, and the `layer` parameter that it came from."""
        match e:
            case tree.Group(value=inner):
                if isinstance(inner, tree.Chain):
                    return ChainLayer(self.stages(inner), scope, e.span), None
                return self.layer(inner, scope)
            case tree.Conditional():
                test = self.truth(e.test, scope, "if")
                self.pass_over(e)
                return self.layer(e.then if test.value else e.otherwise, scope)
            case tree.Name():
                return self.named_layer(e, (), e.span, scope)
            case tree.Call(callee=tree.Name() as name):
                return self.named_layer(name, e.arguments, e.span, scope)
            case tree.Index():
                found = self.index(e, scope)
                layer = found.value if isinstance(found, Static) else found
                if isinstance(layer, Layer):
                    return layer, None
                raise SpecError(NotALayer(e.span, f"this is {describe(layer)}"))
        raise SpecError(NotALayer(e.span, self._instead(e), self._hint(e)))

    def pass_over(self, node: tree.Node) -> None:
        """Part of what is written here does not run; a definition keeps that in mind."""

    def _instead(self, e: tree.Expr) -> str:
        return "this is arithmetic" if isinstance(e, tree.Binary | tree.Unary) else "not a layer"

    def _hint(self, e: tree.Expr) -> str:
        return "write `(x -> Layer) + y`" if isinstance(e, tree.Binary | tree.Unary) else ""

    def stages(self, layers: tree.Expr) -> tuple[tree.Stage, ...]:
        """The stages of a chain of layers, or of one layer."""
        if not isinstance(layers, tree.Chain):
            return (head_stage(layers),)
        return (head_stage(layers.head), *layers.stages)

    def named_layer(
        self, name: tree.Name, arguments: tuple[tree.Argument, ...], span: Span, scope: Scope
    ) -> tuple[Layer | Instance, str | None]:
        entry = scope.find(name.id)
        if entry is not None:
            entry = self.name(name, scope, False)
            if isinstance(entry, Static) and isinstance(entry.value, Layer) and not arguments:
                return entry.value, name.id
            if isinstance(entry, Instance):
                if arguments:
                    what = f"`{name.id}` is configured already, where `let` made it"
                    raise SpecError(WrongArgumentCount(span, what))
                return entry, None
            hint = ""
            if isinstance(entry, Value):
                hint = "a chain ends in layers; write `(a, b) -> Concat` for several tensors"
            raise SpecError(NotALayer(name.span, f"`{name.id}` is {describe(entry)}", hint))
        if (definition := self.table.definition(name.id)) is not None:
            return self.block_layer(definition, arguments, span, scope), None
        if (cls := ops.lookup(name.id)) is not None:
            return self.op_layer(cls, arguments, span, scope), None
        raise SpecError(self.unknown_layer(name))

    def unknown_layer(self, name: tree.Name) -> Diagnostic:
        if name.id in ops.LATER:
            return NotInThisVersion(name.span, f"`{name.id}`")
        known = (*self.table.definitions, *ops.names(), *self.file_scope.names())
        return UnknownName(name.span, name.id, "layer or block", nearest(name.id, known))

    # -- ops

    def op_layer(
        self,
        cls: type[Op],
        arguments: tuple[tree.Argument, ...],
        span: Span,
        scope: Scope,
    ) -> OpLayer:
        made, origins = self.configure(cls, arguments, span, scope)
        return OpLayer(made, origins, span)  # type: ignore[arg-type]

    def configure(
        self,
        cls: type[Declared],
        arguments: tuple[tree.Argument, ...],
        span: Span,
        scope: Scope,
    ) -> tuple[Declared, dict[str, Any]]:
        """A declared object from written arguments, with the origins of its fields."""
        call = tree.Call(span, tree.Name(span, cls.kind()), arguments)

        def evaluate(name: str, e: tree.Expr) -> Static:
            found = self.argument(cls, name, e, scope)
            return Static(_sized(found), found.origin)

        done = configure(call, cls, evaluate, self.context)
        return done.made, dict(done.origins)

    def argument(self, cls: type[Declared], name: str, e: tree.Expr, scope: Scope) -> Static:
        """One argument: words and initialisers are what the argument's own place makes of them."""
        if name in cls.patterns:
            from dlspec.elaborate.axes import axis_names

            return Static(axis_names(e))
        words = bool(cls.words(name))
        if words and isinstance(e, tree.Call) and isinstance(e.callee, tree.Name):
            init = INITS.get(e.callee.id)
            if init is not None and scope.find(e.callee.id) is None:
                made, _ = self.configure(init, e.arguments, e.span, scope)
                return Static(made)
        return self.value(e, scope, words=words)

    # -- blocks

    def block_layer(
        self,
        definition: tree.Definition,
        arguments: tuple[tree.Argument, ...],
        span: Span,
        scope: Scope,
    ) -> BlockLayer:
        """A block or model with its arguments, defaults filled in."""
        owner = definition.name.id
        parameters = {p.name.id: p for p in definition.parameters}
        order = list(parameters)
        given: dict[str, tree.Argument] = {}
        problems: list[Diagnostic] = []
        for i, a in enumerate(arguments):
            if a.name is None:
                if i >= len(order):
                    takes = f"{len(order)} argument{'s' * (len(order) != 1)}"
                    what = f"{owner} takes {takes}, got {len(arguments)}"
                    problems.append(WrongArgumentCount(a.span, what))
                    break
                given[order[i]] = a
            elif a.name.id not in parameters:
                close = nearest(a.name.id, order)
                found = UnknownArgument(a.name.span, a.name.id, owner, tuple(order), close)
                problems.append(found)
            elif a.name.id in given:
                what = f"`{a.name.id}` is given twice"
                problems.append(WrongArgumentCount(a.name.span, what))
            else:
                given[a.name.id] = a
        set_here = {n for n in order if f"{owner}.{n}" in self.overrides}
        missing = tuple(
            n
            for n, p in parameters.items()
            if n not in given and p.default is None and n not in set_here
        )
        if missing and not problems:
            problems.append(MissingArgument(span, owner, missing))
        values: dict[str, Static] = {}
        inner = Scope(self.file_scope)
        for name, p in parameters.items():
            try:
                values[name] = self.parameter(owner, p, given.get(name), scope, inner)
                inner.entries[name] = values[name]
            except SpecError as error:
                problems.extend(error.diagnostics)
            except KeyError:
                continue
        if problems:
            raise SpecError(*problems)
        return BlockLayer(definition, values, span)

    def parameter(
        self,
        owner: str,
        p: tree.Parameter,
        given: tree.Argument | None,
        scope: Scope,
        inner: Scope,
    ) -> Static:
        """The value of one parameter: `--set`, else what the use gives, else the default."""
        override = self.overrides.get(f"{owner}.{p.name.id}")
        if override is not None:
            return Static(self.typed(p.type, override, inner, p.name.id).value)
        if given is not None:
            return self.typed(p.type, given.value, scope, p.name.id)
        if p.default is None:
            raise KeyError(p.name.id)
        if owner in self.defaulting:
            raise SpecError(Recursion(p.default.span, (*self.defaulting, owner)))
        self.defaulting.append(owner)
        try:
            found = self.typed(p.type, p.default, inner, p.name.id)
        finally:
            self.defaulting.pop()
        plain = found.origin is not None and not any(True for _ in refs(found.origin))
        return found if plain else Static(found.value)

    def typed(self, type_: tree.Type, e: tree.Expr, scope: Scope, name: str) -> Static:
        """The value of an expression where a value of this type is wanted."""
        kind = type_.name.id
        if kind == "layer":
            layer, parameter = self.layer_value(e, scope)
            return Static(layer, Ref(parameter) if parameter is not None else None)
        if kind == "list" and _element(type_) == "layer" and isinstance(e, tree.List):
            return Static([self.layer_value(i, scope)[0] for i in e.items])
        found = self.value(e, scope)
        return self.convert(found, type_, e.span, name)

    def layer_value(self, e: tree.Expr, scope: Scope) -> tuple[Layer, str | None]:
        """A layer as a value, and the parameter that hands it on."""
        if isinstance(e, tree.Chain):
            return ChainLayer(self.stages(e), scope, e.span), None
        found, parameter = self.layer(e, scope)
        if isinstance(found, Instance):
            raise SpecError(NotALayer(e.span, "a `let` instance cannot be passed as a layer"))
        return found, parameter

    def convert(self, found: Static, type_: tree.Type, span: Span, name: str) -> Static:
        kind = type_.name.id
        if kind not in (*SCALARS, "list", "tuple", "layer"):
            raise SpecError(_unknown_type(type_.name.span, kind))
        if kind == "float" and isinstance(found.value, Quantity) and found.value.kind == "share":
            return Static(float(found.value.amount))
        if kind in SCALARS:
            return self.scalar(found, kind, span, name)
        if kind in ("list", "tuple"):
            wanted = list if kind == "list" else tuple
            if not isinstance(found.value, wanted):
                raise self.wrong(span, name, f"a {kind}", found)
            inner = _element(type_)
            if inner in SCALARS:
                items = [self.scalar(Static(v), inner, span, name).value for v in found.value]
                return Static(wanted(items), found.origin)
            if inner not in (None, "list", "tuple", "layer"):
                raise SpecError(_unknown_type(type_.groups[0][0].span, inner))
            if type_.groups and not type_.groups[0]:
                raise SpecError(_unknown_type(type_.span, f"{kind}[]"))
            return found
        raise self.wrong(span, name, f"a {kind}", found)

    def scalar(self, found: Static, kind: str, span: Span, name: str) -> Static:
        value = found.value
        wanted, words = SCALARS[kind]
        if wanted is int and isinstance(value, float) and value.is_integer():
            whole = Term("int", (found.origin,)) if found.origin is not None else None
            return Static(int(value), whole)
        if wanted is float and isinstance(value, int) and not isinstance(value, bool):
            origin = Const(float(value)) if isinstance(found.origin, Const) else found.origin
            return Static(float(value), origin)
        if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
            raise self.wrong(span, name, words, found)
        return found

    def wrong(self, span: Span, name: str, expected: str, found: Static) -> SpecError:
        return SpecError(WrongType(span, self.context, name, expected, describe(found)))


def _unknown_type(span: Span, name: str) -> UnknownName:
    return UnknownName(span, name, "type", nearest(name, (*SCALARS, "list", "layer")))


def _element(type_: tree.Type) -> str | None:
    """The name of the elements' type: `int` in `list[int]`."""
    first = type_.groups[0][0] if type_.groups and type_.groups[0] else None
    return first.id if isinstance(first, tree.Name) else None


def _sized(value: Static) -> Any:
    """An integer with its origin, so that the shapes that it makes keep it."""
    return Size(value.value, value.origin) if type(value.value) is int else value.value


__all__ = ["LayerEvaluator", "Skip"]
