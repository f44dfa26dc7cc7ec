"""`dlspec ops`: every layer and function, or the manual page of one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from itertools import groupby
from math import prod

from dlspec import ops as known_ops
from dlspec.cli.table import table
from dlspec.diagnostics import SpecError
from dlspec.diagnostics.tools import UnknownOp
from dlspec.manual.arguments import lines
from dlspec.manual.facts import Applied, Facts, facts

SHOWN = 6
"""Near names at most."""


def ops(name: str | None, as_json: bool) -> int:
    """Prints the entry of an op, without a name the table of all."""
    if name is not None:
        found = facts(_find(name))
        lines = [_json(found.to_json())] if as_json else list(_entry(found))
    else:
        all_of_them = [facts(kind) for kind in _known()]
        every = [f.to_json() for f in all_of_them]
        lines = [_json(every)] if as_json else list(_index(all_of_them))
    print("\n".join(lines))
    return 0


def _json(found: object) -> str:
    return json.dumps(found, indent=2, ensure_ascii=False)


def _known() -> tuple[str, ...]:
    """Those of models, then those of losses."""
    return (*known_ops.names(), *known_ops.of_objectives())


def _find(asked: str) -> str:
    """The op that is meant: by its name, or written in other letters. Raises SpecError."""
    names = _known()
    plain = asked.lower().replace("_", "")
    for same in (asked.__eq__, lambda n: n.lower().replace("_", "") == plain):
        if found := next(filter(same, names), None):
            return found
    lower = {n.lower(): n for n in reversed(names)}  # of `Tanh` and `tanh` the layer
    within = [n for n in names if plain and plain in n.lower()]
    close = [lower[n] for n in get_close_matches(asked.lower(), lower, n=SHOWN, cutoff=0.6)]
    near = tuple(dict.fromkeys([*within, *close]))[:SHOWN]
    raise SpecError(UnknownOp(None, asked, near))


# --- the table --------------------------------------------------------------------------------


def _index(found: Sequence[Facts]) -> Iterator[str]:
    """By families: the name, the first sentence of the manual, and who cannot run it."""
    width = max(len(f.name) for f in found)
    for i, (title, members) in enumerate(groupby(found, key=lambda f: f.family)):
        yield from [""] * (i > 0)
        yield title
        for f in members:
            refused = [name for name, why in f.backends.items() if why]
            note = f" (not in {', '.join(refused)})" if refused else ""
            yield f"  {f.name.ljust(width)}  {f.summary}{note}"


# --- one entry --------------------------------------------------------------------------------


def _entry(f: Facts) -> Iterator[str]:
    yield from lines(f.signature)
    yield ""
    yield f.manual
    yield ""
    if f.arguments:
        rows = [
            (a.name, _plain(a.takes), "required" if a.default is None else a.default)
            for a in f.arguments
        ]
        yield table(("argument", "takes", "default"), rows, ())
        yield ""
    yield f"inputs: {_inputs(f)}"
    yield ""
    if f.examples:
        head = ("example", "input", "output", "parameters", "MACs")
        yield table(head, [_row(e) for e in f.examples], (3, 4))
        yield ""
    runs = {name: why or "yes" for name, why in f.backends.items()}
    runs |= {"ONNX": ", ".join(f.onnx), "TFLite": ", ".join(f.tflite)}
    runs["TFLite Micro"] = f.runs["TFLite Micro"] or "yes"
    made = [(name, how or "without an operator of its own") for name, how in runs.items()]
    yield table(("runs in", "as"), made, ())
    if f.unheld:
        yield ""
        yield from f.limits


def _inputs(f: Facts) -> str:
    least, most = f.inputs
    count = str(least) if least == most else f"{least} or more" if most is None else ""
    by_name = f"; by name: {', '.join(f.named)}, which may be left out" if f.named else ""
    return (count or f"{least} to {most}") + by_name


def _row(e: Applied) -> tuple[str, ...]:
    inputs = [*e.inputs, *(f"{n}={t}" for n, t in e.named.items())]
    weights = sum(map(prod, e.weights.values()))
    counts = (f"{n:,}" if n else "" for n in (weights, e.macs))
    return e.layer, ", ".join(inputs), ", ".join(e.outputs), *counts


def _plain(markdown: str) -> str:
    """Markdown without its links."""
    return re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", markdown).replace("`", "")
