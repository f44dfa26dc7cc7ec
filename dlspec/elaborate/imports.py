"""What a file takes from other files and from the standard library.

An imported file gives its blocks, models and functions. Its parameters have their defaults; its
data, training and exports are not read. Names in it mean what they mean there.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath

from dlspec.diagnostics import Diagnostic, SpecError, nearest
from dlspec.diagnostics.imports import (
    CannotImport,
    CircularImport,
    ImportOutside,
    NotInModule,
    UnknownModule,
)
from dlspec.elaborate.file import FileTable, collect
from dlspec.elaborate.parameters import parameters
from dlspec.source import Source
from dlspec.syntax import parse, tree

Read = Callable[[str], Source]
"""A file by its path from the folder of the spec, or by the name of a standard module
(`std.vision`). Raises SpecError."""


def link(main: FileTable, read: Read, modules: tuple[str, ...]) -> list[Diagnostic]:
    """Resolves the imports of a file and of all that it imports; gives what is wrong with them.

    `modules` names the standard modules.
    """
    linker = _Linker(main, read, modules)
    linker.link(main, PurePosixPath(), ("the spec",))
    return linker.problems


class _Linker:
    def __init__(self, main: FileTable, read: Read, modules: tuple[str, ...]) -> None:
        self.files = main.files
        self.read = read
        self.modules = modules
        self.known: dict[str, FileTable | None] = {}
        self.problems: list[Diagnostic] = []

    def link(self, table: FileTable, folder: PurePosixPath, way: tuple[str, ...]) -> None:
        for s in table.imports:
            try:
                found = self.table(s, folder, way)
            except SpecError as error:
                self.problems.extend(error.diagnostics)
                found = None
            match s:
                case tree.Import() if found is not None:
                    table.modules[self.alias(s)] = found
                case tree.Import():
                    table.broken.add(self.alias(s))
                case tree.From() if found is None:
                    table.broken.update((alias or name).id for name, alias in s.names)
                case tree.From():
                    for name, alias in s.names:
                        self.take(table, found, name, alias or name)

    def alias(self, s: tree.Import) -> str:
        """The name of a whole file: its own, where the statement gives none."""
        if s.alias is not None:
            return s.alias.id
        stem = PurePosixPath(str(s.path.value)).stem
        if not stem.isidentifier():
            reason = f"`{stem}` is no name; write `as NAME`"
            self.problems.append(CannotImport(s.path.span, str(s.path.value), reason))
        return stem

    def take(self, table: FileTable, found: FileTable, name: tree.Name, alias: tree.Name) -> None:
        if name.id in found.definitions:
            table.definitions[alias.id] = found.definitions[name.id]
        elif name.id in found.functions:
            table.functions[alias.id] = found.functions[name.id]
        elif name.id in found.sources:
            table.sources[alias.id] = found.sources[name.id]
        elif name.id in found.broken:
            table.broken.add(alias.id)
        else:
            known = (*found.definitions, *found.functions, *found.sources)
            where = found.source.name
            table.broken.add(alias.id)
            self.problems.append(
                NotInModule(name.span, name.id, where, known, nearest(name.id, known))
            )

    def table(
        self, s: tree.Import | tree.From, folder: PurePosixPath, way: tuple[str, ...]
    ) -> FileTable | None:
        """The file that a statement names; None where it has errors, which are reported."""
        if isinstance(s, tree.From) and isinstance(s.module, tuple):
            path = ".".join(n.id for n in s.module)
            span = s.module[0].span.to(s.module[-1].span)
            if path not in self.modules:
                raise SpecError(UnknownModule(span, path, self.modules))
        else:
            literal = s.path if isinstance(s, tree.Import) else s.module
            assert isinstance(literal, tree.Literal)
            path, span = str(literal.value), literal.span
            below = _below(folder, path)
            if below is None:
                raise SpecError(ImportOutside(span, path))
            path = below
        if path in way:
            raise SpecError(CircularImport(span, (*way[way.index(path) :], path)))
        if path not in self.known:
            self.known[path] = None
            try:
                source = self.read(path)
            except SpecError as error:
                reasons = "; ".join(getattr(d, "reason", d.title) for d in error.diagnostics)
                raise SpecError(CannotImport(span, path, reasons)) from None
            self.known[path] = self.collected(source, path, way)
        return self.known[path]

    def collected(self, source: Source, path: str, way: tuple[str, ...]) -> FileTable | None:
        file, found = parse(source)
        self.problems.extend(found)
        table = collect(file)
        table.path = source.name if path in self.modules else path
        table.files = self.files
        self.files[source] = table
        self.problems.extend(p for p in table.problems if p.severity == "error")
        self.link(table, PurePosixPath(path).parent, (*way, path))
        table.scope = parameters(table, {}).scope
        return table if not any(d.severity == "error" for d in found) else None


def _below(folder: PurePosixPath, path: str) -> str | None:
    """A path as written in a file of `folder`, from the folder of the spec; None of one that leaves
    it. `..` takes back the part before it, so a file has one path however it is written."""
    if not path or "\\" in path or path.startswith("/"):
        return None
    parts: list[str] = []
    for part in (folder / path).parts:
        if part != "..":
            parts.append(part)
        elif parts:
            parts.pop()
        else:
            return None
    return "/".join(parts) or None
