"""`docs/errors.md`: every error, with the example that stands beside its declaration."""

from __future__ import annotations

from collections.abc import Iterator

from dlspec.diagnostics import Diagnostic
from dlspec.diagnostics.catalogue import areas, example, heading
from dlspec.manual.markdown import fence, joined, link, note, prose, table

ABOUT = (
    "Every error and warning, by its code. An example is a spec (with the options of the command "
    "before it, where it takes any), what `dlspec check` prints, and how the spec is mended; "
    "`dlspec explain CODE` shows the same."
)


def page() -> str:
    """The text of the page."""
    found = areas()
    parts = ["# Errors", note(ABOUT), index(found)]
    for title, errors in found.items():
        parts.append(f"## {title}")
        parts.extend(part for error in errors for part in one(error))
    return joined(parts)


def index(found: dict[str, list[type[Diagnostic]]]) -> str:
    rows = []
    for title, errors in found.items():
        rows.append((link(title), " ".join(link(heading(e), e.code) for e in errors)))
    return table(("", ""), rows)


def one(error: type[Diagnostic]) -> Iterator[str]:
    """The parts of one entry."""
    yield f"### {heading(error)}"
    if error.severity == "warning":
        yield "A warning: the spec compiles all the same."
    yield prose(error)
    found = example(error.code)
    if found is not None:
        yield fence(found.source)
        yield fence(found.printed)
        yield fence(found.mend, "diff")
