"""`docs/ops.md`: every layer and function, from its declaration and the tables of the backends."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from pydantic import TypeAdapter

from dlspec import ops
from dlspec.backend.protocol import Backend
from dlspec.backend.registry import OWN, find
from dlspec.elaborate.file import collect
from dlspec.elaborate.layers import LayerEvaluator
from dlspec.elaborate.values import OpLayer, Scope
from dlspec.ir.model import Apply, statements
from dlspec.ir.values import Type
from dlspec.manual.arguments import arguments, signature
from dlspec.manual.markdown import code, fence, joined, link, note, prose, table
from dlspec.ops.base import Example, Op
from dlspec.ops.indexing import getitem
from dlspec.pipeline import check
from dlspec.source import Source
from dlspec.syntax import parse, tree
from dlspec.tensor import Tensor

ABOUT = (
    "Every layer and function of this version: arguments, shapes, weights, what it becomes. Shapes "
    "are those of one example; axes count from 0, and -1 is the last. A layer is applied with "
    "`->`; a function too, or called on tensors."
)


def page() -> str:
    """The text of the page."""
    backends = {name: find(name) for name in OWN}
    parts = ["# Layers and functions", note(ABOUT), index(backends)]
    for family, kinds in ops.FAMILIES.items():
        module = import_module(f"dlspec.ops.{family}")
        parts.append(f"## {(module.__doc__ or '').strip().splitlines()[0].rstrip('.')}")
        parts.extend(part for kind in kinds.split() for part in one(known(kind), backends))
    return joined(parts)


def known(kind: str) -> type[Op]:
    found = ops.lookup(kind)
    assert found is not None
    return found


def heading(op: type[Op]) -> str:
    """A function has its inputs, so that `Tanh` and `tanh(x)` have anchors of their own."""
    if op.kind()[0].isupper():
        return op.kind()
    return f"{op.kind()}({', '.join('xyz'[: op.inputs[0]])})"


def index(backends: Mapping[str, Backend]) -> str:
    """What each becomes, in one table."""
    rows = []
    for kind in ops.names():
        op = known(kind)
        where = ("yes" if op in b.layers else _refusal(b, op) for b in backends.values())
        rows.append((link(heading(op)), *where, ", ".join(op.onnx), ", ".join(op.tflite)))
    return table(("", *backends, "ONNX", "TFLite"), rows)


def _refusal(backend: Backend, op: type[Op]) -> str:
    row = backend.unsupported[op]
    return f"{row.kind}: {row.reason}"


def one(op: type[Op], backends: Mapping[str, Backend]) -> Iterator[str]:
    """The parts of one entry."""
    yield f"### {heading(op)}"
    named = op is not getitem  # what brackets hold is no argument
    if named and (op.variadic or op.model_fields):
        yield fence(signature(op))
    yield prose(op)
    yield arguments(op) if named else ""
    rows = [example(e) for e in op.examples]
    if rows:
        yield table(("example", "input", "output", "weights", "MACs"), rows)
    for name, backend in backends.items():
        if op not in backend.layers:
            yield f"{name}: {_refusal(backend, op)}."


# --- examples ---------------------------------------------------------------------------------


def example(e: Example) -> tuple[str, ...]:
    """A row: the layer, its inputs, and what its rules say of them."""
    op = bracketed(e) if e.layer.startswith("x[") else layer(e.layer)
    x = [tensor(t) for t in e.inputs]
    named = {n: tensor(t) for n, t in e.named.items()}
    made = op.shape(*x, **named)
    outputs = made if isinstance(made, tuple) else (made,)
    inputs = [code(str(t)) for t in x] + [f"{n}: {code(str(t))}" for n, t in named.items()]
    weights = [f"`{w.name}` {list(map(int, w.shape))}" for w in op.weights(*x)]
    macs = op.macs(*x)
    return (
        code(e.layer),
        ", ".join(inputs),
        ", ".join(code(str(t)) for t in outputs),
        ", ".join(weights),
        f"{macs:,}" if macs else "",
    )


def layer(text: str) -> Op:
    """A layer as a spec writes it."""
    file, _ = parse(Source("example", f"y = {text}"))
    (statement,) = file.statements
    assert isinstance(statement, tree.Assign)
    found: Any = LayerEvaluator(collect(file), {}).layer(statement.value, Scope())[0]
    assert isinstance(found, OpLayer)
    return found.op


def bracketed(e: Example) -> Op:
    """The op behind brackets: `x[1:, none]`, `x[y]`."""
    # Classes are a dtype of fields; a model takes them as integers.
    types = [re.sub(r"^class\[\d+\]", "i32", t) for t in e.inputs]
    inputs = "; ".join(f"input {name}: {t}" for name, t in zip("xy", types, strict=False))
    program = check(Source("example", f"model M {{ {inputs}; output z = {e.layer} }}")).program
    assert program is not None
    (statement,) = statements(program.models["M"].root.body)
    assert isinstance(statement.value, Apply)
    found: Op = statement.value.op
    return found


def tensor(text: str) -> Tensor:
    """A type as a spec writes it: `f32[3, 9, 8]`."""
    return TypeAdapter(Type).validate_python(text)
