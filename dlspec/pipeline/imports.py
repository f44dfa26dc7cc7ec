"""Where the files that a spec imports are read."""

from __future__ import annotations

from pathlib import Path

from dlspec.elaborate.file import FileTable
from dlspec.source import Source

LIBRARY = Path(__file__).parents[1] / "std"
"""The standard library, written in the language itself."""


def imports(table: FileTable, spec: Source) -> dict[str, str]:
    """Resolves the imports of a spec; gives the texts of its own files by their paths.

    They are read below the folder of the spec, unless it has them. Problems go to the table.
    """
    if not table.imports:
        return {}
    from dlspec.diagnostics import SpecError
    from dlspec.diagnostics.text import Unreadable
    from dlspec.elaborate.imports import link
    from dlspec.syntax import read

    texts: dict[str, str] = {}
    modules = {f"std.{path.stem}": path for path in sorted(LIBRARY.glob("*.dls"))}

    def file(path: str) -> Source:
        if path in modules:
            return Source(f"std/{modules[path].name}", read(modules[path]).text)
        name = (Path(spec.name).parent / path).as_posix()
        if spec.imported is None:
            if Path(name).exists() and not Path(name).is_file():  # a pipe may never end
                raise SpecError(Unreadable(None, name, "it is no file"))
            found = read(name)
        elif path in spec.imported:
            found = Source(name, spec.imported[path])
        else:
            raise SpecError(Unreadable(None, name, "it was not there when the spec was compiled"))
        texts[path] = found.text
        return found

    table.problems.extend(link(table, file, tuple(modules)))
    return texts
