"""A script beside a program: it reads what a person gives to the trained model."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from dlspec.emit import python as py
from dlspec.expr import fixed
from dlspec.ir.recipe import Data, Field, Train
from dlspec.programs.chains import is_class
from dlspec.programs.compose import Written, compose
from dlspec.programs.computed import sources
from dlspec.programs.readers import lengths_column, per_picture, picture_column
from dlspec.recipe.bundled import SETS
from dlspec.recipe.sources import Arrays, Csv, Images, Sklearn
from dlspec.recipe.transforms import Scale

DOC = "What a person gives to the trained model, as columns of the source."
FILES = ("inputs", "tables", "arrays", "pictures", "transforms")
IMPORTS = (
    py.From("pathlib", ("Path",)),
    py.Import("numpy", "np"),
    py.From("data", ("DataError", "Rows")),
)
PATH = py.Code("path")
Shapes = dict[str, tuple[int, ...] | None]
MOST = 16
"""Columns that are listed one by one."""


def inputs_file(data: Data, train: Train) -> str:
    """The text of a module that imports the program's `data` and offers `read_columns(path)`.

    It gives the columns that `data.prepare` takes, from a table (.csv), arrays (.npz, .npy) or a
    picture, as far as the model's inputs can be made of one. Raises `data.DataError`.
    """
    fields = _fed(data, train)
    shapes = _shapes(data, fields)
    constants = [py.Assign("SHAPES", py.literal(shapes))]
    if isinstance(data.source, Sklearn) and _wide_columns(shapes):
        constants.append(py.Assign("FEATURES", py.literal(SETS[data.source.name].features)))
    pictures = fields if isinstance(data.source, Images) else ()
    own = [_own_picture(data, f) for f in pictures if not is_class(f)]
    imports = (*IMPORTS, py.From("data", tuple(own))) if own else IMPORTS
    return compose(Written(DOC, FILES, imports, constants, [_read_columns(data, fields)]))


def takes(data: Data, train: Train) -> tuple[str, ...]:
    """What a file may hold for the model: a sentence's part for each kind of file."""
    fields = _fed(data, train)
    shapes = _shapes(data, fields)
    found = []
    if _table(data, fields):
        found.append(_table_text(data, shapes))
    rows = [f"`{n}`" + ("" if s is None else f" of shape {_rows(s)}") for n, s in shapes.items()]
    if len(shapes) > 1:
        found.append(f"arrays (.npz) {', '.join(rows)}")
    else:
        found.append(f"an array (.npy, or .npz with {rows[0]})")
    if _picture(data, fields) is not None:
        found.append(_picture_text(data, fields[0], shapes))
    return tuple(found)


def _fed(data: Data, train: Train) -> list[Field]:
    """The fields with columns that the model's inputs are made of."""
    fed = set(train.inputs.values())
    found = [g for f in data.fields if f.name in fed for g in sources(f, data)]
    return list(dict.fromkeys(found))


def _shapes(data: Data, fields: Sequence[Field]) -> Shapes:
    """Each column that `data.prepare` takes, and the shape of one row of it; None where it may be
    any, holds labels, or rows differ in length."""
    if isinstance(data.source, Images):
        pictures = [f for f in fields if not is_class(f)]
        found: Shapes = {picture_column(f, data): _sized(f) for f in pictures}
        return found | {c: None for f in fields if is_class(f) for c in f.columns}
    rows = {c: _row(c, data, f) for f in fields for c in f.columns}
    return rows | dict.fromkeys(_lengths(data, fields), ())


def _lengths(data: Data, fields: Sequence[Field]) -> list[str]:
    """The columns with the lengths of the rows, where they differ."""
    sizes = {str(n) for f in fields for n in f.type.shape if not fixed(n)}
    return [lengths_column(data, dim) for dim in sizes if dim in data.ragged]


def _rows(shape: Sequence[int]) -> str:
    return f"[{', '.join(('rows', *map(str, shape)))}]"


def _read_columns(data: Data, fields: Sequence[Field]) -> py.Function:
    body: list[py.Statement] = [py.Assign("suffix", "path.suffix.lower()")]
    kinds = []
    table, picture = _table(data, fields), _picture(data, fields)
    if table:
        body.append(py.If('suffix == ".csv"', table))
        kinds.append("a table (.csv)")
    body.append(py.If('suffix in (".npz", ".npy")', [py.Return("read_arrays(path, SHAPES)")]))
    kinds.append("arrays (.npz, .npy)")
    if picture is not None:
        body.append(py.If("suffix in SUFFIXES", [py.Return(picture)]))
        kinds.append("a picture (.png, .jpg)")
    *first, last = kinds
    is_none = f"is neither {', nor '.join(first)} nor {last}" if first else f"is not {last}"
    body.append(py.Raise(py.call("DataError", py.Code(f'f"{{path}} {is_none}"'))))
    doc = "The columns of the source that the model's inputs are made of."
    return py.Function("read_columns", (py.Param("path", "Path"),), body, "Rows", doc)


