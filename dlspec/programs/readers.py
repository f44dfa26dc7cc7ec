"""How a program reads its source: the statements, and an expression for each column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from keyword import iskeyword

from dlspec.emit import python as py
from dlspec.expr import fixed
from dlspec.ir.recipe import Data, Field
from dlspec.programs.chains import Chain, State, is_class
from dlspec.recipe.bundled import SETS
from dlspec.recipe.externs import Extern
from dlspec.recipe.sources import Arrays, Csv, Images, Npz, Sklearn
from dlspec.recipe.transforms import Resize

COLUMNS = py.Code("columns")


@dataclass(slots=True)
class Reader:
    """What reads a source, for the writer of `load`.

    `gather` is the dict of all columns, as it is when `statements` have run; `given` has the
    expression of each column in it, before they are gathered.
    """

    statements: list[py.Statement] = field(default_factory=list)
    given: dict[str, py.Expr] = field(default_factory=dict)
    gathered: bool = False
    functions: list[py.Function] = field(default_factory=list)
    imports: list[py.Import | py.From] = field(default_factory=list)
    folder: bool = False

    def gather(self, names: Sequence[str]) -> py.Expr:
        """A dict of these columns."""
        if self.gathered:
            return COLUMNS
        return py.Dict(tuple((py.literal(n), self.given[n]) for n in names))


def reader(data: Data) -> Reader:
    """The reader of a data block's source."""
    match data.source:
        case Sklearn() as source:
            return _sklearn(source, data)
        case Csv() as source:
            return _csv(source, data)
        case Npz() as source:
            names = py.literal(tuple(column_names(data)))
            return _file("read_npz", source.path, (names,))
        case Images() as source:
            return _images(source, data)
        case Extern() as source:
            return _extern(source, data)
    raise TypeError(f"no code for {data.source.kind()}")


def column_names(data: Data) -> list[str]:
    """The columns that are read, each once, in the order of the fields."""
    own = (c for f in data.fields for c in f.columns)
    told = (lengths_column(data, dim) for dim in data.ragged)
    return list(dict.fromkeys((*own, *told)))


def lengths_column(data: Data, dim: str) -> str:
    """The column with the lengths of the rows in a dynamic dimension."""
    return f"{data.ragged[dim][0].columns[0]}_lengths"


def column(name: str) -> py.Expr:
    """A column, when they are gathered."""
    return py.Index(COLUMNS, py.literal(name))


def read_field(
    f: Field,
    data: Data,
    columns: Mapping[str, py.Expr],
    names: py.Expr | None,
    rows: str = "",
) -> tuple[py.Expr, State]:
    """The values of a field before its transforms.

    `names` is the list of its classes, if its labels are looked up in one. `rows` takes only some,
    after a column is checked whole, so that an error counts the rows of the file.
    """
    if f.crossed:
        return _hashed(f, columns), "class"
    values = [columns[c] for c in f.columns]
    if isinstance(data.source, Arrays) and names is None:
        shape = () if f.joined or f.read is None else (tuple(map(int, f.read.shape)),)
        padded = _ragged(f, data, columns)
        whole = zip(values, f.columns, strict=True)
        values = (
            [py.call("checked", v, c, *shape) for v, c in whole] if padded is None else [padded]
        )
    values = [py.Index(v, rows) for v in values] if rows else values
    if is_class(f) and (f.joined or f.counts):
        return _several(f, values, names), "class"
    if f.joined or _is_alone(f, data):
        return py.call("np.column_stack", py.List(tuple(values))), "raw"
    value = values[0]
    if not is_class(f):
        return value, "f32" if isinstance(data.source, Images) else "raw"
    if isinstance(data.source, Images) and f.columns == ("mask",):
        return value, "class"
    if names is not None:
        return py.call("class_index", value, names, f.name), "class"
    if isinstance(data.source, Arrays):
        return py.call("class_number", value, _count(f), f.name), "class"
    return py.call(py.Attribute(value, "astype"), py.Code("np.int64")), "class"


def _ragged(f: Field, data: Data, columns: Mapping[str, py.Expr]) -> py.Expr | None:
    """The values of a field whose rows have different lengths; None where they have one."""
    shape = f.read.shape if f.read is not None else ()
    for axis, size in enumerate(shape, start=1):
        if not fixed(size):
            lengths, name = columns[lengths_column(data, str(size))], f.columns[0]
            given = (columns[name], lengths, name, tuple(map(int, shape)))
            return py.call("ragged", *given, axis=axis)
    return None


