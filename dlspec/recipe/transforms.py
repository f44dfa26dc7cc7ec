"""Transforms: what is done to the values of a field, in every row."""

from collections.abc import Iterable
from typing import Annotated, ClassVar

from pydantic import Field

from dlspec.declared import Problem
from dlspec.recipe.base import Recipe, axes_from_front
from dlspec.recipe.fields import Axes, Counted, Number, Whole
from dlspec.tensor import FLOATS, Shape, Tensor


class Transform(Recipe):
    """The base of all transforms.

    Where the type of what is read is known, `problems` and `shape` go forwards from it. Where only
    the data tells it, `cannot_give` and `input_for` go backwards from the declared type.
    """

    fitted: ClassVar[bool] = False
    """Whether it learns something from the training rows."""
    ragged: ClassVar[bool] = False
    """Whether rows may differ in length."""

    def problems(self, x: Tensor) -> Iterable[Problem]:
        """What does not fit a value of this type."""
        return ()

    def shape(self, x: Tensor) -> Tensor:
        """The type that it gives."""
        return x

    def cannot_give(self, y: Tensor) -> Iterable[Problem]:
        """Why it can't give a value of this type."""
        return ()

    def input_for(self, y: Tensor) -> Tensor | None:
        """The type that it takes to give this one; None if that may be any."""
        return y


def _numbers_only(owner: str, x: Tensor) -> Iterable[Problem]:
    if x.dtype == "class":
        what = f"{owner} is for numbers, not for {x}"
        yield Problem(None, what, "declare the field as f32, or leave the transform out")


class Scale(Transform):
    """Multiplies by `factor`, then adds `offset`."""

    positional = ("factor",)
    ragged = True

    factor: Number
    offset: Number = 0.0

    def problems(self, x: Tensor) -> Iterable[Problem]:
        return _numbers_only("Scale", x)

    def shape(self, x: Tensor) -> Tensor:
        return Tensor("f32", x.shape)

    def cannot_give(self, y: Tensor) -> Iterable[Problem]:
        if y.dtype not in FLOATS:
            yield Problem(None, f"Scale gives numbers of type f32, and the field is {y}")


class Standardize(Transform):
    """Subtracts the mean and divides by the standard deviation, both of the training rows.

    The elements of a vector have statistics of their own. For values with more axes, `axis` says
    over which of them the statistics go: `axis=(1, 2)` gives each channel of a picture its own.
    What never varies is divided by 1.
    """

    fitted = True
    source = "sklearn.preprocessing.StandardScaler"

    axis: Axes | None = None

    def problems(self, x: Tensor) -> Iterable[Problem]:
        yield from _numbers_only("Standardize", x)
        if self.axis is None:
            if x.rank > 1:
                what = f"over which axes of {x} do the statistics go?"
                help = "`axis=(1, 2)` gives each channel of a picture its own"
                if x.rank == 2:
                    help = f"`axis=0` gives each of the {x.shape[1]} features of a step its own"
                yield Problem("axis", what, help)
        elif axes_from_front(self.axis, x.rank) is None:
            yield Problem("axis", f"`axis`: {x} has the axes 0 to {x.rank - 1}")

    def shape(self, x: Tensor) -> Tensor:
        return Tensor("f32", x.shape)

    def cannot_give(self, y: Tensor) -> Iterable[Problem]:
        if y.dtype not in FLOATS:
            yield Problem(None, f"Standardize gives numbers of type f32, and the field is {y}")

    def axes(self, x: Tensor) -> tuple[int, ...]:
        """The axes over which the statistics go, beside the rows."""
        return axes_from_front(self.axis or (), x.rank) or ()

    def statistics(self, x: Tensor) -> Shape:
        """The shape of the mean and of the standard deviation; an axis they go over has size 1."""
        axes = self.axes(x)
        return tuple(1 if a in axes else int(n) for a, n in enumerate(x.shape))


class OneHot(Transform):
    """A new last axis with a 1 at the class, and 0 elsewhere.

    `classes` is their number, where the column or the declared type of the field does not tell.
    """

    positional = ("classes",)
    ragged = True

    classes: Counted | None = None

    def problems(self, x: Tensor) -> Iterable[Problem]:
        if x.dtype != "class":
            yield Problem(None, f"OneHot is for classes, not for {x}")
        elif None not in (self.classes, x.classes) and self.classes != x.classes:
            yield Problem("classes", f"`classes`: there are {x.classes}, not {self.classes}")
        elif self.classes is None and x.classes is None:
            yield Problem("classes", "OneHot needs `classes`, since only the data tells them")

    def shape(self, x: Tensor) -> Tensor:
        return Tensor("f32", (*x.shape, self.classes or x.classes or 0))

    def cannot_give(self, y: Tensor) -> Iterable[Problem]:
        if y.dtype not in FLOATS or not y.shape:
            what = f"OneHot gives numbers with an axis for the classes, and the field is {y}"
            yield Problem(None, what, "declare it as `f32[10]`, say, or leave OneHot out")
        elif self.classes not in (None, y.shape[-1]):
            what = f"`classes`: the field has {int(y.shape[-1])}, not {self.classes}"
            yield Problem("classes", what)

    def input_for(self, y: Tensor) -> Tensor:
        return Tensor("class", y.shape[:-1], int(y.shape[-1]))


