"""`dlspec new`: a spec to start from."""

from __future__ import annotations

from pathlib import Path

from dlspec.cli.guard import Usage
from dlspec.cli.words import quoted
from dlspec.diagnostics import SpecError
from dlspec.diagnostics.commands import FileExists
from dlspec.diagnostics.files import reported
from dlspec.emit.files import write_file

STARTER = Path(__file__).with_name("starter.dls")


def new(name: str) -> int:
    """Writes NAME.dls, which trains as it is. Raises Usage."""
    stem = name.removesuffix(".dls")
    if not stem.rpartition("/")[2].strip(" .") or not name.isprintable():
        raise Usage("a spec needs a name: `dlspec new flowers`")
    path = Path(f"{stem}.dls")
    if path.exists():
        raise SpecError(FileExists(None, path.as_posix()))
    file = quoted(path)
    text = STARTER.read_text(encoding="utf-8").replace("{file}", file)
    with reported():
        write_file(path, text)
    print(f"{path.as_posix()}: try `dlspec train {file} -o run`")
    return 0
