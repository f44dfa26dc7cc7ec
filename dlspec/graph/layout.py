"""Where the nodes within a node stand: each in a row and a column.

It is a layered layout (Sugiyama, Tagawa and Toda 1981): rows by the longest way from the inputs,
the order in a row by barycentres, and columns that keep what follows each other below each other
(as Brandes and Köpf 2001 align). A value that is read further down passes the rows between by
`Via`s, which all its readers share. Rows and columns say nothing of sizes, so a node may be folded
and unfolded where it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from itertools import pairwise

from dlspec.frozen import frozen
from dlspec.graph.nodes import Node, Port

SWEEPS = 8
MOST_SWEPT = 4000
"""Places beyond which the order is left as it was written: sorting it would take seconds."""


@frozen
class Via:
    """A place that an edge passes on its way to a later row."""

    port: Port
    row: int


Item = int | Via
"""What has a place: a node by its number, or a via."""


@frozen
class Segment:
    """Part of an edge, from one row to the next. `port` is the value; `read` says which input of
    the node it ends at, and `label` the name of that."""

    start: Item
    end: Item
    port: Port
    read: int = 0
    label: str = ""

    @property
    def last(self) -> bool:
        return not isinstance(self.end, Via)


@dataclass
class Layout:
    """Row and column of each item, from 0, and the segments between them."""

    places: dict[Item, tuple[int, int]] = field(default_factory=dict)
    segments: list[Segment] = field(default_factory=list)

    @property
    def vias(self) -> list[Via]:
        return [i for i in self.places if isinstance(i, Via)]


def layout(owner: Node) -> Layout:
    """The places of what stands within a node."""
    rows, segments = _layers(owner.inside)
    below: dict[Item, list[Item]] = {}
    above: dict[Item, list[Item]] = {}
    for s in segments:
        below.setdefault(s.start, []).append(s.end)
        above.setdefault(s.end, []).append(s.start)
    if sum(map(len, rows)) <= MOST_SWEPT:
        rows = _ordered(rows, above, below)
    columns = _columns(rows, above, below)
    places = {item: (r, columns[item]) for r, row in enumerate(rows) for item in row}
    return Layout(places, segments)


# --- rows -------------------------------------------------------------------------------------


def _layers(nodes: Sequence[Node]) -> tuple[list[list[Item]], list[Segment]]:
    """The items of each row, in the order of the text, and the segments of all edges."""
    rank = _ranks(nodes)
    rows: list[list[Item]] = [[] for _ in range(max(rank.values(), default=-1) + 1)]
    for n in nodes:
        rows[rank[n.number]].append(n.number)
    segments: dict[Segment, None] = {}
    passed: set[Via] = set()
    for n in nodes:
        for i, read in enumerate(n.inputs):
            at: Item = read.port.node
            for row in range(rank[read.port.node] + 1, rank[n.number]):
                via = Via(read.port, row)
                if via not in passed:
                    passed.add(via)
                    rows[row].append(via)
                segments[Segment(at, via, read.port)] = None
                at = via
            segments[Segment(at, n.number, read.port, i, read.name)] = None
    return rows, list(segments)


def _ranks(nodes: Sequence[Node]) -> dict[int, int]:
    """The row of each node: below all that it reads. Inputs stand in the first row, outputs in
    the last, and what reads nothing above its first reader."""
    by_number = {n.number: n for n in nodes}
    rank: dict[int, int] = {}
    order = TopologicalSorter({n.number: [i.port.node for i in n.inputs] for n in nodes})
    for number in order.static_order():
        sources = by_number[number].inputs
        rank[number] = 1 + max((rank[i.port.node] for i in sources), default=-1)
    for n in nodes:
        if not n.inputs and n.kind != "input":
            readers = (m for m in nodes if any(i.port.node == n.number for i in m.inputs))
            rank[n.number] = max(0, min((rank[m.number] for m in readers), default=1) - 1)
    last = max(rank.values(), default=0)
    inner = max((r for n, r in rank.items() if by_number[n].kind != "output"), default=0)
    for n in nodes:
        if n.kind == "output":
            rank[n.number] = max(last, inner + 1)
    return rank


# --- order ------------------------------------------------------------------------------------

Next = Mapping[Item, Sequence[Item]]


def _ordered(rows: list[list[Item]], above: Next, below: Next) -> list[list[Item]]:
    """Rows with few crossings of their edges."""
    best, fewest = rows, _all_crossings(rows, below)
    for sweep in range(SWEEPS):
        if fewest == 0:
            break
        rows = _swept(rows, above, range(1, len(rows)), -1)
        rows = _swept(rows, below, range(len(rows) - 2, -1, -1), 1)
        crossings = _all_crossings(rows, below)
        if crossings < fewest:
            best, fewest = rows, crossings
        elif sweep > 2:
            break
    return best


def _swept(rows: list[list[Item]], near: Next, order: Iterable[int], to: int) -> list[list[Item]]:
    """Sorts row by row by the mean place of the neighbours in the row before."""
    rows = list(rows)
    for r in order:
        place = {item: float(i) for i, item in enumerate(rows[r + to])}

        def key(pair: tuple[int, Item], place: Mapping[Item, float] = place) -> float:
            i, item = pair
            found = [place[n] for n in near.get(item, ()) if n in place]
            return sum(found) / len(found) if found else float(i)

        rows[r] = [item for _, item in sorted(enumerate(rows[r]), key=key)]
    return rows


def _all_crossings(rows: Sequence[Sequence[Item]], below: Next) -> int:
    return sum(_crossings(a, b, below) for a, b in pairwise(rows))


def _crossings(upper: Sequence[Item], lower: Sequence[Item], below: Next) -> int:
    """How many pairs of edges cross between two rows."""
    place = {item: i for i, item in enumerate(lower)}
    ends = [sorted(place[e] for e in below.get(item, ()) if e in place) for item in upper]
    seen: list[int] = []
    count = 0
    for found in ends:
        count += sum(1 for e in found for s in seen if s > e)
        seen.extend(found)
    return count


# --- columns ----------------------------------------------------------------------------------


def _columns(rows: Sequence[Sequence[Item]], above: Next, below: Next) -> dict[Item, int]:
    """A column for each item: chains of items that follow each other share one."""
    root = _chains(rows, above, below)
    left: dict[Item, set[Item]] = {root[i]: set() for row in rows for i in row}
    for row in rows:
        for a, b in pairwise(row):
            left[root[b]].add(root[a])
    order = list(TopologicalSorter(left).static_order())
    column: dict[Item, int] = {}
    for chain in order:
        column[chain] = max((column[c] + 1 for c in left[chain]), default=0)
    _drawn_together(column, order, left, root, above, below)
    return {item: column[root[item]] for item in root}


def _chains(rows: Sequence[Sequence[Item]], above: Next, below: Next) -> dict[Item, Item]:
    """The first item of the chain of each: at most one above and one below, without crossings."""
    root: dict[Item, Item] = {item: item for row in rows for item in row}
    depth: dict[Item, int] = {}
    for item in (i for row in reversed(rows) for i in row):
        behind = max((depth[b] for b in below.get(item, ())), default=0)
        depth[item] = behind + (not isinstance(item, Via))
    for upper, lower in pairwise(rows):
        at = {item: i for i, item in enumerate(upper)}
        taken: list[tuple[int, int]] = []
        wishes = sorted(
            (*_rank_of_wish(u, v, above, below), -depth[v], at[u], j, v, u)
            for j, v in enumerate(lower)
            for u in dict.fromkeys(above.get(v, ()))
            if u in at
        )
        for *_, i, j, v, u in wishes:
            if all((i < a and j < b) or (i > a and j > b) for a, b in taken):
                taken.append((i, j))
                root[v] = root[u]
    return root


def _rank_of_wish(u: Item, v: Item, above: Next, below: Next) -> tuple[int, int]:
    """How much a pair wants to stand below each other, least first: long edges, then the middle one
    of several. Of two, it is the one behind which more follows."""
    if isinstance(u, Via) and isinstance(v, Via):
        return (0, 0)
    if isinstance(u, Via) or isinstance(v, Via):
        return (2, 0)
    readers = [i for i in dict.fromkeys(below.get(u, ())) if not isinstance(i, Via)]
    sources = [i for i in dict.fromkeys(above.get(v, ())) if not isinstance(i, Via)]
    off = abs(2 * readers.index(v) - len(readers) + 1) + abs(
        2 * sources.index(u) - len(sources) + 1
    )
    return (1, off)


def _drawn_together(
    column: dict[Item, int],
    order: Sequence[Item],
    left: Mapping[Item, set[Item]],
    root: Mapping[Item, Item],
    above: Next,
    below: Next,
) -> None:
    """Moves chains to the right, towards what they are joined to, as far as there is room."""
    right: dict[Item, list[Item]] = {c: [] for c in order}
    for chain, before in left.items():
        for c in before:
            right[c].append(chain)
    joined: dict[Item, list[Item]] = {c: [] for c in order}
    for item, chain in root.items():
        for other in (*above.get(item, ()), *below.get(item, ())):
            if root[other] != chain:
                joined[chain].append(root[other])
    for chain in reversed(order):
        if not joined[chain]:
            continue
        wanted = sorted(column[c] for c in joined[chain])[len(joined[chain]) // 2]
        room = min((column[c] - 1 for c in right[chain]), default=wanted)
        column[chain] = max(column[chain], min(wanted, room))
