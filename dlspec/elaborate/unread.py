"""What a definition says that does not run with the arguments at hand.

Branches not taken, conditions, and layers repeated no times are part of what a spec means for
other arguments; the IR keeps a digest of them, so that equal programs are equally written there
too. Layout, comments and documentation do not count.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from dlspec.syntax import tree


def digest(nodes: Sequence[tree.Node]) -> str:
    """Sixteen hexadecimal digits; nothing for nothing."""
    if not nodes:
        return ""
    once = {id(n): n for n in nodes}.values()
    text = json.dumps([written(n) for n in once], separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def written(node: Any) -> Any:
    """A node of the syntax as nested lists, without places and documentation."""
    match node:
        case tree.Group(value=inner):
            return written(inner)
        case tree.Number(value=value):
            return ["Number", value]
        case tree.Quantity(value=value, unit=unit):
            return ["Quantity", value, unit.id]
        case tree.Node():
            parts = (getattr(node, f) for f in node.__dataclass_fields__ if f not in PLACES)
            return [type(node).__name__, *map(written, parts)]
        case tuple():
            return [written(n) for n in node]
        case _:
            return node


PLACES = frozenset({"span", "op_span", "doc"})
