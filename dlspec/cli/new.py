"""`dlspec new`: a spec to start from."""

from __future__ import annotations

from pathlib import Path

from dlspec.diagnostics import SpecError
from dlspec.diagnostics.commands import FileExists
from dlspec.diagnostics.files import reported
from dlspec.emit.files import write_file

STARTER = Path(__file__).with_name("starter.dls")


def new(name: str) -> int:
    """Writes NAME.dls, which trains as it is."""
    path = Path(name if name.endswith(".dls") else f"{name}.dls")
    if path.exists():
        raise SpecError(FileExists(None, path.as_posix()))
    text = STARTER.read_text(encoding="utf-8").replace("{file}", path.as_posix())
    with reported():
        write_file(path, text)
    print(f"{path.as_posix()}: try `dlspec train {path.as_posix()} -o run`")
    return 0
