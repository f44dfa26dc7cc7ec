"""Sources: where rows come from. A check reads none of them."""

from pathlib import PurePosixPath
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, model_validator

from dlspec.recipe.base import LowerCase, Recipe
from dlspec.recipe.bundled import SETS, Bundled
from dlspec.recipe.fields import Whole
from dlspec.tensor import Tensor


def _path(value: object) -> str:
    if not isinstance(value, str) or not value.isprintable() or not value.strip():
        raise ValueError("must be the path of a file, in double quotes")
    path = PurePosixPath(value)
    if "\\" in value or ":" in value:
        raise ValueError("must be a path with `/`, without drive or protocol")
    if path.is_absolute() or value.startswith("~") or ".." in path.parts:
        raise ValueError("must lie below the folder of the spec (a link in it will do)")
    return value


def _bundled(value: object) -> str:
    if not isinstance(value, str) or value not in SETS:
        *first, last = (f'"{name}"' for name in SETS)
        raise ValueError(f"must be {', '.join(first)} or {last}")
    return value


def _separator(value: object) -> str:
    if not isinstance(value, str) or len(value) != 1 or value in '"\r\n':
        raise ValueError('must be one character: "," or ";"')
    return value


def checkpoint_path(value: object) -> str:
    """The path of a file of weights. Raises ValueError."""
    if not isinstance(value, str) or not value.endswith(".safetensors"):
        raise ValueError('must be the path of a file of weights: "net.safetensors"')
    return _path(value)


RelativePath = Annotated[str, BeforeValidator(_path)]
"""A path from the folder of the spec to a file in it or below: a spec names no other files."""


class Source(LowerCase, Recipe):
    """The base of all sources."""

    scalars: ClassVar[bool] = False
    """Every column holds one number or word for each row."""

    def columns(self) -> tuple[str, ...] | None:
        """The names of the columns; None where only the data tells."""
        return None

    def column(self, name: str) -> Tensor | None:
        """The type of a column, for one row; None where only the data tells."""
        return None

    def rows(self) -> int | None:
        """How many rows there are; None where only the data tells."""
        return None


class Sklearn(Source):
    """A data set that comes with scikit-learn: digits, breast_cancer, diabetes, iris or wine.

    The columns are `data` (all features as one vector), `target`, each feature by its name, and in
    `digits` `image: f32[1, 8, 8]` with values from 0 to 16. Nothing is downloaded.
    """

    positional = ("name",)

    name: Annotated[str, BeforeValidator(_bundled)]

    @property
    def table(self) -> Bundled:
        return SETS[self.name]

    def columns(self) -> tuple[str, ...]:
        return tuple(self.table.columns)

    def column(self, name: str) -> Tensor | None:
        return self.table.columns.get(name)

    def rows(self) -> int:
        return self.table.rows


class Csv(Source):
    """A table of text with a header, UTF-8: each column holds a number or a word in each row.

    A class may be a whole number or a word. An empty cell is an error, as is a cell that is no
    number where one is needed.
    """

    positional = ("path",)
    scalars = True

    path: RelativePath
    separator: Annotated[str, BeforeValidator(_separator)] = ","


class Arrays(Source):
    """Columns that are arrays of any shape, with the rows along the first axis."""


class Npz(Arrays):
    """A file of NumPy arrays, each with the rows along its first axis.

    Arrays must have the shape that the field declares. Pickled objects are never loaded.
    """

    positional = ("path",)

    path: RelativePath


class Images(Source):
    """A folder of pictures: the column `image`, and with `labels=folder` the column `label`.

    Pictures are RGB `[3, H, W]` (or grey `[1, H, W]`, as the field says) with values from 0 to 1.
    The label is the name of the folder, directly below `path`, in which a picture lies.

    `masks` is another folder, whose pictures are the column `mask`: each lies there as its picture
    lies in `path`, whatever its suffix. Its pixels are numbers of classes, as in files of grey or
    of a palette: `class[21][H, W]`. A pixel of the value `void` has no class, and a loss leaves it
    out: `where=mask != 255`.
    """

    positional = ("path",)

    path: RelativePath
    labels: Literal["folder"] | None = None
    masks: RelativePath | None = None
    void: Annotated[Whole, Field(ge=0, le=65535)] | None = None

    @model_validator(mode="after")
    def _of_masks(self) -> "Images":
        if self.void is not None and self.masks is None:
            raise ValueError("`void` is a value of the pictures in `masks`")
        return self

    def columns(self) -> tuple[str, ...]:
        return ("image", *(["label"] * bool(self.labels)), *(["mask"] * bool(self.masks)))

    def column(self, name: str) -> Tensor | None:
        return Tensor("class", ()) if name == "label" else None
