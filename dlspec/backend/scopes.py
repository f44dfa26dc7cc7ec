"""Chains in parentheses with a name: kept where they are a plain sequence of layers, and made
blocks of their own where they are more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from dlspec.expr import Expr, Ref, Static, origin, refs
from dlspec.ir import model as ir

Alone = Callable[[ir.Apply], bool]
"""Whether a layer of a backend does all of its work itself, and needs no code around its call."""


def open_scopes(model: ir.ModelIR, alone: Alone = lambda flow: True) -> ir.ModelIR:
    """The same model, where each scope that is no plain sequence is a call of a block."""
    kept = _plain_sites(model, alone)
    opener = _Opener(model, kept)
    return opener.model_with_blocks()


def in_sequence(flow: ir.Flow) -> Iterator[Any] | None:
    """The layers of a scope's body in order, if it is a plain chain of layers with objects."""
    found: list[Any] = []
    while not isinstance(flow, ir.Carry):
        if not isinstance(flow, ir.Apply | ir.Call) or len(flow.inputs) != 1:
            return None
        if flow.named or flow.factory:
            return None
        own = bool(flow.module) and not isinstance(flow.module[-1], int)  # type: ignore[index]
        layout = isinstance(flow, ir.Apply) and not flow.op.has_object()
        if not own or layout or len(flow.types) != 1:
            return None
        found.append(flow)
        flow = flow.inputs[0]
    return reversed(found)


def in_chains(model: ir.ModelIR) -> Iterator[str]:
    """The blocks that stand in named chains."""
    for instance in model.instances:
        for f in ir.within(instance.body):
            if isinstance(f, ir.Scope):
                calls = (c for c in in_sequence(f.body) or () if isinstance(c, ir.Call))
                yield from (model.instances[c.instance].definition for c in calls)


def _plain_sites(model: ir.ModelIR, alone: Alone) -> set[tuple[str, int]]:
    kept: set[tuple[str, int]] = set()
    dropped: set[tuple[str, int]] = set()
    for instance in model.instances:
        for f in ir.within(instance.body):
            if isinstance(f, ir.Scope):
                key = (instance.definition, f.site)
                found = in_sequence(f.body)
                plain = found is not None and all(
                    alone(layer) for layer in found if isinstance(layer, ir.Apply)
                )
                (kept if plain else dropped).add(key)
    return kept - dropped


class _Opener:
    def __init__(self, model: ir.ModelIR, kept: set[tuple[str, int]]) -> None:
        self.model = model
        self.kept = kept
        self.definitions: dict[str, ir.Definition] = {}
        self.instances = list(model.instances)
        self.names: dict[tuple[str, int, tuple[str, ...]], str] = {}
        self.reads: dict[tuple[str, int], set[str]] = {}
        """The names of its definition that a scope reads, in any instance."""
        for instance in model.instances:
            for f in ir.within(instance.body):
                if isinstance(f, ir.Scope):
                    key = (instance.definition, f.site)
                    self.reads.setdefault(key, set()).update(_read(f.body))

    def model_with_blocks(self) -> ir.ModelIR:
        made: dict[int, ir.Instance] = {}
        order = {name: i for i, name in enumerate(self.model.definitions)}
        for instance in sorted(self.model.instances, key=lambda i: order[i.definition]):
            body = tuple(self.statement(s, instance) for s in instance.body)
            made[instance.number] = instance.model_copy(update={"body": body})
            own = self.model.definitions[instance.definition]
            self.definitions.pop(own.name, None)
            self.definitions[own.name] = own
        for number, instance in made.items():
            self.instances[number] = instance
        update = {"definitions": self.definitions, "instances": tuple(self.instances)}
        return self.model.model_copy(update=update)

    def statement(self, s: Any, instance: ir.Instance) -> Any:
        match s:
            case ir.Bind() | ir.Output() | ir.Penalty():
                return s.model_copy(update={"value": self.flow(s.value, instance)})
            case ir.Branch():
                body = tuple(self.statement(i, instance) for i in s.body)
                return s.model_copy(update={"body": body})
            case ir.Loop():
                rounds = tuple(
                    tuple(self.statement(i, instance) for i in body) for body in s.iterations
                )
                return s.model_copy(update={"iterations": rounds})

    def flow(self, flow: Any, instance: ir.Instance) -> Any:
        flow = rebuilt(flow, lambda f: self.flow(f, instance))
        if not isinstance(flow, ir.Scope) or (instance.definition, flow.site) in self.kept:
            return flow
        return self.block(flow, instance)

    def block(self, scope: ir.Scope, instance: ir.Instance) -> ir.Call:
        """A scope as a block: its parameters are the names that its arithmetic reads, its inputs
        what arrives and the wires that it reads, such as the lengths of rows."""
        wires = {f.name: f for f in ir.flows(scope.body) if isinstance(f, ir.Wire)}
        key = (instance.definition, scope.site, tuple(wires))
        owner = self.model.definitions[instance.definition]
        if key not in self.names:
            self.names[key] = self.fresh(scope.module)
        name = self.names[key]
        read = self.reads[instance.definition, scope.site]
        parameters = tuple(p for p in owner.parameters if p.name in read)
        arguments = {p.name: instance.arguments[p.name] for p in parameters}
        dims = {n: v for n, v in instance.dims.items() if n in read}
        several = len(scope.inputs) > 1
        arriving = [f"x{i}" if several else "x" for i in range(len(scope.inputs))]
        while wires.keys() & {*arriving}:
            arriving = [f"{name}_" for name in arriving]
        inputs = (*arriving, *wires)
        depth = len(scope.module)
        body = _inside(scope.body, depth, inputs)
        number = len(self.instances)
        given = (*scope.inputs, *wires.values())
        types = [f.types[0] for f in given]
        self.definitions[name] = ir.Definition(
            name=name,
            kind="block",
            parameters=tuple(p.model_copy(update={"default": None}) for p in parameters),
            inputs=inputs,
            line=owner.line,
            names=inputs,
        )
        self.instances.append(
            ir.Instance(
                number=number,
                definition=name,
                arguments=arguments,
                dims=dims,
                inputs=tuple(zip(inputs, types, strict=True)),
                outputs=tuple((None, t) for t in scope.types),
                body=(ir.Output(site=-1, name=None, value=body, line=owner.line),),
            )
        )
        return ir.Call(
            site=scope.site,
            block=name,
            instance=number,
            arguments={n: Static(v, Ref(n)) for n, v in arguments.items()},
            dims={n: Static(v, Ref(n)) for n, v in dims.items()},
            inputs=given,
            types=scope.types,
            module=scope.module,
        )

    def fresh(self, module: ir.Path) -> str:
        base = str(module[0]) if not isinstance(module[-1], int) else str(module[-2])
        words = [word for word in base.split("_") if not word.isdigit()]
        if isinstance(module[-1], int) and words and words[-1].endswith("s"):
            words[-1] = words[-1][:-1]  # one of a list: `Expert` of `experts_2`
        name = "".join(word.title() for word in words) or "Part"
        taken = {*self.model.definitions, *self.names.values()}
        found, number = name, 2
        while found in taken:
            found, number = f"{name}{number}", number + 1
        return found


