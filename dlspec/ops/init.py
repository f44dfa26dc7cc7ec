"""Initialisers: how an array starts.

Their place says what they are, so their names are lower case: `init=he_normal`,
`bias_init=constant(1)`. `fan_in` is the number of inputs that reach one output, `fan_out` the
number of outputs that one input reaches (`Weight.fans`). A recurrent layer's array is drawn whole,
all gates at once.
"""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import PlainSerializer, PlainValidator, model_validator

from dlspec.declared import BadArguments, Declared, Problem, Words
from dlspec.ops.fields import Number, Positive, Rate


class Init(Declared):
    """How an array starts. The draw happens once, in NumPy, by seed and name."""

    axes: ClassVar[tuple[int, int | None]] = (0, None)
    """The least and the greatest number of axes of an array that it is for; None: any number."""

    instead: ClassVar[str] = ""
    """What another array may start by."""

    def problems(self, shape: tuple[int, ...]) -> Iterator[Problem]:
        """What does not fit an array of this shape."""
        least, most = self.axes
        if len(shape) < least or (most is not None and len(shape) > most):
            wanted = {None: "arrays", 2: "a matrix"}.get(most, "a kernel with places")
            what = f"{self.kind()} is for {wanted}, got [{', '.join(map(str, shape))}]"
            yield Problem(None, what, self.instead)


class _ByFans(Init):
    """What asks how many inputs reach an output, and of one number knows none."""

    axes: ClassVar = (1, None)
    instead: ClassVar = "a number starts by zeros, ones or normal"


class zeros(Init):
    """All 0."""


class ones(Init):
    """All 1."""


class constant(Init):
    """All `value`."""

    positional: ClassVar = ("value",)
    value: Number


class uniform(Init):
    """Uniform in [low, high)."""

    positional: ClassVar = ("low", "high")
    low: Number
    high: Number

    @model_validator(mode="after")
    def _ordered(self) -> "uniform":
        if self.low >= self.high:
            raise ValueError(f"uniform needs low below high, got {self.low} and {self.high}")
        return self


class normal(Init):
    """Normal with this mean and standard deviation."""

    mean: Number = 0.0
    std: Positive


class truncated_normal(Init):
    """Normal, drawn again where a value lies more than two `std` from `mean`.

    `std` is that of the normal before the cut (what is left has 0.88 of it), as in BERT's code.
    """

    mean: Number = 0.0
    std: Positive


class glorot_uniform(_ByFans):
    """Uniform in ±sqrt(6 / (fan_in + fan_out)). Glorot and Bengio 2010."""


class glorot_normal(_ByFans):
    """Normal with std = sqrt(2 / (fan_in + fan_out)). Glorot and Bengio 2010."""


class he_uniform(_ByFans):
    """Uniform in ±sqrt(6 / fan_in): for layers before a ReLU. He et al. 2015."""


class he_normal(_ByFans):
    """Normal with std = sqrt(2 / fan_in): for layers before a ReLU. He et al. 2015.

    Not truncated, as in the paper and in PyTorch; Keras cuts it at two standard deviations.
    """


class lecun_normal(_ByFans):
    """Normal with std = sqrt(1 / fan_in). LeCun et al. 1998."""


class lecun_uniform(_ByFans):
    """Uniform in ±sqrt(3 / fan_in). LeCun et al. 1998."""


class variance_scaling(_ByFans):
    """Drawn with the variance `scale` / fan, of which the others are special cases.

    - `scale`: 2 for layers before a ReLU.
    - `mode`: which fan: `fan_in`, `fan_out` (as in He et al.'s ResNets), or `fan_avg`, their mean.
    - `distribution`: `normal`, `uniform`, or `truncated_normal`, cut at two deviations of a normal
      that is wide enough for what is left to have this variance. Keras's `he_normal` is
      `variance_scaling(2, distribution=truncated_normal)`.
    """

    positional: ClassVar = ("scale",)
    scale: Positive = 1.0
    mode: Literal["fan_in", "fan_out", "fan_avg"] = "fan_in"
    distribution: Literal["normal", "uniform", "truncated_normal"] = "normal"


class orthogonal(_ByFans):
    """`gain` times a matrix whose columns (or rows, if there are fewer) are orthonormal.

    The array is taken as a matrix [shape[0], the rest]. It is the Q of the QR decomposition of a
    normal matrix, with the signs of R's diagonal. Saxe et al. 2014.
    """

    gain: Positive = 1.0


class identity(Init):
    """`gain` times the identity: 1 where the number of the row is that of the column.

    For a matrix, such as the kernel of Dense, or the recurrent one of a SimpleRNN with `relu`,
    which then begins by carrying all that it has read (Le et al. 2015).
    """

    axes: ClassVar = (2, 2)
    instead: ClassVar = "dirac is that of a kernel with places"

    gain: Number = 1.0


class dirac(Init):
    """The identity of convolutions: each output begins as the input of its number, at its place.

    1 in the middle of the kernel from input i to output i, in each group anew, and 0 elsewhere.
    Outputs beyond the inputs begin at 0. Zagoruyko and Komodakis 2017.
    """

    axes: ClassVar = (3, 5)
    instead: ClassVar = "identity is that of a matrix"


class sparse(Init):
    """Normal with this `std`, and 0 in a share of each column, drawn anew for each.

    Of a kernel [outputs, inputs], each input then reaches few outputs. Martens 2010.

    - `sparsity`: the share of zeros, rounded up to whole rows; 0 or more, and below 1.
    """

    axes: ClassVar = (2, 2)
    positional: ClassVar = ("sparsity",)
    sparsity: Rate
    std: Positive = 0.01


class forget_gate(Init):
    """What `forget_bias` of an LSTM makes of its bias: `value` for the second gate of four, f, and
    0 for the others. No spec names it."""

    value: Number


INITS: dict[str, type[Init]] = {
    c.__name__: c
    for c in (
        zeros,
        ones,
        constant,
        uniform,
        normal,
        truncated_normal,
        glorot_uniform,
        glorot_normal,
        he_uniform,
        he_normal,
        lecun_uniform,
        lecun_normal,
        variance_scaling,
        orthogonal,
        identity,
        dirac,
        sparse,
    )
}


def _initialiser(value: Any) -> Init:
    """An initialiser, the name of one that needs no arguments, or what `_json` makes of one."""
    if isinstance(value, Init):
        return value
    named = dict(value) if isinstance(value, dict) else {"kind": value}
    kind = named.pop("kind", None)
    if not isinstance(kind, str):
        raise ValueError("must be an initialiser, such as zeros or normal(std=0.02)")
    if kind not in INITS:
        raise ValueError(f"must be an initialiser: {', '.join(INITS)}")
    try:
        return INITS[kind].bind((), named)
    except BadArguments as bad:
        raise ValueError("; ".join(p.what for p in bad.problems)) from None


def _json(init: Init) -> dict[str, Any]:
    return {"kind": init.kind(), **init.model_dump(mode="json")}


Initial = Annotated[
    Init,
    PlainValidator(_initialiser),
    PlainSerializer(_json, when_used="json"),
    Words(tuple(INITS)),
]

GLOROT = glorot_uniform()
ZEROS = zeros()
ONES = ones()
ORTHOGONAL = orthogonal()
