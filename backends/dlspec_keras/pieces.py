"""Files that are written once for every model: templates that are programs themselves.

In a template, lines between `# if NAME` and `# end` stand in the programs that have that feature;
`# if not NAME` in the others. What remains imports only what it uses.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from pathlib import Path

from dlspec.emit import python as py
from dlspec.emit.imports import import_lines
from dlspec.emit.text import WIDTH

FOLDER = Path(__file__).parent / "verbatim"


def template(name: str, features: Collection[str]) -> str:
    """The lines of `verbatim/NAME.py` that these features ask for."""
    text = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    return "\n".join(chosen(text.splitlines(), features)) + "\n"


def chosen(lines: list[str], features: Collection[str]) -> Iterator[str]:
    """The lines whose conditions hold, without the conditions."""
    holds = [True]
    for line in lines:
        words = line.split()
        match words:
            case ["#", "if", name]:
                holds.append(holds[-1] and name in features)
            case ["#", "if", "not", name]:
                holds.append(holds[-1] and name not in features)
            case ["#", "end"]:
                holds.pop()
            case _ if holds[-1]:
                yield line


def program(doc: str, text: str, imports: Collection[py.Import | py.From] = ()) -> str:
    """A whole file from a template's text: its imports, as far as they are used, and the rest.

    `doc` replaces the docstring; `imports` are added.
    """
    found: list[py.Import | py.From] = list(imports)
    body = ast.parse(text).body
    start = 0
    for node in body:
        match node:
            case ast.Import(names):
                found += [py.Import(a.name, a.asname or "") for a in names]
            case ast.ImportFrom(module=str(module), names=names):
                found += [py.From(module, (a.name,)) for a in names]
            case ast.Expr(ast.Constant(str())) if start == 0:
                pass
            case _:
                break
        start = node.end_lineno or 0
    rest = tidy(text.splitlines()[start:])
    used = {n.id for n in ast.walk(ast.parse(rest)) if isinstance(n, ast.Name)}
    lines = import_lines(found, used, py.LOCAL, WIDTH)
    gap = "\n\n\n" if rest.startswith(("def ", "class ", "@")) else "\n\n"
    return "\n".join([f'"""{doc}"""', "", *lines]) + gap + rest


def tidy(lines: list[str]) -> str:
    """The lines with the blank ones between them that the formatter leaves alone."""
    kept: list[str] = []
    for line in lines:
        if line.strip():
            kept.append(line)
            continue
        if kept[-2:] != ["", ""]:
            kept.append("")
    return "\n".join(kept).strip("\n") + "\n"
