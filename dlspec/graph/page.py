"""The picture as a page: one file, without anything from elsewhere, whose blocks can be folded."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping, Set
from hashlib import sha256
from pathlib import Path
from typing import Any

from dlspec.graph.colours import of_page
from dlspec.graph.layout import Via, layout
from dlspec.graph.nodes import Graph, Node, shape
from dlspec.graph.placed import (
    COLUMN_GAP,
    PAD,
    ROW_GAP,
    SLOT,
    SMALL,
    TITLE_LINE,
    VIA,
    head,
    labels,
    size,
    slot,
)
from dlspec.graph.svg import BAND, TIP, end, face, heading, rectangle, text
from dlspec.graph.words import title, told

HERE = Path(__file__).parent
MEASURES = {
    "ROW_GAP": ROW_GAP,
    "COLUMN_GAP": COLUMN_GAP,
    "PAD": PAD,
    "SLOT": SLOT,
    "SMALL": SMALL,
    "TOP": TITLE_LINE + PAD,
    "VIA": VIA,
}


def page(graph: Graph, shown: Set[int], name: str) -> str:
    """The page of a model; `name` is that of the spec."""
    style = of_page() + (HERE / "page.css").read_text(encoding="utf-8")
    script = (HERE / "page.js").read_text(encoding="utf-8")
    allowed = b64encode(sha256(script.encode()).digest()).decode()
    root = graph.root
    return f"""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
script-src 'sha256-{allowed}'">
<meta name="viewport" content="width=device-width">
<title>{text(f"{root.title} of {name}")}</title>
<style>
{style}</style>
</head>
<body>
<header>
<h1>{text(root.title)} <small>{text(name)}</small></h1>
<div class="tools">
<button id="fold">Fold all</button><button id="unfold">Unfold all</button>
<span role="group" aria-label="Zoom"><button id="out" aria-label="Smaller">&minus;</button>\
<button id="fit">Fit</button><button id="in" aria-label="Larger">+</button></span>
<fieldset><legend>Colour</legend>\
<label><input type="radio" name="by" value="macs" checked>MACs</label>\
<label><input type="radio" name="by" value="parameters">parameters</label>\
<span class="scale">0 {_scale()} <span id="most"></span></span></fieldset>
<label class="search">Find <input type="search" id="find" placeholder="name or layer"></label>
<output id="found" aria-live="polite"></output>
<button id="theme">Light or dark</button>
</div>
</header>
<main>
<noscript>This page places its boxes by a script.</noscript>
<svg id="picture" xmlns="http://www.w3.org/2000/svg" role="group" \
aria-label="{text(told(root))}">
{TIP}
<g id="tree" role="tree" aria-label="layers of {text(root.title)}">
{"".join(_node(root, shown, graph))}</g>
</svg>
</main>
<aside id="facts" hidden></aside>
<script type="application/json" id="measures">{_json(MEASURES)}</script>
<script type="application/json" id="told">{_json(dict(_facts(graph)))}</script>
<script>{script}</script>
</body>
</html>
"""


def _scale() -> str:
    return "".join(f'<i style="background:var(--c{i})"></i>' for i in range(9))


def _json(value: Any) -> str:
    """JSON that no script element ends at: everything that HTML could read is escaped."""
    found = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    return found.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _node(node: Node, shown: Set[int], graph: Graph) -> Iterator[str]:
    """A node with both of its faces, and all that is in it."""
    width, height = size(node)
    sizes = f'data-w="{width}" data-h="{height}"'
    if node.is_end:
        kind = f'class="end" data-end="{node.kind}"'
        yield f'<g id="n{node.number}" {kind} {sizes} aria-hidden="true">'
        yield from end(node, width, height)
        yield "</g>\n"
        return
    is_open = node.number in shown
    expanded = f' aria-expanded="{str(is_open).lower()}"' if node.folds else ""
    style = f"node{' folds' if node.folds else ''}{' is-open' if is_open else ''}"
    yield (
        f'<g id="n{node.number}" class="{style}" role="treeitem" tabindex="-1"{expanded} '
        f'aria-label="{text(told(node))}" {sizes} data-slot="{slot(node)}" '
        f'data-outs="{len(node.types)}" data-macs="{node.macs}" '
        f'data-parameters="{node.parameters}">'
    )
    yield f'<g class="face">{rectangle(width, height, "box")}'
    yield from face(node, width)
    yield "</g>"
    if node.folds:
        yield f'<g class="inside" role="group" data-head="{head(node)}" '
        yield f'data-plan="{_plan(node, graph)}">'
        yield rectangle(0, 0, "box open")
        yield f'<g class="head">{rectangle(0, BAND, "band")}{heading(node, "▾ ")}</g>'
        yield '<g class="lines"></g>\n'
        for inner in node.inside:
            yield from _node(inner, shown, graph)
        yield '<g class="texts"></g></g>'
    yield "</g>\n"


def _plan(node: Node, graph: Graph) -> str:
    """The layout of what stands within, for the script: places by names, and segments."""
    plan = layout(node)
    words = labels(node, plan, graph.nodes)
    names = {via: f"v{i}" for i, via in enumerate(plan.vias)}

    def key(item: int | Via) -> str:
        return names[item] if isinstance(item, Via) else f"n{item}"

    found = {
        "places": {key(item): place for item, place in plan.places.items()},
        "segments": [
            [key(s.start), key(s.end), s.port.index, s.read, *words.get(s, ())]
            for s in plan.segments
        ],
    }
    return text(json.dumps(found, separators=(",", ":")))


def _facts(graph: Graph) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """What is told of each node beside the picture."""
    nodes = graph.nodes
    for node in nodes.values():
        if not node.is_end:
            rows = _rows(node, nodes)
            yield f"n{node.number}", [(name, value) for name, value in rows if value]


def _rows(node: Node, nodes: Mapping[int, Node]) -> Iterator[tuple[str, str]]:
    yield "", title(node)
    yield "name", node.name
    yield "arguments", node.given
    yield "defaults", node.defaults
    reads = ((i.name, nodes[i.port.node].types[i.port.index]) for i in node.inputs)
    yield "reads", ", ".join(f"{n}: {shape(t)}" if n else shape(t) for n, t in reads)
    yield "makes", ", ".join(map(shape, node.types))
    yield "MACs", f"{node.macs:,}" if node.macs else ""
    yield "parameters", f"{node.parameters:,}" if node.parameters else ""
    yield "line", node.line
