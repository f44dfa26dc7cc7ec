"""The settings of a `data`, `train` or `export` block: which there are, once each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dlspec.diagnostics import Diagnostic, nearest
from dlspec.diagnostics.names import Misplaced, NotInThisVersion
from dlspec.diagnostics.recipe import MissingSetting, SettingTwice, UnknownSetting
from dlspec.frozen import frozen
from dlspec.source import Span
from dlspec.syntax import tree


@frozen
class Kind:
    """What a kind of block may hold."""

    name: str
    settings: tuple[str, ...]
    required: tuple[tuple[str, str], ...]
    """The settings that it must have, each with an example."""
    later: Mapping[str, str]
    """Settings that this version does not compile, and how it calls them."""
    later_statements: Mapping[type, str] = field(default_factory=dict)
    statements: tuple[type, ...] = ()
    """Statements that it takes beside settings."""
    sections: tuple[str, ...] = ()
    wires: bool = False
    """Whether an assignment to another name is a wire, in later versions."""

    def __str__(self) -> str:
        return f"{'an' if self.name[0] in 'aeiou' else 'a'} `{self.name}` block"


@dataclass
class Settings:
    """A block's settings by name, its other statements in order, and what is wrong with them."""

    values: dict[str, tree.Assign] = field(default_factory=dict)
    statements: list[tree.Statement] = field(default_factory=list)
    sections: dict[str, tree.Section] = field(default_factory=dict)
    problems: list[Diagnostic] = field(default_factory=list)
    complete: bool = False
    """Whether everything parsed, and every setting that the block must have is there."""
    meant: set[str] = field(default_factory=set)
    """Names that are reported already: a misspelt setting's right name, a wire."""

    def get(self, name: str) -> tree.Expr | None:
        found = self.values.get(name)
        return found.value if found else None


def head(s: tree.Node) -> Span:
    """The first line of a statement: enough to point at."""
    text = s.span.text
    first = text.split("\n", 1)[0].rstrip()
    return Span(s.span.source, s.span.start, s.span.start + len(first))


def read(block: tree.Declaration, kind: Kind) -> Settings:
    """Sorts the statements of a block."""
    found = Settings()
    whole = True
    for s in block.body.statements:
        match s:
            case tree.Assign(names=(name,), type=None):
                _assign(found, s, name, kind)
            case tree.Section() if s.name.id in kind.sections:
                if s.name.id in found.sections:
                    first = found.sections[s.name.id].name.span
                    found.problems.append(SettingTwice(s.name.span, s.name.id, first))
                found.sections.setdefault(s.name.id, s)
            case tree.Broken():
                whole = False
            case _ if isinstance(s, kind.statements):
                found.statements.append(s)
            case _ if type(s) in kind.later_statements:
                what = kind.later_statements[type(s)]
                found.problems.append(NotInThisVersion(head(s), what))
            case _:
                hint = f"its settings are: {', '.join(kind.settings)}"
                what = str(kind)
                found.problems.append(Misplaced(head(s), "this statement", what, hint))
    # what did not parse may have been what is missing
    given = found.values.keys() | found.meant
    found.complete = whole and all(n in found.values for n, _ in kind.required)
    missing = [(n, e) for n, e in kind.required if n not in given]
    if missing and whole:
        names = tuple(n for n, _ in missing)
        example = "; ".join(e for _, e in missing)
        found.problems.append(MissingSetting(head(block), str(kind), names, example))
    return found


def _assign(found: Settings, s: tree.Assign, name: tree.Name, kind: Kind) -> None:
    if name.id in found.values:
        first = found.values[name.id].names[0].span
        found.problems.append(SettingTwice(name.span, name.id, first))
    elif name.id in kind.settings:
        found.values[name.id] = s
    elif name.id in kind.later:
        found.problems.append(NotInThisVersion(name.span, kind.later[name.id]))
    else:
        near = nearest(name.id, (*kind.settings, *kind.later))
        found.meant.add(near or name.id)
        if kind.wires and near is None:
            found.problems.append(NotInThisVersion(name.span, f"a wire in {kind}"))
            return
        where = str(kind)
        found.problems.append(UnknownSetting(name.span, name.id, where, kind.settings, near))
