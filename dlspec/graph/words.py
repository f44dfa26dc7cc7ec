"""What a node says of itself, in all pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set

from dlspec.declared import snake_case
from dlspec.emit.text import columns
from dlspec.graph.nodes import Graph, Node, Port, shape, short

TIMES = "\N{MULTIPLICATION SIGN}"
LONGEST = 40
"""Columns of a line in a box."""
SHOWN = 30
"""Nodes that a picture begins with, where it can."""


def opened(graph: Graph, depth: int | None = None) -> frozenset[int]:
    """The nodes that are unfolded: down to a depth, 0 for the model alone; else level by level as
    long as the picture stays small."""
    found: set[int] = set()
    level, shown = [graph.root], 0
    for below in range(depth + 1 if depth is not None else 1000):
        inner = [n for node in level for n in node.inside]
        shown += sum(not n.is_end for n in inner)
        if not level or (depth is None and below > 0 and shown > SHOWN):
            break
        found.update(n.number for n in level)
        level = [n for n in inner if n.folds]
    return frozenset(found)


def title(node: Node) -> str:
    """`Conv2D`, or `Residual` with the number of its copies; an end has the name of its wire."""
    return f"{node.title} {TIMES} {node.copies}" if node.copies else node.title


def lines(node: Node) -> Iterator[str]:
    """What stands below the title: arguments, the name within its block, and what it costs."""
    if node.given:
        yield clipped(node.given)
    name = node.name.removeprefix(node.within)
    if name not in (node.title, snake_case(node.title), node.title.lower(), ""):
        yield clipped(name)
    if node.macs or node.parameters:
        yield cost(node)


def cost(node: Node) -> str:
    """`18.4 K MACs, 288 params`."""
    parts = (
        f"{short(n)} {what}" for n, what in ((node.macs, "MACs"), (node.parameters, "params")) if n
    )
    return ", ".join(parts)


def told(node: Node) -> str:
    """Everything, in a sentence: for those who do not see the picture."""
    makes = ", ".join(map(shape, node.types))
    parts = [title(node), *([node.given] if node.given else [])]
    parts += [f"named {node.name}"] if node.name else []
    parts += [f"makes {makes}"] if makes else []
    parts += [cost(node)] if node.macs or node.parameters else []
    return "; ".join(parts)


def step(part: int, most: int) -> int:
    """A cost as one of nine colours, from 0; 8 is that of the box that costs most. They go by the
    root, so that a hundredth of it is still seen."""
    return int(8 * (part / most) ** 0.5 + 0.5) if most else 0


def clipped(text: str) -> str:
    if columns(text) <= LONGEST:
        return text
    found = ""
    for char in text:
        if columns(found + char) > LONGEST - 1:
            break
        found += char
    return f"{found}…"


def edges(graph: Graph, shown: Set[int]) -> Iterator[tuple[int, int, str]]:
    """Each edge of a picture without places: from, to, and what it carries. An edge of an unfolded
    node is tied to an end within."""
    nodes = graph.nodes

    def source(port: Port) -> int:
        node = nodes[port.node]
        return node.ends("output")[port.index].number if port.node in shown else port.node

    def inside(owner: Node) -> Iterator[tuple[int, int, str]]:
        for n in owner.inside:
            into = n.ends("input") if n.number in shown else [n] * len(n.inputs)
            for read, target in zip(n.inputs, into, strict=True):
                yield source(read.port), target.number, label(read.port, read.name, nodes)
            if n.number in shown:
                yield from inside(n)

    return inside(graph.root)


def label(port: Port, name: str, nodes: Mapping[int, Node]) -> str:
    """The shape of a value, with the name of the input that it is given to."""
    made = shape(nodes[port.node].types[port.index])
    return f"{name}: {made}" if name else made
