"""The valid specs that the properties are tried on."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
EXAMPLES = HERE.parent / "syntax" / "data"

VALID = {
    path.stem: path.read_text(encoding="utf-8")
    for path in (
        *sorted((ROOT / "specs").glob("*.dls")),
        *sorted((HERE / "specs").glob("*.dls")),
        EXAMPLES / "language_whole.dls",
        EXAMPLES / "language_blocks.dls",
    )
}
"""Name -> text: the specs of the project, two of every construct, and those of language.md that
this version compiles."""

LATER = {
    path.stem: path.read_text(encoding="utf-8")
    for path in sorted(EXAMPLES.glob("*.dls"))
    if path.stem not in VALID
}
"""Specs that use what a later version compiles: errors, but never a traceback."""
