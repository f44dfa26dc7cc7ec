"""Markdown, as GitHub reads it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence

from dlspec.diagnostics.catalogue import visible


def note(about: str) -> str:
    """What stands under the title of a derived page."""
    return f"{about} This page is derived from the code: `python -m dlspec.manual` writes it."


def prose(documented: type) -> str:
    """A docstring: its lists and paragraphs are Markdown as they are."""
    return written(inspect.cleandoc(documented.__doc__ or ""))


def written(text: str) -> str:
    """Paragraphs of the code as Markdown: a star in them is a star."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(p if p.startswith("`") else escaped(p) for p in parts)


def escaped(text: str) -> str:
    return re.sub(r"([*<])", r"\\\1", text)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(c.replace('|', chr(92) + '|') for c in r)} |" for r in lines)


def fence(text: str, language: str = "text") -> str:
    """Text as it is, but for what no page should hold."""
    return f"```{language}\n{chr(10).join(visible(text)).rstrip()}\n```"


def code(text: str) -> str:
    return f"`{text}`" if text else ""


def slug(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def link(heading: str, text: str = "") -> str:
    """A link to a heading of the same page."""
    return f"[{text or heading}](#{slug(heading)})"


def joined(parts: Iterable[str]) -> str:
    """Parts of a page, an empty line between them."""
    return "\n\n".join(p for p in parts if p) + "\n"
