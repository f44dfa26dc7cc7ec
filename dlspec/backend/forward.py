"""The forward pass of a class, or a function: its head around statements that a person would have
written."""

from __future__ import annotations

from collections.abc import Sequence

from dlspec.backend.merge import fill, first, unify
from dlspec.backend.protocol import Slot
from dlspec.backend.statements import Statements
from dlspec.emit import python as py
from dlspec.emit.statements import Page, suite
from dlspec.emit.text import WIDTH
from dlspec.expr import origin


class Forward(Statements):
    """Writes the forward pass of one class, or one function."""

    def function(self) -> py.Function:
        """A function of the module: tensors, then numbers."""
        inputs = [self.local(n) for n in self.w.definition.inputs if self.has(n)]
        kind = "Tensor" if self.style.typed else ""
        body = self.body(self.w.steps, last=True)
        lines = [*self.arguments.definitions(), *body]
        of_nets = self.style.module if self.style.typed else ""
        params = [py.Param(n, of_nets) for n in self.w.nets.values()]
        params.extend(py.Param(n, kind) for n in inputs)
        params.extend(py.Param("seed") for _ in range(self.draws))
        truth = "bool" if self.style.typed else ""
        params.extend(py.Param("training", truth) for _ in range(self.modes))
        numbers = self.arguments.signature()
        params.extend(py.Param(a.name, a.annotation, a.default) for a in numbers)
        returns = self.returns() if self.style.typed else ""
        return py.Function(self.w.name, params, lines, returns)

    def method(self) -> py.Function:
        names = self.w.definition.inputs
        inputs = [self.local(n) for n in names]
        dict_inputs = self.is_root and self.style.dict_inputs and len(inputs) > 1
        states = self.w.instances[0].states if self.is_model else {}
        lines: list[py.Statement] = []
        if dict_inputs:
            for n in states:
                given = py.call("inputs.get", py.literal(n))
                lines.append(py.Assign(self.local(n), given))
        lines.extend(map(self.started, states))
        types = [t for _, t in self.w.instances[0].inputs]
        self.shown = self.memory(types[0]) if types else None
        statements = self.body(self.w.steps, last=True)
        for name, kept in self.lengths.items():
            lines.append(py.Assign(kept, self.size(name)))
        lines.extend(statements)
        if dict_inputs:
            lines[:0] = self.fed([n for n in names if n not in states], lines)
        params = [py.Param("self")]
        kind = "Tensor" if self.style.typed else ""
        if dict_inputs:
            params.append(py.Param("inputs"))
        else:
            params.extend(
                py.Param(self.local(n), f"{kind} | None" if kind else "", "None")
                if n in states
                else py.Param(self.local(n), kind)
                for n in names
            )
        if self.told or self.modes:
            params.append(py.Param("training", default="None"))
        return py.Function(
            self.style.forward,
            params,
            lines,
            returns=self.returns() if self.style.typed else "",
            comment=self.signature() if self.is_model else "",
        )

    def fed(self, names: Sequence[str], lines: Sequence[py.Statement]) -> list[py.Statement]:
        """Takes those inputs out of the dict that the lines read."""
        read = py.names_in("\n".join(suite(lines, Page(WIDTH))))
        targets = [(n, self.local(n)) for n in names if self.local(n) in read]
        if not targets:
            return []
        values = [py.Index("inputs", py.literal(n)) for n, _ in targets]
        if len(targets) == 1:
            return [py.Assign(targets[0][1], values[0])]
        left = py.Tuple(tuple(py.Atom(n) for _, n in targets), naked=True)
        return [py.Assign(left, py.Tuple(tuple(values), naked=True))]

    def started(self, state: str) -> py.Statement:
        """A state that is not given is at its first value, for each example."""
        root = self.w.instances[0]
        (name, like), t = root.fed[0], dict(root.inputs)[state]
        begins = root.states[state]
        value = Slot(begins.value, begins.origin, role="start")
        sizes = tuple(Slot(int(s), origin(s), role="units") for s in t.shape)
        made = self.style.start(py.Atom(self.local(name)), value, sizes, t.dtype, like.dtype)
        self.w.needs((made,))
        call = unify([(first(root), made.call)])
        local = self.local(state)
        return py.If(f"{local} is None", [py.Assign(local, fill(call, self.constant))])

    def returns(self) -> str | py.Expr:
        outputs = self.w.instances[0].outputs
        if len(outputs) == 1:
            return "Tensor"
        if self.is_step:
            return py.Code("tuple[Tensor, dict[str, Tensor]]")
        if self.is_root:
            return py.Code("dict[str, Tensor]")
        return py.Code(f"tuple[{', '.join(['Tensor'] * len(outputs))}]")

    def signature(self) -> str:
        """The shapes of what comes and goes, where both are one, and the same in all uses."""
        found: set[str] = set()
        for instance in self.w.instances:
            types = [t for _, t in (*instance.inputs, *instance.outputs)]
            if len(instance.inputs) != 1 or len(types) != 2:
                return ""
            found.add(" -> ".join(map(self.shape, types)))
        return found.pop() if len(found) == 1 else ""
