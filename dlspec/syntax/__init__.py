"""The syntax of DLS: from text to tree, and from text to well-formatted text."""

from dlspec.source import Source
from dlspec.syntax.files import read
from dlspec.syntax.parser import parse

__all__ = ["format_text", "parse", "read"]


def format_text(source: Source) -> str:
    """The text in its set form; see `dlspec.syntax.format`, which is imported by the first call."""
    from dlspec.syntax import format

    return format.format_text(source)
