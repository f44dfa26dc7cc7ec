"""Functions and classes that a `model.py` holds word for word, where its model needs them.

They are files of `verbatim`, taken apart.
"""

from __future__ import annotations

from pathlib import Path

from dlspec.programs.library import texts


def definitions(file: str) -> dict[str, str]:
    """The text of each definition at the top of a file of `verbatim`, by its name."""
    path = Path(__file__).parent / f"verbatim/{file}.py"
    return texts(path.read_text(encoding="utf-8"))


HELPERS = definitions("model") | definitions("functions")
