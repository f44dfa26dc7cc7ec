"""The manual: pages of docs/ that are derived from what the code declares.

`python -m dlspec.manual` writes them; a test fails where they are stale.
"""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
COMMAND = "python -m dlspec.manual"


def pages() -> dict[str, str]:
    """The text of each page, by its path from the root of the repository."""
    from dlspec.manual import errors, layers, pictures, recipe

    return {
        "docs/ops.md": layers.page(),
        "docs/recipe.md": recipe.page(),
        "docs/errors.md": errors.page(),
        "docs/resnet.svg": pictures.resnet(ROOT / "specs"),
    }
