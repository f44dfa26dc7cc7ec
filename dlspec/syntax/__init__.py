"""The syntax of DLS: from text to tree, and from text to well-formatted text."""

from dlspec.syntax.files import read
from dlspec.syntax.parser import parse

__all__ = ["parse", "read"]
