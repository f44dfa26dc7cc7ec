"""Whole modules of Python, written so that `ruff format` and `ruff check` have nothing to say.

A backend builds a `Module` out of the values that are gathered here and calls `render`.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from dlspec.emit import text
from dlspec.emit.blocks import Block, For, If, While
from dlspec.emit.definitions import Class, Function, Param
from dlspec.emit.imports import From, Import, import_lines
from dlspec.emit.nodes import (
    Arg,
    Atom,
    Attribute,
    Binary,
    Call,
    Clause,
    Code,
    Compare,
    Dict,
    DictComp,
    Expr,
    Generator,
    IfElse,
    Index,
    Lambda,
    List,
    ListComp,
    Set,
    SetComp,
    Slice,
    Star,
    Tuple,
    Unary,
    call,
    item,
    literal,
)
from dlspec.emit.page import Blank, Comment, Page, Raw, Statement, begins_definition, suite
from dlspec.emit.statements import Assign, Do, Raise, Return
from dlspec.emit.text import RESERVED, identifier

__all__ = [
    "LOCAL",
    "RESERVED",
    "Arg",
    "Assign",
    "Atom",
    "Attribute",
    "Binary",
    "Blank",
    "Block",
    "Call",
    "Class",
    "Clause",
    "Code",
    "Comment",
    "Compare",
    "Dict",
    "DictComp",
    "Do",
    "Expr",
    "For",
    "From",
    "Function",
    "Generator",
    "If",
    "IfElse",
    "Import",
    "Index",
    "Lambda",
    "List",
    "ListComp",
    "Module",
    "Param",
    "Raise",
    "Raw",
    "Return",
    "Set",
    "SetComp",
    "Slice",
    "Star",
    "Statement",
    "Tuple",
    "Unary",
    "While",
    "call",
    "identifier",
    "item",
    "literal",
]

LOCAL = frozenset(
    "checkpoint data decoding export generate model objective recipe train weights".split()
)
"""The modules of a generated folder, whose imports form the last section."""


@dataclass(frozen=True, slots=True)
class Module:
    """A file: what it says of itself, what it may import, and its statements.

    Of the imports only those are written whose names the body uses.
    """

    docstring: str
    imports: Sequence[Import | From]
    body: Sequence[Statement]
    width: int = text.WIDTH
    local: Collection[str] = LOCAL

    def render(self) -> str:
        """The text of the file.

        Raises:
            ValueError: the body is not Python, which only `Raw` and `Block` can bring about.
        """
        parts = [text.docstring(self.docstring, 0, self.width)] if self.docstring.strip() else []
        body = suite(self.body, Page(self.width)) if self.body else []
        imports = import_lines(self.imports, names_in("\n".join(body)), self.local, self.width)
        parts += [lines for lines in (imports, body) if lines]
        apart = [1] * len(parts)
        if begins_definition(self.body):
            apart[-1] = 2
        lines: list[str] = []
        for part, gap in zip(parts, apart, strict=True):
            lines += [""] * gap * bool(lines) + part
        return "\n".join(lines) + "\n" if lines else ""


def names_in(body: str) -> set[str]:
    """The names that a text reads."""
    try:
        tree = ast.parse(body)
    except SyntaxError as error:
        raise ValueError(f"not Python: {error}") from error
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
