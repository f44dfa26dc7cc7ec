"""Models in the IR: definitions (what was written once) and instances (each use, concrete).

An instance holds its body as a trace: the statements of its definition in order, with every value
known. What stands in the definition once and ran several times (in a loop, or in several
instances) carries the same `site` each time; a backend lays the traces of one definition over each
other, site by site, and prints one class.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from dlspec.ir.values import (
    AnyConstraint,
    AnyInit,
    AnyLoss,
    AnyOp,
    Extent,
    Known,
    Origin,
    Type,
    Value,
)

_reading: ContextVar[bool] = ContextVar("_reading", default=False)


class Node(BaseModel):
    """A part of the IR.

    What the compiler makes is taken as it is: its types are checked before it runs, and building
    the validators of all nodes would take longer than most specs do. A document is validated.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, defer_build=True
    )

    def __init__(self, **given: Any) -> None:
        if _reading.get():
            super().__init__(**given)
            return
        values: dict[str, Any] = {}
        for name, field in type(self).__pydantic_fields__.items():
            if name in given:
                values[name] = given.pop(name)
            elif field.is_required():
                raise TypeError(f"{type(self).__name__} needs {name}")
            else:
                values[name] = field.get_default(call_default_factory=True)
        if given:
            raise TypeError(f"{type(self).__name__} has no {', '.join(given)}")
        object.__setattr__(self, "__dict__", values)
        object.__setattr__(self, "__pydantic_fields_set__", set(values))
        object.__setattr__(self, "__pydantic_extra__", None)
        object.__setattr__(self, "__pydantic_private__", None)

    @classmethod
    def model_validate(cls, obj: Any, **options: Any) -> Self:
        with _documents():
            return super().model_validate(obj, **options)

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, **options: Any) -> Self:
        with _documents():
            return super().model_validate_json(json_data, **options)


@contextmanager
def _documents() -> Iterator[None]:
    """While nodes are made from a document, and not by the compiler."""
    token = _reading.set(True)
    try:
        yield
    finally:
        _reading.reset(token)


Part = str | int
Path = tuple[Part, ...]
"""Where a layer stands below its owner: `("conv2d",)`, `("residuals", 3)`."""


def dotted(*path: Part) -> str:
    """`residuals.3.conv_bn`: the neutral name. Nothing is the name of what has none."""
    return ".".join(str(p) for p in path if p != "")


# --- tensors in a body ------------------------------------------------------------------------


class Wire(Node):
    """A wire, as it stands after its last assignment before this use. A list of tensors has the
    types of its elements."""

    kind: Literal["wire"] = "wire"
    name: str
    types: tuple[Type, ...]
    is_list: bool = False


class Carry(Node):
    """What arrives at the body of a `Repeat`, `Copies`, `Scope` or `Scan`."""

    kind: Literal["carry"] = "carry"
    index: int = 0
    types: tuple[Type, ...]


class Scalar(Node):
    """A compile-time number among the operands of tensor arithmetic. `wire` names it where it was
    chosen beside a tensor: `side = x if both else 0`."""

    kind: Literal["scalar"] = "scalar"
    value: Known
    types: tuple[Type, ...]
    wire: str = ""


class Apply(Node):
    """An op applied to inputs. `origins` holds the expressions behind its fields and sizes."""

    kind: Literal["apply"] = "apply"
    site: int
    op: AnyOp
    origins: dict[str, Origin] = {}
    inputs: "tuple[Flow, ...]"
    named: "dict[str, Flow]" = {}
    types: tuple[Type, ...]
    module: Path | None = None
    """Where its object stands, for an op that has one."""
    factory: str | None = None
    """The parameter of type `layer` that it came from."""
    channels_last: bool = False
    """Set by the layout pass: image inputs and outputs are in channels-last order."""
    line: int = 0
    """Where it is written; 0 for what a pass makes."""


class Call(Node):
    """A block or function applied to inputs. Origins of `arguments` and `dims` are in the caller's
    names."""

    kind: Literal["call"] = "call"
    site: int
    block: str
    instance: int
    arguments: dict[str, Known]
    dims: dict[str, Known]
    inputs: "tuple[Flow, ...]"
    named: "dict[str, Flow]" = {}
    types: tuple[Type, ...]
    module: Path
    """Where its object stands; empty for a function, which has none."""
    factory: str | None = None
    weights: str | None = None
    """The file that its weights start from."""
    frozen: bool = False


