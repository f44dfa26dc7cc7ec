"""Products that are summed over axes: `a @ b` and einsum."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import prod
from string import ascii_lowercase
from typing import Annotated, Any, ClassVar

from pydantic import PlainSerializer, PlainValidator

from dlspec.declared import Problem
from dlspec.expr import origin
from dlspec.frozen import frozen
from dlspec.ops.base import Op, Refusal, example
from dlspec.ops.broadcasting import fit
from dlspec.ops.rules import floats, same_dtypes
from dlspec.tensor import Tensor


@frozen
class Terms:
    """`ij,jk->ik`: a letter for each axis of each operand, and those of the result."""

    operands: tuple[str, ...]
    result: str

    def __str__(self) -> str:
        return f"{','.join(self.operands)}->{self.result}"

    __repr__ = __str__

    @property
    def letters(self) -> str:
        return "".join(dict.fromkeys("".join(self.operands)))

    @property
    def is_product(self) -> bool:
        """Whether two operands share an axis that is summed over, and no other is."""
        a, b = map(set, self.operands)
        return bool((a & b) - {*self.result}) and a ^ b <= {*self.result}

    def steps(self) -> Iterator[Terms]:
        """Two operands at a time, from the left: what is made of them is the first of the next
        step, and keeps the letters that are still needed."""
        made, *left = self.operands
        while len(left) > 1:
            other = left.pop(0)
            needed = {*"".join(left), *self.result}
            kept = "".join(c for c in dict.fromkeys(made + other) if c in needed)
            yield Terms((made, other), kept)
            made = kept
        yield Terms((made, *left), self.result)


def _terms(value: Any) -> Terms:
    if isinstance(value, Terms):
        return value
    text = value.replace(" ", "") if isinstance(value, str) else ""
    if not re.fullmatch(r"[a-zA-Z]*(,[a-zA-Z]*)*->[a-zA-Z]*", text):
        raise ValueError('must name the axes of each input and of the result: "ij,jk->ik"')
    given, _, result = text.partition("->")
    made = Terms(tuple(given.split(",")), result)
    for term in (*made.operands, result):
        twice = next((c for c in term if term.count(c) > 1), None)
        if twice is not None:
            raise ValueError(f"must have a letter once in each, and `{term}` has two `{twice}`")
    strange = next((c for c in result if c not in made.letters), None)
    if strange is not None:
        raise ValueError(f"must end in axes of its inputs, and none has `{strange}`")
    return made


def _no_matrices(op: Any, x: tuple[Tensor, ...]) -> bool:
    """Whether two of the inputs meet in something else than a product of matrices."""
    terms = op.terms(*x)
    steps = terms.steps() if len(terms.operands) > 1 else ()
    return any(not step.is_product for step in steps)


NO_MATRICES = Refusal(
    "tflite",
    "inputs that do not meet in a product of matrices",
    "TensorFlow's converter knows einsum as one",
    _no_matrices,
    "multiply with `*`, whose sizes of 1 are broadcast, and `sum` over axes",
)

Pattern = Annotated[Terms, PlainValidator(_terms), PlainSerializer(str, return_type=str)]


class _Contraction(Op):
    """Its shape and cost follow from the letters of its axes."""

    def terms(self, *x: Tensor) -> Terms:
        """A letter for each axis of the inputs and of the result."""
        raise NotImplementedError

    def extents(self, *x: Tensor) -> dict[str, int]:
        """The size of each letter; of several, one that knows its origin."""
        found: dict[str, int] = {}
        for term, t in zip(self.terms(*x).operands, x, strict=True):
            for letter, size in zip(term, t.shape, strict=True):
                known = found.get(letter, 1)
                if known == 1 or (known == size and origin(known) is None):
                    found[letter] = size
        return found

    def shape(self, *x: Tensor) -> Tensor:
        extents = self.extents(*x)
        return x[0].with_shape(*(extents[c] for c in self.terms(*x).result))

    def macs(self, *x: Tensor) -> int:
        if len(x) == 1:
            return 0
        extents = self.extents(*x)
        steps = self.terms(*x).steps()
        return sum(prod(int(extents[c]) for c in step.letters) for step in steps)


class matmul(_Contraction):
    """The product of matrices: `a @ b` makes [n, m] of [n, k] and [k, m], as NumPy does.

    Of a vector [k] on the left or the right, the axis k is all that it has: [k] @ [k] is one
    number. Further axes in front of both matrices are equal, or 1.

    MACs: n · k · m.
    """

    inputs: ClassVar = (2, 2)
    onnx: ClassVar = ("MatMul", "Einsum")
    tflite: ClassVar = ("BATCH_MATMUL", "FULLY_CONNECTED")
    examples: ClassVar = (
        example("matmul", "f32[3, 4]", "f32[4, 5]"),
        example("matmul", "f32[2, 3, 4]", "f32[1, 4, 5]"),
        example("matmul", "f32[3, 4]", "f32[4]"),
        example("matmul", "f32[4]", "f32[2, 4, 5]"),
        example("matmul", "f32[4]", "f32[4]"),
    )

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        a, b = x
        wrong = (*floats("`@`", *x), *same_dtypes("`@`", x))
        yield from wrong
        if wrong:
            return
        if 0 in (a.rank, b.rank):
            yield Problem(None, "`@` needs at least one axis on both sides", "a * b")
        elif a.rank > 1 < b.rank and a.rank != b.rank:
            few, many = sorted(x, key=lambda t: t.rank)
            yield Problem(None, _UNEQUAL, f"give {few} the {many.rank} axes of {many}")
        elif a.shape[-1] != b.shape[max(b.rank - 2, 0)]:
            hint = f"the last axis of {a} meets axis {max(b.rank - 2, 0)} of {b}"
            yield Problem(None, _UNEQUAL, hint)
        elif a.rank == b.rank > 2 and not fit(*(t.with_shape(*t.shape[:-2]) for t in x)):
            yield Problem(None, _UNEQUAL, "the axes in front of the matrices must be equal, or 1")

    def terms(self, *x: Tensor) -> Terms:
        a, b = x
        front = ascii_lowercase[: max(a.rank, b.rank, 2) - 2]
        left = "k" if a.rank == 1 else f"{front}nk"
        right = "k" if b.rank == 1 else f"{front}km"
        kept = ("n" if a.rank > 1 else "") + ("m" if b.rank > 1 else "")
        return Terms((left, right), front + kept)


_UNEQUAL = "these shapes do not multiply as matrices"


class einsum(_Contraction):
    """Products of elements, summed over the axes that the result lacks, by the letters of the axes:
    `einsum("ij,jk->ik", a, b)` is a @ b.

    The batch axis is not among them. A letter that several inputs have is one axis; one that the
    result lacks is summed over.

    - `pattern`: a letter for each axis of each input, and those of the result.

    MACs: the product of the sizes of all letters, for two inputs; more are taken two at a time,
    from the left.
    """

    inputs: ClassVar = (1, None)
    positional: ClassVar = ("pattern",)
    onnx: ClassVar = ("Einsum",)
    tflite: ClassVar = ("BATCH_MATMUL", "TRANSPOSE", "RESHAPE", "SUM")
    refusals: ClassVar = (NO_MATRICES,)
    examples: ClassVar = (
        example('einsum("ij,jk->ik")', "f32[3, 4]", "f32[4, 5]"),
        example('einsum("qhd,khd->hqk")', "f32[3, 2, 5]", "f32[4, 2, 5]"),
        example('einsum("ij->ji")', "f32[3, 4]"),
        example('einsum("ij->j")', "f32[3, 4]"),
        example('einsum("i,j,ijk->k")', "f32[3]", "f32[4]", "f32[3, 4, 2]"),
    )

    pattern: Pattern

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        wrong = (*floats("einsum", *x), *same_dtypes("einsum", x))
        yield from wrong
        if wrong:
            return
        operands = self.pattern.operands
        if len(operands) != len(x):
            what = f"`{self.pattern}` has {len(operands)} inputs, got {len(x)}"
            yield Problem("pattern", what)
            return
        found: dict[str, tuple[int, Tensor]] = {}
        for term, t in zip(operands, x, strict=True):
            if len(term) != t.rank:
                what = f"`{term}` of `{self.pattern}` has {len(term)} axes, and {t} has {t.rank}"
                yield Problem("pattern", what, "the batch axis is not counted")
                return
            for letter, size in zip(term, t.shape, strict=True):
                known, of = found.setdefault(letter, (size, t))
                if known != size:
                    what = f"`{letter}` is {int(known)} in {of} and {int(size)} in {t}"
                    yield Problem("pattern", what)
                    return

    def terms(self, *x: Tensor) -> Terms:
        return self.pattern
