"""What a file declares, by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from dlspec.diagnostics import Diagnostic, SpecError
from dlspec.diagnostics.names import AlreadyDefined, EmptySpec, Misplaced, NotInThisVersion
from dlspec.elaborate.kinds import Kinds, weights
from dlspec.elaborate.uses import Uses, uses
from dlspec.source import Source, Span
from dlspec.syntax import tree

LATER = {
    tree.Import: "`import`",
    tree.From: "`from ... import`",
    tree.Extern: "`extern`",
    tree.Fn: "`fn`",
    tree.Let: "a `let` of the file",
}
LATER_DECLARATIONS = {"tune", "generate"}


@dataclass
class FileTable:
    """The declarations of one file, and the problems found while collecting them."""

    source: Source
    definitions: dict[str, tree.Definition] = field(default_factory=dict)
    parameters: dict[str, tree.Param] = field(default_factory=dict)
    data: dict[str, tree.Declaration] = field(default_factory=dict)
    trains: dict[str, tree.Declaration] = field(default_factory=dict)
    exports: dict[str, tree.Declaration] = field(default_factory=dict)
    doc: str = ""
    problems: list[Diagnostic] = field(default_factory=list)

    @property
    def models(self) -> dict[str, tree.Definition]:
        return {n: d for n, d in self.definitions.items() if d.kind == "model"}

    def definition(self, name: str) -> tree.Definition | None:
        return self.definitions.get(name)

    @cached_property
    def uses(self) -> Uses:
        return uses(self.definitions)

    @cached_property
    def weighted(self) -> dict[str, bool]:
        """Whether each definition has weights."""
        return weights(self.definitions, self.uses.order)

    def kinds(self, definition: tree.Definition | None) -> Kinds:
        """What the stages of a definition are; without one, those of the file's own values."""
        return Kinds(definition, self.definition, self.weighted)

    def raise_problems(self) -> None:
        if self.problems:
            raise SpecError(*self.problems)


def collect(file: tree.File) -> FileTable:
    """Sorts the statements of a file by what they declare."""
    table = FileTable(file.source)
    named: dict[str, Span] = {}

    def claim(name: tree.Name, what: str) -> None:
        if name.id in named:
            table.problems.append(AlreadyDefined(name.span, name.id, what, named[name.id]))
        named.setdefault(name.id, name.span)

    if not file.statements:
        start = Span(file.source, 0, 0)
        table.problems.append(EmptySpec(start))
    for s in file.statements:
        match s:
            case tree.Definition():
                claim(s.name, s.kind)
                table.definitions.setdefault(s.name.id, s)
                _check_parameters(table, s)
            case tree.Param():
                claim(s.parameter.name, "param")
                table.parameters.setdefault(s.parameter.name.id, s)
            case tree.Declaration(kind=kind) if kind in LATER_DECLARATIONS:
                table.problems.append(NotInThisVersion(_head(s), f"`{kind}`"))
            case tree.Declaration():
                _declare(table, s)
            case tree.Broken():
                pass
            case _ if type(s) in LATER:
                table.problems.append(NotInThisVersion(_head(s), LATER[type(s)]))
            case _:
                hint = "it belongs into a model, a block or a `train` block"
                table.problems.append(Misplaced(_head(s), "this statement", "a file", hint))
    table.problems.extend(table.uses.problems)
    first = file.statements[0] if file.statements else None
    table.doc = getattr(first, "doc", "") or ""
    return table


def _check_parameters(table: FileTable, s: tree.Definition) -> None:
    first: dict[str, Span] = {}
    for p in s.parameters:
        if p.name.id in first:
            found = AlreadyDefined(p.name.span, p.name.id, "parameter", first[p.name.id])
            table.problems.append(found)
        first.setdefault(p.name.id, p.name.span)


def _declare(table: FileTable, s: tree.Declaration) -> None:
    kinds = {"data": table.data, "train": table.trains, "export": table.exports}
    into = kinds[s.kind]
    name = s.name.id if s.name else ""
    if name in into:
        what = s.kind if name else f"{s.kind} block without a name,"
        table.problems.append(AlreadyDefined(_head(s), name, what, _head(into[name])))
    into.setdefault(name, s)


def _head(s: tree.Node) -> Span:
    """The first line of a statement: enough to point at."""
    text = s.span.text
    end = text.find("\n")
    length = len(text if end < 0 else text[:end].rstrip())
    return Span(s.span.source, s.span.start, s.span.start + length)
