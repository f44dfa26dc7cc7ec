"""Documents that can be laid out in several ways: texts, groups, places where lines may end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias


class Line(Enum):
    """A place where a line may end: printed as nothing, as a space, or always as an end."""

    SOFT = ""
    SPACE = " "
    HARD = "\n"


@dataclass(slots=True)
class Group:
    """Content on one line if it fits, else with all its own lines broken.

    Other elements ask by `id` which it was. With `only_if`, a group only where that one broke.
    """

    content: Document
    id: int = 0
    broken: bool = False
    only_if: int = 0


@dataclass(slots=True)
class Indent:
    """Content one level deeper; with `only_if`, only where that group broke."""

    content: Document
    only_if: int = 0


@dataclass(slots=True)
class IfBroken:
    """Content that is there only where a group (0: the one around it) broke, or did not."""

    content: Document
    id: int = 0
    broken: bool = True


@dataclass(slots=True)
class FitsBroken:
    """Content that may break although what is around it counts as being on one line.

    With `id`, only inside that group.
    """

    content: Document
    id: int = 0
    breaks: bool = False


@dataclass(slots=True)
class BestParens:
    """Content in parentheses of their own lines, where that makes it fit and nothing else does."""

    content: Document
    id: int


@dataclass(slots=True)
class Best:
    """The first of several documents that fits, or the last."""

    variants: Sequence[Document]


Document: TypeAlias = (
    "str | Line | Group | Indent | IfBroken | FitsBroken | BestParens | Best | Sequence[Document]"
)


def breaks(document: Document) -> bool:
    """Passes hard line ends and broken groups on to the groups around them."""
    match document:
        case str():
            return False
        case Line():
            return document is Line.HARD
        case Group():
            document.broken = breaks(document.content) or document.broken
            return document.broken
        case Indent() | IfBroken():
            return breaks(document.content)
        case FitsBroken():
            document.breaks = breaks(document.content)
            return False
        case BestParens():
            breaks(document.content)
            return False
        case Best():
            for variant in document.variants:
                breaks(variant)
            return False
    found = False
    for part in document:
        found |= breaks(part)
    return found
