"""Functions and classes that a `model.py` holds word for word, where its model needs them.

They are files of `verbatim`, taken apart.
"""

from __future__ import annotations

import ast
from pathlib import Path


def taken_apart(source: str) -> dict[str, str]:
    """The text of each definition at the top of a file, by its name."""
    lines = source.splitlines()
    return {
        node.name: "\n".join(lines[node.lineno - 1 : node.end_lineno])
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }


def definitions(file: str) -> dict[str, str]:
    """Those of a file of `verbatim`."""
    path = Path(__file__).parent / f"verbatim/{file}.py"
    return taken_apart(path.read_text(encoding="utf-8"))


HELPERS = definitions("model") | definitions("functions")
