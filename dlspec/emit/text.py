"""Tokens of Python: names, numbers and strings, printed so that nothing in them can become code."""

from __future__ import annotations

import builtins
import keyword
import math
import re
from collections.abc import Collection
from textwrap import dedent
from unicodedata import category, east_asian_width

RESERVED = frozenset({*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "l", "O", "I"} - {"_"})
"""Names that a generated program may not bind: keywords, builtins, letters like digits."""

INDENT = 4
WIDTH = 88


def identifier(name: str, taken: Collection[str] = ()) -> str:
    """A name like `name` that Python allows and that is not in `taken`.

    A reserved name gets a trailing `_`; a taken one gets `_2`, `_3` and so on.
    """
    name = re.sub(r"[^0-9A-Za-z_]", "_", name) or "_"
    if name[0].isdigit():
        name = "_" + name
    first = name + "_" if name in RESERVED else name
    found, number = first, 1
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    return found


def check_name(name: str) -> str:
    """The same name, if it is an identifier, or several with dots between them.

    Raises:
        ValueError: the name could be read as anything else.
    """
    parts = name.split(".")
    if not all(p.isascii() and p.isidentifier() and not keyword.iskeyword(p) for p in parts):
        raise ValueError(f"not a name: {name!r}")
    return name


def columns(text: str) -> int:
    """How many columns a line of text takes on a terminal: two for wide letters, none for marks."""
    if text.isascii():
        return len(text)
    return sum(_columns(c) for c in text)


def _columns(char: str) -> int:
    if category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if east_asian_width(char) in "WF" else 1


def number(value: int | float) -> str:
    """The shortest text of a finite number, without its sign: `3`, `0.1`, `1e-5`."""
    if isinstance(value, int):
        return str(abs(value))
    if not math.isfinite(value):
        raise ValueError(f"no literal for {value}")
    mantissa, e, exponent = repr(abs(value)).partition("e")
    return f"{mantissa}e{int(exponent)}" if e else mantissa


def quoted(value: str) -> str:
    """A string literal on one line, in double quotes unless that would need more escapes."""
    quote = "'" if value.count('"') > value.count("'") else '"'
    return quote + escaped(value, keep="").replace(quote, "\\" + quote) + quote


def docstring(text: str, indent: int, width: int = WIDTH) -> list[str]:
    """The lines of a docstring, wrapped where they are too long, its quotes included."""
    room = width - indent
    text = escaped(_dedented(text.replace("\t", " " * INDENT)))
    lines = _wrapped(text, room - (3 if "\n" in text else 6))
    # A quote at either end, or three in a row, would end the docstring.
    lines = [re.sub(r'"(?="")|^"|"$', r"\"", line) for line in lines]
    if len(lines) == 1:
        return [" " * indent + f'"""{lines[0]}"""']
    return [(" " * indent + line).rstrip() for line in [f'"""{lines[0]}', *lines[1:], '"""']]


def flowed(text: str) -> str:
    """Prose with the lines of a paragraph joined, so that they can be wrapped at another width.
    What is indented or listed stays as it is."""

    def joined(paragraph: str) -> str:
        kept = re.search(r"^(\s|[-*]|\d+\.)", paragraph, re.MULTILINE)
        return paragraph if kept else " ".join(paragraph.split())

    return "\n\n".join(map(joined, re.split(r"\n\s*\n", text.strip(" \n"))))


def _dedented(text: str) -> str:
    """Without the indent that all lines but the first share, which a formatter would take away."""
    first, end, rest = text.strip(" \n").partition("\n")
    return first + end + dedent(rest)


def comment(text: str) -> str:
    """The text of a comment on one line, `#` included."""
    return "# " + _printable(" ".join(text.split()))


def comments(text: str, indent: int, width: int = WIDTH) -> list[str]:
    """Comment lines of their own, wrapped where they are too long."""
    lines = _wrapped(_printable(text), width - indent - 2)
    return [" " * indent + f"# {line}".rstrip() for line in lines]


def escaped(value: str, keep: str = "\n") -> str:
    """Text with escapes for backslashes and for what does not print, but not for quotes."""
    return "".join(c if c in keep or c in "'\"" else repr(c)[1:-1] for c in value)


def _printable(value: str) -> str:
    return escaped(value, keep="\n\\")


def _wrapped(text: str, room: int) -> list[str]:
    """Lines of at most `room` columns."""
    text = text.strip(" \n")
    return [part for line in text.split("\n") for part in _broken(line.rstrip(), room)]


def _broken(line: str, room: int) -> list[str]:
    """A line broken at spaces, and inside words only where they are longer than a line."""
    if columns(line) <= room:
        return [line]
    start = line[: len(line) - len(line.lstrip())]
    start = start if len(start) < room // 2 else ""
    words = [piece for word in line.split() for piece in _chopped(word, room - len(start))]
    found = [start + words[0]]
    for word in words[1:]:
        if columns(found[-1]) + 1 + columns(word) <= room:
            found[-1] += " " + word
        else:
            found.append(start + word)
    return found


def _chopped(word: str, room: int) -> list[str]:
    pieces = [""]
    # An escape such as `\u1234` stays whole.
    for unit in re.findall(r"\\(?:x..|u.{4}|U.{8}|.)|.", word):
        if columns(pieces[-1]) + columns(unit) + 1 > room:
            pieces.append("")
        pieces[-1] += unit
    return pieces
