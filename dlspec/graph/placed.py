"""A picture with places: every box, line and label, in pixels.

The page has the same rules in `page.js`, since it places anew whatever is folded or unfolded; a
test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from dlspec.emit.text import columns
from dlspec.frozen import frozen
from dlspec.graph.layout import Item, Layout, Segment, Via, layout
from dlspec.graph.nodes import Node, Port, shape
from dlspec.graph.words import label, lines, title

LETTER, SMALL = 7.8, 6.6
"""Widths of a letter of a fixed-width font, at 13 and at 11 pixels."""
TITLE_LINE, LINE = 18.0, 15.0
PAD = 9.0
END = 19.0
"""The height of an end."""
ROW_GAP, COLUMN_GAP = 44.0, 26.0
VIA = 10.0
SLOT = 14.0
"""Between two lines at one box."""
BETWEEN = "  ·  "
"""Between the parts of a line."""


@frozen
class Line:
    """Part of an edge: straight to `turn`, over to the other column by `back`, straight on."""

    x0: float
    y0: float
    turn: float
    back: float
    x1: float
    y1: float
    last: bool


@frozen
class Text:
    """A label, with its middle."""

    x: float
    y: float
    text: str


@dataclass
class Box:
    """A node at a place. `ins` and `outs` say where the lines of an unfolded one are tied, from its
    left; `anchor` is what stands below each other in a column."""

    node: Node
    width: float
    height: float
    x: float = 0.0
    y: float = 0.0
    anchor: float = 0.0
    is_open: bool = False
    ins: list[float] = field(default_factory=list)
    outs: list[float] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)


def placed(node: Node, shown: Set[int], nodes: Mapping[int, Node]) -> Box:
    """A node with everything that is unfolded in it. Places within a node count from its corner."""
    if node.number not in shown:
        width, height = size(node)
        return Box(node, width, height, anchor=width / 2)
    inner = _Inside(node, shown, nodes)
    width = max(inner.width + 2 * PAD, head(node))
    left, top = (width - inner.width) / 2, TITLE_LINE + PAD
    for box in inner.boxes:
        box.x, box.y = box.x + left, box.y + top
    made = Box(node, width, inner.height + top + PAD, is_open=True, boxes=inner.boxes)
    made.lines = [
        Line(e.x0 + left, e.y0 + top, e.turn + top, e.back + top, e.x1 + left, e.y1 + top, e.last)
        for e in inner.lines
    ]
    made.texts = [Text(t.x + left, t.y + top, t.text) for t in inner.texts]
    made.ins = [b.x + b.anchor for b in inner.boxes if b.node.kind == "input"]
    made.outs = [b.x + b.anchor for b in inner.boxes if b.node.kind == "output"]
    made.anchor = (made.ins or made.outs or [width / 2])[0]
    return made


def size(node: Node) -> tuple[float, float]:
    """The width and height of a box that is not unfolded."""
    if node.is_end:
        return max(VIA, columns(node.title) * SMALL + PAD), END
    texts = list(lines(node))
    mark = 2 * LETTER if node.folds else 0.0
    words = max((columns(t) * SMALL for t in texts), default=0.0)
    wide = slot(node) * (len(node.types) - 1)
    width = max(columns(title(node)) * LETTER + mark, words, wide) + 2 * PAD
    return width, TITLE_LINE + LINE * len(texts) + PAD


def slot(node: Node) -> float:
    """How far lines stand apart that leave a node: so far that their labels do."""
    if len(node.types) < 2:
        return SLOT
    return max(columns(shape(t)) for t in node.types) * SMALL + PAD


def head(node: Node) -> float:
    """The width of the first line of a node that is unfolded."""
    texts = "".join(f"{BETWEEN}{t}" for t in lines(node))
    return (columns(title(node)) + 2) * LETTER + columns(texts) * SMALL + 2 * PAD


class _Inside:
    """What stands within a node: columns as wide, rows as high as what is in them."""

    def __init__(self, owner: Node, shown: Set[int], nodes: Mapping[int, Node]) -> None:
        self.nodes = nodes
        self.plan: Layout = layout(owner)
        self.labels = labels(owner, self.plan, nodes)
        self.made = {n.number: placed(n, shown, nodes) for n in owner.inside}
        self.boxes = list(self.made.values())
        self.measure()
        for number, box in self.made.items():
            r, c = self.plan.places[number]
            box.x = self.middles[c] - box.anchor
            box.y = self.tops[r] + (self.rows[r] - box.height) / 2
        self.lines: list[Line] = []
        self.texts: list[Text] = []
        self.draw()

    def measure(self) -> None:
        """The heights and tops of the rows, and the middles of the columns."""
        places = self.plan.places
        count = 1 + max((c for _, c in places.values()), default=-1)
        left, right = [VIA / 2] * count, [VIA / 2] * count
        self.rows = [0.0] * (1 + max((r for r, _ in places.values()), default=-1))
        for number, box in self.made.items():
            r, c = places[number]
            left[c] = max(left[c], box.anchor)
            right[c] = max(right[c], box.width - box.anchor)
            self.rows[r] = max(self.rows[r], box.height)
        for s, (text, at_end) in self.labels.items():
            c = places[s.end if at_end else s.start][1]
            left[c] = max(left[c], columns(text) * SMALL / 2)
            right[c] = max(right[c], columns(text) * SMALL / 2)
        self.middles = []
        x = 0.0
        for c in range(count):
            self.middles.append(x + left[c])
            x += left[c] + right[c] + COLUMN_GAP
        self.width = max(0.0, x - COLUMN_GAP)
        self.tops = []
        y = 0.0
        for height in self.rows:
            self.tops.append(y)
            y += height + ROW_GAP
        self.height = max(0.0, y - ROW_GAP)

    def draw(self) -> None:
        places = self.plan.places
        into: dict[Item, list[Segment]] = {}
        for s in self.plan.segments:
            into.setdefault(s.end, []).append(s)
        for s in self.plan.segments:
            x0, x1 = self.leaving(s), self.entering(s, into[s.end])
            start, end = places[s.start][0], places[s.end][0]
            turn, back = self.tops[start] + self.rows[start], self.tops[end]
            y0, y1 = turn, back + self.rows[end]
            if not isinstance(s.start, Via):
                y0 = self.made[s.start].y + self.made[s.start].height
            if not isinstance(s.end, Via):
                y1 = self.made[s.end].y
            self.lines.append(Line(x0, y0, turn, back, x1, y1, s.last))
            if s in self.labels:
                text, at_end = self.labels[s]
                self.texts.append(
                    Text(x1, back + (VIA if not s.last else -ROW_GAP / 3), text)
                    if at_end
                    else Text(x0 + (x1 - x0) / 4, turn + ROW_GAP / 3, text)
                )

    def leaving(self, s: Segment) -> float:
        """Where a line leaves: several outputs of a node stand side by side."""
        x = self.middles[self.plan.places[s.start][1]]
        if isinstance(s.start, Via):
            return x
        box = self.made[s.start]
        if box.is_open:
            return box.x + box.outs[s.port.index]
        return x + (s.port.index - (len(box.node.types) - 1) / 2) * slot(box.node)

    def entering(self, s: Segment, beside: list[Segment]) -> float:
        """Where a line enters: in the order from which the lines come, so that none cross."""
        x = self.middles[self.plan.places[s.end][1]]
        if isinstance(s.end, Via):
            return x
        box = self.made[s.end]
        if box.is_open:
            return box.x + box.ins[s.read]
        order = sorted(beside, key=self.leaving)
        return x + (order.index(s) - (len(order) - 1) / 2) * SLOT


def labels(owner: Node, plan: Layout, nodes: Mapping[int, Node]) -> dict[Segment, tuple[str, bool]]:
    """The shape of each value on the first part of its edge, at its end where several begin there;
    the names of inputs at their ends. Within a block the ends say nothing: the edges around it have
    their shapes."""
    first: dict[Port, list[Segment]] = {}
    for s in plan.segments:
        if not isinstance(s.start, Via):
            first.setdefault(s.port, []).append(s)
    outermost = owner.number == 0
    found: dict[Segment, tuple[str, bool]] = {}
    for port, several in first.items():
        for s in several:
            ends = (nodes[port.node], nodes[s.end] if not isinstance(s.end, Via) else None)
            if outermost or not any(n is not None and n.is_end for n in ends):
                found[s] = (label(port, s.label, nodes), len(several) > 1)
            elif s.label:
                found[s] = (s.label, True)
    for s in plan.segments:
        if s.label and isinstance(s.start, Via):
            found[s] = (s.label, True)
    return found
