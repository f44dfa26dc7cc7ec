"""What is done to a graph when all of it is there."""

from __future__ import annotations

from dlspec.graph.nodes import Input, Node, Port


def drop_unread(node: Node) -> None:
    """Takes away the outputs of loops that nothing reads."""
    for inner in node.inside:
        if inner.kind == "loop":
            read = {
                i.port.index for n in node.inside for i in n.inputs if i.port.node == inner.number
            }
            kept = sorted(read)
            outs = inner.ends("output")
            inner.types = [inner.types[i] for i in kept]
            gone = {outs[i].number for i in range(len(outs)) if i not in read}
            inner.inside = [n for n in inner.inside if n.number not in gone]
            moved = {
                Port(inner.number, old): Port(inner.number, new) for new, old in enumerate(kept)
            }
            for n in node.inside:
                n.inputs = [Input(moved.get(i.port, i.port), i.name) for i in n.inputs]
        drop_unread(inner)


def add_up(node: Node) -> None:
    """Gives each node that holds others their cost."""
    for inner in node.inside:
        add_up(inner)
    if node.inside:
        node.parameters = sum(n.parameters for n in node.inside)
        node.macs = sum(n.macs for n in node.inside)
