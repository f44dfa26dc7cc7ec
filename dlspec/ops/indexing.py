"""Indexing: what `x[0]`, `x[1:, none]` and `x[index]` stand for.

It is NumPy's, on an example's own axes. The names are those of the ops behind the brackets, which
a spec never writes, so they are lower case like functions: Python's for its brackets, and ONNX's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import PlainValidator

from dlspec.declared import Problem
from dlspec.expr import Size, fixed, origin
from dlspec.frozen import frozen
from dlspec.length import Dynamic, shortest
from dlspec.ops.base import Op, example
from dlspec.ops.fields import AS_IT_IS, whole
from dlspec.tensor import INTEGERS, Tensor

Slice = tuple[int | None, int | None, int | None]
"""start, stop and step, as they are written."""
Item = int | None | str | Slice
"""What stands between two commas: a place, `none` for a new axis, `...`, or a slice."""
REST = "..."
WHOLE: Slice = (None, None, None)


def _items(value: Any) -> tuple[Item, ...]:
    if not isinstance(value, (tuple, list)) or not value:
        raise ValueError("must be places, slices, none or ..., at least one")
    items = tuple(map(_item, value))
    if items.count(REST) > 1:
        raise ValueError("must hold `...` once at most")
    return items


def _item(value: Any) -> Item:
    if value is None or value == REST:
        return None if value is None else REST
    if not isinstance(value, (tuple, list)):
        return whole(value)
    start, stop, step = (None if v is None else whole(v) for v in value)
    if step == 0:
        raise ValueError("must have steps other than 0")
    return start, stop, step


@frozen
class Cut:
    """An axis of the output: from which axis of the input (None: a new one of size 1), and its
    places there."""

    axis: int | None
    start: int | None = None
    stop: int | None = None
    step: int | None = None

    def places(self, size: int) -> range:
        return range(size)[slice(self.start, self.stop, self.step)]


class getitem(Op):
    """Some places of a tensor, as `x[0]`, `x[1:]`, `x[:, ::2]`, `x[..., -1]`; a new axis, as
    `x[:, none]`.

    It is NumPy's, on the axes of an example. A place takes its axis away, and -1 is the last; a
    slice is cut at the ends of its axis, and may not be empty; `none` makes an axis of size 1;
    `...` stands for the axes that are not named.

    - `at`: what stands between the brackets.
    """

    onnx: ClassVar = ("Slice", "Gather", "Unsqueeze")
    tflite: ClassVar = ("STRIDED_SLICE",)
    examples: ClassVar = (
        example("x[0]", "f32[5, 3]"),
        example("x[1:]", "f32[5, 3]"),
        example("x[:, -1]", "f32[5, 3, 4]"),
        example("x[:, none, none]", "f32[5]"),
        example("x[none, 1:-1, ..., ::2]", "f32[5, 3, 4]"),
        example("x[4:0:-2, 1]", "i32[6, 3]"),
        example("x[..., :2]", "f32[2, 5, 4]"),
    )

    at: Annotated[tuple[Item, ...], PlainValidator(_items), AS_IT_IS]

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        named = [i for i, item in enumerate(self.at) if item is not None and item != REST]
        if len(named) > x[0].rank:
            count = "1 axis" if x[0].rank == 1 else f"{x[0].rank or 'no'} axes"
            what = f"{len(named)} indices for {x[0]}, which has {count}"
            yield Problem(str(named[x[0].rank]), what, "the batch axis is not counted")
            return
        for number, axis in self._axes(x[0]):
            item, size = self.at[number], x[0].shape[axis]
            if not fixed(size) or not all(map(fixed, item if isinstance(item, tuple) else ())):
                yield from _unknown(number, item, axis, x[0])
            elif isinstance(item, tuple):
                if not len(range(size)[slice(*item)]):
                    what = f"an empty slice: axis {axis} of {x[0]} has places 0 to {size - 1}"
                    yield Problem(str(number), what)
            elif isinstance(item, int) and not -size <= item < size:
                what = f"there is no place {item} on axis {axis} of {x[0]}"
                yield Problem(str(number), what, f"the places are 0 to {size - 1}; -1 is the last")

    def _axes(self, x: Tensor) -> Iterator[tuple[int, int]]:
        """Each item that reads an axis, and that axis."""
        axis = 0
        named = sum(1 for item in self.at if item is not None and item != REST)
        for number, item in enumerate(self.at):
            if item == REST:
                axis += x.rank - named
            elif item is not None:
                yield number, axis
                axis += 1

    def cuts(self, x: Tensor) -> tuple[tuple[Cut, ...], dict[int, int]]:
        """The axes of the output, and the places at which the other axes of the input are read."""
        read = dict(self._axes(x))
        kept: list[Cut] = []
        taken: dict[int, int] = {}
        axis = 0
        for item in self.at:
            if item is None:
                kept.append(Cut(None))
            elif item == REST:
                rest = x.rank - len(read)
                kept += (Cut(a) for a in range(axis, axis + rest))
                axis += rest
            else:
                if isinstance(item, tuple):
                    kept.append(Cut(axis, *item))
                else:
                    taken[axis] = item  # type: ignore[assignment]
                axis += 1
        kept += (Cut(a) for a in range(axis, x.rank))
        return tuple(kept), taken

    def shape(self, *x: Tensor) -> Tensor:
        kept, taken = self.cuts(x[0])
        same = not taken and all(cut.axis is not None for cut in kept)
        sizes = (_size(cut, x[0]) for cut in kept)
        return x[0].with_shape(*sizes, image=x[0].image and same)


def _unknown(number: int, item: Item, axis: int, x: Tensor) -> Iterator[Problem]:
    """Places that a shorter example may lack, and slices that do not tell how many they leave."""
    size = x.shape[axis]
    if not isinstance(item, tuple):
        assert isinstance(size, Dynamic) and isinstance(item, int)
        least = shortest(size)
        if not -least <= item < least:
            what = f"axis {axis} of {x} may have fewer places than that"
            hint = "the first, `[0]`, and the last, `[-1]`, there always are" if least else ""
            yield Problem(str(number), what, hint)
        return
    start, stop, step = item
    if fixed(size):
        if (start or 0) == 0 and (step or 1) == 1 and int(stop or 0) <= size:
            return
        what = f"a dynamic size stands only in `[:{stop or start}]`, and reaches to {int(size)}"
        yield Problem(str(number), what)
    elif step is not None and step < 0:
        if item != (None, None, -1):
            what = f"axis {axis} of {x} has no places of its own: backwards goes all of it"
            yield Problem(str(number), what, "`[::-1]`")
    elif (start or 0) < 0 or (stop is not None and (not fixed(stop) or stop >= 0)):
        what = f"axis {axis} of {x} may have fewer places than that"
        yield Problem(str(number), what, "`[a:]`, `[:-b]` and `[a:-b]` leave as many as there are")


def _size(cut: Cut, x: Tensor) -> int:
    """A whole axis keeps its size's origin; so does `[:n]` that of n."""
    if cut.axis is None:
        return 1
    size = x.shape[cut.axis]
    if cut.stop is not None and not fixed(cut.stop):
        return cut.stop
    if not fixed(size):
        less, step = (cut.start or 0) - (cut.stop or 0), cut.step or 1
        return size if step < 0 else -(-(size - less) // step)
    count = len(cut.places(int(size)))
    if count == size:
        return size
    if cut.start in (None, 0) and cut.step in (None, 1) and cut.stop == count:
        return Size(count, origin(cut.stop))
    return count


def subscripts(
    kept: tuple[Cut, ...], taken: dict[int, int], *, into: bool = False, out: bool = False
) -> tuple[Cut | int, ...]:
    """What stands between the brackets for a tensor that is kept channels-last (`into`), and an
    output that is to be (`out`): cuts and places in the order of the axes in memory. Trailing
    whole axes are left out.

    Raises ValueError where that would need a transpose.
    """
    rank = len(taken) + sum(1 for cut in kept if cut.axis is not None)
    axes = [*range(1, rank), 0] if into and rank > 1 else list(range(rank))
    wanted = [*kept[1:], *kept[:1]] if out and len(kept) > 1 else list(kept)
    found: list[Cut | int] = []
    at = 0
    for cut in wanted:
        if cut.axis is not None:
            while axes[at] in taken:
                found.append(taken[axes[at]])
                at += 1
            if axes[at] != cut.axis:
                raise ValueError("an index moves no axes")
            at += 1
        found.append(cut)
    found += (taken[a] for a in axes[at:])
    while found and isinstance(found[-1], Cut) and found[-1] == Cut(found[-1].axis):
        if found[-1].axis is None:
            break
        found.pop()
    return tuple(found)


class gather(Op):
    """The places of a tensor that an integer tensor names, as `table[index]`: along axis 0.

    `[n, ...]` at `[...]` integers becomes `[..., ...]`. A tensor that belongs to each example is
    read at its own index; one that is common to all examples (`Parameter`, `Buffer`, constants) at
    the index of each. An index lies in 0 ... n - 1, and `check` says where numbers that it knows in
    the brackets do not: those of `range`, `randint` and a `Buffer`. What lies outside in a run is
    an error in PyTorch and in TensorFlow on a CPU; on other devices, in JAX and in files it is
    undefined, and `clip(i, 0, n - 1)` or `where` says what is meant.
    """

    inputs: ClassVar = (2, 2)
    onnx: ClassVar = ("Gather", "GatherND")
    tflite: ClassVar = ("GATHER", "GATHER_ND")
    examples: ClassVar = (
        example("x[y]", "f32[7, 3]", "i32[4]"),
        example("x[y]", "f32[8]", "i64[2, 3]"),
        example("x[y]", "i32[7, 2, 3]", "i32[]"),
        example("x[y]", "f32[7, 2]", "class[7][5]"),
    )

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        table, at = x
        if at.dtype == "bool":
            hint = "where(mask, x, 0) keeps the shape"
            what = f"a mask leaves a number of places that is not known, got {at}"
            yield Problem("0", what, hint)
        elif at.dtype not in INTEGERS:
            yield Problem("0", f"an index is an integer, got {at}", "cast(i, i32)")
        elif table.rank == 0:
            yield Problem("0", f"{table} has no axis to index")
        elif (at.classes or 0) > table.shape[0]:
            what = (
                f"{at} has {at.classes} classes, and axis 0 of {table} {int(table.shape[0])} places"
            )
            yield Problem("0", what)

    def shape(self, *x: Tensor) -> Tensor:
        table, at = x
        return table.with_shape(*at.shape, *table.shape[1:])
