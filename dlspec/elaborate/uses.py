"""Which definitions of a file the text of each one uses, whatever its arguments are.

A definition that uses itself, directly or through others, is an error. Without such a cycle every
model is finite: what a block is given as an argument is a layer that is configured already.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields

from dlspec.diagnostics import Diagnostic
from dlspec.diagnostics.uses import Recursion
from dlspec.syntax import tree


@dataclass
class Uses:
    """`order` has every definition behind those that it uses; `recursive` those of a cycle."""

    order: list[str] = field(default_factory=list)
    recursive: set[str] = field(default_factory=set)
    problems: list[Diagnostic] = field(default_factory=list)


def uses(definitions: Mapping[str, tree.Definition]) -> Uses:
    """The order of the definitions of a file, and the cycles among them."""
    found = Uses()
    done: set[str] = set()
    for start in definitions:
        if start in done:
            continue
        path = {start: 0}
        waiting = [_used(definitions[start], definitions)]
        while path:
            name = next(waiting[-1], None)
            if name is None:
                waiting.pop()
                last, _ = path.popitem()
                done.add(last)
                found.order.append(last)
            elif name.id in path:
                cycle = [*path][path[name.id] :]
                found.recursive.update(cycle)
                found.problems.append(Recursion(name.span, (*cycle, name.id)))
            elif name.id not in done:
                path[name.id] = len(path)
                waiting.append(_used(definitions[name.id], definitions))
    return found


def _used(
    definition: tree.Definition, definitions: Mapping[str, tree.Definition]
) -> Iterator[tree.Name]:
    """The definitions that one names, each once. Its own names come before those of the file."""
    seen: dict[str, tree.Name] = {}
    own = {p.name.id for p in definition.parameters}
    for node in walk(definition.parameters, definition.body):
        match node:
            case tree.Name(id=name) if name in definitions:
                seen.setdefault(name, node)
            case tree.For(names=names):
                own.update(n.id for n in names)
            case tree.Input(name=declared, type=type_):
                own.add(declared.id)
                own.update(n.id for n in walk(type_) if isinstance(n, tree.Name))
            case tree.Let(name=declared) | tree.State(name=declared):
                own.add(declared.id)
    return iter([n for name, n in seen.items() if name not in own])


def walk(*roots: object) -> Iterator[tree.Node]:
    """Some nodes and all that they read, in the order of the text: no names of what they define."""
    stack: list[object] = list(reversed(roots))
    while stack:
        found = stack.pop()
        if isinstance(found, tuple):
            stack.extend(reversed(found))
        elif isinstance(found, tree.Node):
            yield found
            own = vars(found)
            for name in _parts(type(found)):
                value = own[name]
                if isinstance(value, tree.Node) or (value and isinstance(value, tuple)):
                    stack.append(value)


def _parts(kind: type[tree.Node]) -> tuple[str, ...]:
    """The parts of a node that may hold others, the last first."""
    if kind not in PARTS:
        given = (*GIVEN.get(kind, ()), "span", "op_span", "doc")
        PARTS[kind] = tuple(f.name for f in reversed(fields(kind)) if f.name not in given)
    return PARTS[kind]


PARTS: dict[type, tuple[str, ...]] = {}


GIVEN: dict[type, tuple[str, ...]] = {
    tree.Argument: ("name",),
    tree.Assign: ("names", "type"),
    tree.Attribute: ("name",),
    tree.Comprehension: ("names",),
    tree.For: ("names",),
    tree.Input: ("name", "type"),
    tree.Let: ("name",),
    tree.Next: ("name",),
    tree.Output: ("name", "type"),
    tree.Parameter: ("name", "type", "space"),
    tree.Quantity: ("unit",),
    tree.Stage: ("name",),
    tree.State: ("name", "type"),
    tree.Weights: ("patterns", "body"),
}
"""What stands in a node and is a name that it gives, or no expression."""