class Net(Node):
    """A network of a `train` block applied to inputs, which are those of its model, in order. One
    with several outputs gives them by name; a `part` of a model that holds several networks gives
    them in order, as a block does."""

    kind: Literal["net"] = "net"
    site: int
    net: str
    takes: tuple[str, ...]
    gives: tuple[str, ...]
    part: bool = False
    stateful: bool = False
    """Whether its model has states, which are at their first values unless it takes them."""
    inputs: "tuple[Flow, ...]"
    types: tuple[Type, ...]


class Compare(Node):
    """A loss of an output and a target. `named` has what it takes beside them: `where` says which
    elements count, `weight` how much; `axis` is that of the classes."""

    kind: Literal["compare"] = "compare"
    site: int
    loss: AnyLoss
    axis: int | None = None
    inputs: "tuple[Flow, ...]"
    named: "dict[str, Flow]" = {}
    types: tuple[Type, ...]


class Mode(Node):
    """`a if training else b`: the first input in training, the second in evaluation."""

    kind: Literal["mode"] = "mode"
    site: int
    inputs: "tuple[Flow, ...]"
    types: tuple[Type, ...]


class Select(Node):
    """One of several outputs, or one element of a list: `skips[-1]`. `origin` is the arithmetic
    behind the index."""

    kind: Literal["select"] = "select"
    index: int
    value: "Flow"
    types: tuple[Type, ...]
    origin: Origin | None = None


class Over(Node):
    """What a list is written over, `for names in items`: `values[i]` are the values of the names at
    element i. A name that is a tensor there is not among them: what reads it reads an element of a
    list, and `tensors` has the name by that of the list."""

    kind: Literal["over"] = "over"
    site: int
    names: tuple[str, ...]
    items: Known
    values: tuple[tuple[Value, ...], ...]
    tensors: dict[str, str] = {}


class Items(Node):
    """A list of tensors: `[x, y]`, or `[x * i for i in range(2)]`, which is written `over` others.
    Its elements then have the sites of one another."""

    kind: Literal["items"] = "items"
    inputs: "tuple[Flow, ...]"
    types: tuple[Type, ...]
    over: Over | None = None


class Join(Node):
    """Lists behind each other: `skips + [x]`."""

    kind: Literal["join"] = "join"
    inputs: "tuple[Flow, ...]"
    types: tuple[Type, ...]


class Slice(Node):
    """Part of a list: `skips[:-1]`. `origins` holds the arithmetic behind its bounds."""

    kind: Literal["slice"] = "slice"
    value: "Flow"
    start: int | None
    stop: int | None
    step: int | None
    origins: dict[str, Origin] = {}
    types: tuple[Type, ...]


class Repeat(Node):
    """`layer * count`: the bodies in order, each reading (as `Carry`) what the one before made."""

    kind: Literal["repeat"] = "repeat"
    site: int
    count: Known
    inputs: "tuple[Flow, ...]"
    bodies: "tuple[Flow, ...]"
    types: tuple[Type, ...]


class Copies(Node):
    """`count` copies of a layer side by side, with weights of their own: each body reads (as
    `Carry`) the inputs, and what all of them make is a list."""

    kind: Literal["copies"] = "copies"
    site: int
    count: Known
    inputs: "tuple[Flow, ...]"
    bodies: "tuple[Flow, ...]"
    types: tuple[Type, ...]


class Scope(Node):
    """`( ... ) as name`, or one copy of a repeated chain in parentheses: a layer made in place."""

    kind: Literal["scope"] = "scope"
    site: int
    module: Path
    inputs: "tuple[Flow, ...]"
    body: "Flow"
    types: tuple[Type, ...]


class Scan(Node):
    """`Scan(cell)`: a block with state at each step of sequences, along their first axis.

    `inputs` are `sequences` of them, then the first value of each of `states` states (a `Scalar`
    where it is a number), then what is the same at each step. The body is the call of the cell on
    one step: it reads these as `Carry`, and gives its outputs, then the next states. `types` are
    those of all steps' outputs.
    """

    kind: Literal["scan"] = "scan"
    site: int
    sequences: int
    states: int
    inputs: "tuple[Flow, ...]"
    body: "Flow"
    types: tuple[Type, ...]

    @property
    def steps(self) -> int:
        """How many steps there are."""
        size: int = self.inputs[0].types[0].shape[0]
        return size


