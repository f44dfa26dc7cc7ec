"""Words of a command line, as a command tells a person to type them."""

from __future__ import annotations

import shlex
from pathlib import Path


def quoted(path: Path) -> str:
    """A path as one word of a shell: in quotes where it has spaces or quotes itself."""
    return shlex.quote(path.as_posix())
