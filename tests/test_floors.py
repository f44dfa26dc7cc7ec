"""The floors: imports run downhill only, and nothing of the compiler imports a framework.

`FLOORS` is the diagram of docs/architecture.md; a test compares the two.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

FLOORS: tuple[tuple[str, ...], ...] = (
    ("source", "tensor", "units", "expr", "length", "emit", "declared", "frozen"),
    ("diagnostics", "ops", "recipe"),
    ("syntax", "ir", "render"),
    ("elaborate", "passes", "cost", "budget", "backend", "programs", "graph"),
    ("pipeline", "runners"),
    ("cli", "manual", "demo", "api"),
)
"""From the ground up. A package imports from floors below it, and from its own without a circle."""

PLUGINS = ("dlspec_torch", "dlspec_keras")
"""The backends: on the floor of `backend`."""

EXCEPTIONS = {
    **{
        ("dlspec", f"dlspec.api.{module}"): "`import dlspec` is instant, and has all that it offers"
        for module in ("errors", "spec")
    },
    ("dlspec.emit.nodes", "dlspec.emit.layout"): "`str` of a node is its layout on one line",
    ("dlspec_keras.case", "dlspec_keras.readme"): "a case keeps its `model.py`, with what it says",
    **{
        (
            plugin,
            f"{plugin}.{module}",
        ): "BACKEND is made on first use, and what it makes plans by it"
        for plugin in PLUGINS
        for module in ("folder", "layers", "style")
    },
}
"""Late imports that may close a circle, and why."""

FRAMEWORKS = frozenset({"torch", "tensorflow", "keras", "numpy", "sklearn", "onnx", "onnxruntime"})
COPIED = ("verbatim", "children")
"""Folders of files that are copied into programs, or run in a process of their own."""

FLOOR_OF = {name: i for i, floor in enumerate(FLOORS) for name in floor}
FLOOR_OF |= dict.fromkeys(PLUGINS, FLOOR_OF["backend"])


def modules() -> dict[str, Path]:
    """Every module of the compiler and its backends, by its dotted name."""
    found = {}
    for top in (ROOT, ROOT / "backends"):
        for package in ("dlspec", *PLUGINS):
            for path in (top / package).rglob("*.py"):
                name = ".".join(path.relative_to(top).with_suffix("").parts)
                found[name.removesuffix(".__init__")] = path
    return found


MODULES = modules()
OWN = {n: p for n, p in MODULES.items() if not set(COPIED) & set(n.split("."))}


def imported(tree: ast.AST, typing_too: bool = True) -> Iterator[str]:
    """The modules that a file imports, those within functions too.

    Without `typing_too`, not those that only a type checker reads.
    """
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.If(test=ast.Name(id="TYPE_CHECKING")) if not typing_too:
                continue
            case ast.Import(names=names):
                yield from (n.name for n in names)
            case ast.ImportFrom(module=str(module), names=names, level=0):
                for n in names:
                    whole = f"{module}.{n.name}"
                    yield whole if whole in MODULES else module
            case ast.ImportFrom():
                raise AssertionError("imports are absolute")
            case _:
                yield from imported(node, typing_too)


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def package(module: str) -> str:
    """The name in FLOORS: `ops` of `dlspec.ops.conv`; `dlspec` itself is below the ground."""
    first, *rest = module.split(".")
    return rest[0] if first == "dlspec" and rest else first


def uphill(module: str, targets: Iterator[str]) -> list[str]:
    """The imports of a module that climb."""
    here = FLOOR_OF[package(module)]
    own = (t for t in targets if t.split(".")[0] in ("dlspec", *PLUGINS) and package(t) != "dlspec")
    return [f"{module} -> {t}" for t in own if FLOOR_OF[package(t)] > here]


def circle(graph: Mapping[str, set[str]]) -> list[str]:
    """The modules or packages of a circle of imports; none where there is no circle."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_every_package_has_a_floor() -> None:
    here = {package(n) for n in OWN} - {"dlspec", "__main__"}
    assert here == set(FLOOR_OF)