Flow = Annotated[
    Wire
    | Carry
    | Scalar
    | Apply
    | Call
    | Net
    | Compare
    | Mode
    | Select
    | Items
    | Join
    | Slice
    | Repeat
    | Copies
    | Scope
    | Scan,
    Field(discriminator="kind"),
]


# --- statements of a body ---------------------------------------------------------------------


class Bind(Node):
    """Wires get a name: one, or as many as the value has outputs. `element`: the header of the loop
    around it names an element of a list, which is read before the loop."""

    kind: Literal["bind"] = "bind"
    site: int
    names: tuple[str, ...]
    value: Flow
    line: int
    element: bool = False


class Branch(Node):
    """A decision. `taken` is the number of the branch that holds (the last may be the `else`),
    or None. A test after the one that held was not evaluated and is not here. What runs in
    `training` alone has no tests, and holds. `inline`: it is written `y = a if test else b`, where
    a number has no statement."""

    kind: Literal["branch"] = "branch"
    site: int
    tests: tuple[Known, ...]
    taken: int | None
    body: "tuple[Statement, ...]"
    line: int
    training: bool = False
    inline: bool = False


class Loop(Node):
    """`for names in items`: `values[i]` are the values of the names in iteration i. A name that is
    a tensor there is not among them: each iteration begins with its `Bind`."""

    kind: Literal["loop"] = "loop"
    site: int
    names: tuple[str, ...]
    items: Known
    values: tuple[tuple[Value, ...], ...]
    iterations: "tuple[tuple[Statement, ...], ...]"
    line: int


class Output(Node):
    """What the block gives: in a model by name, in a block the value (or several, in order)."""

    kind: Literal["output"] = "output"
    site: int
    name: str | None
    value: Flow
    line: int


class Penalty(Node):
    """What is added to the loss of a training: one number, or one for each example, of which it is
    the mean. It stands in a branch of training."""

    kind: Literal["penalty"] = "penalty"
    site: int
    value: Flow
    line: int


Statement = Annotated[Bind | Branch | Loop | Output | Penalty, Field(discriminator="kind")]


class Parameter(Node):
    """A parameter of a definition. `default` is None where there is none."""

    name: str
    type: str
    default: Known | None = None


class Definition(Node):
    """A `block`, a `model` or a `fn` of tensors as it was written; or a `step`, what a `train`
    block computes of a batch."""

    name: str
    kind: Literal["block", "model", "fn", "step"]
    parameters: tuple[Parameter, ...]
    inputs: tuple[str, ...]
    doc: str = ""
    home: str = ""
    """The file that it stands in, below the spec's folder, or `std/vision.dls`; empty where that is
    the spec itself."""
    line: int
    names: tuple[str, ...] = ()
    """Every wire that the body writes, inputs first."""


NEXT = "next_"
"""What stands before the name of a state in that of the output which is its next value."""


class Instance(Node):
    """A definition with the values of its parameters and the sizes that it bound.

    Calls with equal values share one instance; each has weights of its own, under its own path.
    Origins in the body are expressions over the definition's own names.
    """

    number: int
    definition: str
    arguments: dict[str, Value]
    dims: dict[str, Extent]
    inputs: tuple[tuple[str, Type], ...]
    """Those of the states of a cell or model too."""
    outputs: tuple[tuple[str | None, Type], ...]
    """Those of a cell or model, then its next states: of a model `next_h` for the state `h`."""
    states: dict[str, Known] = {}
    """The first values of the states of a cell or model, which are inputs."""
    body: tuple[Statement, ...]

    @property
    def fed(self) -> tuple[tuple[str, Type], ...]:
        """The inputs that are no states."""
        return tuple((n, t) for n, t in self.inputs if n not in self.states)

    numbers: dict[str, Known] = {}
    """The numbers that a function names: `half = n // 2`."""
    unread: str = ""
    """A digest of what the definition says that does not run with these values: branches not
    taken, conditions, layers repeated no times."""


class Layer(Node):
    """A row of the flat view: one op with weights or work, under its neutral name."""

    name: str
    apply: Apply
    line: int
    home: str = ""
    """The file of this line, as in `Definition`."""
    steps: int = 1
    """How often it runs for one example: at each step of a `Scan`."""


