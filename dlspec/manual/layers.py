"""`docs/ops.md`: every layer and function, from its declaration and the tables of the backends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dlspec import ops
from dlspec.manual.arguments import lines, listed
from dlspec.manual.facts import Applied, Facts, facts
from dlspec.manual.markdown import code, fence, joined, link, note, table, written

ABOUT = (
    "Every layer and function of this version: arguments, shapes, weights, what it becomes. Shapes "
    "are those of one example; axes count from 0, and -1 is the last. A layer is applied with "
    "`->`; a function too, or called on tensors."
)

MICRO = (
    "TFLite Micro runs what its interpreter registers, which "
    "[`dlspec/ops/micro.py`](../dlspec/ops/micro.py) lists with its source. It lacks what some or "
    "all uses of a layer become. A name is not all: a kernel may lack a dtype or a number of axes, "
    "which a run in the interpreter shows."
)


def page() -> str:
    """The text of the page."""
    known = [facts(kind) for kind in (*ops.names(), *ops.of_objectives())]
    parts = ["# Layers and functions", note(ABOUT), index(known), MICRO]
    for title in dict.fromkeys(f.family for f in known):
        parts.append(f"## {title}")
        parts.extend(part for f in known if f.family == title for part in one(f))
    return joined(parts)


def heading(f: Facts) -> str:
    """A function has its inputs, so that `Tanh` and `tanh(x)` have anchors of their own."""
    return f.name if f.is_layer else f"{f.name}({', '.join('xyz'[: f.inputs[0]])})"


def index(known: Sequence[Facts]) -> str:
    """Where each runs, in one table."""
    rows = [(link(heading(f)), *(why or "yes" for why in f.runs.values())) for f in known]
    return table(("", *known[0].runs), rows)


def one(f: Facts) -> Iterator[str]:
    """The parts of one entry."""
    yield f"### {heading(f)}"
    if f.arguments or "(" in f.signature:
        yield fence("\n".join(lines(f.signature)))
    yield written(f.manual)
    yield listed(f.arguments)
    rows = [example(e) for e in f.examples]
    if rows:
        yield table(("example", "input", "output", "weights", "MACs"), rows)
    for name, why in f.backends.items():
        if why:
            yield f"{name}: {why}."
    made = {"ONNX": f.onnx, "TFLite": f.tflite}
    becomes = (f"{title}: {', '.join(names)}" for title, names in made.items() if names)
    if text := "; ".join(becomes):
        yield f"{text}."
    yield from f.limits


def example(e: Applied) -> tuple[str, ...]:
    """A row: the layer, its inputs, and what its rules say of them."""
    inputs = [*map(code, e.inputs), *(f"{n}: {code(t)}" for n, t in e.named.items())]
    weights = [f"`{n}` {list(shape)}" if n else str(list(shape)) for n, shape in e.weights.items()]
    return (
        code(e.layer),
        ", ".join(inputs),
        ", ".join(map(code, e.outputs)),
        ", ".join(weights),
        f"{e.macs:,}" if e.macs else "",
    )