def test_imports_run_downhill() -> None:
    climbing = [
        line
        for name, path in OWN.items()
        if package(name) in FLOOR_OF
        for line in uphill(name, imported(tree(path)))
    ]
    assert not climbing


def test_there_is_no_circle() -> None:
    graph = {
        n: {t for t in imported(tree(p), False) if t in OWN and (n, t) not in EXCEPTIONS}
        for n, p in OWN.items()
    }
    assert not circle(graph)
    packages: dict[str, set[str]] = {}
    for name, targets in graph.items():
        others = {package(t) for t in targets} - {package(name), "dlspec"}
        packages.setdefault(package(name), set()).update(others)
    assert not circle(packages)


def test_ops_and_recipe_know_no_text() -> None:
    """They yield problems; whoever has the text adds the place."""
    for name, path in OWN.items():
        if package(name) in ("ops", "recipe", "declared"):
            known = {package(t) for t in imported(tree(path))} & set(FLOOR_OF)
            assert known <= {"ops", "recipe", *FLOORS[0]} - {"source", "emit"}, name


def test_frameworks_are_for_programs() -> None:
    for name, path in OWN.items():
        found = {t.split(".")[0] for t in imported(tree(path))} & FRAMEWORKS
        assert not found, f"{name} imports {found}: what needs one runs in a process of its own"


def test_what_is_copied_knows_no_dlspec() -> None:
    """But for its neighbours, whose imports are taken out where they are copied."""
    for name, path in MODULES.items():
        if name in OWN or name.endswith((".verbatim", ".children")):
            continue
        folder = name.rpartition(".")[0]
        own = [t for t in imported(tree(path)) if t.split(".")[0] in ("dlspec", *PLUGINS)]
        strange = [t for t in own if not t.startswith(folder)]
        assert not strange, f"{name} imports {strange}"


def loaded(code: str) -> set[str]:
    """The modules that a process has loaded behind this code."""
    command = [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("module", ["dlspec.cli.app", "dlspec.pipeline.compile", "dlspec.manual"])
def test_no_framework_is_loaded(module: str) -> None:
    code = f"import {module}"
    assert not FRAMEWORKS & loaded(code)


def test_compiling_loads_no_framework(tmp_path: Path) -> None:
    code = (
        "from dlspec.cli.app import run\n"
        f"for b in ('torch', 'keras'): assert run(['compile', {str(ROOT / 'specs/digits.dls')!r},"
        f" '--backend', b, '-o', {str(tmp_path)!r} + '/' + b]) == 0"
    )
    assert not FRAMEWORKS & loaded(code)


def test_the_architecture_shows_these_floors() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (?:ground|\d) \| (.*?) \|$", page, re.MULTILINE)
    shown = tuple(tuple(re.findall(r"`(\w+)`", row.partition("|")[0])) for row in rows)
    assert shown == FLOORS
    picture = (ROOT / "docs" / "architecture.svg").read_text(encoding="utf-8")
    words = set(re.findall(r"\w+", " ".join(re.findall(r"<text[^>]*>([^<]*)</text>", picture))))
    assert set(FLOOR_OF) <= words


# --- the checks themselves --------------------------------------------------------------------


def test_what_climbs_is_found() -> None:
    late = ast.parse("def f():\n    from dlspec.elaborate.file import collect\n")
    assert uphill("dlspec.ops.conv", imported(late)) == ["dlspec.ops.conv -> dlspec.elaborate.file"]
    assert not uphill("dlspec.cli.app", imported(late))


def test_a_circle_is_found() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}})
    assert not circle({"a": {"b", "c"}, "b": {"c"}, "c": set()})


def test_what_only_a_type_checker_reads_is_told_apart() -> None:
    text = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from dlspec.ir import model\n"
    assert "dlspec.ir.model" in set(imported(ast.parse(text)))
    assert "dlspec.ir.model" not in set(imported(ast.parse(text), False))
