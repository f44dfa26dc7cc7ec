"""What a file declares, by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from dlspec import ops
from dlspec.diagnostics import Diagnostic, SpecError
from dlspec.diagnostics.names import AlreadyDefined, NameTaken
from dlspec.diagnostics.uses import EmptySpec, Misplaced, NotInThisVersion
from dlspec.elaborate.arithmetic import FUNCTIONS
from dlspec.elaborate.kinds import Kinds, weighs
from dlspec.elaborate.signatures import header_problems
from dlspec.elaborate.uses import Uses, uses
from dlspec.elaborate.values import Scope
from dlspec.source import Source, Span
from dlspec.syntax import tree

LATER_DECLARATIONS = {"tune"}


@dataclass
class FileTable:
    """The declarations of one file, and the problems found while collecting them."""

    source: Source
    definitions: dict[str, tree.Definition] = field(default_factory=dict)
    """Blocks and models in reach, imported ones too, by the names that they have here."""
    functions: dict[str, tree.Fn] = field(default_factory=dict)
    sources: dict[str, tree.Fn] = field(default_factory=dict)
    """What `extern source` declares: functions to rows."""
    parameters: dict[str, tree.Param] = field(default_factory=dict)
    constants: dict[str, tree.Let] = field(default_factory=dict)
    """What `let` names in the file: numbers, and tensors that are the same for every example."""
    data: dict[str, tree.Declaration] = field(default_factory=dict)
    trains: dict[str, tree.Declaration] = field(default_factory=dict)
    exports: dict[str, tree.Declaration] = field(default_factory=dict)
    generates: dict[str, tree.Declaration] = field(default_factory=dict)
    doc: str = ""
    problems: list[Diagnostic] = field(default_factory=list)
    imports: list[tree.Import | tree.From] = field(default_factory=list)
    modules: dict[str, FileTable] = field(default_factory=dict)
    """Whole files, by the names that `import ... as` gives them."""
    broken: set[str] = field(default_factory=set)
    """Names that it imports from files with errors: uses of them say nothing more."""
    scope: Scope = field(default_factory=Scope)
    """The values of its parameters."""
    path: str = ""
    """Where it stands below the folder of the spec, or `std/vision.dls`; empty of the spec."""
    files: dict[Source, FileTable] = field(default_factory=dict)
    """Every file that is read for this spec: one dictionary that all of them share."""

    @property
    def blocks(self) -> dict[str, dict[str, tree.Declaration]]:
        """What has settings, by its kind and its name."""
        return {
            "data": self.data,
            "train": self.trains,
            "export": self.exports,
            "generate": self.generates,
        }

    @property
    def models(self) -> dict[str, tree.Definition]:
        """The models that this file declares itself."""
        return {n: d for n, d in self.own.items() if d.kind == "model"}

    @property
    def own(self) -> dict[str, tree.Definition]:
        """The blocks and models that this file declares itself."""
        return {d.name.id: d for d in self.definitions.values() if self.home(d) is self}

    @property
    def own_functions(self) -> dict[str, tree.Fn]:
        """The functions that this file declares itself."""
        return {f.name.id: f for f in self.functions.values() if self.home(f) is self}

    def home(self, node: tree.Node) -> FileTable:
        """The file in which something is written: names in it mean what they mean there. What is
        written in none (`--set`) belongs to this one."""
        return self.files.get(node.span.source, self)

    def lookup(self, name: str, at: tree.Node) -> tree.Definition | None:
        """A block or model by its name in the file in which something is written."""
        return self.home(at).definition(name)

    def definition(self, name: str) -> tree.Definition | None:
        """A block or model by its name here: `Residual`, `vision.Residual`."""
        module, dot, rest = name.rpartition(".")
        if not dot:
            return self.definitions.get(name)
        return self.modules[module].definitions.get(rest) if module in self.modules else None

    def function(self, name: str) -> tree.Fn | None:
        """A function by its name here: `dice`, `losses.dice`."""
        module, dot, rest = name.rpartition(".")
        if not dot:
            return self.functions.get(name)
        return self.modules[module].functions.get(rest) if module in self.modules else None

    def is_function(self, name: str) -> bool:
        return self.function(name) is not None

    @cached_property
    def uses(self) -> Uses:
        """Which of its own definitions use each other: no other file's can use them."""
        return uses(self.own)

    @cached_property
    def weighted(self) -> dict[str, bool]:
        """Whether each of its own definitions has weights."""
        found: dict[str, bool] = {}

        def known(definition: tree.Definition) -> bool:
            here = self.home(definition) is self
            weighted = found if here else self.home(definition).weighted
            return weighted.get(definition.name.id, False)

        own = self.own
        for name in filter(own.__contains__, self.uses.order):  # an import may have taken its place
            kinds = Kinds(own[name], self.definition, known, self.is_function)
            found[name] = weighs(own[name], kinds)
        return found

    def has_weights(self, definition: tree.Definition) -> bool:
        """Whether a definition of this file, or of one that it imports, has weights."""
        return self.home(definition).weighted.get(definition.name.id, False)

    def kinds(self, definition: tree.Definition | None) -> Kinds:
        """What the stages of one of its definitions are; without one, those of its values."""
        return Kinds(definition, self.definition, self.has_weights, self.is_function)

    def raise_problems(self) -> None:
        if self.problems:
            raise SpecError(*self.problems)