def placed(line: int, home: str) -> str:
    """A line as a person reads it: `12`, or `std/vision.dls:31` of another file."""
    return f"{home}:{line}" if home else str(line)


class ModelIR(Node):
    """A model as a spec uses it: an instance, with everything below it."""

    name: str
    instance: int
    definitions: dict[str, Definition]
    instances: tuple[Instance, ...]
    initial: dict[str, AnyInit] = {}
    """Neutral name of a weight -> its initialiser, where `weights ... { init }` gave another."""
    constraints: dict[str, AnyConstraint] = {}
    """Neutral name of a weight -> what it is held to after each update."""

    @property
    def root(self) -> Instance:
        return self.instances[self.instance]


def is_list(flow: Flow) -> bool:
    """Whether a flow is a list of tensors."""
    return isinstance(flow, Items | Join | Slice | Copies) or (
        isinstance(flow, Wire) and flow.is_list
    )


def flows(flow: Flow, training: bool = True) -> Iterator[Flow]:
    """A flow and everything that it reads, inputs before what reads them; without `training`, what
    evaluation reads."""
    match flow:
        case Apply() | Call() | Compare():
            for f in (*flow.inputs, *flow.named.values()):
                yield from flows(f, training)
        case Select() | Slice():
            yield from flows(flow.value, training)
        case Items() | Join() | Net():
            for f in flow.inputs:
                yield from flows(f, training)
        case Mode():
            for f in flow.inputs if training else flow.inputs[1:]:
                yield from flows(f, training)
        case Repeat() | Copies():
            for f in (*flow.inputs, *flow.bodies):
                yield from flows(f, training)
        case Scope() | Scan():
            for f in (*flow.inputs, flow.body):
                yield from flows(f, training)
    yield flow


def within(body: tuple[Statement, ...]) -> Iterator[Flow]:
    """Everything that the statements of a body read, loops and branches opened."""
    return (f for s in statements(body) for f in flows(s.value))


def read_inputs(instance: Instance) -> tuple[str, ...]:
    """The inputs that a body reads."""
    read = {f.name for f in within(instance.body) if isinstance(f, Wire)}
    return tuple(name for name, _ in instance.inputs if name in read)


def networks(instance: Instance) -> tuple[str, ...]:
    """The networks that a body calls, in order."""
    found = within(instance.body)
    return tuple(dict.fromkeys(f.net for f in found if isinstance(f, Net)))


def statements(
    body: tuple[Statement, ...], training: bool = True
) -> Iterator[Bind | Output | Penalty]:
    """The assignments, outputs and penalties of a body that ran, in order, loops and branches
    opened; without `training`, those that evaluation runs."""
    for s in body:
        match s:
            case Bind() | Output() | Penalty():
                yield s
            case Branch() if training or not s.training:
                yield from statements(s.body, training)
            case Loop():
                for iteration in s.iterations:
                    yield from statements(iteration, training)


def penalised(model: ModelIR) -> bool:
    """Whether anything adds to the loss of a training."""
    bodies = (statements(instance.body) for instance in model.instances)
    return any(isinstance(s, Penalty) for body in bodies for s in body)


def layers(model: ModelIR, training: bool = True) -> Iterator[Layer]:
    """Every op of a model in order of execution, blocks opened. One that is called twice comes
    twice, under the same name; an op without an object has the name of its kind. Without
    `training`, what only training computes is left out."""

    def walk(instance: Instance, prefix: Path, steps: int) -> Iterator[Layer]:
        home = model.definitions[instance.definition].home
        for s in statements(instance.body, training):
            found = list(flows(s.value, training))
            cells = {id(f.body): int(f.steps) for f in found if isinstance(f, Scan)}
            for f in found:
                match f:
                    case Apply():
                        own = f.module if f.module is not None else (f.op.called,)
                        name, line = dotted(*prefix, *own), f.line or s.line
                        yield Layer(name=name, apply=f, line=line, home=home, steps=steps)
                    case Call():
                        inner = model.instances[f.instance]
                        times = steps * cells.get(id(f), 1)
                        yield from walk(inner, (*prefix, *f.module), times)

    yield from walk(model.root, (), 1)
