"""The picture as SVG: light or dark, as the reader's screen is, and without any script."""

from __future__ import annotations

from collections.abc import Iterator, Set
from html import escape
from math import floor

from dlspec.graph.colours import of_svg
from dlspec.graph.nodes import Graph, Node
from dlspec.graph.placed import BETWEEN, LINE, PAD, TITLE_LINE, Box, Line, placed
from dlspec.graph.words import lines, step, title, told

MARGIN = 16
BAND = TITLE_LINE + 6
"""The height of the band behind the first line of an unfolded node."""
TIP = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
    'markerUnits="userSpaceOnUse" orient="auto"><path class="tip" d="M0 0L8 4L0 8z"/></marker>'
    "</defs>"
)


def svg(graph: Graph, shown: Set[int]) -> str:
    """The picture. The more multiply-accumulates a box has, the stronger its colour."""
    box = placed(graph.root, shown, graph.nodes)
    most = max((b.node.macs for b in _boxes(box) if not b.is_open), default=0)
    width, height = box.width + 2 * MARGIN, box.height + 2 * MARGIN
    parts = (
        '<svg xmlns="http://www.w3.org/2000/svg" role="img" '
        f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}">',
        f"<title>{text(graph.root.title)}</title>",
        f"<desc>{text(told(graph.root))}</desc>",
        f"<style>\n{of_svg()}</style>",
        TIP,
        f'<g transform="translate({MARGIN} {MARGIN})">',
        *_box(box, most),
        "</g>",
        "</svg>",
    )
    return "\n".join(parts) + "\n"


def _boxes(box: Box) -> Iterator[Box]:
    yield box
    for inner in box.boxes:
        yield from _boxes(inner)


def _box(box: Box, most: int) -> Iterator[str]:
    node = box.node
    yield f'<g transform="translate({place(box.x)} {place(box.y)})">'
    if node.is_end:
        yield from end(node, box.width, box.height)
    elif not box.is_open:
        yield f"<title>{text(told(node))}</title>"
        yield rectangle(box.width, box.height, f"box c{step(node.macs, most)}")
        yield from face(node, box.width)
    else:
        yield rectangle(box.width, box.height, "box open")
        yield rectangle(box.width, BAND, "band")
        yield heading(node)
        yield from (path(e) for e in box.lines)
        for inner in box.boxes:
            yield from _box(inner, most)
        for t in box.texts:
            yield f'<text class="shape" x="{place(t.x)}" y="{place(t.y + 4)}">{text(t.text)}</text>'
    yield "</g>"


def rectangle(width: float, height: float, style: str) -> str:
    return f'<rect class="{style}" width="{place(width)}" height="{place(height)}" rx="5"/>'


def end(node: Node, width: float, height: float) -> Iterator[str]:
    """An end: its name, or a dot."""
    if node.title:
        yield f'<text class="small mid" x="{place(width / 2)}" y="13">{text(node.title)}</text>'
    else:
        yield f'<circle class="tip" cx="{place(width / 2)}" cy="{place(height / 2)}" r="3"/>'


def face(node: Node, width: float) -> Iterator[str]:
    """What stands in a box that is not unfolded."""
    x = place(width / 2)
    mark = " ▸" if node.folds else ""
    yield f'<text class="title mid" x="{x}" y="17">{text(title(node))}{mark}</text>'
    for i, line in enumerate(lines(node)):
        y = place(TITLE_LINE + LINE * i + 13)
        yield f'<text class="mid" x="{x}" y="{y}">{text(line)}</text>'


def heading(node: Node, mark: str = "") -> str:
    """The first line of a node that is unfolded."""
    more = text("".join(f"{BETWEEN}{t}" for t in lines(node)))
    return (
        f'<text x="{place(PAD)}" y="17" xml:space="preserve"><tspan class="title">{mark}'
        f'{text(title(node))}</tspan><tspan class="small">{more}</tspan></text>'
    )


def path(e: Line) -> str:
    middle = place((e.turn + e.back) / 2)
    x0, x1, back = place(e.x0), place(e.x1), place(e.back)
    start = f"V{place(e.turn)}" if e.turn != e.y0 else ""
    rest = f"V{place(e.y1)}" if e.y1 != e.back else ""
    tip = ' marker-end="url(#tip)"' if e.last else ""
    curve = f"M{x0} {place(e.y0)}{start}C{x0} {middle} {x1} {middle} {x1} {back}{rest}"
    return f'<path class="edge" d="{curve}"{tip}/>'


def place(at: float) -> str:
    """A number of a picture: tenths of a pixel, halves rounded up, `12` for `12.0`."""
    return f"{floor(at * 10 + 0.5) / 10:.1f}".removesuffix(".0")


def text(words: str) -> str:
    """Text of a spec in XML: characters that it may not hold are replaced."""
    kept = (c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in words)
    return escape("".join(kept))