def collect(file: tree.File) -> FileTable:
    """Sorts the statements of a file by what they declare."""
    table = FileTable(file.source)
    table.files[file.source] = table
    named: dict[str, Span] = {}

    def claim(name: tree.Name, what: str) -> bool:
        if name.id in named:
            table.problems.append(AlreadyDefined(name.span, name.id, what, named[name.id]))
        return named.setdefault(name.id, name.span) is name.span

    if not file.statements:
        start = Span(file.source, 0, 0)
        table.problems.append(EmptySpec(start))
    for s in file.statements:
        match s:
            case tree.Definition():
                claim(s.name, s.kind)
                table.definitions.setdefault(s.name.id, s)
                _check_parameters(table, s)
            case tree.Extern():
                _extern(table, s)
                claim(s.name, f"extern {s.kind}")
            case tree.Param():
                claim(s.parameter.name, "param")
                table.parameters.setdefault(s.parameter.name.id, s)
            case tree.Let():
                claim(s.name, "let")
                table.constants.setdefault(s.name.id, s)
            case tree.Fn():
                claim(s.name, "fn")
                _function(table, s)
            case tree.Import():
                if s.alias is not None:
                    claim(s.alias, "import")
                table.imports.append(s)
            case tree.From():
                for name, alias in s.names:
                    claim(alias or name, "import")
                table.imports.append(s)
            case tree.Declaration(kind=kind) if kind in LATER_DECLARATIONS:
                table.problems.append(NotInThisVersion(_head(s), f"`{kind}`"))
            case tree.Declaration():
                _declare(table, s)
            case tree.Broken():
                pass
            case _:
                hint = "it belongs into a model, a block or a `train` block"
                table.problems.append(Misplaced(_head(s), "this statement", "a file", hint))
    table.problems.extend(table.uses.problems)
    first = file.statements[0] if file.statements else None
    table.doc = getattr(first, "doc", "") or ""
    return table


def _function(table: FileTable, s: tree.Fn) -> None:
    if s.name.id in FUNCTIONS or ops.lookup(s.name.id) is not None:
        what = "a function of the language"
        table.problems.append(NameTaken(s.name.span, s.name.id, what, "a `fn`"))
    table.functions.setdefault(s.name.id, s)
    _check_parameters(table, s)
    table.problems.extend(header_problems(s))


def _extern(table: FileTable, s: tree.Extern) -> None:
    """What Python computes is a function, or a block, of which only the outside is known."""
    from dlspec.elaborate.externs import declared

    found = declared(s)
    table.problems.extend(found.problems)
    if s.kind == "source" and isinstance(found.made, tree.Fn):
        table.sources.setdefault(s.name.id, found.made)
        _check_parameters(table, found.made)
    elif isinstance(found.made, tree.Fn):
        _function(table, found.made)
    else:
        table.definitions.setdefault(s.name.id, found.made)
        _check_parameters(table, found.made)


def _check_parameters(table: FileTable, s: tree.Definition | tree.Fn) -> None:
    first: dict[str, Span] = {}
    for p in s.parameters:
        if p.name.id in first:
            found = AlreadyDefined(p.name.span, p.name.id, "parameter", first[p.name.id])
            table.problems.append(found)
        first.setdefault(p.name.id, p.name.span)


def _declare(table: FileTable, s: tree.Declaration) -> None:
    into = table.blocks[s.kind]
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
