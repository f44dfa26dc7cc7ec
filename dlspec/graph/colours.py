"""The colours of the pictures, on light and on dark screens."""

from __future__ import annotations

import re
from pathlib import Path

COLOURS: dict[str, tuple[str, str]] = {
    "page": ("#ffffff", "#11161c"),
    "ink": ("#16202b", "#e9eef4"),
    "muted": ("#46566a", "#b3bfcc"),
    "line": ("#7b8a9a", "#6b7a8a"),
    "edge": ("#8f9dab", "#66747f"),
    "focus": ("#1463d6", "#7db4ff"),
    "c0": ("#f4f6f8", "#1d242c"),
    "c1": ("#fdf1e4", "#2c2722"),
    "c2": ("#fde6cf", "#3a2b20"),
    "c3": ("#fcd9b8", "#482f1e"),
    "c4": ("#fbcca2", "#56331c"),
    "c5": ("#fabe8c", "#64371a"),
    "c6": ("#f8b077", "#723b18"),
    "c7": ("#f5a162", "#803f16"),
    "c8": ("#f1914d", "#8e4314"),
}
"""Name -> on white, on black. `c0` to `c8` are shares of the cost; text on them stays readable."""
PICTURE = Path(__file__).with_name("picture.css")


def of_svg() -> str:
    """The style of an SVG, without variables: not every viewer knows them."""
    rules = PICTURE.read_text(encoding="utf-8")
    light, dark = (
        re.sub(r"var\(--(\w+)\)", lambda m, i=i: COLOURS[m[1]][i], rules)  # type: ignore[misc]
        for i in (0, 1)
    )
    coloured = "".join(f"  {line}\n" for line in dark.splitlines() if "#" in line)
    return f"{light}@media (prefers-color-scheme: dark) {{\n{coloured}}}\n"


def of_page() -> str:
    """The style of a page, where the reader can choose between light and dark."""
    both = "".join(f"  --{name}: light-dark({a}, {b});\n" for name, (a, b) in COLOURS.items())
    chosen = "".join(
        f':root[data-theme="{t}"] {{ color-scheme: {t}; }}\n' for t in ("light", "dark")
    )
    rules = PICTURE.read_text(encoding="utf-8")
    return f":root {{\n  color-scheme: light dark;\n{both}}}\n{chosen}{rules}"
