"""Names in blocks and functions that no model uses, which are elaborated nowhere.

Sizes and types follow from a use; what a name can mean does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from dlspec import ops
from dlspec.diagnostics import Diagnostic, nearest
from dlspec.diagnostics.names import UnknownName
from dlspec.elaborate.arithmetic import FUNCTIONS
from dlspec.elaborate.derivatives import KIND as GRADIENT
from dlspec.elaborate.file import FileTable
from dlspec.elaborate.headers import written
from dlspec.elaborate.unused import nodes, reads
from dlspec.ops.batch_size import SIZE
from dlspec.ops.constraints import CONSTRAINTS
from dlspec.ops.init import INITS
from dlspec.syntax import tree

Names = frozenset[str]
WORDS: Names = frozenset({"Scan", "require", "row", "batch", "training", SIZE})
"""Names of the language that no table has."""


def unresolved(file: tree.File, table: FileTable) -> Iterator[Diagnostic]:
    """What the definitions of a file name that no model or recipe reaches, and nothing is."""
    own: dict[str, tree.Definition | tree.Fn] = {**table.own, **table.own_functions}
    reached = reads([s for s in file.statements if not isinstance(s, tree.Definition | tree.Fn)])
    left = [*reached & own.keys(), *table.models]
    seen: set[str] = set()
    while left:
        name = left.pop()
        if name not in seen:
            seen.add(name)
            left += reads(own[name]) & own.keys()
    unused = [d for name, d in own.items() if name not in seen and d.python is None]
    everywhere = _of_file(table) if unused else frozenset()
    for definition in unused:
        yield from _names(definition, everywhere)


def _names(d: tree.Definition | tree.Fn, everywhere: Names) -> Iterator[Diagnostic]:
    """What a definition reads and neither it nor its file has, each name once."""
    known = everywhere | _defined(d)
    unknown = reads(d) - known
    inside = sorted(
        (n for n in nodes(d) if isinstance(n, tree.Name) and n.id in unknown),
        key=lambda n: n.span.start,
    )
    for n in {n.id: n for n in reversed(inside)}.values():
        kind = "layer or block" if n.id[:1].isupper() else "name"
        yield UnknownName(n.span, n.id, kind, nearest(n.id, known))


def _defined(d: tree.Definition | tree.Fn) -> Names:
    """All names that a definition gives a meaning, wherever it does."""
    found = {p.name.id for p in d.parameters} | {*reads([p.space for p in d.parameters])}
    for node in nodes(d):
        match node:
            case tree.Type(groups=groups):
                found |= reads(groups)  # a size that it binds
            case tree.Call(callee=tree.Name(id="Rearrange"), arguments=arguments):
                found |= reads(arguments)  # axes
            case tree.Weights():
                found |= reads(node)  # words of its settings
            case tree.Comprehension(names=names) | tree.For(names=names):
                found |= {n.id for n in names}
            case tree.Body(statements=statements):
                found |= {n.id for s in statements for n in written(s)}
    return frozenset(found)


def _of_file(table: FileTable) -> Names:
    names = (table.definitions, table.functions, table.parameters, table.constants, table.modules)
    return frozenset({*(n for table in names for n in table), *table.broken}) | _language()


@cache
def _language() -> Names:
    """What the language has by name, and the words that its arguments take."""
    found: set[str] = {*FUNCTIONS, *ops.names(), *INITS, *CONSTRAINTS, GRADIENT} | WORDS
    layers = filter(None, map(ops.lookup, ops.names()))
    for cls in (*layers, *INITS.values(), *CONSTRAINTS.values()):
        found.update(word for a in cls.arguments() for word in cls.words(a))
    return frozenset(found)
