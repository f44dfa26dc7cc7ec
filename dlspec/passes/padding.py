"""Rows of different lengths in one batch: what pads them is left out where it would count.

A batch is as long as its longest row. A dynamic size of an input comes with a wire that has the
length of each row, `T_lengths`; the lengths of what is computed follow from it by the shape rules
of the ops, as the sizes do. Behind its length a row holds anything, which is why an op that reads
several places of an axis is told which are real. Most need not be: what reads a place at a time,
and what looks back alone, never reads behind a real place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dlspec.expr import Const, Ref, origin
from dlspec.ir.model import (
    Apply,
    Bind,
    Branch,
    Call,
    Carry,
    Compare,
    Copies,
    Definition,
    Flow,
    Instance,
    Items,
    Join,
    Loop,
    Mode,
    ModelIR,
    Net,
    Output,
    Penalty,
    Repeat,
    Scan,
    Scope,
    Select,
    Slice,
    Statement,
    Wire,
)
from dlspec.length import Dynamic, Length, shortest
from dlspec.length.terms import Floor
from dlspec.ops import lookup
from dlspec.passes.padded_ops import NUMBER, RULES, SAFE, whole
from dlspec.tensor import Tensor

FIRST_SITE = 1_900_000_000
"""The sites of what this pass makes begin behind those of a spec."""


class NotMasked(Exception):
    """An op that cannot leave out what pads its input."""

    def __init__(self, what: str, line: int, help: str = "") -> None:
        super().__init__(what)
        self.what, self.line, self.help = what, line, help


def lengths_name(dim: str) -> str:
    """The wire that has the lengths of a dimension."""
    return f"{dim}_lengths"


def padded(
    model: ModelIR,
    ragged: Collection[str],
    networks: Mapping[str, ModelIR] | None = None,
    least: Mapping[str, int] | None = None,
) -> ModelIR:
    """The same model for rows of different lengths: with an input for the lengths of each dynamic
    size that it needs, of those in `ragged`. `networks` are those of a step, padded, by name;
    `least` has the least lengths of sizes that may be other than 1.

    Raises NotMasked.
    """
    if not ragged:
        return model
    needs: dict[str, dict[str, None]] = {name: {} for name in model.definitions}
    sites: dict[tuple[Any, ...], int] = {}
    while True:
        before = {name: len(found) for name, found in needs.items()}
        walks = [
            _Walk(model, i, frozenset(ragged), needs, sites, networks or {}, least)
            for i in model.instances
        ]
        instances = tuple(walk.instance() for walk in walks)
        if before == {name: len(found) for name, found in needs.items()}:
            break
    definitions = {n: _declared(d, needs[n]) for n, d in model.definitions.items()}
    return model.model_copy(update={"instances": instances, "definitions": definitions})


def _declared(d: Definition, dims: Collection[str]) -> Definition:
    names = tuple(map(lengths_name, dims))
    if not names:
        return d
    before, behind = d.names[: len(d.inputs)], d.names[len(d.inputs) :]
    update = {"inputs": (*d.inputs, *names), "names": (*before, *names, *behind)}
    return d.model_copy(update=update)


@dataclass
class _Walk:
    """One walk over the body of an instance."""

    model: ModelIR
    of: Instance
    ragged: frozenset[str]
    """The names of the sizes, of the whole model, that differ from row to row."""
    needs: dict[str, dict[str, None]]
    """The dimensions of each definition whose lengths it is told."""
    sites: dict[tuple[Any, ...], int]
    networks: Mapping[str, ModelIR]
    least: Mapping[str, int] | None = None
    line: int = 0
    derived: dict[Length, tuple[str, Bind]] = field(default_factory=dict)
    """Lengths that follow from those of the inputs: their wires."""
    before: list[Bind] = field(default_factory=list)
    """The wires that the statement which is being read needs."""
    written: list[str] = field(default_factory=list)
    """Their names."""

    @property
    def dims(self) -> dict[str, tuple[int, str, int]]:
        """Each dimension of the inputs that has a name: its size, and an input that has it, with
        the axis. One without a name is called by its place."""
        found: dict[str, tuple[int, str, int]] = {}
        named = set(self.needs[self.of.definition])
        for name, t in self.of.inputs:
            for axis, size in enumerate(t.shape):
                made_by = origin(size)
                dim = made_by.name if isinstance(made_by, Ref) else f"{name}_{axis}"
                if isinstance(size, Dynamic) or dim in named:
                    found.setdefault(dim, (size, name, axis))
        return found

    def instance(self) -> Instance:
        body = tuple(made for s in self.of.body for made in self.statement(s))
        binds = tuple(bind for _, bind in self.derived.values())
        told = tuple((lengths_name(d), NUMBER) for d in self.needs[self.of.definition])
        update = {"body": (*binds, *body), "inputs": (*self.of.inputs, *told)}
        return self.of.model_copy(update=update)

    # -- statements and flows

    def body(self, body: tuple[Statement, ...]) -> tuple[Statement, ...]:
        return tuple(made for s in body for made in self.statement(s))

    def statement(self, s: Statement) -> Iterator[Statement]:
        made = self.statement_(s)
        before, self.before = self.before, []
        yield from (*before, made)

    def statement_(self, s: Statement) -> Statement:
        match s:
            case Bind() | Output() | Penalty():
                self.line = s.line
                return s.model_copy(update={"value": self.flow(s.value)})
            case Branch():
                return s.model_copy(update={"body": self.body(s.body)})
            case Loop():
                rounds = tuple(self.body(i) for i in s.iterations)
                return s.model_copy(update={"iterations": rounds})

    def flow(self, flow: Flow) -> Flow:
        match flow:
            case Apply():
                return self.apply(self.inputs(flow))
            case Call():
                return self.call(self.inputs(flow))
            case Compare():
                return self.compare(self.inputs(flow))
            case Net():
                return self.network(self.inputs(flow))
            case Repeat() | Copies():
                bodies = tuple(map(self.flow, flow.bodies))
                return self.inputs(flow).model_copy(update={"bodies": bodies})
            case Scope():
                return self.inputs(flow).model_copy(update={"body": self.flow(flow.body)})
            case Scan():
                return self.scan(self.inputs(flow))
            case Items() | Join() | Mode():
                return self.inputs(flow)
            case Select() | Slice():
                return flow.model_copy(update={"value": self.flow(flow.value)})
        return flow

    def inputs(self, flow: Any) -> Any:
        update: dict[str, Any] = {"inputs": tuple(map(self.flow, flow.inputs))}
        if getattr(flow, "named", None):
            update["named"] = {n: self.flow(f) for n, f in flow.named.items()}
        return flow.model_copy(update=update)

    # -- which are real

    def is_ragged(self, size: int) -> bool:
        """Whether rows differ in a size."""
        return isinstance(size, Dynamic) and bool(size.length.names & self.ragged)

    def axes(self, t: Tensor) -> tuple[int, ...]:
        """The axes on which rows differ."""
        return tuple(a for a, size in enumerate(t.shape) if self.is_ragged(size))

    def lengths(self, size: int) -> Flow:
        """The length of each row, of which a size is the greatest. Raises NotMasked."""
        assert isinstance(size, Dynamic)
        dims = self.dims
        made_by = origin(size)
        if isinstance(made_by, Ref) and made_by.name in dims:
            return self.told(made_by.name)
        for dim, (other, _, _) in dims.items():
            if other == size:
                return self.told(dim)
        if size.length not in self.derived:
            at = ("lengths", len(self.derived))
            value = self.counted(size.length, dims, at)
            name = self.fresh(next((n for n, s in self.of.dims.items() if s == size), ""))
            bind = Bind(site=self.site(*at), names=(name,), value=value, line=self.line)
            self.derived[size.length] = (name, bind)
        return Wire(name=self.derived[size.length][0], types=(NUMBER,))

    def fresh(self, dim: str) -> str:
        """A name for lengths: of a dimension, if that has one."""
        first = lengths_name(dim) if dim else "lengths"
        taken = {*self.model.definitions[self.of.definition].names}
        taken.update(name for name, _ in self.derived.values())
        names = (first, *(f"{first}_{i}" for i in range(2, 3 + len(taken))))
        return next(n for n in names if n not in taken)

    def told(self, dim: str) -> Wire:
        self.needs[self.of.definition].setdefault(dim)
        return Wire(name=lengths_name(dim), types=(NUMBER,))

    def counted(self, length: Length, dims: Mapping[str, Any], at: tuple[Any, ...]) -> Flow:
        """A length as arithmetic of those that are told."""
        found: Flow | None = None
        constant = 0
        for number, (product, factor) in enumerate(length.with_positive_floors()):
            if not product:
                constant = factor
                continue
            here = (*at, number)
            if len(product) > 1:
                raise self.refused(f"rows of {length} places", "keep the axes apart")
            (atom,) = product
            value: Flow
            if isinstance(atom, Floor):
                inner = self.counted(atom.of, dims, (*here, "of"))
                value = self.applied("floor_divide", (inner, whole(atom.by)), (*here, "by"))
            else:
                value = self.plain(atom, dims)
            if abs(factor) != 1:
                value = self.applied("multiply", (value, whole(abs(factor))), (*here, "times"))
            if found is None:
                found = value if factor > 0 else self.applied("negative", (value,), (*here, "less"))
            else:
                word = "add" if factor > 0 else "subtract"
                found = self.applied(word, (found, value), (*here, word))
        assert found is not None
        if constant:
            word = "add" if constant > 0 else "subtract"
            found = self.applied(word, (found, whole(abs(constant))), (*at, "rest"))
        return found

    def plain(self, name: str, dims: Mapping[str, Any]) -> Flow:
        """The lengths of a dimension of the whole model."""
        for dim, (size, _, _) in dims.items():
            if isinstance(size, Dynamic) and size.length == Length.of(name):
                return self.told(dim)
        what = f"the lengths of {name}, which no input of {self.of.definition} has"
        raise self.refused(what, "give the block an input of that size")

    def refused(self, what: str, help: str = "") -> NotMasked:
        return NotMasked(what, self.line, help)

    def mask(self, f: Flow, axis: int, at: tuple[Any, ...], whole: bool = False) -> Flow:
        """True at the real places of an axis of a tensor."""
        lengths = self.lengths(f.types[0].shape[axis])
        given = {"axis": axis} | ({"whole": True} if whole else {})
        return self.applied("sequence_mask", (f, lengths), (*at, "mask", axis), **given)

    def filled(self, f: Flow, axes: Collection[int], value: float, at: tuple[Any, ...]) -> Flow:
        """A tensor with one number, or true or false, at what pads it on some axes. Raises
        NotMasked for one that is the same for every row."""
        if axes and f.types[0].common:
            hint = "make it one of each row's own: `zeros_like(x[:, 0]) + range(T)`"
            raise self.refused("rows of different lengths in what is the same for all", hint)
        for axis in axes:
            lengths = self.lengths(f.types[0].shape[axis])
            here = (*at, "fill", axis)
            f = self.applied("mask_padding", (f, lengths), here, axis=axis, value=value)
        return f

    def counts(self, t: Tensor, axes: Collection[int], at: tuple[Any, ...]) -> Flow:
        """How many real elements each example has on some axes, as f32; at least 1, so that a mean
        of none is 0, as that of a loss."""
        others = 1
        found: Flow | None = None
        for axis in axes:
            if not self.is_ragged(t.shape[axis]):
                others *= t.shape[axis]
                continue
            one = self.lengths(t.shape[axis])
            size = t.shape[axis]
            if isinstance(size, Dynamic) and shortest(size, self.least) < 1:
                one = self.applied("max", (one, whole(1)), (*at, "some", axis))
            found = (
                one if found is None else self.applied("multiply", (found, one), (*at, "by", axis))
            )
        assert found is not None
        if others != 1:
            found = self.applied("multiply", (found, whole(others)), (*at, "others"))
        return self.applied("cast", (found,), (*at, "cast"), dtype="f32")

    def applied(
        self, kind: str, inputs: tuple[Flow, ...], at: tuple[Any, ...], /, **given: Any
    ) -> Apply:
        """A function of the language on tensors."""
        cls = lookup(kind)
        assert cls is not None
        op = cls(**given)
        x = tuple(f.types[0] for f in inputs)
        made = op.shape(*x)
        types = made if isinstance(made, tuple) else (made,)
        origins: dict[str, Any] = {name: Const(value) for name, value in given.items()}
        site = self.site(*at)
        return Apply(site=site, op=op, origins=origins, inputs=inputs, types=types)

    def site(self, *at: Any) -> int:
        """The same number for the same place of a definition."""
        return self.sites.setdefault((self.of.definition, *at), FIRST_SITE + len(self.sites))

    # -- ops, blocks, networks, losses

    def apply(self, f: Apply) -> Flow:
        if not any(self.axes(t) for flow in (*f.inputs, *f.named.values()) for t in flow.types):
            return f
        names = [c.__name__ for c in type(f.op).__mro__]
        rule = next((RULES[n] for n in names if n in RULES), None)
        if rule is not None:
            return rule(self, f)
        if not any(n in SAFE for n in names):
            raise self.refused(f"{f.op.kind()} over rows of different lengths")
        return f

    def call(self, f: Call) -> Flow:
        """The lengths that a block is told."""
        callee = self.model.instances[f.instance]
        told = self.needs[callee.definition]
        if not told:
            return f
        walk = _Walk(self.model, callee, self.ragged, self.needs, self.sites, self.networks)
        dims = walk.dims
        given = dict(zip((n for n, _ in callee.inputs), f.inputs, strict=True))
        inputs = list(f.inputs)
        for dim in told:
            _, name, axis = dims[dim]
            inputs.append(self.lengths_of(given[name], axis, (f.site, dim)))
        return f.model_copy(update={"inputs": tuple(inputs)})

    def lengths_of(self, x: Flow, axis: int, at: tuple[Any, ...]) -> Flow:
        """The lengths of a tensor's axis; of rows that are all of one length, its size."""
        size = x.types[0].shape[axis]
        if self.is_ragged(size):
            return self.lengths(size)
        return self.applied("lengths", (x,), (*at, "size"), axis=axis)

    def scan(self, f: Scan) -> Flow:
        """A cell is told lengths as what is the same at each step."""
        assert isinstance(f.body, Call)
        body = self.call(f.body)
        assert isinstance(body, Call)
        count = len(f.body.inputs)
        told = body.inputs[count:]
        carries = (Carry(index=i, types=flow.types) for i, flow in enumerate(told, len(f.inputs)))
        body = body.model_copy(update={"inputs": (*body.inputs[:count], *carries)})
        return f.model_copy(update={"inputs": (*f.inputs, *told), "body": body})

    def network(self, f: Net) -> Flow:
        """A network of a step is told the lengths of what it reads."""
        root = self.networks[f.net].root
        takes, inputs = list(f.takes), list(f.inputs)
        given = dict(zip(takes, inputs, strict=True))
        dims = {
            lengths_name(size_name(size, name, axis)): (name, axis)
            for name, t in reversed(root.inputs)
            for axis, size in reversed([*enumerate(t.shape)])
        }
        for name, _ in root.inputs:
            if name in given:
                continue
            source, axis = dims[name]
            takes.append(name)
            inputs.append(self.lengths_of(given[source], axis, (f.site, name)))
        return f.model_copy(update={"takes": tuple(takes), "inputs": tuple(inputs)})

    def compare(self, f: Compare) -> Flow:
        """A loss of real places alone."""
        if f.loss.aligns:
            return self.aligned(f)
        if f.loss.of_outputs:
            f = self.without_padding(f)
        output, target = f.inputs
        shape = f.loss.elements(output.types[0], target.types[0])
        ragged = [a for a, size in enumerate(shape) if self.is_ragged(size)]
        if not ragged:
            return f
        alike = [x for x in (target, output) if x.types[0].shape == shape]
        like = next((x for x in alike if isinstance(x, Wire)), alike[0] if alike else None)
        if like is None and f.axis is None:
            raise self.refused(f"{f.loss.kind()} over rows of different lengths")
        if like is None:
            output = self.named_before(output, (f.site, "named"))
            f = f.model_copy(update={"inputs": (output, target)})
        counts: Flow | None = f.named.get("where")
        for axis in ragged:
            at = (f.site, axis)
            if like is not None:
                real = self.mask(like, axis, at, whole=True)
            else:
                real = self.mask_of_classes(output, f.axis or 0, axis, at)
            counts = real if counts is None else self.both(counts, real, at)
        return f.model_copy(update={"named": {**f.named, "where": counts}})

    def without_padding(self, f: Compare) -> Compare:
        """A loss of two outputs with 0 at what pads the axes over which it adds: there, it is 0."""
        elements = f.loss.elements(f.inputs[0].types[0], f.inputs[1].types[0])
        fill = []
        for i, x in enumerate(f.inputs):
            axes = self.axes(x.types[0])
            added = [a for a in axes if a == f.axis] if elements else axes
            fill.append(self.filled(x, added, 0, (f.site, i)))
        return f.model_copy(update={"inputs": tuple(fill)})

    def named_before(self, f: Flow, at: tuple[Any, ...]) -> Wire:
        """A value as a wire, which is read twice."""
        if isinstance(f, Wire):
            return f
        taken = {*self.model.definitions[self.of.definition].names, *self.written}
        names = ("made", *(f"made_{i}" for i in range(2, 3 + len(taken))))
        name = next(n for n in names if n not in taken)
        self.written.append(name)
        site = self.site(*at)
        self.before.append(Bind(site=site, names=(name,), value=f, line=self.line))
        return Wire(name=name, types=f.types)

    def mask_of_classes(self, f: Flow, classes: int, axis: int, at: tuple[Any, ...]) -> Flow:
        """True at the real places of an axis of elements that each have several classes."""
        t = f.types[0]
        real = self.mask(f, axis + (axis >= classes), at, whole=t.rank > 2)
        return self.applied("any", (real,), (*at, "any"), axis=classes)

    def aligned(self, f: Compare) -> Flow:
        """A loss of two sequences, told how long each is."""
        sizes = {"frames": f.inputs[0].types[0].shape[0], "labels": f.inputs[1].types[0].shape[0]}
        told = {name: self.lengths(size) for name, size in sizes.items() if self.is_ragged(size)}
        return f.model_copy(update={"named": {**f.named, **told}})

    def both(self, a: Flow, b: Flow, at: tuple[Any, ...]) -> Flow:
        return self.applied("logical_and", (a, b), (*at, "and"))


def size_name(size: int, name: str, axis: int) -> str:
    """What a dimension of an input is called."""
    made_by = origin(size)
    return made_by.name if isinstance(made_by, Ref) else f"{name}_{axis}"
