"""`data.py` of a program: its rows, from the source to the batch."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from dlspec.emit import python as py
from dlspec.expr import fixed
from dlspec.ir.recipe import Data, Field, Train
from dlspec.passes.padding import lengths_name
from dlspec.programs.augment import augment_function
from dlspec.programs.chains import Chain, State, is_class
from dlspec.programs.compose import Written, compose
from dlspec.programs.computed import expression, kept, reach, sources
from dlspec.programs.library import names_in
from dlspec.programs.readers import (
    Reader,
    class_names,
    column,
    column_names,
    has_names,
    lengths_column,
    per_picture,
    picture_column,
    read_field,
    reader,
)
from dlspec.programs.splits import split_call, split_text
from dlspec.recipe.batches import Balanced, Bucketed
from dlspec.recipe.bundled import SETS
from dlspec.recipe.sources import Images, Sklearn
from dlspec.recipe.splits import Stratified

FILES = (
    *("rows", "tables", "arrays", "labels", "pictures", "transforms", "splits", "order"),
    *("augment", "balanced", "bucketed", "windows", "hashing", "ragged", "collected"),
)
IMPORTS = (
    py.Import("functools"),
    py.From("pathlib", ("Path",)),
    py.From("typing", ("Any",)),
    py.Import("numpy", "np"),
)
CACHE = (py.Code("functools.cache"),)
ROWS = py.Code("Rows")
TOGETHER, MOST = 2**15, 64
"""How many numbers are gathered and augmented at once, and of how many batches."""
BY_PART = "{part: take(rows, index) for part, index in parts.items()}"


def data_file(
    data: Data,
    train: Train | None = None,
    *,
    folder: str = ".",
    classes: Mapping[str, Sequence[str]] | None = None,
) -> str:
    """The text of `data.py`.

    `folder` leads from the program's folder to that of the spec, where its paths begin. `classes`
    has the names of a field's classes as the lock file keeps them; those of other fields are read
    from the data.

    It offers `load()` (a dict of the parts, each a dict of arrays by field), `length`, `order`,
    `blocks`, `chunks`, `facts()` (for the lock file) and `DataError`; `prepare(columns)`, which
    makes the model's inputs, takes `fitted` too where they depend on it, and `picture(path)` is
    there where the source is pictures.
    """
    return compose(_Writer(data, train, folder, dict(classes or {})).written())


@dataclass(slots=True)
class _Writer:
    data: Data
    train: Train | None
    folder: str
    classes: dict[str, Sequence[str]]
    reader: Reader = field(init=False)

    def __post_init__(self) -> None:
        self.reader = reader(self.data)
        named = {f.name for f in self.data.fields if is_class(f)}
        if isinstance(self.data.source, Sklearn):
            named = set()
        self.classes = {name: c for name, c in self.classes.items() if name in named}

    # --- what the data holds ------------------------------------------------------------------

    @property
    def inputs(self) -> list[Field]:
        """The fields that feed the model."""
        fed = set(self.train.inputs.values()) if self.train else set()
        return [f for f in self.data.fields if f.name in fed]

    @property
    def others(self) -> list[Field]:
        return [f for f in self.data.fields if f not in self.inputs]

    @property
    def derived(self) -> bool:
        """Whether rows become something else when all columns are read: windows, fields of
        fields."""
        return self.data.windows is not None or any(f.computed for f in self.data.fields)

    @property
    def learned(self) -> dict[str, py.Expr]:
        """What the data tells, by its key: classes, and statistics of the training rows."""
        found: dict[str, py.Expr] = {}
        whole = self._columns()
        for f in self.data.fields:
            if has_names(f, self.data) and f.name not in self.classes:
                found[f.name] = py.Dict(class_names(f, whole))
        for f in filter(lambda f: f.computed is None, self.data.fields):
            for key, values, axes in self._chain(f, whole, rows="train").fitted:
                found[key] = py.call("moments", values, axes)
        return found

    def _columns(self) -> dict[str, py.Expr]:
        """Every column, when they are gathered."""
        return {c: column(c) for c in (*column_names(self.data), *self._pictures().values())}

    def _pictures(self) -> dict[str, str]:
        """The column that holds a field's pictures, by the field's name."""
        if not isinstance(self.data.source, Images):
            return {}
        pictures = [f for f in self.data.fields if f.columns in (("image",), ("mask",))]
        return {f.name: picture_column(f, self.data) for f in pictures}

    def _chain(
        self, f: Field, columns: Mapping[str, py.Expr], fitted: str = "fitted", rows: str = ""
    ) -> Chain:
        done = 0
        if f.name in self._pictures():
            columns = {f.columns[0]: columns[self._pictures()[f.name]]}
            done = per_picture(f)
        if f.name in self.classes:
            names: py.Expr = py.Index("CLASSES", py.literal(f.name))
        else:
            names = py.Index(fitted, py.literal(f.name))
            names = names if f.counts else py.Index(names, py.literal("classes"))
        named = f.name in self.classes or has_names(f, self.data)
        value, state = read_field(f, self.data, columns, names if named else None, rows)
        return Chain(f, value, state, fitted).through(f.transforms[done:])

    def _rows(
        self, fields: Sequence[Field], columns: Mapping[str, py.Expr], fitted: str
    ) -> py.Dict:
        chains = [(py.literal(f.name), self._chain(f, columns, fitted).cast()) for f in fields]
        return py.Dict((*chains, *self._lengths(fields, columns)))

    def _lengths(
        self, fields: Sequence[Field], columns: Mapping[str, py.Expr]
    ) -> Iterator[tuple[py.Expr, py.Expr]]:
        """The lengths of the rows of some fields; where a field feeds the model, beside it."""
        fed = {str(n) for f in self.inputs for n in f.type.shape}
        ours = {str(n) for f in fields for n in f.type.shape}
        for dim, (f, axis) in self.data.ragged.items():
            if dim in ours and (fields == self.inputs or dim not in fed):
                name = lengths_column(self.data, dim)
                made = py.call("row_lengths", columns[name], int(f.type.shape[axis]), name)
                yield py.literal(lengths_name(dim)), made

    # --- what is made of rows -----------------------------------------------------------------

    def _whole(
        self, fields: Sequence[Field], fitted: str, columns: Mapping[str, py.Expr]
    ) -> py.Dict:
        """The rows of the fields with columns that some fields are made of."""
        read = list(dict.fromkeys(g for f in fields for g in sources(f, self.data)))
        return self._rows(read, columns, fitted)

    def _value(self, f: Field) -> py.Expr:
        """A field, from the `rows` of those with columns."""
        if f.computed is None:
            return py.Index("rows", py.literal(f.name))
        value = expression(f.computed, lambda name: self._value(self.data.field(name)))
        if not f.transforms and f.computed.type.dtype == f.type.dtype:
            return value
        state: State = "class" if f.computed.type.dtype == "class" else "f32"
        return Chain(f, value, state).through(f.transforms).cast()

    def _computed(self) -> py.Function:
        fields = kept(self.data, self.train)
        names = map(lengths_name, self.data.ragged)
        told = ((py.literal(n), py.Index("rows", py.literal(n))) for n in names)
        found = py.Dict((*((py.literal(f.name), self._value(f)) for f in fields), *told))
        doc = "The fields, those that are computed from others too."
        return py.Function("computed", (py.Param("rows", ROWS),), [py.Return(found)], ROWS, doc)

    def _windowed(self, rows: py.Expr, length: int | None = None) -> py.Expr:
        """Rows in windows, if they are taken so."""
        windows = self.data.windows
        if windows is None:
            return rows
        more = {} if windows.stride == 1 else {"stride": windows.stride}
        return py.call("windows", rows, length or windows.length, **more)

    def _derived(
        self, fitted: str, columns: Mapping[str, py.Expr]
    ) -> tuple[py.Assign, py.Statement]:
        """`rows` of all parts, and those of each part that are made of them."""
        made = self._whole(kept(self.data, self.train), fitted, columns)
        computes = any(f.computed is not None for f in self.data.fields)
        if self.data.windows is None:
            return py.Assign("rows", py.call("computed", made)), py.Return(BY_PART)
        part = self._windowed(py.Code("take(rows, index)"))
        part = py.call("computed", part) if computes else part
        by_part = py.DictComp(part, "part, index", "parts.items()", key="part")
        return py.Assign("rows", made), py.Return(by_part)

    # --- the file -----------------------------------------------------------------------------

    def written(self) -> Written:
        learned = self.learned
        functions: list[py.Function | str] = ["DataError"]
        functions += self._load_learned(learned) if learned else [self._load()]
        if any(f.computed for f in self.data.fields):
            functions.append(self._computed())
        if self.inputs:
            functions.append(self._prepare())
        functions += [*self.reader.functions, "blocks"]
        if self.train is not None and self.train.balanced is not None:
            functions.append(_balanced(self.train.balanced))
        if self.train is not None and self.train.bucketed is not None:
            functions.append(self._bucketed(self.train.bucketed))
        if self.data.augment:
            functions.append(augment_function(self.data))
        functions += ["chunks", self._facts(bool(learned))]
        augmented: tuple[str, ...] = ("augmented",) if self.data.augment else ()
        augmented += ("ragged_batches",) if self.data.ragged else ()
        continued = ("continued",) if self.train is not None and self.train.continued else ()
        return Written(
            f"The rows of `data {self.data.name}`: NumPy only, the same file whatever the backend.",
            files=(*augmented, "batches", *continued, *FILES),
            imports=(*IMPORTS, *self.reader.imports),
            constants=self._constants(bool(learned)),
            functions=functions,
        )

    def _constants(self, learned: bool) -> list[py.Assign]:
        found = [py.Assign("AHEAD", py.literal(self._ahead()), "batches that are made together")]
        if self.data.ragged:
            found = [py.Assign("RAGGED", self._ragged(), "the axes on which rows differ")]
        if self.train is not None and self.train.continued:
            found.append(py.Assign("BATCH", py.literal(self.train.batch), "rows that go on"))
        if self.reader.folder:
            where: py.Expr = py.Code("Path(__file__).parent")
            if self.folder != ".":
                below = py.Binary(where, "/", py.literal(self.folder))
                where = py.call(py.Attribute(below, "resolve"))
            found.append(py.Assign("FOLDER", where, "where the paths of the spec begin"))
        if self.classes:
            names = {name: tuple(c) for name, c in self.classes.items()}
            found.append(py.Assign("CLASSES", py.literal(names)))
        if learned:
            found.append(py.Assign("Fitted", "dict[str, dict[str, Any]]"))
        return found

    def _load(self) -> py.Function:
        """Where nothing is learned from the data."""
        read = self.reader
        body = list(read.statements)
        columns = self._columns() if read.gathered else read.given
        by = self.data.split.by if isinstance(self.data.split, Stratified) else ""
        label = py.Index("rows", py.literal(by))
        split = py.Assign("parts", split_call(self.data.split, label, py.Code("length(rows)")))
        if self.derived:
            whole, by_part = self._derived("", columns)
            body += [whole, split, by_part]
        else:
            rows: py.Expr = self._rows(self.others, columns, "")
            if self.inputs:
                used = [c for f in self.inputs for c in self._columns_of(f)]
                prepared = py.call("prepare", read.gather(list(dict.fromkeys(used))))
                rows = py.Binary(prepared, "|", rows) if self.others else prepared
            body += [py.Assign("rows", rows), split, py.Return(BY_PART)]
        return py.Function(
            "load", (), body, "dict[str, Rows]", f"{split_text(self.data.split)}.", CACHE
        )

    def _ahead(self) -> int:
        """Batches of few numbers cost by the call, those of many by what fits the cache."""
        fields = kept(self.data, self.train)
        row = sum(math.prod(map(int, f.type.shape)) for f in fields)
        batch = self.train.batch if self.train else 1
        return min(max(TOGETHER // (row * batch), 1), MOST)

    def _bucketed(self, batch: Bucketed) -> py.Function:
        """The order of the rows, where those of a batch are of nearly one length."""
        rows = py.Assign("rows", 'load()["train"]')
        found: py.Expr | None = None
        for size in self.data.field(batch.by).type.shape:
            if not fixed(size):
                one = py.Index("rows", py.literal(lengths_name(str(size))))
                found = one if found is None else py.Binary(found, "*", one)
        assert found is not None
        drawn = (py.Code("seed"), py.Code("epoch"))
        made = py.call("bucketed", found, batch.size, batch.ascending, *drawn)
        doc = f"The order of the rows: batches of {batch.size}, of nearly one length each."
        return _order([rows, py.Return(made)], doc)

    def _ragged(self) -> py.Expr:
        """The axes of each dynamic dimension, by the name of its lengths."""
        found: dict[str, list[tuple[str, int]]] = {}
        for f in kept(self.data, self.train):
            for axis, size in enumerate(f.type.shape, start=1):
                if not fixed(size):
                    found.setdefault(lengths_name(str(size)), []).append((f.name, axis))
        return py.literal({name: tuple(axes) for name, axes in found.items()})

    def _columns_of(self, f: Field) -> Sequence[str]:
        if f.name in self._pictures():
            return (self._pictures()[f.name],)
        ragged = (str(n) for n in f.type.shape if not fixed(n))
        return (*f.columns, *(lengths_column(self.data, dim) for dim in ragged))

    def _load_learned(self, learned: Mapping[str, py.Expr]) -> list[py.Function]:
        """Where some of what the rows become depends on the rows."""
        read = self.reader
        body = list(read.statements)
        if not read.gathered:
            body.append(py.Assign("columns", read.gather(list(read.given))))
        by = self.data.split.by if isinstance(self.data.split, Stratified) else ""
        label = column(self.data.field(by).columns[0]) if by else py.Code("")
        split = split_call(self.data.split, label, py.Code("length(columns)"))
        body.append(py.Return(py.Tuple((py.Code("columns"), split), naked=True)))
        text = split_text(self.data.split)
        doc = f"The columns of the source, and the rows of each part: {text}."
        found = [py.Function("read", (), body, "tuple[Rows, Parts]", doc, CACHE)]

        names = tuple((py.literal(k), v) for k, v in learned.items())
        train = "train" in names_in([*learned.values()])
        body = [py.Assign("columns, parts" if train else "columns, _", "read()")]
        body += [py.Assign("train", 'parts["train"]')] if train else []
        body.append(py.Return(py.Dict(names)))
        doc = "What the data tells: classes, and statistics of the training rows."
        found.append(py.Function("fit", (), body, "Fitted", doc, CACHE))

        body = [py.Assign("columns, parts", "read()")]
        found.append(
            py.Function("load", (), body, "dict[str, Rows]", "The rows of each part.", CACHE)
        )
        if self.derived:
            whole, by_part = self._derived("fitted", self._columns())
            if "fitted" in names_in([whole.value]):
                body.append(py.Assign("fitted", "fit()"))
            body += [whole, by_part]
            return found
        rows: py.Expr = self._rows(self.others, self._columns(), "fitted")
        if self.inputs:
            given = "columns, fitted" if self._prepares_fitted() else "columns"
            prepared = py.Code(f"prepare({given})")
            rows = py.Binary(prepared, "|", rows) if self.others else prepared
        if "fitted" in names_in([rows]):
            body.append(py.Assign("fitted", "fit()"))
        body += [py.Assign("rows", rows), py.Return(BY_PART)]
        return found

    def _prepare(self) -> py.Function:
        params = [py.Param("columns", ROWS)]
        if self._prepares_fitted():
            params.append(py.Param("fitted", "Fitted"))
        doc = "The model's inputs, from columns of the source."
        if not self.derived:
            rows = self._rows(self.inputs, self._columns(), "fitted")
            return py.Function("prepare", params, [py.Return(rows)], ROWS, doc)
        rows = self._whole(self.inputs, "fitted", self._columns())
        length = reach(self.inputs, self.data) if self.data.windows is not None else None
        values = py.Dict(tuple((py.literal(f.name), self._value(f)) for f in self.inputs))
        body = [py.Assign("rows", self._windowed(rows, length)), py.Return(values)]
        return py.Function("prepare", params, body, ROWS, doc)

    def _prepares_fitted(self) -> bool:
        """The model's inputs take something that was learned."""
        return "fitted" in names_in([self._whole(self.inputs, "fitted", self._columns())])

    def _facts(self, learned: bool) -> py.Function:
        entries: list[tuple[py.Expr | str, py.Expr | str]] = [
            (py.literal("name"), py.literal(self.data.name)),
            (py.literal("hash"), "digest(load())"),
            (py.literal("rows"), "{part: length(rows) for part, rows in load().items()}"),
        ]
        known = {name: list(c) for name, c in self._known_classes().items()}
        if known:
            entries.append((py.literal("classes"), py.literal(known)))
        if learned:
            entries.append((py.literal("fitted"), "plain(fit())"))
        body = [py.Return(py.Dict(tuple(entries), broken=True))]
        return py.Function(
            "facts", (), body, "dict[str, Any]", "What the lock file says of the data."
        )

    def _known_classes(self) -> dict[str, Sequence[str]]:
        """The names of classes that are known without reading the data."""
        found = dict(self.classes)
        if isinstance(self.data.source, Sklearn):
            names = SETS[self.data.source.name].classes
            targets = [f for f in self.data.fields if f.columns == ("target",)]
            found |= {f.name: names for f in targets if names and f.type.dtype == "class"}
        return found


def _balanced(batch: Balanced) -> py.Function:
    """The order of the rows, where a batch holds some of each of its classes."""
    label = py.item('load()["train"]', batch.by)
    made = py.call("balanced", label, batch.size, batch.classes, py.Code("seed"), py.Code("epoch"))
    doc = f"The order of the rows: batches of {batch.size}, of {batch.classes} classes each."
    return _order([py.Return(made)], doc)


def _order(body: list[py.Statement], doc: str) -> py.Function:
    params = tuple(py.Param(name, "int") for name in ("count", "seed", "epoch"))
    return py.Function("order", params, body, "np.ndarray", doc)