def _row(name: str, data: Data, f: Field) -> tuple[int, ...] | None:
    if is_class(f) or not all(map(fixed, f.type.shape)):
        return None
    if isinstance(data.source, Sklearn):
        found = data.source.column(name)
        return tuple(map(int, found.shape)) if found is not None else None
    if isinstance(data.source, Csv):
        return ()
    return None if f.read is None or f.joined else tuple(map(int, f.read.shape))


def _sized(f: Field) -> tuple[int, ...]:
    """The shape of a field's picture as `data.prepare` takes it."""
    count = per_picture(f)
    after = f.transforms[count - 1].gives if count else f.read or f.type
    return tuple(map(int, after.shape))


def _own_picture(data: Data, f: Field) -> str:
    """The program's function for the pictures of a field."""
    column = picture_column(f, data)
    return "picture" if column == "image" else f"picture_{f.name}"


# --- tables -----------------------------------------------------------------------------------


def _table(data: Data, fields: Sequence[Field]) -> list[py.Statement]:
    """Statements that read a table; none where no table will do."""
    shapes = _shapes(data, fields)
    names = list(shapes)
    match data.source:
        case Csv(separator=separator):
            texts = [c for c in names if shapes[c] is None]
            numbers = [c for c in names if c not in texts]
            return [py.Return(_read_csv(py.literal(tuple(numbers)), texts, separator))]
        case Sklearn():
            wide = _wide_columns(shapes)
            if not wide:
                return [py.Return(_read_csv(py.literal(tuple(names))))]
            features = SETS[data.source.name].features
            made: list[tuple[py.Expr | str, py.Expr | str]] = []
            for c in names:
                value: py.Expr = py.Code("features")
                if c not in wide:
                    value = py.Index(value, py.Tuple((py.Slice(), py.literal(features.index(c)))))
                elif c == "image":
                    value = py.call("features.reshape", -1, *(shapes[c] or ()))
                made.append((py.literal(c), value))
            read = py.Assign("features", "read_features(path, FEATURES)")
            return [read, py.Return(py.Dict(tuple(made)))]
        case Arrays() if all(shape == () for shape in shapes.values()):
            return [py.Return(_read_csv(py.literal(tuple(names))))]
        case Arrays() if len(names) == 1 and (shape := shapes[names[0]]) is not None:
            cells = py.call("read_cells", PATH, math.prod(shape))
            if len(shape) > 1:
                cells = py.call(py.Attribute(cells, "reshape"), -1, *shape)
            return [py.Return(py.Dict(((py.literal(names[0]), cells),)))]
    return []


def _wide_columns(shapes: Mapping[str, object]) -> list[str]:
    """The columns that are all features of a bundled set."""
    return [c for c in shapes if c in ("data", "image")]


def _table_text(data: Data, shapes: Shapes) -> str:
    names: Sequence[str] = list(shapes)
    if isinstance(data.source, Sklearn) and _wide_columns(shapes):
        names = SETS[data.source.name].features
    shape = shapes.get(names[0])
    if isinstance(data.source, Arrays) and shape:
        return f"a table (.csv) of {math.prod(shape)} numbers in a line"
    if len(names) > MOST:
        return f"a table (.csv) with {len(names)} columns, `{names[0]}` to `{names[-1]}`"
    plural = "s" * (len(names) > 1)
    return f"a table (.csv) with the column{plural} {', '.join(f'`{n}`' for n in names)}"


def _read_csv(numbers: py.Expr, texts: Sequence[str] = (), separator: str = ",") -> py.Expr:
    given: dict[str, object] = {"numbers": numbers}
    given |= {"texts": tuple(texts)} if texts else {}
    given |= {"separator": separator} if separator != "," else {}
    return py.call("read_csv", PATH, **given)


# --- pictures ---------------------------------------------------------------------------------


def _picture(data: Data, fields: Sequence[Field]) -> py.Expr | None:
    """What a picture becomes, where it can be the model's only input."""
    if any(is_class(f) for f in fields):
        return None
    if isinstance(data.source, Images):
        read = [(py.literal(picture_column(f, data)), _own_picture(data, f)) for f in fields]
        return py.Dict(tuple((key, py.Index(py.call(own, PATH), "None")) for key, own in read))
    shapes = _shapes(data, fields)
    if len(shapes) != 1:
        return None
    ((name, shape),) = shapes.items()
    if shape is None or len(shape) != 3 or shape[0] not in (1, 3):
        return None
    made: py.Expr = py.call("sized", py.call("read_picture", PATH, shape[0]), shape, PATH)
    made = py.Index(made, "None")
    white = _white(fields[0])
    if white != 1:
        made = py.Binary(made, "*", py.literal(white))
    return py.Dict(((py.literal(name), made),))


def _picture_text(data: Data, f: Field, shapes: Shapes) -> str:
    if isinstance(data.source, Images) and per_picture(f):
        return "a picture (.png, .jpg) of any size"
    height, width = (next(iter(shapes.values())) or ())[-2:]
    return f"a picture (.png, .jpg) of {height} by {width}"


def _white(f: Field) -> float | int:
    """What the source calls white: the value that the first Scale makes 1."""
    first = f.transforms[0].transform if f.transforms else None
    if not isinstance(first, Scale) or first.offset != 0 or first.factor <= 0:
        return 1
    white = 1 / first.factor
    return round(white) if abs(white - round(white)) < 1e-6 * white else white