class Pad(Transform):
    """Adds `before` places in front and `after` places behind (as many, where it is not given).

    It does so along `axes`: where nothing is said, along height and width of a picture
    `[C, H, W]`, or along the only axis of a vector. The new places hold `value`.
    """

    positional = ("before", "after")

    before: Whole
    after: Whole | None = None
    axes: Axes | None = None
    value: Number = 0.0

    @property
    def sides(self) -> tuple[int, int]:
        """How much is added in front and behind."""
        return self.before, self.before if self.after is None else self.after

    def places(self, x: Tensor) -> tuple[int, ...] | None:
        """The axes that grow; None where they are not known."""
        if self.axes is not None:
            return axes_from_front(self.axes, x.rank)
        if x.dtype == "class":
            return tuple(range(x.rank)) or None
        return {1: (0,), 3: (1, 2)}.get(x.rank)

    def problems(self, x: Tensor) -> Iterable[Problem]:
        if min(self.sides) < 0:
            yield Problem("before", f"cannot add {min(self.sides)} places")
        elif self.places(x) is None:
            help = "say which: `axes=0`" if self.axes is None and x.rank else ""
            yield Problem("axes", f"`axes`: {x} does not tell which axes to pad", help)
        elif x.dtype == "class" and not 0 <= self.value < (x.classes or 1):
            yield Problem("value", f"`value`: {self.value:g} is not a class of {x}")

    def shape(self, x: Tensor) -> Tensor:
        return self._grown(x, sum(self.sides))

    def cannot_give(self, y: Tensor) -> Iterable[Problem]:
        found = list(self.problems(y))
        yield from found
        if not found and any(y.shape[a] <= sum(self.sides) for a in self.places(y) or ()):
            yield Problem(None, f"Pad adds {sum(self.sides)} places: too many to give {y}")

    def input_for(self, y: Tensor) -> Tensor:
        return self._grown(y, -sum(self.sides))

    def _grown(self, x: Tensor, by: int) -> Tensor:
        places = self.places(x) or ()
        shape = tuple(int(n) + by if a in places else n for a, n in enumerate(x.shape))
        return Tensor(x.dtype, shape, x.classes)


class Hash(Transform):
    """The word of a row as one of `classes` numbers, by a hash that is the same everywhere.

    It stands first, behind columns of a table or of words. Columns that stand in parentheses are
    crossed: `columns(("a", "b"), "c") -> Hash(1000)` gives a number of the words of a and b
    together, and one of c. Different words may get one number.
    """

    positional = ("classes",)
    source = "BLAKE2b (RFC 7693), 8 bytes, modulo `classes`"

    classes: Annotated[Counted, Field(ge=2)]

    def problems(self, x: Tensor) -> Iterable[Problem]:
        yield Problem(None, f"Hash is for the words of a table, not for {x}")

    def cannot_give(self, y: Tensor) -> Iterable[Problem]:
        if y.dtype != "class":
            what = f"Hash gives classes, and the field is {y}"
            yield Problem(None, what, f"declare it as `class[{self.classes}]`")
        elif y.classes not in (None, self.classes):
            yield Problem("classes", f"`classes`: the field has {y.classes}, not {self.classes}")

    def input_for(self, y: Tensor) -> None:
        return None


class Resize(Transform):
    """Pictures of another size: bilinear, averaging where they shrink; classes by the nearest.

    `Resize(h, w)` gives exactly this height and width. `Resize(n)` makes the shorter side n and
    keeps the proportions.
    """

    positional = ("height", "width")

    height: Counted
    width: Counted | None = None

    def problems(self, x: Tensor) -> Iterable[Problem]:
        if x.rank != (2 if x.dtype == "class" else 3):
            yield Problem(None, f"Resize is for pictures [C, H, W], not for {x}")

    def shape(self, x: Tensor) -> Tensor:
        return Tensor(x.dtype, (*x.shape[:-2], *self.size(x)), x.classes)

    def size(self, x: Tensor) -> tuple[int, int]:
        """Height and width of what becomes of this."""
        if self.width is not None:
            return self.height, self.width
        h, w = int(x.shape[-2]), int(x.shape[-1])
        n = self.height
        return (n, n * w // h) if h <= w else (n * h // w, n)

    def cannot_give(self, y: Tensor) -> Iterable[Problem]:
        found = list(self.problems(y))
        yield from found
        if found:
            return
        if self.width is None:
            what = f"pictures that are not square do not become {y}: Resize with one number "
            what += "keeps the proportions"
            yield Problem("width", what, f"write `Resize({self.height}, {self.height})`")
        elif y.shape[-2:] != (self.height, self.width):
            what = f"Resize gives {self.height} by {self.width}, and the field is {y}"
            yield Problem(None, what)

    def input_for(self, y: Tensor) -> None:
        return None
