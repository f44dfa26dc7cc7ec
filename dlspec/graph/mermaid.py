"""The graph in the language of Mermaid, which GitHub and notebooks draw.

Names are numbers of ours. Texts stand in quotes, with every character that Mermaid or HTML could
read as something else by its number.
"""

from __future__ import annotations

from collections.abc import Iterator, Set

from dlspec.graph.nodes import Graph, Node
from dlspec.graph.words import TIMES, edges, lines, title

PLAIN = frozenset(f" .,:=(){TIMES}…-_/+")
"""Characters, beside letters and digits, that stand for themselves."""


def mermaid(graph: Graph, shown: Set[int]) -> str:
    """A flowchart, with a subgraph for each node that is unfolded."""
    return "\n".join(_lines(graph, shown)) + "\n"


def _lines(graph: Graph, shown: Set[int]) -> Iterator[str]:
    yield "flowchart TB"
    yield from _inside(graph.root, shown, "  ")
    for start, end, label in edges(graph, shown):
        yield f"  n{start} -->|{quoted(label)}| n{end}"


def _inside(owner: Node, shown: Set[int], indent: str) -> Iterator[str]:
    for n in owner.inside:
        text = quoted(*[title(n) or " ", *lines(n)])
        if n.number in shown:
            yield f"{indent}subgraph n{n.number}[{text}]"
            yield from _inside(n, shown, f"{indent}  ")
            yield f"{indent}end"
        elif n.is_end:
            yield f"{indent}n{n.number}([{text}])"
        else:
            yield f"{indent}n{n.number}[{text}]"


def quoted(*text: str) -> str:
    """A string of Mermaid, with a break between lines."""
    return f'"{"<br>".join("".join(map(_char, line)) for line in text)}"'


def _char(char: str) -> str:
    plain = char in PLAIN or (char.isascii() and char.isalnum())
    return char if plain else f"#{ord(char)};" if char.isprintable() else "#65533;"
