"""`model.py`: a class for each definition of a model, children first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dlspec.backend.arguments import Arguments, Varies
from dlspec.backend.classes import ClassCode, ClassWriter
from dlspec.backend.forward import Forward
from dlspec.backend.merge import Differs, Occurrence
from dlspec.backend.names import class_name
from dlspec.backend.protocol import SELF, Backend, UnsupportedOp, Use, X
from dlspec.backend.scopes import open_scopes
from dlspec.backend.unroll import unroll
from dlspec.emit import python as py
from dlspec.ir import model as ir

PLANNED_IMPORTS = (
    "from collections.abc import Callable",
    "from functools import partial",
    "from typing import Any",
)


@dataclass
class Planned:
    """A class that others may use."""

    code: ClassCode
    arguments_plan: Arguments
    inputs: list[str]


class Planner:
    """Plans the classes of one model for one backend."""

    def __init__(
        self, model: ir.ModelIR, backend: Backend, exact: bool = False, doc: str = ""
    ) -> None:
        self.doc = " ".join(doc.lower().split())
        self.backend = backend
        self.exact = exact
        self.model = open_scopes(model, self.alone)
        self.classes: dict[str, Planned] = {}
        self.module_names = {
            name for line in (*backend.style.imports, *PLANNED_IMPORTS) for name in _bound(line)
        } | {*backend.style.helpers}
        for name in self.model.definitions:
            self.module_names.add(class_name(name, backend.style.helpers))

    def alone(self, flow: ir.Apply) -> bool:
        """Whether a layer is called on its input as it comes, as one of a sequence is."""
        emit = self.backend.layers.get(type(flow.op))
        if emit is None:
            return True
        x = tuple(f.types[0] for f in flow.inputs)
        use = Use(flow.op, x, {}, flow.types, flow.origins, flow.channels_last, self.exact)
        return emit(use).call == py.call(SELF, X[0])

    def plan(self) -> list[ClassCode]:
        self.split()
        by_definition: dict[str, list[ir.Instance]] = {}
        for instance in self.model.instances:
            by_definition.setdefault(instance.definition, []).append(instance)
        for name in self.order(by_definition):
            self.write(name, by_definition[name])
        return [c.code for c in self.classes.values()]

    def order(self, by_definition: dict[str, list[ir.Instance]]) -> list[str]:
        """The definitions, each behind the ones that any of its instances uses."""
        found: dict[str, None] = {}

        def visit(name: str) -> None:
            for instance in by_definition[name]:
                for s in ir.statements(instance.body):
                    for f in ir.flows(s.value):
                        if isinstance(f, ir.Call):
                            used = self.model.instances[f.instance].definition
                            if used not in found:
                                visit(used)
            found[name] = None

        for name in self.model.definitions:
            if name in by_definition and name not in found:
                visit(name)
        return list(found)

    def write(self, name: str, instances: list[ir.Instance]) -> None:
        """One class for all instances, or where that cannot be, one for each."""
        definition = self.model.definitions[name]
        try:
            self.classes[name] = self.written(definition, instances)
        except (Differs, Varies):
            if len(instances) == 1:
                unrolled = unroll(instances[0])
                self.replace(unrolled)
                self.classes[name] = self.written(definition, [unrolled])
                return
            self.write(name, instances[:1])
            for number, instance in enumerate(instances[1:], start=2):
                new = self.rename(name, f"{name}{number}", {instance.number})
                self.write(new, [self.model.instances[instance.number]])

    def replace(self, instance: ir.Instance) -> None:
        instances = list(self.model.instances)
        instances[instance.number] = instance
        self.model = self.model.model_copy(update={"instances": tuple(instances)})

    def class_of(self, call: ir.Call) -> Planned:
        """The class that a call makes an object of."""
        return self.classes[self.model.instances[call.instance].definition]

    def written(self, definition: ir.Definition, instances: list[ir.Instance]) -> Planned:
        name = class_name(definition.name, self.backend.style.helpers)
        writer = ClassWriter(self, definition, instances, name)
        forward = Forward(writer)
        making = writer.constructor()
        method = forward.method()
        arguments = writer.arguments.signature()
        code = ClassCode(
            name,
            arguments,
            self.statement(writer, making, method, arguments),
            writer.helpers,
            writer.imports,
        )
        return Planned(code, writer.arguments, [forward.local(n) for n in definition.inputs])

    def statement(
        self,
        writer: ClassWriter,
        making: list[py.Statement],
        method: py.Function,
        arguments: list[Any],
    ) -> py.Class:
        style = self.backend.style
        is_model = writer.definition.kind == "model" and writer.instances[0] is self.model.root
        params = [py.Param("self")]
        for a in arguments:
            params.append(py.Param(a.name, a.annotation, a.default))
        parent: py.Expr = py.Call(py.Attribute(py.call("super"), "__init__"))
        if style.keyword_init:
            params.append(py.Param("**kwargs"))
            parent = py.Call(
                py.Attribute(py.call("super"), "__init__"), (py.Arg(py.Atom("kwargs"), "**"),)
            )
        stored = [py.Assign(py.Attribute("self", n), value) for n, value in writer.stored.items()]
        init: list[py.Statement] = []
        if making or stored or arguments or style.keyword_init:
            body = [py.Do(parent), *stored, *making]
            init.append(py.Function("__init__", params, body, returns="None"))
        base = style.model if is_model else style.module
        doc = self.parameters_line(writer) if is_model else self.own_doc(writer.definition)
        return py.Class(writer.name, (base,), doc, [*init, method])

    def own_doc(self, definition: ir.Definition) -> str:
        """What the spec says of a block, unless the file says it already."""
        said = " ".join(definition.doc.lower().split())
        return "" if said in self.doc else definition.doc.strip()

    def parameters_line(self, writer: ClassWriter) -> str:
        values = writer.instances[0].arguments
        plain = {n: v for n, v in values.items() if _is_plain(v)}
        text = ", ".join(f"{n}={py.literal(v)}" for n, v in plain.items())
        return f"{text}." if text else ""

    def unsupported(self, op: Any) -> Exception:
        row = self.backend.unsupported.get(type(op))
        reason = row.reason if row else "no code is written for it"
        return UnsupportedOp(op.kind(), reason)

    # -- layers that are passed on

    def factory(self, layer: Any, use: Use | None, at: Occurrence, writer: ClassWriter) -> py.Expr:
        """What makes a layer when called: `nn.ReLU`, `partial(nn.LeakyReLU, 0.2)`."""
        make = writer.make_block(layer) if use is None else self.backend.style.object_of(use)
        return _partial(_concrete(make))

    def default_factory(self, definition: ir.Definition, parameter: str) -> py.Expr | None:
        """The default of a `layer` parameter, where making it needs no input."""
        p = next(p for p in definition.parameters if p.name == parameter)
        layer = p.default.value if p.default is not None else None
        op = getattr(layer, "op", None)
        if op is None or op.sizes:
            return None
        use = Use(op, (), {}, (), {})
        return _partial(_concrete(self.backend.style.object_of(use)))

    # -- definitions whose uses differ in structure

    def split(self) -> None:
        """Gives each structure of a definition a class of its own, where one does not do."""
        from dlspec.backend.merge import first, merge_body

        for name in list(self.model.definitions):
            instances = [i for i in self.model.instances if i.definition == name]
            groups: list[list[ir.Instance]] = []
            for instance in instances:
                for group in groups:
                    try:
                        merge_body([(first(i), i.body) for i in (*group, instance)])
                    except Differs:
                        continue
                    group.append(instance)
                    break
                else:
                    groups.append([instance])
            for number, group in enumerate(groups[1:], start=2):
                self.rename(name, f"{name}{number}", {i.number for i in group})

    def rename(self, name: str, new: str, numbers: set[int]) -> str:
        """Some instances of a definition as instances of another; gives its name."""
        while new in self.model.definitions:
            new += "_"
        self.module_names.add(new)
        definitions: dict[str, ir.Definition] = {}
        for n, d in self.model.definitions.items():
            definitions[n] = d
            if n == name:
                definitions[new] = d.model_copy(update={"name": new})
        instances = tuple(
            i.model_copy(update={"definition": new}) if i.number in numbers else i
            for i in self.model.instances
        )
        self.model = self.model.model_copy(
            update={"definitions": definitions, "instances": instances}
        )
        return new


def _is_plain(value: Any) -> bool:
    """Whether a value is a number, a string or a list of such: no layer."""
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return isinstance(value, int | float | str)


def model_file(model: ir.ModelIR, backend: Backend, doc: str = "", exact: bool = False) -> str:
    """The text of `model.py`."""
    planner = Planner(model, backend, exact, doc)
    classes = planner.plan()
    style = backend.style
    helpers = [h for h in style.helpers if any(h in c.helpers for c in classes)]
    imports = [*style.imports, *PLANNED_IMPORTS]
    for c in classes:
        imports.extend(sorted(c.imports))
    body: list[py.Statement] = []
    for helper in helpers:
        body.append(py.Raw(style.helpers[helper]))
    body.extend(c.statement for c in classes)
    made = py.Module(doc or f"{model.name}.", [_import(line) for line in imports], body)
    return made.render()


def _import(line: str) -> py.Import | py.From:
    words = line.split()
    if words[0] == "import":
        return py.Import(words[1], words[3] if len(words) > 2 else "")
    names = tuple(n.strip() for n in line.split(" import ")[1].split(","))
    return py.From(words[1], names)


def _bound(line: str) -> list[str]:
    words = line.split()
    if words[0] == "import":
        return [words[-1].split(".")[0]]
    return [n.strip() for n in line.split(" import ")[1].split(",")]


def _concrete(make: py.Expr) -> py.Expr:
    """A constructor call with its slots as literals."""
    from dlspec.backend.merge import fill, unify

    def put(values: Any) -> Any:
        if values.omitted:
            return None
        value = values.slots[0][1].value
        return value if isinstance(value, py.Expr) else py.literal(value)

    return fill(unify([(None, make)]), put)  # type: ignore[list-item]


def _partial(make: py.Expr) -> py.Expr:
    assert isinstance(make, py.Call)
    callee = py.Code(make.callee) if isinstance(make.callee, str) else make.callee
    if not make.args:
        return callee
    return py.Call("partial", (py.Arg(callee), *make.args))
