"""`dlspec graph`: a picture of a model."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from dlspec.cli.guard import Usage
from dlspec.cli.spec import checked
from dlspec.diagnostics.files import reported
from dlspec.emit.files import write_file
from dlspec.graph.draw import FORMATS, chosen, draw, format_of

STDOUT = Path("-")


def graph(
    spec: Path,
    out: Path | None,
    form: str | None,
    model: str,
    depth: int | None,
    given: Sequence[str],
) -> int:
    """Writes the picture in the format of the file's suffix, or in `form`."""
    if out is None and form is None:
        raise Usage("say where to write (`-o net.html`), or in which format (`--format dot`)")
    form = form or format_of(str(out))
    if form is None:
        raise Usage(f"no format is known by `{out}`; `--format` takes {', '.join(FORMATS)}")
    found = chosen(checked(spec, given)[1], model)
    text = draw(found, form, spec.name, depth)
    if out is None or out == STDOUT:
        sys.stdout.write(text)
        return 0
    with reported():
        write_file(out, text)
    print(f"{out.as_posix()}: {found.name} as {form}")
    return 0
