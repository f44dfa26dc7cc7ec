"""Files that cannot be read, and what is wrong before any grammar (DLS001 to DLS013)."""

from __future__ import annotations

import unicodedata

from dlspec.diagnostics.base import Diagnostic, Fix
from dlspec.frozen import frozen


@frozen
class Unreadable(Diagnostic):
    """A file that is not there, or that may not be read."""

    code = "DLS001"
    path: str
    reason: str

    @property
    def title(self) -> str:
        return f"cannot read {self.path}: {self.reason}"


@frozen
class NotUtf8(Diagnostic):
    """Specs are UTF-8 text; a byte order mark and Windows line ends are fine."""

    code = "DLS002"
    path: str
    offset: int
    byte: int

    @property
    def title(self) -> str:
        return f"{self.path} is not UTF-8 text: byte 0x{self.byte:02x} at offset {self.offset}"

    @property
    def help(self) -> str:
        return "save the file as UTF-8"


@frozen
class TooLarge(Diagnostic):
    """A spec has at most 2 MB of text."""

    code = "DLS003"
    name: str
    size: int
    limit: int

    @property
    def title(self) -> str:
        return f"{self.name} has {self.size:,} characters; a spec has at most {self.limit:,}"

    @property
    def help(self) -> str:
        return "data belong in files of their own, which a spec names"


@frozen
class TooDeep(Diagnostic):
    """Brackets, braces and operators nest at most 200 levels deep."""

    code = "DLS004"
    limit: int

    @property
    def title(self) -> str:
        return f"nested more than {self.limit} levels deep"

    @property
    def label(self) -> str:
        return "too deep from here on"

    @property
    def help(self) -> str:
        return "give parts of the expression names of their own"


REMEDIES = {
    "&": "write `and`",
    "|": "write `or`",
    "~": "write `not`",
    "\\": "a line goes on where the next one begins with an operator, or inside brackets",
    "'": "strings stand in double quotes",
    "$": "parameters are used by their plain names",
    "`": "strings stand in double quotes",
}


@frozen
class BadCharacter(Diagnostic):
    """A character that means nothing in a spec, outside strings and comments."""

    code = "DLS005"
    character: str

    @property
    def title(self) -> str:
        character = self.character
        if character.isprintable():
            return f"unexpected character `{character}`"
        name = unicodedata.name(character, "a control character").lower()
        return f"unexpected character U+{ord(character):04X} ({name})"

    @property
    def help(self) -> str:
        return REMEDIES.get(self.character, "")


@frozen
class NotAscii(Diagnostic):
    """Names are made of the letters a to z, digits and underscores."""

    code = "DLS006"
    name: str
    plain: str

    @property
    def title(self) -> str:
        return f"`{self.name}` is not a name: names are ASCII"

    @property
    def help(self) -> str:
        return f"write `{self.plain}`" if self.plain else "use a to z, digits and underscores"

    @property
    def fix(self) -> Fix | None:
        return Fix(self.span, self.plain) if self.plain and self.span else None


@frozen
class OtherSpelling(Diagnostic):
    """An operator or a word as other languages, or word processors, write it."""

    code = "DLS007"
    found: str
    write: str

    @property
    def title(self) -> str:
        return f"`{self.found}` is written `{self.write}`"

    @property
    def label(self) -> str:
        return f"write `{self.write}`"

    @property
    def fix(self) -> Fix | None:
        return Fix(self.span, self.write) if self.span else None


@frozen
class NoUpdate(Diagnostic):
    """There are no updating assignments: `x = x + 1` makes a new `x`."""

    code = "DLS008"
    operator: str
    target: str

    @property
    def title(self) -> str:
        return f"there is no `{self.operator}`"

    @property
    def help(self) -> str:
        target = self.target or "x"
        return f"write `{target} = {target} {self.operator[0]} ...`"


@frozen
class OtherQuotes(Diagnostic):
    """Strings stand in straight double quotes."""

    code = "DLS009"
    write: str

    @property
    def title(self) -> str:
        return "strings stand in straight double quotes"

    @property
    def label(self) -> str:
        return f"write {self.write}"

    @property
    def fix(self) -> Fix | None:
        return Fix(self.span, self.write) if self.span else None


@frozen
class UnclosedString(Diagnostic):
    """A string ends on the line on which it begins."""

    code = "DLS010"

    @property
    def title(self) -> str:
        return "this string is never closed"

    @property
    def label(self) -> str:
        return 'a string ends on its line, with `"`'


@frozen
class BadEscape(Diagnostic):
    r"""The escapes in strings are `\"`, `\\`, `\n`, `\t` and `\uXXXX`."""

    code = "DLS011"
    escape: str

    @property
    def title(self) -> str:
        return f"unknown escape `{self.escape}`"

    @property
    def help(self) -> str:
        return r"the escapes are \" \\ \n \t \uXXXX; a backslash itself is \\"


@frozen
class NumberTooLarge(Diagnostic):
    """Whole numbers have 63 bits, others are IEEE doubles."""

    code = "DLS012"

    @property
    def title(self) -> str:
        return "this number is too large"

    @property
    def label(self) -> str:
        return "whole numbers end at 9,223,372,036,854,775,807, others near 1.8e308"


@frozen
class BadNumber(Diagnostic):
    """Numbers are decimal: `1_000`, `1e-3`, `.5`."""

    code = "DLS013"
    found: str
    write: str = ""

    @property
    def title(self) -> str:
        return f"`{self.found}` is not a number"

    @property
    def help(self) -> str:
        return f"write `{self.write}`" if self.write else "numbers are decimal: 1_000, 1e-3, .5"

    @property
    def fix(self) -> Fix | None:
        return Fix(self.span, self.write) if self.write and self.span else None
