"""Definitions whose uses cannot share one class, since they differ, or stand in each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dlspec.backend.merge import Differs, first, merge_body
from dlspec.ir import model as ir


def structures(instances: Iterable[ir.Instance]) -> list[list[ir.Instance]]:
    """The uses of a definition, those of one structure together."""
    groups: list[list[ir.Instance]] = []
    for instance in instances:
        for group in groups:
            try:
                merge_body([(first(i), i.body) for i in (*group, instance)])
            except Differs:
                continue
            group.append(instance)
            break
        else:
            groups.append([instance])
    return groups


def levels(model: ir.ModelIR, name: str) -> list[list[ir.Instance]]:
    """The uses of a definition by how deep others of its circle stand in them, where its class
    would need itself: `In(In(ReLU))`, or `A(B(C))` beside `B(A(C))`."""
    own = [i for i in model.instances if i.definition == name]
    circle = _circle(model, name)
    if not circle:
        return [own]
    deep: dict[int, int] = {}

    def depth(instance: ir.Instance) -> int:
        if instance.number not in deep:
            inner = (depth(i) for i in called(model, instance))
            mine = instance.definition in circle
            deep[instance.number] = max(inner, default=0) + mine
        return deep[instance.number]

    groups: dict[int, list[ir.Instance]] = {}
    for instance in own:
        groups.setdefault(depth(instance), []).append(instance)
    return [groups[d] for d in sorted(groups)]


def _circle(model: ir.ModelIR, name: str) -> set[str]:
    """The definitions on a way from this one back to itself."""
    uses: dict[str, set[str]] = {}
    for instance in model.instances:
        inner = uses.setdefault(instance.definition, set())
        inner.update(i.definition for i in called(model, instance))
    used_by: dict[str, set[str]] = {n: set() for n in uses}
    for user, inner in uses.items():
        for n in inner:
            used_by[n].add(user)
    below, above = _reached(name, uses), _reached(name, used_by)
    return below & above


def _reached(start: str, edges: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [*edges.get(start, ())]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(edges.get(name, ()))
    return found


def called(model: ir.ModelIR, instance: ir.Instance) -> Iterator[ir.Instance]:
    """The instances that one uses directly."""
    for f in ir.within(instance.body):
        if isinstance(f, ir.Call):
            yield model.instances[f.instance]
