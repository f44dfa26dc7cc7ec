"""Cases of parity: one layer each, as lines of a spec, and many of them in one model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from dlspec import ops
from dlspec.manual.facts import layer, tensor
from dlspec.ops.base import FORMATS, Example
from dlspec.ops.batch_size import OfBatch
from dlspec.ops.drawing import Draw

OPERATORS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "power": "**"}
RAW = {
    "Parameter(f32[5], init=ones)": "f32[5]",
    "Parameter(f32[1, 4], init=normal(std=0.02))": "f32[3, 4]",
    "Parameter(f32[], init=constant(0.5))": "f32[3]",
    "Buffer([0.5, 0.25, 2.0])": "f32[3]",
    "range(0, 7)": "i32[7]",
    "range(2, 6)": "i32[1]",
    "range(9, 0, -2)": "i32[5]",
    "Buffer([[1, 0], [2, 3], [5, 4]])": "i32[3, 1]",
    "Buffer(f32[2, 3], init=normal(std=1))": "f32[2, 3]",
    "linspace(0, 1, 5)": "f32[5]",
    "linspace(start=2, stop=-0.5, count=4)": "f32[4]",
    "linspace(3, 7, 1)": "f32[1]",
}
"""What has no input of its own is multiplied with one."""
TIED = {
    "Transposed(Embedding, 4, 11)": "i32[3]",
    "Transposed(Dense, 5, 7)": "f32[7]",
    "Transposed(Dense, 5, 3)": "f32[4, 3]",
}
"""What the layer itself reads."""
OPERATORS |= {"floor_divide": "//", "remainder": "%", "matmul": "@"}
OPERATORS |= {"equal": "==", "not_equal": "!="}
OPERATORS |= {"less": "<", "less_equal": "<=", "greater": ">", "greater_equal": ">="}
OPERATORS |= {"logical_and": "and", "logical_or": "or"}
UNARY = {"negative": "-", "logical_not": "not "}
POSITIVE = {"log", "log1p", "sqrt", "rsqrt", "divide", "power", "floor_divide", "remainder"}
"""Ops that are given positive numbers: they have no value elsewhere, or explode near zero."""
POSITIVE |= {"log2", "log10"}
LEAST = {"acosh": 2.2}
"""Numbers below which, halved, a function has no value."""
GREATEST = {"tan": 1.2, "asin": 0.95, "acos": 0.95, "atanh": 0.9, "acosh": 4.0}
"""Numbers above which, or below whose negative, a function explodes."""


@dataclass(frozen=True)
class Case:
    """A layer as a spec writes it, with the types of its inputs."""

    kind: str
    layer: str
    inputs: tuple[str, ...]
    named: tuple[tuple[str, str], ...] = ()

    @property
    def id(self) -> str:
        named = (f"{n}={t}" for n, t in self.named)
        return f"{self.layer} of {', '.join((*self.inputs, *named))}"

    @property
    def outputs(self) -> int:
        """How many tensors it gives: recurrent layers, topk and Split several."""
        if self.kind == "topk":
            return 2
        if self.kind == "Split":
            given = re.search(r"\((?:parts=)?(\d+|\([^)]*\))", self.layer)
            assert given is not None
            return given[1].count(",") + 1 if "," in given[1] else int(given[1])
        found = re.search(r"return=\(([^)]*)\)|return=(\w+)", self.layer)
        parts = [p.strip() for p in (found[1] or found[2]).split(",")] if found else ["last"]
        ways = 2 if "merge=none" in self.layer else 1
        states = 2 if "LSTM" in self.kind else 1
        return sum(states if p == "state" else ways for p in parts if p)

    @cached_property
    def refused(self) -> frozenset[str]:
        """The formats that cannot hold it, as its op says."""
        op = ops.lookup(self.kind)
        if op is None or not op.refusals:
            return frozenset()
        made, x = layer(self.layer), [tensor(t) for t in self.inputs]
        return frozenset(f for f in FORMATS if any(made.refused(f, *x)))

    @property
    def ids(self) -> int:
        """The number of rows of an embedding."""
        found = re.match(r"Embedding(?:Bag)?\((?:count=)?(\d+)", self.layer)
        return int(found[1]) if found else 7


def of_example(kind: str, e: Example) -> Case:
    inputs = e.inputs or (RAW[e.layer],)
    if kind == "Transposed":
        inputs = (*inputs, TIED[e.layer])
    return Case(kind, e.layer, inputs, tuple(e.named.items()))


def examples() -> list[Case]:
    """Every example of every op, but of draws, which are other numbers in each runtime."""
    kinds = ((name, ops.lookup(name)) for name in defined())
    return [of_example(name, e) for name, op in kinds if op is not None for e in op.examples]


def defined() -> list[str]:
    """The ops that give the same numbers wherever they run."""
    return [n for n in ops.names() if not issubclass(ops.lookup(n) or object, (Draw, OfBatch))]


@dataclass(frozen=True)
class Input:
    """An input of a model: its name and type as written, and where its numbers lie."""

    name: str
    type: str
    low: float = -2.0
    high: float = 2.0

    @property
    def field(self) -> str:
        """True and false come from the sign of a number."""
        return self.type.replace("bool", "f32")

    @property
    def in_model(self) -> str:
        """A model takes classes as integers."""
        if not self.type.startswith("class"):
            return self.field
        _, _, shape = self.type.partition("][")
        return f"i32[{shape}" if shape else "i32[]"


@dataclass(frozen=True)
class Spec:
    """A whole spec with one model, and which of its outputs belong to which case."""

    text: str
    inputs: tuple[Input, ...]
    cases: tuple[Case, ...] = ()

    def outputs(self, index: int) -> list[str]:
        """The outputs of a case."""
        return output_names(index, self.cases[index])


def output_names(index: int, case: Case) -> list[str]:
    if case.outputs == 1:
        return [f"y{index}"]
    return [f"y{index}_{k}" for k in range(case.outputs)]


def together(cases: Sequence[Case], exact: bool = False, far: bool = False) -> Spec:
    """One model that applies the layer of every case to inputs of its own. With `far`, they lie
    far from 0."""
    inputs: list[Input] = []
    lines: list[str] = []
    for i, case in enumerate(cases):
        high = 200.0 if far else GREATEST.get(case.kind, 2.0)
        low = LEAST.get(case.kind, 0.3 if case.kind in POSITIVE else -high)
        types = (*case.inputs, *(t for _, t in case.named))
        own = [
            Input(f"x{i}_{j}", t, low, case.ids if t.startswith(("i", "class")) else high)
            for j, t in enumerate(types)
        ]
        inputs += own
        truths = (x.type.startswith("bool") for x in own)
        lines += applied(
            i, case, [f"({x.name} > 0)" if t else x.name for x, t in zip(own, truths, strict=True)]
        )
    return Spec(whole(inputs, lines, exact=exact), tuple(inputs), tuple(cases))


def applied(index: int, case: Case, x: Sequence[str]) -> list[str]:
    """The statements of one case."""
    unnamed, named = x[: len(case.inputs)], x[len(case.inputs) :]
    given = [*unnamed, *(f"{n}={v}" for (n, _), v in zip(case.named, named, strict=True))]
    if case.kind in ("Parameter", "Buffer"):
        return [f"let w{index} = {case.layer}", f"output y{index} = w{index} * {x[0]}"]
    if case.kind in ("range", "linspace"):
        return [f"output y{index} = {x[0]} * {case.layer}"]
    if case.kind == "Transposed":
        of, reads, gives = re.findall(r"Embedding|Dense|\d+", case.layer)
        layer = f"Embedding({gives}, {reads})" if of == "Embedding" else f"Dense({reads})"
        return [
            f"let w{index} = {layer}",
            f"u{index} = {x[1]} -> w{index}",
            f"output y{index} = {x[0]} -> w{index}.transposed",
        ]
    if case.kind in UNARY:
        value = f"{UNARY[case.kind]}{x[0]}"
    elif case.layer.startswith("x["):
        value = x[0] + case.layer[1:].replace("y", x[-1])
    elif case.kind in OPERATORS:
        value = f" {OPERATORS[case.kind]} ".join(unnamed)
    else:
        start = given[0] if len(given) == 1 else f"({', '.join(given)})"
        value = f"{start} -> {case.layer}"
    names = output_names(index, case)
    if len(names) == 1:
        return [f"output {names[0]} = {value}"]
    return [f"{', '.join(names)} = {value}", *(f"output {n}" for n in names)]


def whole(inputs: Sequence[Input], lines: Sequence[str], blocks: str = "", exact: bool = False):
    """A spec around the statements of a model. Its loss reads one more output alone."""
    fields = [f'  field {x.name}: {x.field} = column("{x.name}")' for x in inputs]
    numerics = "; numerics = exact" if exact else ""
    return "\n".join(
        [
            blocks,
            "data rows {",
            '  source = npz("rows.npz")',
            *fields,
            '  field probe: f32[2] = column("probe")',
            "  split = random(train=50 %, test=50 %, seed=0)",
            "}",
            "model M {",
            *(f"  input {x.name}: {x.in_model}" for x in inputs),
            "  input probe: f32[2]",
            *(f"  {line}" for line in lines),
            "  output probed: f32[2] = probe -> Dense(2)",
            "}",
            "train {",
            "  data = rows; model = M(); loss = MSE(probed, probe); optimizer = SGD(lr=0.1)",
            f"  epochs = 1; batch = 2{numerics}",
            "}",
        ]
    )
