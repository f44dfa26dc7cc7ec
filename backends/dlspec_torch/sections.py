"""Real files of which a program takes a part.

`# if WORD ... # end` keeps what stands between only where the word is asked for, `# if not WORD`
only where it is not; they may be nested. A statement on one line that ends in `# fill WORD` is an
example, which the program's own replaces.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path

FOLDER = Path(__file__).parent / "verbatim"
_IF = re.compile(r"\s*# if (not )?(\w+)$")
_FILL = re.compile(r"(\s*).*  # fill (\w+)$")


def chosen(name: str, words: Collection[str], fills: Mapping[str, str]) -> str:
    """The text of a file, with the parts that these words ask for."""
    lines: list[str] = []
    kept = [True]
    for line in (FOLDER / name).read_text(encoding="utf-8").splitlines():
        if found := _IF.match(line):
            kept.append(kept[-1] and (found[2] in words) != bool(found[1]))
        elif line.strip() == "# end":
            kept.pop()
        elif kept[-1]:
            found = _FILL.match(line)
            lines.append(found[1] + fills[found[2]] if found else line)
    return _spaced("\n".join(lines)).rstrip("\n") + "\n"


def _spaced(text: str) -> str:
    """Two empty lines before a function or a class, at most as many elsewhere, and one inside a
    block."""
    text = re.sub(r"\n{2,}(?=(?:def|class|@))|\n{4,}", "\n\n\n", text)
    return re.sub(r"\n{3,}(?= )", "\n\n", text)
