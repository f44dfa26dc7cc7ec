"""The values of a field: NumPy expressions for what is read and for each transform."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from dlspec.emit import python as py
from dlspec.ir.recipe import Field, Transformed
from dlspec.recipe.transforms import Hash, OneHot, Pad, Resize, Scale, Standardize
from dlspec.tensor import Tensor

State = Literal["raw", "f32", "class"]
"""Of values: as they were read, float32, or indices of classes."""

NUMPY = {
    "f16": "np.float16",
    "f32": "np.float32",
    "f64": "np.float64",
    "i8": "np.int8",
    "i32": "np.int32",
    "i64": "np.int64",
    "bool": "np.bool_",
    "class": "np.int64",
}


def is_class(f: Field) -> bool:
    """What is read are labels."""
    return (f.read or f.type).dtype == "class"


@dataclass(slots=True)
class Chain:
    """The expression for a field's values, grown by one transform after the other.

    `fitted` holds, for each statistic that the transforms learn, its key, the expression of the
    values that it is taken from, and the axes; `learned` is where they stand.
    """

    of: Field
    value: py.Expr
    state: State
    learned: str = "fitted"
    fitted: list[tuple[str, py.Expr, tuple[int, ...]]] = field(default_factory=list)

    def through(self, transforms: tuple[Transformed, ...]) -> Chain:
        """After some transforms."""
        for t in transforms:
            self._add(t)
        return self

    def cast(self) -> py.Expr:
        """The values with the dtype that the field declares."""
        kind = self.of.type.dtype
        if (self.state, kind) in (("f32", "f32"), ("f32", "bf16"), ("class", "class")):
            return self.value
        numpy = py.Code(NUMPY.get(kind, "np.float32"))
        if self.state == "raw" and kind in ("i8", "i32", "i64"):
            return py.call("whole", self.value, numpy, self.of.name)
        return py.call(py.Attribute(self.value, "astype"), numpy)

    def _add(self, t: Transformed) -> None:
        match t.transform:
            case Scale(factor=factor, offset=offset):
                self._lighten(t.gives)
                self.value = _scaled(self.value, factor, offset)
            case Standardize() as standardize:
                self._lighten(t.gives)
                key = self.of.name if not self.fitted else f"{self.of.name}_{len(self.fitted) + 1}"
                axes = standardize.axes(t.gives)
                self.fitted.append((key, self.value, (0, *(a + 1 for a in axes))))
                learned = py.Index(self.learned, py.literal(key))
                self.value = py.call("standardize", self.value, learned)
            case OneHot():
                eye = py.call("np.eye", int(t.gives.shape[-1]), dtype=py.Code("np.float32"))
                self.value, self.state = py.Index(eye, self.value), "f32"
            case Pad(value=value) as pad:
                before = t.takes or t.gives
                places = pad.places(before) or ()
                widths = (
                    (0, 0),
                    *(pad.sides if a in places else (0, 0) for a in range(before.rank)),
                )
                more = {"constant_values": value} if value else {}
                self.value = py.call("np.pad", self.value, widths, **more)
            case Resize():
                height, width = map(int, t.gives.shape[-2:])
                if self.state == "raw":
                    self._to_float32()
                name = "resize_nearest" if self.state == "class" else "resize"
                self.value = py.call(name, self.value, (height, width))
            case Hash():
                pass  # of words, when they are read
            case other:
                raise TypeError(f"no code for {other.kind()}")

    def _lighten(self, x: Tensor) -> None:
        """Whole arrays are reckoned with in float32, numbers of a table in float64."""
        if self.state == "raw" and x.rank > 1:
            self._to_float32()

    def _to_float32(self) -> None:
        self.value = py.call(py.Attribute(self.value, "astype"), py.Code("np.float32"))
        self.state = "f32"


def _scaled(value: py.Expr, factor: float, offset: float) -> py.Expr:
    inverse = round(1 / factor) if 0 < abs(factor) < 1 else 0
    if factor == 1:
        scaled = value
    elif inverse and 1 / inverse == factor:
        scaled = py.Binary(value, "/", py.literal(inverse))
    else:
        scaled = py.Binary(value, "*", py.literal(_plain(factor)))
    if offset == 0:
        return scaled
    return py.Binary(scaled, "-" if offset < 0 else "+", py.literal(_plain(abs(offset))))


def _plain(value: float) -> float | int:
    return int(value) if value == int(value) and abs(value) < 1e6 else value
