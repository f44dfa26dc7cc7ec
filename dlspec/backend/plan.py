"""`model.py`: a class for each block and model, a function for each `fn`, children first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from dlspec.backend.arguments import Arguments, Varies
from dlspec.backend.classes import ClassCode, ClassWriter
from dlspec.backend.constructor import Constructor
from dlspec.backend.externs import python_names
from dlspec.backend.forward import Forward
from dlspec.backend.merge import Differs
from dlspec.backend.names import class_name
from dlspec.backend.passed import Conflict, use_of, with_objects, without
from dlspec.backend.protocol import SELF, Backend, UnsupportedOp, X
from dlspec.backend.scopes import in_chains, open_scopes
from dlspec.backend.split import called, levels, structures
from dlspec.backend.unroll import unroll
from dlspec.emit import python as py
from dlspec.emit.text import flowed
from dlspec.expr import fixed
from dlspec.ir import model as ir

PLANNED_IMPORTS = (
    "from collections.abc import Callable",
    "from functools import partial",
    "from typing import Any",
    "import math",
)


@dataclass
class Planned:
    """A class or function that others may use."""

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
        self.model = open_scopes(with_objects(model, backend, exact), self.alone)
        self.classes: dict[str, Planned] = {}
        self.originals: dict[str, str] = {}
        """The definition of the spec that one was split off from."""
        self.named = set(in_chains(self.model)) if backend.style.named_in_chains else set[str]()
        """The definitions whose objects are given a name when they are made."""
        self.module_names = {
            name for line in (*backend.style.imports, *PLANNED_IMPORTS) for name in _bound(line)
        } | {*backend.style.helpers}
        for name in self.model.definitions:
            self.module_names.add(class_name(name, backend.style.helpers))
        self.python = python_names(self.model, backend.name, self.module_names)
        """What Python functions are called in the file, by what the spec names."""
        self.module_names.update(self.python.values())

    def alone(self, flow: ir.Apply) -> bool:
        """Whether a layer is called on its input as it comes, as one of a sequence is."""
        emit = self.backend.layers.get(type(flow.op))
        if emit is None:
            return True
        return emit(use_of(flow, self.exact)).call == py.call(SELF, X[0])

    def plan(self) -> list[ClassCode]:
        self.split()
        by_definition: dict[str, list[ir.Instance]] = {}
        for instance in self.model.instances:
            by_definition.setdefault(instance.definition, []).append(instance)
        for name in self.order(by_definition):
            self.write(name, by_definition[name])
        codes = {c.code.name: c.code for c in self.classes.values()}.values()
        return sorted(codes, key=lambda code: isinstance(code.statement, py.Class))

    def order(self, by_definition: dict[str, list[ir.Instance]]) -> list[str]:
        """The definitions, each behind the ones that any of its instances uses."""
        found: dict[str, None] = {}

        def visit(name: str) -> None:
            for instance in by_definition[name]:
                for used in called(self.model, instance):
                    if used.definition not in found:
                        visit(used.definition)
            found[name] = None

        for name in self.model.definitions:
            if name in by_definition and name not in found:
                visit(name)
        return list(found)

    def write(self, name: str, instances: list[ir.Instance], unrolled: bool = False) -> None:
        """One class or function for all instances, or where that cannot be, as few as do."""
        try:
            self.classes[name] = self.written(self.model.definitions[name], instances)
        except Conflict as conflict:
            for number, parameter in conflict.found:
                self.replace(without(self.model.instances[number], parameter))
            same, *others = structures(self.model.instances[i.number] for i in instances)
            self.write(name, same, unrolled)
            for group in others:
                self.write(*self.split_off(name, group), unrolled)
        except (Differs, Varies):
            if len(instances) == 1:
                if unrolled:
                    raise
                alone = unroll(instances[0])
                self.replace(alone)
                self.write(name, [alone], unrolled=True)
                return
            same, *others = self.fitting(name, instances)
            self.write(name, same)
            for group in others:
                self.write(*self.split_off(name, group))

    def fitting(self, name: str, instances: list[ir.Instance]) -> list[list[ir.Instance]]:
        """The uses of a definition, those together that one class does for."""
        groups: list[list[ir.Instance]] = []
        for instance in instances:
            for group in groups:
                try:
                    self.written(self.model.definitions[name], [*group, instance])
                except (Conflict, Differs, Varies):
                    continue
                group.append(instance)
                break
            else:
                groups.append([instance])
        return groups

    def replace(self, instance: ir.Instance) -> None:
        instances = list(self.model.instances)
        instances[instance.number] = instance
        self.model = self.model.model_copy(update={"instances": tuple(instances)})

    def layer_type(self, made: Iterable[Any]) -> str:
        """The type of an argument that makes a layer when it is called: a class, or any other."""
        style = self.backend.style
        package = style.module.rpartition(".")[0]
        names = {code.code.name for code in self.classes.values()}
        whole = all(str(m) in names or str(m).startswith(f"{package}.") for m in made)
        return f"type[{style.module}]" if whole else f"Callable[..., {style.module}]"

    def class_of(self, call: ir.Call) -> Planned:
        """The class that a call makes an object of."""
        return self.classes[self.model.instances[call.instance].definition]

    def written(self, definition: ir.Definition, instances: list[ir.Instance]) -> Planned:
        name = class_name(definition.name, self.backend.style.helpers)
        writer = ClassWriter(self, definition, instances, name)
        forward = Forward(writer)
        if writer.is_function:
            function = replace(forward.function(), docstring=self.own_doc(definition))
            arguments = writer.arguments.signature()
            code = ClassCode(name, arguments, function, writer.helpers, writer.imports)
        else:
            making = Constructor(writer).statements()
            method = forward.method()
            arguments = writer.arguments.signature()
            statement = self.statement(writer, making, method, arguments)
            code = ClassCode(name, arguments, statement, writer.helpers, writer.imports)
        code = self.shared(definition, code)
        return Planned(code, writer.arguments, [forward.local(n) for n in definition.inputs])

    def shared(self, definition: ir.Definition, code: ClassCode) -> ClassCode:
        """The class of other uses of the same block, where it came out the same."""
        original = self.originals.get(definition.name, definition.name)
        for name, planned in self.classes.items():
            other = planned.code
            if self.originals.get(name, name) == original and other.statement == replace(
                code.statement, name=other.name
            ):
                return ClassCode(
                    other.name, code.arguments, other.statement, code.helpers, code.imports
                )
        return code

    def statement(
        self,
        writer: ClassWriter,
        making: list[py.Statement],
        method: py.Function,
        arguments: list[Any],
    ) -> py.Class:
        style = self.backend.style
        definition = writer.definition.name
        is_model = writer.definition.kind == "model" and writer.instances[0] is self.model.root
        params = [py.Param("self")]
        for a in arguments:
            params.append(py.Param(a.name, a.annotation, a.default))
        parent: py.Expr = py.Call(py.Attribute(py.call("super"), "__init__"))
        if definition in self.named:
            params.append(py.Param("**kwargs"))
            parent = py.Call(
                py.Attribute(py.call("super"), "__init__"), (py.Arg(py.Atom("kwargs"), "**"),)
            )
        kinds = {"losses": "list[Tensor]"} if style.typed else {}
        stored = [
            py.Assign(py.Attribute("self", n), value, annotation=kinds.get(n, ""))
            for n, value in writer.stored.items()
        ]
        init: list[py.Statement] = []
        if making or stored or len(params) > 1:
            body = [py.Do(parent), *stored, *making]
            init.append(py.Function("__init__", params, body, returns="None"))
        base = style.model if is_model else style.module
        doc = self.parameters_line(writer) if is_model else self.own_doc(writer.definition)
        return py.Class(writer.name, (base,), doc, [*init, method])

    def own_doc(self, definition: ir.Definition) -> str:
        """What the spec says of a block, unless the file says it already."""
        said = " ".join(definition.doc.lower().split())
        return "" if said in self.doc else flowed(definition.doc)

    def parameters_line(self, writer: ClassWriter) -> str:
        values = writer.instances[0].arguments
        plain = {n: v for n, v in values.items() if _is_plain(v)}
        given = [f"{n}={py.literal(v)}" for n, v in plain.items()]
        bounds = dict.fromkeys(repr(s) for s in dynamic_sizes(writer.instances[0]))
        text = ", ".join((*given, *bounds))
        return f"{text}." if text else ""

    def unsupported(self, op: Any) -> Exception:
        row = self.backend.unsupported.get(type(op))
        reason = row.reason if row else "no code is written for it"
        return UnsupportedOp(op.kind(), reason)

    # -- definitions whose uses cannot share a class

    def split(self) -> None:
        """Gives each structure of a definition a class of its own, where one does not do."""
        for groups_of in (self.structures, self.levels):
            for name in list(self.model.definitions):
                for group in groups_of(name)[1:]:
                    self.split_off(name, group)

    def structures(self, name: str) -> list[list[ir.Instance]]:
        return structures(i for i in self.model.instances if i.definition == name)

    def levels(self, name: str) -> list[list[ir.Instance]]:
        return levels(self.model, name)

    def split_off(self, name: str, group: list[ir.Instance]) -> tuple[str, list[ir.Instance]]:
        """Some instances of a definition as instances of another: its name, and they."""
        original = self.originals.get(name, name)
        free = (f"{original}{n}" for n in count(2))
        new = next(n for n in free if n not in self.model.definitions)
        self.module_names.add(new)
        self.originals[new] = original
        if name in self.named:
            self.named.add(new)
        numbers = {i.number for i in group}
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
        return new, [i for i in self.model.instances if i.number in numbers]


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


def dynamic_sizes(instance: ir.Instance) -> Iterator[int]:
    """The sizes of its inputs that differ from batch to batch."""
    return (s for _, t in instance.inputs for s in t.shape if not fixed(s))
