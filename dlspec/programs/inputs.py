"""A script beside a program: it reads what a person gives to the trained model."""

from __future__ import annotations

from collections.abc import Sequence

from dlspec.emit import python as py
from dlspec.ir.recipe import Data, Field, Train
from dlspec.programs.chains import is_class
from dlspec.programs.compose import Written, compose
from dlspec.programs.readers import per_picture, picture_column
from dlspec.recipe.bundled import SETS
from dlspec.recipe.sources import Csv, Images, Npz, Sklearn
from dlspec.recipe.transforms import Scale

DOC = "What a person gives to the trained model, as columns of the source."
FILES = ("inputs", "tables", "arrays", "pictures", "transforms")
IMPORTS = (
    py.From("pathlib", ("Path",)),
    py.Import("numpy", "np"),
    py.From("data", ("DataError", "Rows")),
)
PATH = py.Code("path")


def inputs_file(data: Data, train: Train) -> str:
    """The text of a module that imports the program's `data` and offers `read_columns(path)`.

    It gives the columns that `data.prepare` takes, from a table (.csv), arrays (.npz, .npy) or a
    picture, as far as the model's inputs can be made of one. Raises `data.DataError`.
    """
    fed = set(train.inputs.values())
    fields = [f for f in data.fields if f.name in fed]
    shapes = {c: _row(c, data, fields) for c in _columns(fields)}
    constants = [py.Assign("SHAPES", py.literal(shapes))]
    if isinstance(data.source, Sklearn) and {"data", "image"} & shapes.keys():
        constants.append(py.Assign("FEATURES", py.literal(SETS[data.source.name].features)))
    own = py.From("data", (_own_picture(data, fields[0]),))
    imports = (*IMPORTS, own) if isinstance(data.source, Images) else IMPORTS
    return compose(Written(DOC, FILES, imports, constants, [_read_columns(data, fields)]))


def _read_columns(data: Data, fields: Sequence[Field]) -> py.Function:
    body: list[py.Statement] = [py.Assign("suffix", "path.suffix.lower()")]
    kinds = []
    table, picture = _table(data, fields), _picture(data, fields)
    if table:
        body.append(py.If('suffix == ".csv"', table))
        kinds.append("a table (.csv)")
    body.append(py.If('suffix in (".npz", ".npy")', [py.Return("read_arrays(path, SHAPES)")]))
    kinds.append("arrays (.npz)")
    if picture is not None:
        body.append(py.If("suffix in SUFFIXES", [py.Return(picture)]))
        kinds.append("a picture (.png, .jpg)")
    *first, last = kinds
    takes = f"{', '.join(first)} or {last}" if first else last
    message = py.Code(f'f"{{path}}: the model takes {takes}"')
    body.append(py.Raise(py.call("DataError", message)))
    doc = "The columns of the source that the model's inputs are made of."
    return py.Function("read_columns", (py.Param("path", "Path"),), body, "Rows", doc)


def _columns(fields: Sequence[Field]) -> list[str]:
    return list(dict.fromkeys(c for f in fields for c in f.columns))


def _row(name: str, data: Data, fields: Sequence[Field]) -> tuple[int, ...] | None:
    """The shape of a column for one row; None where it may be any, or holds labels."""
    f = next(f for f in fields if name in f.columns)
    if is_class(f):
        return None
    if isinstance(data.source, Sklearn):
        found = data.source.column(name)
        return tuple(map(int, found.shape)) if found is not None else None
    if isinstance(data.source, Images):
        count = per_picture(f)
        after = f.transforms[count - 1].gives if count else f.read or f.type
        return tuple(map(int, after.shape))
    if isinstance(data.source, Csv):
        return ()
    return None if f.read is None or f.joined else tuple(map(int, f.read.shape))


def _own_picture(data: Data, f: Field) -> str:
    """The program's function for the pictures of a field."""
    column = picture_column(f, data)
    return "picture" if column == "image" else f"picture_{f.name}"


# --- tables -----------------------------------------------------------------------------------


def _table(data: Data, fields: Sequence[Field]) -> list[py.Statement]:
    """Statements that read a table; none where no table will do."""
    names = _columns(fields)
    match data.source:
        case Csv(separator=separator):
            texts = [c for c in names if _row(c, data, fields) is None]
            numbers = [c for c in names if c not in texts]
            return [py.Return(_read_csv(py.literal(tuple(numbers)), texts, separator))]
        case Sklearn():
            wide = [c for c in names if c in ("data", "image")]
            if not wide:
                return [py.Return(_read_csv(py.literal(tuple(names))))]
            made = tuple((py.literal(c), _wide(c, data, fields)) for c in wide)
            every = py.ListComp("columns[name]", "name", "FEATURES")
            return [
                py.Assign("columns", _read_csv(py.Code("FEATURES"))),
                py.Assign("features", py.call("np.column_stack", every)),
                py.Return(py.Binary("columns", "|", py.Dict(made))),
            ]
        case Npz() if all(_row(c, data, fields) == () for c in names):
            return [py.Return(_read_csv(py.literal(tuple(names))))]
    return []


def _wide(name: str, data: Data, fields: Sequence[Field]) -> py.Expr:
    shape = _row(name, data, fields) or ()
    if len(shape) == 1:
        return py.Code("features")
    return py.call("features.reshape", -1, *shape)


def _read_csv(numbers: py.Expr, texts: Sequence[str] = (), separator: str = ",") -> py.Expr:
    given: dict[str, object] = {"numbers": numbers}
    given |= {"texts": tuple(texts)} if texts else {}
    given |= {"separator": separator} if separator != "," else {}
    return py.call("read_csv", PATH, **given)


# --- pictures ---------------------------------------------------------------------------------


def _picture(data: Data, fields: Sequence[Field]) -> py.Expr | None:
    """What a picture becomes, where it can be the model's only input."""
    names = _columns(fields)
    if len(names) != 1 or is_class(fields[0]):
        return None
    if isinstance(data.source, Images):
        made: py.Expr = py.call(_own_picture(data, fields[0]), PATH)
        key = py.literal(picture_column(fields[0], data))
        return py.Dict(((key, py.Index(made, "None")),))
    shape = _row(names[0], data, fields) or tuple(map(int, fields[0].type.shape))
    if len(shape) != 3 or shape[0] not in (1, 3) or isinstance(data.source, Csv):
        return None
    made = py.call("read_picture", PATH, shape[0])
    if _row(names[0], data, fields) is not None:
        made = py.call("resize", made, shape[1:])
    made = py.Index(made, "None")
    white = _white(fields[0])
    if white != 1:
        made = py.Binary(made, "*", py.literal(white))
    return py.Dict(((py.literal(names[0]), made),))


def _white(f: Field) -> float | int:
    """What the source calls white: the value that the first Scale makes 1."""
    first = f.transforms[0].transform if f.transforms else None
    if not isinstance(first, Scale) or first.offset != 0 or first.factor <= 0:
        return 1
    white = 1 / first.factor
    return round(white) if abs(white - round(white)) < 1e-6 * white else white
