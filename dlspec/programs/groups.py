"""Groups of weights in `recipe.py`: names as short patterns, and what differs for them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from fnmatch import fnmatchcase

from dlspec.emit import python as py
from dlspec.ir.recipe import Group, Train

FILE = "weight_groups"


def table(train: Train, weights: Collection[str]) -> py.Assign:
    """`WEIGHT_GROUPS`: patterns among the names of all weights, and what those that they match have
    of their own. Each value of a setting has one row; settings of the same weights share theirs."""
    names: dict[tuple[str, str], tuple[py.Expr, list[str]]] = {}
    for group in train.groups:
        for setting, value in differing(train, group).items():
            names.setdefault((setting, str(value)), (value, []))[1].extend(group.weights)
    rules: dict[tuple[str, ...], list[tuple[str, py.Expr]]] = {}
    for (setting, _), (value, of) in names.items():
        rules.setdefault(globs(of, weights), []).append((setting, value))
    rows = []
    for patterns, settings in rules.items():
        items = tuple((py.literal(n), value) for n, value in settings)
        rows.append(py.Tuple((py.Tuple(tuple(map(py.literal, patterns))), py.Dict(items))))
    said = "names of weights, and what differs for them"
    return py.Assign("WEIGHT_GROUPS", py.Tuple(tuple(rows), broken=True), said)


def differing(train: Train, group: Group) -> dict[str, py.Expr]:
    """What a group has of its own; the scale is that of the block's rate."""
    found: dict[str, py.Expr] = {}
    if group.optimizer is not None:
        names = {optimizer: name for name, optimizer in train.optimizers.items()}
        found["optimizer"] = py.literal(names[group.optimizer])
    if (scale := train.scale(group)) != 1:
        found["lr_scale"] = py.literal(scale)
    if group.weight_decay is not None:
        found["weight_decay"] = py.literal(group.weight_decay)
    if group.frozen is None:
        found["frozen"] = py.Code("math.inf")
    elif group.frozen:
        found["frozen"] = py.literal(group.frozen)
    return found


def globs(names: Collection[str], everything: Collection[str]) -> tuple[str, ...]:
    """The shortest patterns found that match these of all names, and no other."""
    others = set(everything) - set(names)
    found: list[str] = []
    left = list(dict.fromkeys(names))
    while left:
        fits = [p for p in _wider(left[0]) if not any(fnmatchcase(n, p) for n in others)]
        rest = {p: [n for n in left[1:] if not fnmatchcase(n, p)] for p in fits or left[:1]}
        found.append(min(rest, key=lambda p: len(rest[p])))
        left = rest[found[-1]]
    return tuple(found)


def _wider(name: str) -> Iterator[str]:
    """Patterns that match a name, the shorter before the others."""
    parts = name.split(".")
    if len(parts) > 1:
        yield f"*.{parts[-1]}"
    if len(parts) > 2:
        yield f"*.{parts[-2]}.*"
    for kind in (["*" if p.isdigit() else p for p in parts], parts):
        for end in range(1, len(parts)):
            yield ".".join((*kind[:end], "*"))
        yield ".".join(kind)
