"""Real files of which a program takes a part.

In a template, lines between `# if NAME` and `# end` stand in the programs that have that feature,
with `# if not NAME` in the others. A line that ends in `# fill NAME` is an example, which the
program's own text replaces. What remains imports only what it uses.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from dlspec.emit import python as py
from dlspec.emit.imports import import_lines
from dlspec.emit.statements import Page, suite
from dlspec.emit.text import WIDTH, docstring

FOLDER = Path(__file__).parent / "verbatim"
FILL = re.compile(r"(\s*).*  # fill (\w+)$")

Fills = Mapping[str, Sequence[py.Statement]]


def template(
    name: str, features: Collection[str] = (), fills: Fills | None = None, begin: str = ""
) -> str:
    """The lines of `verbatim/NAME.py` that these features ask for, with the program's own; with
    `begin`, those from this line on."""
    lines = (FOLDER / f"{name}.py").read_text(encoding="utf-8").splitlines()
    lines = lines[lines.index(begin) :] if begin else lines
    return "\n".join(chosen(lines, features, fills or {})) + "\n"


def chosen(lines: list[str], features: Collection[str], fills: Fills) -> Iterator[str]:
    """The lines whose conditions hold, without the conditions."""
    holds = [True]
    for line in lines:
        match line.split():
            case ["#", "if", name]:
                holds.append(holds[-1] and name in features)
            case ["#", "if", "not", name]:
                holds.append(holds[-1] and name not in features)
            case ["#", "end"]:
                holds.pop()
            case _ if holds[-1] and (found := FILL.match(line)):
                yield from suite(fills[found[2]], Page(WIDTH, len(found[1])))
            case _ if holds[-1]:
                yield line


def program(doc: str, text: str, imports: Collection[py.Import | py.From] = ()) -> str:
    """A whole file of a template's text: its imports, as far as they are used, and the rest.

    `doc` replaces the docstring; `imports` are added. Calls between imports, which set up what
    the later ones read, stay between them.
    """
    lines = text.splitlines()
    found: list[py.Import | py.From] = []
    setup: list[str] = []
    start = 0
    for node in ast.parse(text).body:
        end = node.end_lineno or 0
        match node:
            case ast.Import(names):
                found += [py.Import(a.name, a.asname or "") for a in names]
            case ast.ImportFrom(module=str(module), names=names):
                found += [py.From(module, (_member(a),)) for a in names]
            case ast.Expr(ast.Constant(str())) if start == 0:
                pass
            case ast.Expr(ast.Call()) if not setup:
                names_before = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
                setup = [*import_lines(found, names_before, py.LOCAL, WIDTH), ""]
                setup += [*lines[node.lineno - 1 : end], ""]
                found = []
            case ast.Expr(ast.Call()) if not found:
                setup[-1:-1] = lines[node.lineno - 1 : end]
            case _:
                break
        start = end
    rest = tidy(lines[start:])
    used = {n.id for n in ast.walk(ast.parse(rest)) if isinstance(n, ast.Name)}
    after = import_lines([*found, *imports], used, py.LOCAL, WIDTH)
    head = [*docstring(doc, 0), "", *setup, *after]
    gap = 2 if rest.startswith(("def ", "class ", "@")) else 1
    return "\n".join([*head, *[""] * gap, rest])


def _member(alias: ast.alias) -> str:
    return f"{alias.name} as {alias.asname}" if alias.asname else alias.name


def tidy(lines: list[str]) -> str:
    """The lines with as many blank ones between them as the formatter leaves alone."""
    kept: list[str] = []
    for line in lines:
        if line.strip():
            if line.startswith(" ") and kept[-2:] == ["", ""]:
                kept.pop()
            kept.append(line)
        elif kept[-2:] != ["", ""]:
            kept.append("")
    return "\n".join(kept).strip("\n") + "\n"
