"""The letters of `einsum` in the code of a program: those of the spec, and one for the batch."""

from __future__ import annotations

from string import ascii_letters

from dlspec.backend.protocol import Use, X
from dlspec.emit import python as py
from dlspec.ops.contraction import Terms


def matrices(use: Use) -> bool:
    """Whether both sides of `a @ b` are matrices, or stacks of them."""
    return all(x.rank > 1 for x in use.x)


def each_with_all(use: Use) -> bool:
    """Whether a common matrix is multiplied with a vector of each example: of all the vectors
    together it is a product of two matrices."""
    a, b = use.x
    return (a.common, a.rank, b.common, b.rank) == (True, 2, False, 1)


def summed(use: Use, callee: str) -> py.Expr:
    """A call for each two inputs, from the left."""
    terms = use.op.terms(*use.x)
    used = terms.letters
    batch = "b" if "b" not in used else next(c for c in ascii_letters if c not in used)
    steps = list(terms.steps()) if len(use.x) > 1 else [terms]
    made: py.Expr = X[0]
    common = use.x[0].common
    for i, step in enumerate(steps, start=1):
        others = use.x[i : i + 1]
        every = common and all(x.common for x in others)
        sides = ["" if c else batch for c in (common, *(x.common for x in others))]
        operands = tuple(b + t for b, t in zip(sides, step.operands, strict=True))
        text = str(Terms(operands, ("" if every else batch) + step.result))
        made = py.call(callee, use.fixed(text), made, *X[i : i + len(others)])
        common = every
    return made
