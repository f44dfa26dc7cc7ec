"""`weights.py` of a program: how its weights start, and how they are kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from dlspec.emit import python as py
from dlspec.ir.recipe import Loaded
from dlspec.ops.base import Weight
from dlspec.ops.init import (
    Init,
    constant,
    dirac,
    glorot_normal,
    glorot_uniform,
    ones,
    variance_scaling,
    zeros,
)
from dlspec.ops.kernel_norm import of_kernel
from dlspec.programs.compose import Written, compose

DOC = "Weights in NumPy, whatever the backend: drawn by name, kept in safetensors."
IMPORTS = (
    py.Import("zlib"),
    py.From("functools", ("partial",)),
    py.From("pathlib", ("Path",)),
    py.Import("numpy", "np"),
)

BY_GROUPS = (dirac, glorot_normal, glorot_uniform, variance_scaling)
"""What asks which outputs an input reaches: groups make them fewer."""

Kind = tuple[str, bool]
"""The last part of a weight's name, and whether it has one axis only."""


def weights_file(
    weights: Mapping[str, Weight], loaded: Sequence[Loaded] = (), folder: str = "."
) -> str:
    """The text of `weights.py` for these arrays, by their neutral names.

    Those that are `loaded` start from files, whose paths begin where `folder` leads.

    It offers `draw(name, shape, seed)`, `write(path, tensors, facts)`, `read(path)` and
    `CheckpointError`.
    """
    normed = _normed(weights)
    weights = {n: w for n, w in weights.items() if not isinstance(w.init, of_kernel)}
    usual = _usual(weights)
    odd = {n: w.init for n, w in weights.items() if w.init != usual[_kind(n, w)]}
    extra = _extra(weights, odd)
    constants = [_table(n, {k: py.literal(v) for k, v in t.items()}) for n, t in extra.items()]
    if normed:
        sizes = {name: py.literal(size) for name, size in normed.items()}
        constants.append(_table("KERNELS", sizes, "the shape of each, and its axis of outputs"))
    if loaded:
        where: py.Expr = py.Code("Path(__file__).parent")
        if folder != ".":
            below = py.Binary(where, "/", py.literal(folder))
            where = py.call(py.Attribute(below, "resolve"))
        constants.append(py.Assign("FOLDER", where, "where the paths of the spec begin"))
        files = {found.path: py.literal(found.file) for found in loaded}
        constants.append(_table("LOADED", files))
    grouped = any(map(_by_groups, weights.values()))
    initial = {
        n: _partial(init, weights[n].groups if _by_groups(weights[n]) else 1)
        for n, init in odd.items()
    }
    return compose(
        Written(
            DOC,
            files=(*(["grouped"] * grouped), "draws", "normed", "store", "loaded"),
            imports=IMPORTS,
            constants=constants,
            functions=[
                _draw(usual, weights, bool(odd), extra, bool(loaded), bool(normed)),
                "write",
                "read",
            ],
            tables=[_table("INITIAL", initial)] if initial else [],
        )
    )


def _normed(weights: Mapping[str, Weight]) -> dict[str, tuple[tuple[int, ...], int]]:
    """The kernels from which other weights follow, with their shapes and axes of outputs."""
    found = {}
    for name, weight in weights.items():
        if isinstance(weight.init, of_kernel):
            kernel = name.removesuffix(weight.name) + weight.init.name
            found[kernel] = (weight.init.size, weight.init.axis)
    return found


def _kind(name: str, weight: Weight) -> Kind:
    return name.rpartition(".")[2], len(weight.shape) == 1


def _usual(weights: Mapping[str, Weight]) -> dict[Kind, Init]:
    """How most weights of a kind start."""
    counts: dict[Kind, Counter[Init]] = {}
    for name, weight in weights.items():
        counts.setdefault(_kind(name, weight), Counter())[weight.init] += 1
    return {kind: count.most_common(1)[0][0] for kind, count in counts.items()}


def _extra(weights: Mapping[str, Weight], odd: Collection[str]) -> dict[str, dict[str, int]]:
    """What a shape does not tell of an array: tables by name, where they hold anything."""
    groups = {n: w.groups for n, w in weights.items() if _by_groups(w) and n not in odd}
    rows = {n: w.zero_row for n, w in weights.items() if w.zero_row is not None}
    return {name: table for name, table in (("GROUPS", groups), ("ZERO_ROWS", rows)) if table}


def _by_groups(weight: Weight) -> bool:
    return weight.groups > 1 and isinstance(weight.init, BY_GROUPS)


def _table(name: str, rows: Mapping[str, py.Expr], comment: str = "") -> py.Assign:
    items = tuple((py.literal(key), value) for key, value in rows.items())
    return py.Assign(name, py.Dict(items, broken=True), comment)


Rule = tuple[str, py.Expr]
"""A test of a name and a shape, and the value of what passes it."""

RNG = py.Assign("rng", "np.random.default_rng((seed, zlib.crc32(name.encode())))")


