"""What an op is: a frozen value with pure rules, true whatever the backend."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, replace
from math import prod
from typing import Any, ClassVar, Literal

from dlspec.declared import Declared, Problem, snake_case
from dlspec.frozen import frozen
from dlspec.ops.init import Init
from dlspec.tensor import Tensor

WeightKind = Literal["trainable", "fixed", "statistics"]

RATES = ("rate", "dropout", "recurrent_dropout")
"""Arguments that say how much training drops."""

FORMATS = {"onnx": "ONNX", "tflite": "TFLite"}
"""The formats of exported files, as they are called."""


@frozen
class Weight:
    """One array of an op, in the neutral layout, which is PyTorch's where torch has the layer."""

    name: str
    shape: tuple[int, ...]
    init: Init
    kind: WeightKind = "trainable"
    groups: int = 1
    """Of a grouped or depthwise kernel: outputs of one group do not see another's inputs."""
    zero_row: int | None = None
    """A row that starts at zero, whatever `init` says, and gets no gradient (`padding_id`)."""
    folds: bool = False
    """Whether no file of an export holds it: what it does is folded into another array."""

    @property
    def fans(self) -> tuple[int, int]:
        """fan_in and fan_out of a kernel [outputs, inputs of one group, *places]."""
        outputs, inputs, *places = (*(int(s) for s in self.shape), 1)
        return inputs * prod(places), outputs // self.groups * prod(places)

    @property
    def size(self) -> int:
        return prod(int(s) for s in self.shape)

    def renamed(self, name: str) -> "Weight":
        return replace(self, name=name)


@frozen
class Example:
    """A one-line spec of the op: as written in a chain, and the types of its inputs.

    `Example("Conv2D(4, 3, stride=2)", "f32[3, 9, 8]")` is read by the real parser as
    `x -> Conv2D(4, 3, stride=2)` with `input x: f32[3, 9, 8]`. With several inputs they are
    passed as a tuple, `named` ones with their names: `(x, h=h) -> GRU(4)`.
    """

    layer: str
    inputs: tuple[str, ...]
    named: Mapping[str, str] = field(default_factory=dict)


def example(layer: str, *inputs: str, **named: str) -> Example:
    return Example(layer, inputs, named)


@frozen
class Refusal:
    """Uses of an op that no file of a format can hold."""

    format: str
    """A key of `FORMATS`."""
    when: str
    """Which uses: `groups above 1`."""
    reason: str
    holds: Callable[[Any, tuple[Tensor, ...]], bool]
    """Whether a use is one of them: the op, and the types of its inputs."""
    help: str = ""


class Op(Declared):
    """A layer (capitalised) or a function (lower case) of the language.

    The rules take the types of the inputs, for one example; `problems` and `shape` are also given
    the named ones, by name. `problems` is asked first; the other rules are asked only where it
    yields nothing.
    """

    inputs: ClassVar[tuple[int, int | None]] = (1, 1)
    """The least and the greatest number of unnamed inputs; None: any number."""

    named: ClassVar[tuple[str, ...]] = ()
    """Further inputs, which are optional and given by name."""

    common: ClassVar[tuple[str, ...]] = ()
    """The named inputs that may be common to all examples: its code needs none for each."""

    literals: ClassVar[tuple[int, ...]] = ()
    """The inputs for which a number may stand, as 0 in `max(x, 0)`: it takes the dtype of the
    others."""

    sees_example: ClassVar[bool] = False
    """Takes no tensor and makes one: a backend's code may be passed one of an example, to see where
    that is."""

    gives_common: ClassVar[bool] = False
    """What it makes of the examples is common to all."""

    on_last_axis: ClassVar[bool] = False
    """Works on the last axis by default: on an image that would surprise, so `axis=` is asked."""

    onnx: ClassVar[tuple[str, ...]] = ()
    tflite: ClassVar[tuple[str, ...]] = ()
    """The operators that it becomes."""

    refusals: ClassVar[tuple[Refusal, ...]] = ()
    """What files of exports cannot hold of it."""

    examples: ClassVar[tuple[Example, ...]] = ()

    snaked: ClassVar[str] = ""
    """The kind in snake case, where the usual rule would split an abbreviation."""

    @classmethod
    def snake(cls) -> str:
        """The name that an attribute or weight takes from the kind."""
        return cls.snaked or snake_case(cls.kind())

    @property
    def called(self) -> str:
        """The name of a use without an object, in lists of layers."""
        return self.snake()

    @classmethod
    def has_object(cls) -> bool:
        """A framework keeps an object for it (it has weights, state or randomness), so a class
        that uses it has an attribute for it; otherwise it is a plain function call."""
        return False

    @classmethod
    def has_weights(cls) -> bool:
        """May hold arrays: its name counts in the rules of names."""
        return False

    @property
    def bias_axis(self) -> int | None:
        """The axis of the output with a number of the bias for each place; None without a bias."""
        return None

    @property
    def centred_axis(self) -> int | None:
        """The axis of which each place is brought to mean 0; None where that is none."""
        return None

    @property
    def keeps_statistics(self) -> bool:
        """Whether training changes something of it beside its weights."""
        return False

    @property
    def draws(self) -> bool:
        """Whether training draws random numbers for it: a `rate` or `dropout` above 0."""
        return any(getattr(self, name, 0.0) > 0 for name in RATES)

    @property
    def sizes(self) -> Mapping[str, int]:
        """Sizes that a backend must be told and the op infers, as role -> axis of the first input:
        `{"in_channels": 0}` for convolutions and image norms, `{"in_features": -1}` for Dense."""
        return {}

    def problems(self, *x: Tensor) -> Iterable[Problem]:
        """What does not fit these inputs."""
        return ()

    def starting(self, *x: Tensor) -> Iterable[Problem]:
        """Which initialisers that are written do not fit the arrays which start by them."""
        written = {f: v for f in self.model_fields_set if isinstance(v := getattr(self, f), Init)}
        for field_, init in written.items():
            arrays = (w.shape for w in self.weights(*x) if w.init == init)
            yield from (replace(p, parameter=field_) for a in arrays for p in init.problems(a))

    def shape(self, *x: Tensor) -> Tensor | tuple[Tensor, ...]:
        """The type of the output, or of each output. Sizes of kept axes are passed on as they
        are, so that they keep their origin; sums and products go through `expr.total` and
        `expr.product`."""
        return x[0]

    def weights(self, *x: Tensor) -> tuple[Weight, ...]:
        """The arrays, in order, under the names that PyTorch's layer has."""
        return ()

    def refused(self, format: str, *x: Tensor) -> Iterable[Refusal]:
        """Why a file of this format cannot hold this use; nothing where it can."""
        return (r for r in self.refusals if r.format == format and r.holds(self, x))

    def macs(self, *x: Tensor) -> int:
        """Multiply-accumulates for one example."""
        return 0
