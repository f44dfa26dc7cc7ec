"""One file of a program: what its spec makes, and the verbatim functions that it needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from dlspec.emit import python as py
from dlspec.emit.statements import Page, suite
from dlspec.programs.library import Imported, Item, Unit, free_names, parse, verbatim


@dataclass(frozen=True, slots=True)
class Verbatim(py.Function):
    """A function or class, copied as it stands."""

    source: str = ""

    def lines(self, page: Page) -> list[str]:
        return self.source.split("\n")


@dataclass(frozen=True, slots=True)
class Written:
    """What a spec makes of one file: its constants, its functions, and what calls functions:
    tables, and what runs at the end.

    `functions` has the written ones and, as text, the names of verbatim ones that others call.
    Other names are those of `imports`, of which only the used ones are written, or else looked up
    in `files`, the verbatim ones, the first that has one.
    """

    doc: str
    files: Sequence[str]
    imports: Sequence[py.Import | py.From] = ()
    constants: Sequence[py.Assign] = ()
    functions: Sequence[py.Function | str] = ()
    tables: Sequence[py.Statement] = ()


def compose(written: Written) -> str:
    """The text of the file: imports, constants, classes, then functions, callers first."""
    return _Composer(written).render()


@dataclass(slots=True)
class _Composer:
    written: Written
    constants: list[py.Statement] = field(default_factory=list)
    classes: list[py.Statement] = field(default_factory=list)
    functions: list[py.Statement] = field(default_factory=list)
    imports: list[py.Import | py.From] = field(default_factory=list)
    placed: set[str] = field(default_factory=set)

    def render(self) -> str:
        w = self.written
        self.imports += w.imports
        for found in w.imports:
            self.placed |= {found.binds} if isinstance(found, py.Import) else {*found.names}
        self.placed |= {f.name for f in w.functions if isinstance(f, py.Function)}
        self.placed |= {str(a.target) for a in w.constants}
        for constant in w.constants:
            self._use_all(constant)
        self.constants += w.constants
        for function in w.functions:
            if isinstance(function, str):
                self._use(function)
            else:
                self.functions.append(function)
                self._use_all(function)
        for table in w.tables:
            self._use_all(table)
        blank = [py.Blank()] if w.tables else []
        body = [*self.constants, *self.classes, *self.functions, *blank, *w.tables]
        return py.Module(w.doc, self.imports, body).render()

    def _use_all(self, statement: py.Statement) -> None:
        text = "\n".join(suite([statement], Page()))
        for name in free_names(parse(text)):
            self._use(name)

    def _use(self, name: str) -> None:
        """Places an item of this name, if there is one, and then what it needs."""
        if name in self.placed or (item := self._find(name)) is None:
            return
        self.placed.add(name)
        unit = verbatim(item.file)
        match item.kind:
            case "constant":
                self._use_from(item, unit)
                self.constants.append(py.Raw(item.source))
            case "class":
                self._use_from(item, unit)
                self.classes.append(Verbatim(name, source=item.source))
            case "function":
                self.functions.append(Verbatim(name, source=item.source))
                self._use_from(item, unit)

    def _use_from(self, item: Item, unit: Unit) -> None:
        for name in item.uses:
            if name in unit.imports:
                self.imports.append(_import(unit.imports[name]))
            else:
                self._use(name)

    def _find(self, name: str) -> Item | None:
        units = map(verbatim, self.written.files)
        return next((u.items[name] for u in units if name in u.items), None)


def _import(found: Imported) -> py.Import | py.From:
    if not found.member:
        return py.Import(found.module, "" if found.name == found.module else found.name)
    name = found.member if found.name == found.member else f"{found.member} as {found.name}"
    return py.From(found.module, (name,))