def _is_alone(f: Field, data: Data) -> bool:
    """A column of one number in each row, declared as `f32[1]`."""
    column = data.source.column(f.columns[0])
    scalar = data.source.scalars or (column is not None and column.rank == 0)
    return scalar and f.read is not None and f.read.shape == (1,) and not is_class(f)


def _hashed(f: Field, columns: Mapping[str, py.Expr]) -> py.Expr:
    """Words as numbers, those of a place together."""
    count = _count(f)
    made = [py.call("hashed", py.List(tuple(columns[c] for c in p)), count) for p in f.crossed]
    return py.call("np.column_stack", py.List(tuple(made))) if f.joined else made[0]


def _several(f: Field, values: Sequence[py.Expr], names: py.Expr | None) -> py.Expr:
    """A class in each of several places, of one list of classes or each of its own."""
    whole = py.call("np.column_stack", py.List(tuple(values))) if f.joined else values[0]
    if names is None and f.counts:
        return py.call("class_numbers", whole, f.counts, f.name)
    if names is None:
        return py.call("class_number", whole, _count(f), f.name)
    if not f.counts:
        return py.call("class_index", whole, names, f.name)
    pairs = zip(values, f.columns, strict=True)
    each = [py.call("class_index", v, py.Index(names, py.literal(c)), c) for v, c in pairs]
    return py.call("np.column_stack", py.List(tuple(each)))


def has_names(f: Field, data: Data) -> bool:
    """Its labels are looked up in the list of its classes."""
    if not is_class(f) or isinstance(data.source, Sklearn) or f.crossed or f.computed is not None:
        return False
    if f.columns == ("mask",) and isinstance(data.source, Images):
        return False
    return not isinstance(data.source, Arrays) or _count(f) is None


def _count(f: Field) -> int | None:
    """The number of classes that the field declares."""
    return (f.read or f.type).classes


def class_names(
    f: Field, columns: Mapping[str, py.Expr]
) -> tuple[tuple[py.Expr | str | None, py.Expr | str], ...]:
    """The list of the classes that the data has; by column, where each has its own."""
    if f.counts:
        pairs = zip(f.columns, f.counts, strict=True)
        return tuple((py.literal(c), py.call("class_names", columns[c], n, c)) for c, n in pairs)
    values = [columns[c] for c in f.columns]
    whole = py.call("np.column_stack", py.List(tuple(values))) if f.joined else values[0]
    count = _count(f)
    names = py.call("class_names", whole, *(() if count is None else (count, f.name)))
    return ((py.literal("classes"), names),)


# --- sources ----------------------------------------------------------------------------------


def _sklearn(source: Sklearn, data: Data) -> Reader:
    loader, name = f"load_{source.name}", source.name
    features = SETS[source.name].features
    found = {
        "data": py.Code(f"{name}.data"),
        "target": py.Code(f"{name}.target"),
        "image": py.Code(f"{name}.images[:, None]"),
    }
    given: dict[str, py.Expr] = {
        c: found[c] if c in found else py.Code(f"{name}.data[:, {features.index(c)}]")
        for c in column_names(data)
    }
    made = Reader([py.Assign(name, py.call(loader))], given)
    made.imports.append(py.From("sklearn.datasets", (loader,)))
    return made


def _file(function: str, path: str, arguments: Sequence[py.Expr]) -> Reader:
    where = py.Binary("FOLDER", "/", py.literal(path))
    read = py.call(function, where, *arguments)
    return Reader([py.Assign("columns", read)], gathered=True, folder=True)


def _csv(source: Csv, data: Data) -> Reader:
    numbers = [c for f in data.fields if not is_class(f) for c in f.columns]
    texts = [c for f in data.fields if is_class(f) for c in f.columns if c not in numbers]
    made = _file("read_csv", source.path, ())
    arguments: dict[str, object] = {
        "numbers": tuple(dict.fromkeys(numbers)),
        "texts": tuple(dict.fromkeys(texts)),
    }
    given = {k: v for k, v in arguments.items() if v}
    if source.separator != ",":
        given["separator"] = source.separator
    where = py.Binary("FOLDER", "/", py.literal(source.path))
    made.statements = [py.Assign("columns", py.call("read_csv", where, **given))]
    return made


