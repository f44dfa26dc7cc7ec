"""The graph in the language of Graphviz. Everything from the spec stands in quoted strings."""

from __future__ import annotations

from collections.abc import Iterator, Set

from dlspec.graph.nodes import Graph, Node
from dlspec.graph.words import edges, lines, title


def dot(graph: Graph, shown: Set[int]) -> str:
    """A digraph, with a cluster for each node that is unfolded."""
    return "\n".join(_lines(graph, shown)) + "\n"


def _lines(graph: Graph, shown: Set[int]) -> Iterator[str]:
    yield f"digraph {quoted(graph.root.title)} {{"
    yield '  node [shape=box, style=rounded, fontname="monospace"]'
    yield '  edge [fontname="monospace", fontsize=10]'
    yield from _inside(graph.root, shown, "  ")
    for start, end, label in edges(graph, shown):
        yield f"  n{start} -> n{end} [label={quoted(label)}]"
    yield "}"


def _inside(owner: Node, shown: Set[int], indent: str) -> Iterator[str]:
    for n in owner.inside:
        if n.number in shown:
            yield f"{indent}subgraph cluster_{n.number} {{"
            yield f"{indent}  label={quoted(_text(n))}"
            yield from _inside(n, shown, f"{indent}  ")
            yield f"{indent}}}"
        else:
            shape = ", shape=plaintext" if n.is_end else ""
            yield f"{indent}n{n.number} [label={quoted(_text(n))}{shape}]"


def _text(node: Node) -> str:
    return "\n".join([title(node), *lines(node)])


def quoted(text: str) -> str:
    """A string of Graphviz: with `\\n` for line ends, and no other escape."""
    plain = "".join(
        c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text
    )
    escaped = plain.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
