"""What is known of a layer or function: from its declaration, its rules, and the backends."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from importlib import import_module
from inspect import cleandoc
from typing import Any

from pydantic import TypeAdapter

from dlspec import ops
from dlspec.backend.protocol import Backend
from dlspec.backend.registry import OWN, find
from dlspec.cost import cost, weights
from dlspec.elaborate.file import collect
from dlspec.elaborate.layers import LayerEvaluator
from dlspec.elaborate.values import ExpertsLayer, OpLayer, Scope
from dlspec.frozen import frozen
from dlspec.ir.model import Apply, statements
from dlspec.ir.values import Type
from dlspec.manual.arguments import Argument, arguments, signature
from dlspec.ops.base import FORMATS, Example, Op, Refusal
from dlspec.ops.indexing import getitem
from dlspec.ops.micro import absent
from dlspec.ops.recurrence import Recurrent
from dlspec.pipeline import check
from dlspec.source import Source
from dlspec.syntax import parse, tree
from dlspec.tensor import Tensor


@frozen
class Applied:
    """A layer as a spec writes it, applied to types, with what its rules say of them."""

    layer: str
    inputs: tuple[str, ...]
    named: Mapping[str, str]
    outputs: tuple[str, ...]
    weights: Mapping[str, tuple[int, ...]]
    macs: int


@frozen
class Facts:
    """A layer or function. `backends` says of each why it refuses; "" where it does not."""

    name: str
    family: str
    signature: str
    manual: str
    arguments: tuple[Argument, ...]
    inputs: tuple[int, int | None]
    """The least and the greatest number of inputs; None: any number."""
    named: tuple[str, ...]
    """Further inputs, optional and by name."""
    examples: tuple[Applied, ...]
    backends: Mapping[str, str]
    onnx: tuple[str, ...]
    tflite: tuple[str, ...]
    unheld: tuple[Refusal, ...]
    """What files of exports cannot hold of it."""
    unrolled_with: str
    """The arguments with which an ONNX file has its steps written out, in words."""

    @property
    def runs(self) -> Mapping[str, str]:
        """Why a framework or runtime does not run it, or not always; "" where it does."""
        names = {"torch": "PyTorch", "keras": "Keras"}
        found = {names.get(name, name): why for name, why in self.backends.items()}
        for key, title in FORMATS.items():
            found[title] = "; ".join(f"not with {r.when}" for r in self.unheld if r.format == key)
        if self.of_training:
            return found | dict.fromkeys((*FORMATS.values(), "TFLite Micro"), "no model holds it")
        lacks = absent(self.tflite)
        found["TFLite Micro"] = f"lacks {', '.join(lacks)}" if lacks else found["TFLite"]
        return found

    @property
    def of_training(self) -> bool:
        """Whether only losses call it, which no file of an export holds."""
        return self.name in ops.of_objectives()

    @property
    def limits(self) -> tuple[str, ...]:
        """The same in sentences, and when an ONNX file has no dynamic length of it."""
        found = tuple(
            f"No {FORMATS[r.format]} file holds it with {r.when}: {r.reason}." for r in self.unheld
        )
        if not self.unrolled_with:
            return found
        fixed = "In an ONNX file the number of steps is fixed, and not `dynamic`, with"
        return (*found, f"{fixed} {self.unrolled_with}.")

    @property
    def is_layer(self) -> bool:
        return self.name[0].isupper()

    @property
    def summary(self) -> str:
        """The first sentence of the manual."""
        paragraph = " ".join(self.manual.split("\n\n")[0].split())
        return re.split(r"(?<=\.) (?=[A-Z])", paragraph)[0]

    def to_json(self) -> dict[str, Any]:
        found = {n: getattr(self, n) for n in ("name", "family", "signature", "summary", "manual")}
        return {
            **found,
            "layer": self.is_layer,
            "arguments": [asdict(a) for a in self.arguments],
            "inputs": {"least": self.inputs[0], "most": self.inputs[1], "named": self.named},
            "examples": [asdict(e) for e in self.examples],
            "backends": {name: not why for name, why in self.backends.items()},
            "refusals": {name: why for name, why in self.backends.items() if why},
            "onnx": self.onnx,
            "tflite": self.tflite,
            "micro": {"runs": not self.runs["TFLite Micro"], "absent": absent(self.tflite)},
            "limits": [
                {"format": r.format, "when": r.when, "reason": r.reason} for r in self.unheld
            ],
        }


def facts(kind: str) -> Facts:
    """What is known of the op of this name, which must be one."""
    op = ops.lookup(kind)
    assert op is not None
    named = op is not getitem  # what brackets hold is no argument
    return Facts(
        name=kind,
        family=family(op.__module__),
        signature=signature(op) if named else kind,
        manual=cleandoc(op.__doc__ or ""),
        arguments=arguments(op) if named else (),
        inputs=op.inputs,
        named=op.named,
        examples=tuple(map(applied, op.examples)),
        backends={name: refusal(find(name), op) for name in OWN},
        onnx=op.onnx,
        tflite=op.tflite,
        unheld=op.refusals,
        unrolled_with=op.unrolled_with() if issubclass(op, Recurrent) else "",
    )


def family(module: str) -> str:
    """The first line of the file of a family: `Pooling`."""
    found = import_module(module)
    return (found.__doc__ or "").strip().splitlines()[0].rstrip(".")


def refusal(backend: Backend, op: type[Op]) -> str:
    """Why a backend does not write it; "" where it does."""
    if op in backend.layers:
        return ""
    row = backend.unsupported[op]
    return f"{row.kind}: {row.reason}"


# --- examples ---------------------------------------------------------------------------------


def applied(e: Example) -> Applied:
    """What the rules of an op say of an example."""
    own = not e.inputs and e.layer[0].isupper()
    op = stated(e) if own or e.layer.startswith("x[") else layer(e.layer)
    x = [tensor(t) for t in e.inputs]
    named = {n: tensor(t) for n, t in e.named.items()}
    made = op.shape(*x, **named)
    if op.of_layers:
        return mixed(e)
    return Applied(
        layer=e.layer,
        inputs=tuple(map(str, x)),
        named={n: str(t) for n, t in named.items()},
        outputs=tuple(map(str, made if isinstance(made, tuple) else (made,))),
        weights={w.name: tuple(map(int, w.shape)) for w in op.weights(*x)},
        macs=int(op.macs(*x)),
    )


def mixed(e: Example) -> Applied:
    """What a model says whose only layer holds others, which have the weights."""
    types = dict(zip("xyz", map(as_input, e.inputs), strict=False))
    types |= {n: as_input(t) for n, t in e.named.items()}
    lines = [f"input {name}: {t}" for name, t in types.items()]
    given = ", ".join([*"xyz"[: len(e.inputs)], *(f"{n}={n}" for n in e.named)])
    body = "; ".join([*lines, f"output made = ({given}) -> {e.layer}"])
    program = check(Source("example", f"model M {{ {body} }}")).program
    assert program is not None
    found = program.models["M"]
    whole = cost(found)
    return Applied(
        layer=e.layer,
        inputs=tuple(str(tensor(t)) for t in e.inputs),
        named={n: str(tensor(t)) for n, t in e.named.items()},
        outputs=tuple(map(str, whole.outputs.values())),
        weights={n: tuple(map(int, w.shape)) for n, w in weights(found).items()},
        macs=whole.macs,
    )


def layer(text: str) -> Op:
    """A layer as a spec writes it."""
    file, _ = parse(Source("example", f"y = {text}"))
    (statement,) = file.statements
    assert isinstance(statement, tree.Assign)
    found: Any = LayerEvaluator(collect(file), {}).layer(statement.value, Scope())[0]
    assert isinstance(found, OpLayer | ExpertsLayer)
    return found.op


def stated(e: Example) -> Op:
    """The op of what is no layer of a chain: brackets, `x[1:, none]`, and what `let` names."""
    types = [as_input(t) for t in e.inputs]
    lines = [f"input {name}: {t}" for name, t in zip("xy", types, strict=False)]
    named = not types and e.layer[0].isupper()
    lines += [f"let z = {e.layer}", "output z"] if named else [f"output z = {e.layer}"]
    program = check(Source("example", f"model M {{ {'; '.join(lines)} }}")).program
    assert program is not None
    (statement,) = statements(program.models["M"].root.body)
    assert isinstance(statement.value, Apply)
    found: Op = statement.value.op
    return found


def as_input(text: str) -> str:
    """The type of an input. Classes are a dtype of fields; a model takes them as integers."""
    return re.sub(r"^class\[\d+\]", "i32", text)


def tensor(text: str) -> Tensor:
    """A type as a spec writes it: `f32[3, 9, 8]`."""
    return TypeAdapter(Type).validate_python(text)
