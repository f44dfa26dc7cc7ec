"""Nodes stand in rows and columns: below what they read, not on each other, in straight lines."""

from __future__ import annotations

import pytest

from dlspec.graph.layout import Via, layout
from dlspec.graph.placed import Box, placed
from dlspec.graph.words import opened

SPECS = ("digits.dls", "resnet.dls", "wine.dls", "net")


@pytest.fixture
def spec(request, graph, net):
    return graph(net if request.param == "net" else request.param)


@pytest.mark.parametrize("spec", SPECS, indirect=True)
def test_every_edge_is_a_way_downwards(spec) -> None:
    for node in spec.nodes.values():
        if not node.folds:
            continue
        plan = layout(node)
        assert len(set(plan.places.values())) == len(plan.places)
        assert {i for i in plan.places if not isinstance(i, Via)} == {n.number for n in node.inside}
        before = {(s.end, s.port, s.read): s.start for s in plan.segments}
        for s in plan.segments:
            assert plan.places[s.end][0] == plan.places[s.start][0] + 1
        for n in node.inside:
            for i, read in enumerate(n.inputs):
                at = before[n.number, read.port, i]
                while isinstance(at, Via):
                    at = before[at, read.port, 0]
                assert at == read.port.node


@pytest.mark.parametrize("spec", SPECS, indirect=True)
def test_inputs_are_above_and_outputs_below(spec) -> None:
    for node in spec.nodes.values():
        if node.folds:
            rows = {i: r for i, (r, _) in layout(node).places.items()}
            assert {rows[n.number] for n in node.ends("input")} <= {0}
            assert {rows[n.number] for n in node.ends("output")} <= {max(rows.values())}


def test_what_follows_each_other_stands_in_one_column(graph) -> None:
    """Beside it stands the shortcut, in one column too."""
    for node in graph("resnet.dls").nodes.values():
        if node.title == "Residual":
            places = layout(node).places
            main = [n for n in node.inside if n.title in ("x", "ConvBN", "add", "ReLU")]
            assert {places[n.number][1] for n in main} == {0}
            assert {c for i, (_, c) in places.items() if isinstance(i, Via)} == {1}


def test_branches_do_not_cross(graph) -> None:
    text = """
    model Net {
      input x: f32[4]
      a = x -> Dense(4)
      b = x -> Dense(4) -> ReLU
      c = x -> Dense(4) -> ReLU -> Dense(4)
      output y = (c, a, b) -> Concat
    }"""
    found = graph(text)
    plan = layout(found.root)
    for s in plan.segments:
        for t in plan.segments:
            (row, a), (_, b) = plan.places[s.start], plan.places[s.end]
            (other, c), (_, d) = plan.places[t.start], plan.places[t.end]
            assert row != other or (a - c) * (b - d) >= 0


def boxes(box: Box):
    yield box
    for inner in box.boxes:
        yield from boxes(inner)


@pytest.mark.parametrize("depth", [None, 0, 1, 9])
@pytest.mark.parametrize("spec", SPECS, indirect=True)
def test_boxes_do_not_overlap(spec, depth) -> None:
    whole = placed(spec.root, opened(spec, depth), spec.nodes)
    for box in boxes(whole):
        for inner in box.boxes:
            assert inner.x >= 0 and inner.x + inner.width <= box.width + 1e-6
            assert inner.y > 20 and inner.y + inner.height <= box.height + 1e-6
        for i, a in enumerate(box.boxes):
            for b in box.boxes[i + 1 :]:
                beside = a.x + a.width <= b.x or b.x + b.width <= a.x
                assert beside or a.y + a.height <= b.y or b.y + b.height <= a.y


@pytest.mark.parametrize("spec", SPECS, indirect=True)
def test_lines_end_at_their_boxes(spec) -> None:
    whole = placed(spec.root, opened(spec, 9), spec.nodes)
    for box in boxes(whole):
        tops = {(round(b.y, 3)) for b in box.boxes}
        for line in box.lines:
            if line.last:
                assert round(line.y1, 3) in tops
            assert line.y0 <= line.turn <= line.back <= line.y1


@pytest.mark.parametrize("spec", SPECS, indirect=True)
def test_shapes_stand_on_the_edges(spec) -> None:
    """In a model, and in a block wherever its own ends do not have them."""
    whole = placed(spec.root, opened(spec, 9), spec.nodes)
    for box in boxes(whole):
        if not box.is_open:
            continue
        ends = {n.number for n in box.node.inside if n.is_end} if box.node.number else set()
        read = {i.port for n in box.node.inside if n.number not in ends for i in n.inputs}
        made = {p for p in read if p.node not in ends}
        assert len(box.texts) >= len(made)


def test_a_picture_begins_small(graph, net) -> None:
    for text in (net, "resnet.dls"):
        found = graph(text)
        shown = opened(found)
        seen = [n for i in shown for n in found.nodes[i].inside if not n.is_end]
        assert 0 in shown and len(seen) <= 40
    assert opened(graph("resnet.dls"), 0) == {0}
    every = {n.number for n in graph(net).nodes.values() if n.folds}
    assert opened(graph(net), 9) == every
