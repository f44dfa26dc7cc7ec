"""From a program to a picture of one of its models."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from pathlib import PurePath

from dlspec.diagnostics import SpecError
from dlspec.diagnostics.tools import NoModel
from dlspec.graph.build import graph
from dlspec.graph.nodes import Graph
from dlspec.graph.words import opened
from dlspec.ir.model import ModelIR
from dlspec.ir.program import Program

SUFFIXES: Mapping[str, str] = {
    ".svg": "svg",
    ".html": "html",
    ".htm": "html",
    ".dot": "dot",
    ".gv": "dot",
    ".mmd": "mermaid",
    ".mermaid": "mermaid",
}
FORMATS = tuple(dict.fromkeys(SUFFIXES.values()))


def format_of(path: str) -> str | None:
    """The format of a file, by its suffix."""
    return SUFFIXES.get(PurePath(path).suffix.lower())


def models(program: Program) -> dict[str, ModelIR]:
    """Every model by its name: as it is trained, where it is."""
    found = {model.name: model for model in program.models.values()}
    for model in reversed(program.trained.values()):
        found[model.name] = model
    return found


def chosen(program: Program, name: str = "") -> ModelIR:
    """The model of this name; without one, the only one, or the only one that is trained. Raises
    SpecError."""
    known = models(program)
    trained = {model.name for model in program.trained.values()}
    names = [name] if name else list(trained if len(trained) == 1 else known)
    if len(names) != 1 or names[0] not in known:
        raise SpecError(NoModel(None, name, tuple(known)))
    return known[names[0]]


def draw(model: ModelIR, form: str, of: str, depth: int | None = None) -> str:
    """The picture of a model in one of FORMATS. `of` is the name of the spec, `depth` says how far
    blocks are unfolded; without it, as far as the picture stays small."""
    made = graph(model)
    shown = opened(made, depth)
    return _writer(form, of)(made, shown)


def _writer(form: str, of: str) -> Callable[[Graph, Set[int]], str]:
    match form:
        case "svg":
            from dlspec.graph.svg import svg

            return svg
        case "html":
            from dlspec.graph.page import page

            return lambda made, shown: page(made, shown, of)
        case "dot":
            from dlspec.graph.dot import dot

            return dot
        case "mermaid":
            from dlspec.graph.mermaid import mermaid

            return mermaid
    raise ValueError(f"no format {form}; the formats are: {', '.join(FORMATS)}")
