"""Pictures in docs/: what `dlspec graph` makes of the specs."""

from __future__ import annotations

from pathlib import Path

from dlspec.graph.draw import chosen, draw
from dlspec.pipeline import check


def resnet(specs: Path) -> str:
    """`docs/resnet.svg`."""
    program = check(specs / "resnet.dls").program
    assert program is not None
    return draw(chosen(program), "svg", "resnet.dls", depth=0)
