"""The settings of a `data`, `train` or `export` block: which there are, once each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dlspec.diagnostics import Diagnostic, nearest
from dlspec.diagnostics.recipe import (
    MissingSetting,
    SettingsExclude,
    SettingTwice,
    UnknownSetting,
)
from dlspec.diagnostics.uses import Misplaced, NotInThisVersion
from dlspec.elaborate.uses import walk
from dlspec.frozen import frozen
from dlspec.source import Span
from dlspec.syntax import tree

Block = tree.Declaration | tree.Step | tree.Extern
"""What has settings."""


BESIDE = "write it in the `train` block, beside the steps: it holds for all of them"


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
    """Whether an assignment to another name is a wire."""
    instead: Mapping[str, tuple[type, ...]] = field(default_factory=dict)
    """Settings that need not be there where such a statement is."""
    either: Mapping[str, str] = field(default_factory=dict)
    """Settings that stand for each other: one of both must be there."""
    around: tuple[str, ...] = ()
    """Settings of the block that it stands in, which hold for all in there."""
    hints: Mapping[type, str] = field(default_factory=dict)
    """What to write in the place of a statement that it does not take."""

    def __str__(self) -> str:
        return f"{'an' if self.name[0] in 'aeiou' else 'a'} `{self.name}` block"


@dataclass
class Settings:
    """A block's settings by name, its other statements in order, and what is wrong with them."""

    values: dict[str, tree.Assign] = field(default_factory=dict)
    statements: list[tree.Statement] = field(default_factory=list)
    wires: list[tree.Statement] = field(default_factory=list)
    """What is computed of a batch, in order: assignments to other names, `let`, `if`, `for`."""
    steps: list[tree.Step] = field(default_factory=list)
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


def read(block: Block, kind: Kind) -> Settings:
    """Sorts the statements of a block."""
    found = Settings()
    whole = True
    for s in block.body.statements:
        match s:
            case tree.Assign(names=(name,), type=None):
                _assign(found, s, name, kind, block)
            case tree.Assign() | tree.Let() | tree.Bare() if kind.wires:
                found.wires.append(s)
            case tree.If() | tree.For() if kind.wires and _gives(s, block):
                found.wires.append(s)
            case tree.Section() if s.name.id in kind.sections:
                if s.name.id in found.sections:
                    first = found.sections[s.name.id].name.span
                    found.problems.append(SettingTwice(s.name.span, s.name.id, first))
                found.sections.setdefault(s.name.id, s)
            case tree.Broken():
                whole = False
            case tree.Step() if tree.Step in kind.statements:
                found.steps.append(s)
            case _ if isinstance(s, kind.statements):
                found.statements.append(s)
            case _ if type(s) in kind.later_statements:
                what = kind.later_statements[type(s)]
                found.problems.append(NotInThisVersion(head(s), what))
            case _:
                settings = f"its settings are: {', '.join(kind.settings)}"
                hint = kind.hints.get(type(s), settings)
                what = str(kind)
                found.problems.append(Misplaced(head(s), "this statement", what, hint))
    # what did not parse may have been what is missing
    given = found.values.keys() | found.meant
    beside = (*found.wires, *found.steps)
    inner = [n for s in beside for n in walk(s)]
    instead = {n for n, t in kind.instead.items() if any(isinstance(s, t) for s in inner)}
    instead |= {n for n, other in kind.either.items() if other in given}
    for n, other in kind.either.items():
        if n in found.values and other in found.values:
            both = sorted((found.values[n], found.values[other]), key=lambda s: s.span.start)
            first, second = (s.names[0].span for s in both)
            found.problems.append(SettingsExclude(second, second.text, first.text, first))
    found.complete = whole and all(n in found.values.keys() | instead for n, _ in kind.required)
    missing = [(n, e) for n, e in kind.required if n not in given | instead]
    if missing and whole:
        names = tuple(n for n, _ in missing)
        example = "; ".join(e for _, e in missing)
        found.problems.append(MissingSetting(head(block), str(kind), names, example))
    return found


def _assign(
    found: Settings,
    s: tree.Assign,
    name: tree.Name,
    kind: Kind,
    block: Block,
) -> None:
    if name.id in found.values:
        first = found.values[name.id].names[0].span
        found.problems.append(SettingTwice(name.span, name.id, first))
    elif name.id in kind.settings:
        found.values[name.id] = s
    elif name.id in kind.later:
        found.problems.append(NotInThisVersion(name.span, kind.later[name.id]))
    elif name.id in kind.around:
        what = f"`{name.id}`"
        found.problems.append(Misplaced(name.span, what, str(kind), BESIDE))
    elif kind.wires and _is_read(name.id, s, block):
        found.wires.append(s)
    else:
        near = nearest(name.id, (*kind.settings, *kind.later))
        found.meant.add(near or name.id)
        where = str(kind)
        found.problems.append(UnknownSetting(name.span, name.id, where, kind.settings, near))


def _is_read(name: str, own: tree.Assign, block: Block) -> bool:
    """Whether another statement of a block names a wire: then it is no misspelt setting."""
    others = (s for s in block.body.statements if s is not own)
    return any(isinstance(n, tree.Name) and n.id == name for s in others for n in walk(s))


def _gives(s: tree.If | tree.For, block: Block) -> bool:
    """Whether a branch or loop writes a wire that the block reads, and says nothing of weights."""
    inner = list(walk(s))
    if any(isinstance(n, tree.Weights) for n in inner):
        return False
    given = {name.id for n in inner if isinstance(n, tree.Assign) for name in n.names}
    others = (n for other in block.body.statements if other is not s for n in walk(other))
    return any(isinstance(n, tree.Name) and n.id in given for n in others)
