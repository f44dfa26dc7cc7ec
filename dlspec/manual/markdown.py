"""Markdown, as GitHub reads it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence

LONGEST = 140
"""The most characters that are shown of a line."""


def note(about: str) -> str:
    """What stands under the title of a derived page."""
    return f"{about} This page is derived from the code: `python -m dlspec.manual` writes it."


def prose(documented: type) -> str:
    """A docstring: its lists and paragraphs are Markdown as they are."""
    text = inspect.cleandoc(documented.__doc__ or "")
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(p if p.startswith("`") else escaped(p) for p in parts)


def escaped(text: str) -> str:
    return re.sub(r"([*<])", r"\\\1", text)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(c.replace('|', chr(92) + '|') for c in r)} |" for r in lines)


def fence(text: str) -> str:
    """Text as it is: control characters by their numbers, the ends of very long lines left out."""
    plain = "".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c) & 0xFF:02x}" for c in text)
    lines = (f"{line[:LONGEST]} ..." if len(line) > LONGEST else line for line in plain.split("\n"))
    return f"```text\n{chr(10).join(lines).rstrip()}\n```"


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
