"""Cases of parity with a dynamic axis: which uses of an op take one, and models of many."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cases import Case, Spec, together

from dlspec.ir.model import ModelIR
from dlspec.length import put
from dlspec.pipeline import check
from dlspec.source import Source

MORE = 3
"""How much longer than in the example an axis may be."""


@dataclass(frozen=True)
class Opened:
    """A case whose axis `axis` is dynamic, in every input that has its size there."""

    case: Case
    axis: int

    @property
    def id(self) -> str:
        return f"axis {self.axis} in {self.case.id}"

    @property
    def size(self) -> int:
        """The size in the example."""
        return sizes(self.case.inputs[0])[self.axis]

    def types(self, name: str) -> tuple[str, ...]:
        """The types of the inputs in a model."""
        return tuple(self.type(t, name) for t in self.case.inputs)

    def type(self, text: str, name: str) -> str:
        found = sizes(text)
        if self.axis >= len(found) or found[self.axis] != self.size:
            return text
        shape = [f"{name} <= {n + MORE}" if i == self.axis else str(n) for i, n in enumerate(found)]
        return f"{text[: text.rindex('[')]}[{', '.join(shape)}]"


def sizes(text: str) -> tuple[int, ...]:
    """The sizes in a type."""
    shape = text[text.rindex("[") :] if not re.fullmatch(r"class\[\d+\]", text) else "[]"
    return tuple(map(int, re.findall(r"\d+", shape)))


def every(cases: Sequence[Case]) -> Iterator[Opened]:
    """Every axis of the first input of every case."""
    for case in cases:
        if case.inputs:
            yield from (Opened(case, a) for a in range(len(sizes(case.inputs[0]))))


def taken(found: Opened) -> bool:
    """Whether `check` takes the dynamic axis."""
    return check(Source("spec.dls", model_of([found]).text)).program is not None


def model_of(found: Sequence[Opened]) -> Spec:
    """One model of many cases, whose fields have the sizes of the examples."""
    spec = together([o.case for o in found])
    lines = spec.text.split("\n")
    for i, o in enumerate(found):
        bound = False
        for j, type_ in enumerate(o.types(f"T{i}")):
            at = next(k for k, line in enumerate(lines) if line.startswith(f"  input x{i}_{j}:"))
            if "<=" in type_:
                head, _, shape = lines[at].partition("[")
                shape = type_[type_.rindex("[") :]
                lines[at] = head + (re.sub(r" <= \d+", "", shape) if bound else shape)
                bound = True
    return Spec("\n".join(lines), spec.inputs, spec.cases)


def sized(model: ModelIR, longer: int) -> ModelIR:
    """The same inputs in fixed sizes, so much longer than in the examples, for drawing them."""
    root = model.root
    names = {n for _, t in root.inputs for s in t.shape for n in getattr(s, "length", none).names}
    bounds = {str(s): int(s) for _, t in root.inputs for s in t.shape if hasattr(s, "length")}
    values = {n: bounds[n] - MORE + longer for n in names}
    given = tuple(
        (n, t.with_shape(*(put(size, values) for size in t.shape))) for n, t in root.inputs
    )
    instances = [
        i.model_copy(update={"inputs": given}) if i is root else i for i in model.instances
    ]
    return model.model_copy(update={"instances": tuple(instances)})


class none:
    names = ()
