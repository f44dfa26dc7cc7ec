"""`docs/recipe.md`: every object of data, training and exports, and the initialisers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from importlib import import_module

from dlspec import recipe, units
from dlspec.declared import Declared
from dlspec.manual.arguments import arguments, lines, listed, signature
from dlspec.manual.markdown import code, fence, joined, link, note, prose, table
from dlspec.ops import constraints, init
from dlspec.recipe.budgets import MEASURES
from dlspec.recipe.bundled import SETS

ABOUT = (
    "What a spec says beside its models: losses, metrics, optimizers, schedules, data, exports, "
    "generating, how weights start and what they are held to."
)
TITLES = {
    "loss": "Losses",
    "metric": "Metrics",
    "optimizer": "Optimizers",
    "schedule": "Schedules",
    "batch": "Batches",
    "early_stop": "Early stopping",
    "frozen": "Frozen weights",
    "source": "Sources",
    "windows": "Rows in windows",
    "transform": "Transforms",
    "augmentation": "Augmentations",
    "split": "Splits",
    "quantize": "Quantization",
    "strategy": "Generating",
    "initialiser": "Initialisers",
    "constraint": "Constraints",
}
TABLES: dict[str, Mapping[str, type[Declared]]] = {
    **{place: recipe.table(place) for place in recipe.PLACES},
    "initialiser": init.INITS,
    "constraint": constraints.CONSTRAINTS,
}
MODULES = {"initialiser": "dlspec.ops.init", "constraint": "dlspec.ops.constraints"}
COUNTS = Counter(kind.lower() for table in TABLES.values() for kind in table)


def page() -> str:
    """The text of the page."""
    parts = ["# Data, training, exports", note(ABOUT), index()]
    for place in TITLES:
        parts.append(f"## {TITLES[place]}")
        parts.append(about(place))
        for cls in TABLES[place].values():
            parts.extend(one(place, cls))
        if place == "source":
            parts.extend(("### Bundled sets", bundled()))
    parts.extend(("## Budgets", budgets(), "## Units", every_unit()))
    return joined(parts)


def about(place: str) -> str:
    """What holds for all at this place: the module's introduction."""
    name = MODULES.get(place) or f"dlspec.recipe.{recipe.PLACES[place][0]}"
    module = import_module(name)
    _, _, rest = (module.__doc__ or "").strip().partition("\n\n")
    return rest


def heading(place: str, cls: type[Declared]) -> str:
    """The name, with its place where it has a meaning at another one too."""
    kind = cls.kind()
    return f"{kind} ({place})" if COUNTS[kind.lower()] > 1 else kind


def index() -> str:
    rows = []
    for place, title in TITLES.items():
        names = (link(heading(place, c), c.kind()) for c in TABLES[place].values())
        rows.append((link(title), " ".join(names)))
    return table(("", ""), rows)


def one(place: str, cls: type[Declared]) -> Iterator[str]:
    """The parts of one entry."""
    yield f"### {heading(place, cls)}"
    if cls.variadic or cls.model_fields:
        yield fence("\n".join(lines(signature(cls))))
    yield prose(cls)
    formula = getattr(cls, "formula", ())
    if formula:
        yield fence(formula if isinstance(formula, str) else "\n".join(formula))
    if not getattr(cls, "ragged", True):
        yield "All rows are of one length; where they differ, it is done in the arrays before."
    source = getattr(cls, "source", "")
    if source:
        yield f"Source: {source}."
    yield listed(arguments(cls))


def bundled() -> str:
    """What `check` knows of scikit-learn's sets."""
    rows = []
    for name, made in SETS.items():
        columns = made.columns
        features = f"{len(made.features)}: {code(made.features[0])}, ..."
        wholes = [f"{code(c)} {columns[c]}" for c in ("image", "data", "target") if c in columns]
        rows.append((code(name), str(made.rows), ", ".join(wholes), features))
    return table(("set", "rows", "columns", "features, `f32[]` each"), rows)


def budgets() -> str:
    rows = ((code(name), m.what, code(f"{name} <= {m.example}")) for name, m in MEASURES.items())
    return table(("measure", "", "example"), rows)


def every_unit() -> str:
    """Units by what they measure."""
    kinds: dict[str, list[str]] = {}
    for name, unit in units.UNITS.items():
        kinds.setdefault(unit.kind, []).append(code(name))
    return table(("of", "units"), ((kind, " ".join(names)) for kind, names in kinds.items()))
