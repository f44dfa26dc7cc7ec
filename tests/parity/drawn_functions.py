"""Random cases of functions whose inputs must fit each other."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from cases import Case

from dlspec.declared import written
from dlspec.ops import unfold
from dlspec.tensor import Tensor

Rng = np.random.Generator


def sizes(rng: Rng, count: int) -> list[int]:
    return [int(n) for n in rng.integers(1, 7, count)]


def f32(*shape: int) -> str:
    return f"f32{list(shape)}"


def matmul(rng: Rng) -> Case:
    """Matrices, stacks of them, and vectors on either side."""
    n, k, m, front = sizes(rng, 4)
    kind = int(rng.integers(5))
    fronts = [[front, front], [1, front], [front, 1]][int(rng.integers(3))]
    given = {
        0: ([n, k], [k, m]),
        1: ([fronts[0], n, k], [fronts[1], k, m]),
        2: ([k], [k, m]),
        3: ([front, n, k], [k]),
        4: ([k], [k]),
    }[kind]
    return Case("matmul", "matmul", tuple(f32(*shape) for shape in given))


def einsum(rng: Rng) -> Case:
    """One to three inputs with some letters in common, of which the result keeps some."""
    letters = "hijkn"
    length = dict(zip(letters, sizes(rng, len(letters)), strict=True))
    terms = [
        "".join(rng.permutation(list(letters))[: int(rng.integers(0, 4))])
        for _ in range(int(rng.integers(1, 4)))
    ]
    known = sorted({*"".join(terms)})
    result = "".join(rng.permutation(known)[: int(rng.integers(0, len(known) + 1))])
    given = tuple(f32(*(length[c] for c in term)) for term in terms)
    return Case("einsum", f'einsum("{",".join(terms)}->{result}")', given)


def segments(kind: str) -> Callable[[Rng], Case]:
    def drawn(rng: Rng) -> Case:
        n, *rest = sizes(rng, int(rng.integers(1, 4)))
        return Case(kind, f"{kind}({int(rng.integers(7, 10))})", (f32(n, *rest), f"i32[{n}]"))

    return drawn


def experts(rng: Rng) -> Case:
    """A token of any number of axes, and as many choices of experts as there are."""
    count, wide, units, *rest = sizes(rng, int(rng.integers(3, 6)))
    k = int(rng.integers(1, count + 1))
    tokens = rest[: int(rng.integers(0, len(rest) + 1))]
    named = (("index", f"i32{[*tokens, k]}"), ("gate", f32(*tokens, k)))
    return Case("Experts", f"Experts(Dense({units}), count={count})", (f32(*rest, wide),), named)


def linspace(rng: Rng) -> Case:
    count = int(rng.integers(1, 9))
    start, stop = (round(float(n), 2) for n in rng.uniform(-3, 3, 2))
    return Case("linspace", f"linspace({start}, {stop}, {count})", (f32(count),))


def folds(places: int) -> Callable[[Rng], Case]:
    """What a random Unfold makes of an input that its windows fit in."""
    name = f"{places}D"
    make = getattr(unfold, f"Unfold{name}")

    def drawn(rng: Rng) -> Case:
        while True:
            count, *size = (int(n) for n in rng.integers(1, 9, places + 1))
            kernel, stride, dilation = (
                tuple(int(n) for n in rng.integers(1, 4, places)) for _ in range(3)
            )
            padding = rng.choice(["same", "valid", "2"])
            windows = {"kernel": kernel, "stride": stride, "dilation": dilation}
            windows |= {"padding": int(padding) if padding == "2" else str(padding)}
            op, whole = make(**windows), Tensor("f32", (count, *size))
            if not list(op.problems(whole)):
                fold = getattr(unfold, f"Fold{name}")(size=tuple(size), **windows)
                return Case(f"Fold{name}", written(fold), (str(op.shape(whole)),))

    return drawn


DRAWN: dict[str, Callable[[Rng], Case]] = {
    "matmul": matmul,
    "einsum": einsum,
    "Experts": experts,
    "linspace": linspace,
    **{f"Fold{n}D": folds(n) for n in (1, 2)},
    **{f"segment_{n}": segments(f"segment_{n}") for n in ("sum", "mean", "max", "min")},
}
