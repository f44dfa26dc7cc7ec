"""Checks that many ops share. Each yields what is wrong, with what to write instead."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from dlspec.declared import Problem
from dlspec.expr import fixed
from dlspec.length import Dynamic, shortest
from dlspec.tensor import FLOATS, Tensor


def floats(kind: str, *x: Tensor) -> Iterator[Problem]:
    """The op computes with real numbers."""
    for t in x:
        if t.dtype == "class":
            hint = "turn classes into numbers with Embedding"
        elif t.dtype not in FLOATS:
            hint = "cast(x, f32)"
        else:
            continue
        yield Problem(None, f"{kind} needs floating-point numbers, got {t}", hint)
        return


def numbers(kind: str, *x: Tensor) -> Iterator[Problem]:
    """The op computes with numbers, real or whole."""
    for t in x:
        if t.dtype == "class":
            hint = "one_hot or Embedding turns classes into numbers"
        elif t.dtype == "bool":
            hint = "cast(x, f32)"
        else:
            continue
        yield Problem(None, f"{kind} needs numbers, got {t}", hint)
        return


def truths(kind: str, *x: Tensor) -> Iterator[Problem]:
    """The op works on true and false."""
    for t in x:
        if t.dtype != "bool":
            hint = "compare first, such as x > 0"
            yield Problem(None, f"{kind} needs true and false, got {t}", hint)
            return


def same_dtypes(kind: str, x: Sequence[Tensor]) -> Iterator[Problem]:
    """Several inputs, one dtype: nothing is promoted in silence."""
    found = list(dict.fromkeys(t.dtype for t in x))
    if len(found) > 1:
        what = f"{kind} needs one dtype, got {' and '.join(found)}"
        yield Problem(None, what, f"cast(x, {found[0]})")


def some_places(kind: str, x: Tensor, axes: Iterable[int]) -> Iterator[Problem]:
    """The greatest or last of no places is nothing: `x[1:]` of one place has none."""
    for axis in axes:
        size = x.shape[axis]
        if isinstance(size, Dynamic) and shortest(size) < 1:
            what = f"{kind} of {x}, whose axis {axis} may have no place"
            hint = "put a place in front, `(start, x) -> Concat(axis=0)`, or read the whole axis"
            yield Problem(None, what, hint)


def axis_exists(parameter: str, axis: int, x: Tensor) -> Iterator[Problem]:
    """Axes of an example are counted from 0; -1 is the last."""
    if -x.rank <= axis < x.rank:
        return
    last = x.rank - 1
    has = "no axis" if x.rank == 0 else "only axis 0" if last == 0 else f"axes 0 to {last}"
    hint = "the batch axis is not counted; -1 is the last axis" if axis == x.rank else ""
    yield Problem(parameter, f"there is no axis {axis}: {x} has {has}", hint)


def axis_between(parameter: str, axis: int, x: Tensor) -> Iterator[Problem]:
    """A new axis has its place before, between or behind those of an example."""
    if not -x.rank - 1 <= axis <= x.rank:
        what = f"a new axis of {x} cannot be axis {axis} of the result"
        yield Problem(parameter, what, f"0 to {x.rank}, or -1 for the last")


def axes_exist(parameter: str, axis: int | tuple[int, ...] | None, x: Tensor) -> Iterator[Problem]:
    """The same for one axis, several, or all (None)."""
    given = axis if isinstance(axis, tuple) else () if axis is None else (axis,)
    wrong = [p for a in given for p in axis_exists(parameter, a, x)]
    yield from wrong
    if not wrong and len({a % x.rank for a in given}) < len(given):
        yield Problem(parameter, f"the same axis of {x} is named twice")


def last_axis_is_meant(kind: str, axis: object, x: Tensor) -> Iterator[Problem]:
    """An op of the last axis, on what comes straight from convolution or pooling and still has
    several axes, is asked which axis it means."""
    if axis is None and x.image and x.rank > 1:
        yield Problem(
            "axis",
            f"{kind} needs axis= here: {x} comes straight from convolution or pooling",
            f"axis=0 is the channels, axis=-1 the last axis; for all of them, put "
            f"Flatten or GlobalAvgPool{x.rank - 1}D before it",
        )


def channel_axis_is_meant(kind: str, axis: int | None, x: Tensor) -> Iterator[Problem]:
    """An op of the channels, on two axes that do not come from a 1-D convolution, is asked which
    axis holds them."""
    if axis is not None:
        yield from axis_exists("axis", axis, x)
    elif x.rank == 0:
        yield Problem(None, f"{kind} needs at least one axis, got {x}")
    elif x.rank == 2 and not x.image:
        yield Problem(
            "axis",
            f"{kind} needs axis= here: either axis of {x} may hold the channels",
            "axis=0 for [channels, places], axis=1 for [places, features]",
        )


def fixed_sizes(kind: str, x: Tensor, axes: Collection[int] | None = None) -> Iterator[Problem]:
    """The op counts the places of each axis, or of `axes`, before any row arrives."""
    for axis, size in enumerate(x.shape):
        if not fixed(size) and (axes is None or axis in axes):
            what = f"{kind} needs fixed sizes: axis {axis} of {x} differs from batch to batch"
            yield Problem(None, what)
            return


def all_axes(axis: int | tuple[int, ...] | None, x: Tensor) -> tuple[int, ...]:
    """Axes counted from the front, in order; None is all of them."""
    if axis is None:
        return tuple(range(x.rank))
    return tuple(sorted(a % x.rank for a in (axis if isinstance(axis, tuple) else (axis,))))