def _draw(
    usual: Mapping[Kind, Init],
    weights: Mapping[str, Weight],
    odd: bool,
    extra: Mapping[str, object],
    loaded: bool,
    normed: bool,
) -> py.Function:
    rules, last = _rules(usual, weights)
    known: list[Rule] = [(test, _value(init, extra)) for test, init in rules]
    if odd:
        known.insert(0, ("name in INITIAL", py.Code("INITIAL[name](shape, rng)")))
    rest = _value(last, extra)
    body: list[py.Statement] = (
        _chosen(known, rest) if "ZERO_ROWS" in extra else _returned(known, rest)
    )
    if any("kind in" in test or "kind ==" in test for test, _ in rules):
        body.insert(0, py.Assign("kind", 'name.rpartition(".")[2]'))
    if normed:
        follows = [
            py.Assign("size, axis", "KERNELS[kernel]"),
            py.Return("of_kernel(name, draw(kernel, size, seed), axis, seed)"),
        ]
        kernel = py.Assign("kernel", "kernel_of(name)")
        body[:0] = [kernel, py.If("kernel in KERNELS", follows)]
    doc = "The initial value of a weight: a function of its name and the seed."
    if loaded:
        doc = "The first value of a weight: that of its file, else a function of name and seed."
        kept = py.If("found is not None", [py.Return("found")])
        body[:0] = [py.Assign("found", "from_file(name, shape)"), kept]
    return py.Function(
        "draw",
        (py.Param("name", "str"), py.Param("shape", "tuple[int, ...]"), py.Param("seed", "int")),
        body,
        "np.ndarray",
        doc,
    )


def _returned(rules: Sequence[Rule], rest: py.Expr) -> list[py.Statement]:
    """The rules one after the other; the generator stands where the first of them draws."""
    body: list[py.Statement] = []
    for test, value in (*rules, ("", rest)):
        if RNG not in body and "rng" in str(value):
            body.append(RNG)
        body.append(py.If(test, [py.Return(value)]) if test else py.Return(value))
    return body


def _chosen(rules: Sequence[Rule], rest: py.Expr) -> list[py.Statement]:
    """The same for arrays of which a row may be zero."""
    (test, value), *others = [(t, py.Assign("values", v)) for t, v in (*rules, ("", rest))]
    choice: list[py.Statement] = [value]
    if test:
        elifs = [(t, [v]) for t, v in others[:-1]]
        choice = [py.If(test, [value], [others[-1][1]], elifs)]
    rows = py.If("name in ZERO_ROWS", [py.Assign("values[ZERO_ROWS[name]]", "0")])
    drawn = [RNG] if any("rng" in str(value) for _, value in (*rules, ("", rest))) else []
    return [*drawn, *choice, rows, py.Return("values")]


def _rules(
    usual: Mapping[Kind, Init], weights: Mapping[str, Weight]
) -> tuple[list[tuple[str, Init]], Init]:
    """Tests in order with the initialiser of what passes them, and that of all the rest."""
    counts = Counter[Init]()
    for name, weight in weights.items():
        kind = _kind(name, weight)
        counts[usual[kind]] += 1 if kind[1] else 1000  # kernels decide
    last = counts.most_common(1)[0][0] if counts else zeros()
    left = {kind: init for kind, init in usual.items() if init != last}
    rules: list[tuple[str, Init]] = []
    for init in sorted(set(left.values()), key=lambda i: (_RANK.get(type(i), 2), str(i))):
        mine = [kind for kind in left if left[kind] == init]
        if set(mine) == {k for k in left if k[1]} and not any(
            k[1] and i == last for k, i in usual.items()
        ):
            rules.append(("len(shape) == 1", init))
        else:
            rules.append((_test(mine, usual), init))
        for kind in mine:
            del left[kind]
    return rules, last


_RANK: dict[type[Init], int] = {zeros: 0, ones: 1}


def _test(kinds: Sequence[Kind], usual: Mapping[Kind, Init]) -> str:
    """Tells arrays of these kinds from the others."""
    clear = [last for last, one in kinds if (last, not one) not in usual]
    both = {last for last, one in kinds if (last, not one) in kinds}
    clear += [last for last in dict.fromkeys(last for last, _ in kinds) if last in both]
    tests = [_among(clear)] if clear else []
    for one in (True, False):
        names = [last for last, o in kinds if o == one and last not in clear]
        if names:
            axes = "len(shape) == 1" if one else "len(shape) > 1"
            tests.append(f"{_among(names)} and {axes}")
    return " or ".join(tests)


def _among(names: Sequence[str]) -> str:
    if len(names) == 1:
        return f"kind == {py.literal(names[0])}"
    return f"kind in {py.literal(tuple(names))}"


def _value(init: Init, extra: Mapping[str, object]) -> py.Expr:
    """The array, drawn from `rng`."""
    match init:
        case zeros():
            return py.Code("np.zeros(shape, np.float32)")
        case ones():
            return py.Code("np.ones(shape, np.float32)")
        case constant(value=value):
            return py.call("np.full", py.Code("shape"), value, py.Code("np.float32"))
    shared = [py.Code("shape"), py.Code("rng")]
    if isinstance(init, BY_GROUPS) and "GROUPS" in extra:
        shared.append(py.Code("GROUPS.get(name, 1)"))
    return py.call(init.kind(), *shared, **_arguments(init))


def _partial(init: Init, groups: int) -> py.Expr:
    """A function of a shape and a generator."""
    arguments = _arguments(init) | ({"groups": groups} if groups > 1 else {})
    if not arguments:
        return py.Code(init.kind())
    return py.call("partial", py.Code(init.kind()), **arguments)


def _arguments(init: Init) -> dict[str, Any]:
    """The arguments that the verbatim function of the same name has no default for, or another."""
    given = init.model_dump()
    return {k: v for k, v in given.items() if v != DEFAULTS.get(k)}


DEFAULTS: dict[str, Any] = {
    **{"mean": 0.0, "gain": 1.0, "scale": 1.0},
    **{"mode": "fan_in", "distribution": "normal"},
}