def _extern(source: Extern, data: Data) -> Reader:
    """Rows of a Python function, as arrays."""
    module, _, function = source.function.partition(":")
    given = {f"{n}_" if iskeyword(n) else n: v for n, v in source.arguments_.items()}
    names = tuple(dict.fromkeys(c for f in data.fields for c in f.columns))
    arguments: list[py.Expr] = [py.call("source_rows", **given), py.literal(names)]
    arguments.append(py.literal(source.name))
    if data.ragged:
        arguments.append(py.literal(_lengths(data)))
    made = Reader([py.Assign("columns", py.call("collected", *arguments))], gathered=True)
    made.imports = [py.From(module, (f"{function} as source_rows",))]
    return made


def _lengths(data: Data) -> dict[str, list[tuple[str, int]]]:
    """For each column of lengths the columns whose rows are so long, with the axis of a row."""
    found: dict[str, list[tuple[str, int]]] = {}
    for f in data.fields:
        for axis, size in enumerate(f.read.shape if f.read is not None else ()):
            if not fixed(size):
                found.setdefault(lengths_column(data, str(size)), []).append((f.columns[0], axis))
    return found


def _images(source: Images, data: Data) -> Reader:
    root = py.Binary("FOLDER", "/", py.literal(source.path))
    made = Reader([py.Assign("paths", py.call("pictures_below", root))], folder=True)
    made.imports = [py.From("pathlib", ("Path",))]
    for f in data.fields:
        if f.columns == ("label",):
            made.given["label"] = py.call("folders", py.Code("paths"), root)
    masks = [f for f in data.fields if f.columns == ("mask",)]
    if masks and source.masks is not None:
        found = py.call(
            "masks_of", py.Code("paths"), root, py.Binary("FOLDER", "/", py.literal(source.masks))
        )
        made.statements.append(py.Assign("masks", found))
    for f in masks:
        name = "mask" if len(masks) == 1 else f"mask_{f.name}"
        made.functions.append(_mask(f, name, source))
        numpy = py.Tuple((py.Code("np.int64"), py.literal(_size(f))))
        each = py.Generator(py.call(name, py.Code("p")), "p", "masks")
        made.given[picture_column(f, data)] = py.call(
            "np.fromiter", each, numpy, py.call("len", py.Code("masks"))
        )
    pictures = [f for f in data.fields if f.columns == ("image",)]
    for f in pictures:
        name = "picture" if len(pictures) == 1 else f"picture_{f.name}"
        made.functions.append(_picture(f, name))
        shape = _size(f)
        numpy = py.Tuple((py.Code("np.float32"), py.literal(shape)))
        each = py.Generator(py.call(name, py.Code("p")), "p", "paths")
        count = py.call("len", py.Code("paths"))
        made.given[picture_column(f, data)] = py.call("np.fromiter", each, numpy, count)
    return made


def picture_column(f: Field, data: Data) -> str:
    """The key of a field's pictures among the columns: fields may want them in several sizes."""
    alone = sum(g.columns == f.columns for g in data.fields) == 1
    return f.columns[0] if alone else f.name


def per_picture(f: Field) -> int:
    """How many transforms are applied to each picture by itself: those up to the first Resize."""
    sizes = [i + 1 for i, t in enumerate(f.transforms) if isinstance(t.transform, Resize)]
    return sizes[0] if sizes else 0


def _size(f: Field) -> tuple[int, ...]:
    count = per_picture(f)
    after = f.transforms[count - 1].gives if count else f.read or f.type
    return tuple(map(int, after.shape))


def _mask(f: Field, name: str, source: Images) -> py.Function:
    """What reads a picture whose pixels are classes."""
    void = {} if source.void is None else {"void": source.void}
    path = py.Code("path")
    values: py.Expr = py.call("read_mask", path, _count(f), **void)
    count = per_picture(f)
    if count == 0:
        values = py.call("sized", values, _size(f), path)
    else:
        values = Chain(f, values, "class").through(f.transforms[:count]).value
    doc = "The classes of the pixels of a picture."
    return py.Function(name, (py.Param("path", "Path"),), [py.Return(values)], "np.ndarray", doc)


def _picture(f: Field, name: str) -> py.Function:
    channels = int(f.type.shape[0])
    values: py.Expr = py.call("read_picture", py.Code("path"), channels)
    count = per_picture(f)
    if count == 0:
        values = py.call("sized", values, _size(f), py.Code("path"))
    else:
        values = Chain(f, values, "f32").through(f.transforms[:count]).value
    doc = "A picture as `prepare` takes it."
    return py.Function(name, (py.Param("path", "Path"),), [py.Return(values)], "np.ndarray", doc)
