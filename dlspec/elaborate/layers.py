"""Layers as values: configured ops, blocks with arguments, chains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dlspec import ops
from dlspec.declared import Declared
from dlspec.diagnostics import Diagnostic, SpecError, nearest
from dlspec.diagnostics.imports import NotInModule
from dlspec.diagnostics.names import UnknownName
from dlspec.diagnostics.shapes import TensorAsValue
from dlspec.diagnostics.state import BadRecurrence
from dlspec.diagnostics.uses import NotALayer, WrongArgumentCount
from dlspec.diagnostics.values import BadValue, WrongType
from dlspec.elaborate.blocks import bind
from dlspec.elaborate.bounds import MOST_COPIES, too_many
from dlspec.elaborate.configured import configure
from dlspec.elaborate.evaluate import Skip
from dlspec.elaborate.file import FileTable
from dlspec.elaborate.frame import Frame
from dlspec.elaborate.kinds import EXPERTS, SCAN, chain_stages
from dlspec.elaborate.lists import holds_tensors
from dlspec.elaborate.parts import part
from dlspec.elaborate.passing import owns, passed, shares
from dlspec.elaborate.typed import TypedEvaluator, element, sized
from dlspec.elaborate.values import (
    BlockLayer,
    Broken,
    ChainLayer,
    ExpertsLayer,
    FnLayer,
    Instance,
    Kept,
    Layer,
    Link,
    OpLayer,
    ScanLayer,
    Scope,
    Value,
    describe,
)
from dlspec.elaborate.written import note_parameter
from dlspec.expr import Ref, Static, refs
from dlspec.ops.base import Op
from dlspec.ops.init import INITS
from dlspec.recipe.sources import checkpoint_path
from dlspec.source import Span
from dlspec.syntax import tree

A_NUMBER = "a layer is made before the model runs: write a number, or a parameter with one"
READ_IT = "a block reads a length where it arrives: `input x: f32[T, D]`"


class LayerEvaluator(TypedEvaluator):
    """Evaluates expressions that may name layers."""

    def __init__(self, table: FileTable, overrides: Mapping[str, tree.Expr]) -> None:
        super().__init__()
        self.table = table
        self.overrides = overrides
        self.file_scope = Scope()
        self.frame: Frame | None = None
        """The definition whose body is being elaborated."""
        self.home: tree.Definition | None = None
        """The definition whose text is being evaluated: that of the frame, but for defaults."""
        self.constant: dict[Any, tuple[OpLayer, tuple[tree.Argument, ...]]] = {}
        """Ops whose arguments are the same in every round of a loop, by those arguments, which are
        kept with them: of nodes that are gone, others might have the numbers."""

    # -- expressions

    def unbound(self, e: tree.Name, scope: Scope, words: bool) -> Any:
        if not words and (self.file_of(e).definition(e.id) or ops.lookup(e.id) or e.id == SCAN):
            return Static(self.named_layer(e, (), e.span, scope)[0])
        return super().unbound(e, scope, words)

    def call(self, e: tree.Call, scope: Scope) -> Any:
        name = e.callee.id if isinstance(e.callee, tree.Name) else ""
        if name[:1].isupper() or self.file_of(e).definition(name) is not None:
            return Static(self.named_layer(e.callee, e.arguments, e.span, scope)[0])  # type: ignore[arg-type]
        return super().call(e, scope)

    def chain(self, e: tree.Chain, scope: Scope) -> Any:
        return Static(self.chained(e, scope))

    def file_of(self, node: tree.Node) -> FileTable:
        """The file in which something is written."""
        return self.table.home(node)

    def scope_of(self, node: tree.Node) -> Scope:
        """The parameters of the file in which something is written."""
        home = self.file_of(node)
        return self.file_scope if home is self.table else home.scope

    # -- layers by name

    def layer(self, e: tree.Expr, scope: Scope) -> tuple[Layer | Instance, str | None]:
        """What a stage applies, and the `layer` parameter of its definition that it is."""
        match e:
            case tree.Group(value=inner):
                return self.layer(inner, scope)
            case tree.Chain() | tree.Binary(op="*"):
                return self.chained(e, scope), None
            case tree.Conditional():
                test = self.truth(e.test, scope, "if")
                self.pass_over(e)
                return self.layer(e.then if test.value else e.otherwise, scope)
            case tree.Name():
                return self.named_layer(e, (), e.span, scope)
            case tree.Call(callee=tree.Name() as name):
                return self.named_layer(name, e.arguments, e.span, scope)
            case tree.Attribute() | tree.Call(callee=tree.Attribute()):
                member = self.member(e, scope)
                if member is not None:
                    return member, None
                if isinstance(e, tree.Attribute):
                    return part(self.layer(e.value, scope)[0], e), None
            case tree.Index():
                found = self.index(e, scope)
                layer = found.value if isinstance(found, Static) else found
                if isinstance(layer, Layer):
                    return layer, None
                raise SpecError(NotALayer(e.span, f"this is {describe(layer)}"))
            case tree.Binary() | tree.Unary():
                hint = "write `(x -> Layer) + y`"
                raise SpecError(NotALayer(e.span, "this is arithmetic", hint))
        raise SpecError(NotALayer(e.span, "not a layer"))

    def chained(self, e: tree.Expr, scope: Scope) -> ChainLayer:
        """A chain of layers as a value, every stage evaluated."""
        links = tuple(self.link(s, scope) for s in chain_stages(e))
        return ChainLayer(e, links, self.home)

    def link(self, stage: tree.Stage, scope: Scope) -> Link:
        layer, parameter = self.layer(stage.layer, scope)
        count = self.count(stage, scope) if stage.count is not None else None
        return Link(stage, layer, parameter, count)

    def count(self, stage: tree.Stage, scope: Scope) -> Static:
        """How often a stage is repeated."""
        e = stage.count
        assert e is not None
        found = self.expression(e, scope)
        if isinstance(found, Static):
            self.fixed_size(found, e, "a number of copies", A_NUMBER)
        if isinstance(found, Value):
            chain = f"(x -> {stage.layer.span.text}) * {e.span.text}"
            hint = f"`*` after a stage repeats it; to multiply, write `{chain}`"
            raise SpecError(TensorAsValue(e.span, self.context, str(found.types[0]), hint))
        n = found.value if isinstance(found, Static) else None
        if isinstance(n, float) and n.is_integer():
            found, n = Static(int(n)), int(n)
        if isinstance(n, bool) or not isinstance(n, int):
            what = "a number of copies"
            raise SpecError(WrongType(e.span, self.context, "*", what, describe(found)))
        if n < 0:
            raise SpecError(BadValue(e.span, self.context, "*", f"{n} copies"))
        if n > MOST_COPIES:
            raise too_many(e.span, self.context, f"{n:,} copies of a layer", MOST_COPIES)
        counted: Static = found
        return counted

    def member(self, e: tree.Expr, scope: Scope) -> BlockLayer | None:
        """`vision.Residual(8)`: a block of a file that was imported whole."""
        attribute, arguments = (e.callee, e.arguments) if isinstance(e, tree.Call) else (e, ())
        match attribute:
            case tree.Attribute(value=tree.Name(id=owner), name=name):
                entry = scope.find(owner)
                if isinstance(entry, Broken):
                    raise Skip
                module = self.file_of(e).modules.get(owner)
                if module is None or entry is not None:
                    return None
                definition = module.definitions.get(name.id)
                if definition is None:
                    known = tuple(module.definitions)
                    where, close = module.source.name, nearest(name.id, known)
                    raise SpecError(NotInModule(name.span, name.id, where, known, close))
                return self.block_layer(definition, arguments, e.span, scope)
        return None

    def pass_over(self, node: tree.Node) -> None:
        """Part of what is written here does not run; a definition keeps that in mind."""
        if self.frame is not None:
            self.frame.unread.append(node)

    def named_layer(
        self, name: tree.Name, arguments: tuple[tree.Argument, ...], span: Span, scope: Scope
    ) -> tuple[Layer | Instance, str | None]:
        if scope.find(name.id) is not None:
            entry = self.name(name, scope, False)
            if isinstance(entry, Static) and isinstance(entry.value, Layer) and not arguments:
                own = self.frame is not None and self.frame.gives(name.id, entry)
                return entry.value, name.id if own else None
            configured = isinstance(entry, Static) and isinstance(entry.value, Layer)
            if isinstance(entry, Instance) or configured:
                if arguments:
                    what = f"`{name.id}` is configured already, where it was made"
                    raise SpecError(WrongArgumentCount(span, what))
                return entry, None  # type: ignore[return-value]
            hint = ""
            if isinstance(entry, Value):
                hint = "a chain ends in layers; write `(a, b) -> Concat` for several tensors"
            raise SpecError(NotALayer(name.span, f"`{name.id}` is {describe(entry)}", hint))
        if (definition := self.file_of(name).definition(name.id)) is not None:
            return self.block_layer(definition, arguments, span, scope), None
        if name.id == SCAN:
            return self.scan_layer(arguments, span, scope), None
        if (cls := ops.lookup(name.id)) is not None:
            if name.id == EXPERTS:
                return self.experts_layer(cls, arguments, span, scope), None
            return self.op_layer(cls, arguments, span, scope), None
        raise SpecError(self.unknown_layer(name))

    def scan_layer(
        self, arguments: tuple[tree.Argument, ...], span: Span, scope: Scope
    ) -> ScanLayer:
        """`Scan(Cell(8))`. Raises SpecError where its argument is no block with state."""
        if len(arguments) != 1 or arguments[0].name is not None:
            raise SpecError(WrongArgumentCount(span, "Scan takes a block: `Scan(Cell(8))`"))
        written = arguments[0].value
        cell = self.layer(written, scope)[0]
        body = cell.definition.body if isinstance(cell, BlockLayer) else None
        held = body.statements if isinstance(body, tree.Body) else ()
        if not isinstance(cell, BlockLayer) or not any(isinstance(s, tree.State) for s in held):
            what = "Scan takes a block with `state`"
            hint = "of layers without state, the steps need no order: `x -> Dense(8)` reads each"
            said = f"{cell} has none"
            raise SpecError(BadRecurrence(written.span, self.context, what, hint, said))
        return ScanLayer(cell, span)

    def experts_layer(
        self, cls: type[Op], arguments: tuple[tree.Argument, ...], span: Span, scope: Scope
    ) -> ExpertsLayer:
        """`Experts(Expert(8), count=4)`. Raises SpecError where copies would be of no use."""
        made, origins = self.configure(cls, arguments, span, scope)
        given = {a.name.id if a.name is not None else "layer": a for a in arguments}
        written = given["layer"].value
        expert, parameter = self.layer(written, scope)
        if isinstance(expert, Instance | FnLayer | ScanLayer | ExpertsLayer) or not owns(expert):
            what, hint = "an expert is a layer, block or chain with weights of its own", ""
            if isinstance(expert, Instance) or shares(expert):
                hint = "pass the layer itself: a `let` instance has one set of weights"
            raise SpecError(NotALayer(written.span, what, hint))
        self.spend(int(made.count) * expert.size, span)  # type: ignore[attr-defined]
        counted = given["count"]
        return ExpertsLayer(expert, parameter, written, counted, made, origins, span)  # type: ignore[arg-type]

    def unknown_layer(self, name: tree.Name) -> Diagnostic:
        known = (*self.file_of(name).definitions, *ops.names(), SCAN, *self.file_scope.names())
        return UnknownName(name.span, name.id, "layer or block", nearest(name.id, known))

    # -- ops

    def op_layer(
        self,
        cls: type[Op],
        arguments: tuple[tree.Argument, ...],
        span: Span,
        scope: Scope,
    ) -> OpLayer:
        key = (cls, *map(id, arguments))
        if key in self.constant:
            return replace(self.constant[key][0], span=span)
        made, origins = self.configure(cls, arguments, span, scope)
        layer = OpLayer(made, origins, span)  # type: ignore[arg-type]
        if all(isinstance(a.value, tree.Number | tree.Literal) for a in arguments):
            self.constant[key] = layer, arguments
        return layer

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
            if name not in cls.lengths:
                self.fixed_size(found, e, f"`{name}` of {cls.kind()}", A_NUMBER)
            return Static(sized(found), found.origin)

        done = configure(call, cls, evaluate, self.context)
        return done.made, dict(done.origins)

    def argument(self, cls: type[Declared], name: str, e: tree.Expr, scope: Scope) -> Static:
        """One argument: words and initialisers are what the argument's own place makes of them."""
        if name in cls.of_layers:
            return Static(str(self.layer(e, scope)[0]))
        if name in cls.patterns:
            from dlspec.elaborate.axes import axis_names

            return Static(axis_names(e))
        words = bool(cls.words(name))
        if words and isinstance(e, tree.Call) and isinstance(e.callee, tree.Name):
            init = INITS.get(e.callee.id)
            if init is not None and scope.find(e.callee.id) is None:
                made, _ = self.configure(init, e.arguments, e.span, scope)
                return Static(made)
        return self.number(e, scope, words=words)

    def number(self, e: tree.Expr, scope: Scope, words: bool = False) -> Static:
        """A value that is no list of tensors."""
        found = self.value(e, scope, words=words)
        if holds_tensors(found.value):
            raise SpecError(TensorAsValue(e.span, self.context, "in a list"))
        return found

    # -- blocks

    def block_layer(
        self,
        definition: tree.Definition,
        arguments: tuple[tree.Argument, ...],
        span: Span,
        scope: Scope,
    ) -> BlockLayer:
        """A block or model with its arguments, defaults filled in."""
        own, kept = self.kept(definition, arguments, scope)
        given = self.arguments_of(definition, own, span, scope)
        made = BlockLayer(definition, given, span, kept=kept)
        self.spend(made.size - 1, span)
        return made

    def kept(
        self, definition: tree.Definition, arguments: tuple[tree.Argument, ...], scope: Scope
    ) -> tuple[tuple[tree.Argument, ...], Kept | None]:
        """The other arguments, and what `weights` and `frozen` say that are no parameters."""
        free = {"weights", "frozen"} - {p.name.id for p in definition.parameters}
        named = {a.name.id: a for a in arguments if a.name is not None and a.name.id in free}
        if not named:
            return arguments, None
        owner = definition.name.id
        file = frozen = None
        for name, a in named.items():
            value = self.value(a.value, scope).value
            if name == "weights":
                try:
                    file = checkpoint_path(value)
                except ValueError as error:
                    bad = BadValue(a.span, self.context, owner, f"`weights`: {error}")
                    raise SpecError(bad) from None
            elif not isinstance(value, bool):
                wanted, found = "true or false", describe(value)
                raise SpecError(WrongType(a.span, self.context, "frozen", wanted, found))
            else:
                frozen = value
        rest = tuple(a for a in arguments if a not in named.values())
        return rest, Kept(file, bool(frozen))

    def arguments_of(
        self,
        definition: tree.Definition | tree.Fn,
        arguments: tuple[tree.Argument, ...],
        span: Span,
        scope: Scope,
    ) -> dict[str, Static]:
        """The value of each parameter: what the use gives, else the default."""
        owner = definition.name.id
        if owner in self.file_of(definition).uses.recursive:
            raise Skip
        set_here = {
            p.name.id for p in definition.parameters if f"{owner}.{p.name.id}" in self.overrides
        }
        given, problems = bind(definition, arguments, span, set_here)
        values: dict[str, Static] = {}
        inner = Scope(self.scope_of(definition))
        for p in definition.parameters:
            name = p.name.id
            if name not in given and p.default is None and name not in set_here:
                continue
            try:
                values[name] = self.parameter(definition, p, given.get(name), scope, inner)
                inner.entries[name] = values[name]
            except SpecError as error:
                problems.extend(error.diagnostics)
        if problems:
            raise SpecError(*problems)
        return values

    def parameter(
        self,
        definition: tree.Definition | tree.Fn,
        p: tree.Parameter,
        given: tree.Argument | None,
        scope: Scope,
        inner: Scope,
    ) -> Static:
        """The value of one parameter: `--set`, else what the use gives, else the default."""
        override = self.overrides.get(f"{definition.name.id}.{p.name.id}")
        if override is not None:
            made = Static(self.typed(p.type, override, inner, p.name.id).value)
            note_parameter(made, "set", override)
        elif given is not None:
            made = self.typed(p.type, given.value, scope, p.name.id)
            note_parameter(made, "use", given.value)
        else:
            assert p.default is not None
            found = self.default(definition, p, inner)
            plain = found.origin is not None and not any(True for _ in refs(found.origin))
            made = found if plain else Static(found.value)
            note_parameter(made, "default", p.default)
        return made

    def default(
        self, definition: tree.Definition | tree.Fn, p: tree.Parameter, inner: Scope
    ) -> Static:
        """The default of a parameter, whose text is its definition's, not that of the use."""
        assert p.default is not None
        before = self.home
        self.home = definition if isinstance(definition, tree.Definition) else None
        try:
            return self.typed(p.type, p.default, inner, p.name.id)
        finally:
            self.home = before

    def typed(self, type_: tree.Type, e: tree.Expr, scope: Scope, name: str) -> Static:
        """The value of an expression where a value of this type is wanted."""
        kind = type_.name.id
        if kind == "layer":
            layer, parameter = self.layer(e, scope)
            return Static(passed(layer, e.span), Ref(parameter) if parameter is not None else None)
        if kind == "list" and element(type_) == "layer" and isinstance(e, tree.List):
            return Static([passed(self.layer(i, scope)[0], i.span) for i in e.items])
        given = self.fixed_size(self.number(e, scope), e, f"parameter `{name}`", READ_IT)
        found = self.convert(given, type_, e.span, name)
        return Static(passed(found.value, e.span), found.origin)


__all__ = ["LayerEvaluator", "Skip"]
