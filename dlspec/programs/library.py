"""The verbatim functions, taken apart: the text of each, and the names that it reads."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Literal

PACKAGE = "dlspec.programs.verbatim"

Kind = Literal["constant", "class", "function"]


@dataclass(frozen=True, slots=True)
class Imported:
    """`import module as name`, or `from module import member as name`."""

    module: str
    member: str
    name: str


@dataclass(frozen=True)
class Item:
    """A statement at the top of a file."""

    name: str
    kind: Kind
    source: str
    node: ast.stmt
    file: str = ""

    @cached_property
    def uses(self) -> tuple[str, ...]:
        """Its free names, in order of appearance."""
        return free_names(self.node)


@dataclass(frozen=True, slots=True)
class Unit:
    """A file, taken apart."""

    items: dict[str, Item] = field(default_factory=dict)
    imports: dict[str, Imported] = field(default_factory=dict)


@cache
def verbatim(file: str) -> Unit:
    """A verbatim file, by its stem."""
    path = Path(__file__).with_name("verbatim") / f"{file}.py"
    return take_apart(path.read_text(encoding="utf-8"), file)


DEFINITION = re.compile(r"(?:def|class) (\w+)")


def texts(source: str) -> dict[str, str]:
    """The text of each function and class at the top of a formatted file, by its name."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in source.splitlines():
        if begun := DEFINITION.match(line):
            current = found[begun[1]] = []
        elif line and line[0] not in " )":
            current = []
        current.append(line)
    return {name: "\n".join(lines).rstrip() for name, lines in found.items()}


def take_apart(source: str, file: str) -> Unit:
    """The items and imports of a file. Imports from other verbatim files are left out."""
    lines = source.splitlines()
    unit = Unit()
    for node in parse(source).body:
        match node:
            case ast.Import(names):
                for a in names:
                    unit.imports[a.asname or a.name] = Imported(a.name, "", a.asname or a.name)
            case ast.ImportFrom(module=str(module), names=names):
                if not module.startswith(PACKAGE) and module != "__future__":
                    for a in names:
                        name = a.asname or a.name
                        unit.imports[name] = Imported(module, a.name, name)
            case ast.Assign(targets=[ast.Name(name)]) | ast.AnnAssign(target=ast.Name(name)):
                unit.items[name] = _item(name, "constant", node, lines, file)
            case ast.ClassDef(name=name):
                unit.items[name] = _item(name, "class", node, lines, file)
            case ast.FunctionDef(name=name):
                unit.items[name] = _item(name, "function", node, lines, file)
            case ast.Expr(ast.Constant(str())):
                pass
            case _:
                raise ValueError(f"{file}.py, line {node.lineno}: neither import nor definition")
    return unit


def _item(name: str, kind: Kind, node: ast.stmt, lines: list[str], file: str) -> Item:
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(d.lineno for d in decorators)])
    while first > 1 and lines[first - 2].startswith("#"):
        first -= 1
    return Item(name, kind, "\n".join(lines[first - 1 : node.end_lineno]), node, file)


def parse(source: str) -> ast.Module:
    return ast.parse(source)


def free_names(node: ast.AST) -> tuple[str, ...]:
    """The names that a statement reads and does not bind itself, each once."""
    nodes = [n for n in ast.walk(node) if isinstance(n, ast.Name | ast.arg)]
    names = [n for n in nodes if isinstance(n, ast.Name)]
    bound = {n.id for n in names if not isinstance(n.ctx, ast.Load)}
    bound |= {n.arg for n in nodes if isinstance(n, ast.arg)}
    places = sorted((n.lineno, n.col_offset, n.id) for n in names if n.id not in bound)
    return tuple(dict.fromkeys(name for _, _, name in places))


def names_in(values: Iterable[object]) -> set[str]:
    """The names in the texts of some expressions."""
    return {name for value in values for name in free_names(parse(str(value)))}