def rebuilt(flow: Any, change: Callable[[Any], Any]) -> Any:
    """A flow whose parts went through `change`."""
    update: dict[str, Any] = {}
    for name in ("inputs", "bodies"):
        if hasattr(flow, name):
            update[name] = tuple(change(f) for f in getattr(flow, name))
    if getattr(flow, "named", None):
        update["named"] = {n: change(f) for n, f in flow.named.items()}
    if isinstance(flow, ir.Select | ir.Slice):
        update["value"] = change(flow.value)
    if isinstance(flow, ir.Scope | ir.Scan):
        update["body"] = change(flow.body)
    return flow.model_copy(update=update) if update else flow


def _inside(flow: Any, depth: int, inputs: tuple[str, ...]) -> Any:
    """A scope's body as a block's: what arrives is an input, names begin below the scope."""
    if isinstance(flow, ir.Carry):
        return ir.Wire(name=inputs[flow.index], types=flow.types)
    update: dict[str, Any] = {}
    if getattr(flow, "module", None):
        update["module"] = flow.module[depth:]
    flow = flow.model_copy(update=update) if update else flow
    if isinstance(flow, ir.Repeat | ir.Copies | ir.Scope | ir.Scan):
        outer = tuple(_inside(f, depth, inputs) for f in flow.inputs)
        strip = partial(_stripped, depth=depth)
        if isinstance(flow, ir.Repeat | ir.Copies):
            return flow.model_copy(
                update={"inputs": outer, "bodies": tuple(map(strip, flow.bodies))}
            )
        return flow.model_copy(update={"inputs": outer, "body": strip(flow.body)})
    return rebuilt(flow, lambda f: _inside(f, depth, inputs))


def _stripped(flow: Any, depth: int) -> Any:
    """Names begin below the scope; what arrives stays what the inner layer gets."""
    if getattr(flow, "module", None):
        flow = flow.model_copy(update={"module": flow.module[depth:]})
    return rebuilt(flow, lambda f: _stripped(f, depth))


def _read(flow: ir.Flow) -> Iterator[str]:
    """The names of its definition that a flow reads."""
    for e in _origins(flow):
        yield from (r.name for r in refs(e) if r.loop is None)
    for f in ir.flows(flow):
        if isinstance(f, ir.Apply | ir.Call) and f.factory is not None:
            yield f.factory


def _origins(flow: ir.Flow) -> Iterator[Expr]:
    for f in ir.flows(flow):
        if isinstance(f, ir.Apply):
            yield from f.origins.values()
        if isinstance(f, ir.Call):
            yield from (
                s.origin for s in (*f.arguments.values(), *f.dims.values()) if s.origin is not None
            )
        if isinstance(f, ir.Scalar) and f.value.origin is not None:
            yield f.value.origin
        if isinstance(f, ir.Repeat | ir.Copies) and f.count.origin is not None:
            yield f.count.origin
        for t in f.types:
            yield from (e for e in map(origin, t.shape) if e is not None)
