"""`augment(rows, rng)` of a program: what training rows go through."""

from __future__ import annotations

from collections.abc import Mapping

from dlspec.emit import python as py
from dlspec.ir.recipe import Augment, Data
from dlspec.programs.words import augmentation_text
from dlspec.recipe.augmentations import Augmentation, RandomFlip, RandomRotate, RandomShift


def augment_function(data: Data) -> py.Function:
    """All augmentations of a data block, one statement after the other."""
    body: list[py.Statement] = []
    for i, augment in enumerate(data.augment):
        last = i + 1 == len(data.augment)
        moved = _flipped(augment) if _only_flips(augment) else _resampled(augment, data)
        *before, changed = moved
        assert isinstance(changed, py.Assign)
        body += [*before, py.Return(changed.value) if last else changed]
    said = "; ".join(_text(augment) for augment in data.augment)
    params = (py.Param("rows", "Rows"), py.Param("rng", "np.random.Generator"))
    return py.Function("augment", params, body, "Rows", f"{said}.")


def _text(augment: Augment) -> str:
    steps = ", then ".join(augmentation_text(t) for t in augment.transforms)
    fields = " and ".join(augment.fields)
    if len(augment.transforms) > 1 and not _only_flips(augment):
        steps += " as one affine resampling"
    return f"{fields}: {steps}"


def _only_flips(augment: Augment) -> bool:
    return all(isinstance(t, RandomFlip) for t in augment.transforms)


def _flipped(augment: Augment) -> list[py.Statement]:
    """Pixels change places, and no value changes."""
    body: list[py.Statement] = []
    for flip in (t for t in augment.transforms if isinstance(t, RandomFlip)):
        count = py.call("len", _rows(augment.fields[0]))
        drawn = py.Compare(py.call("rng.random", count), "<", py.literal(flip.chance))
        axis = -2 if flip.direction == "vertical" else -1
        moved = {f: py.call("mirror", _rows(f), py.Code("chosen"), axis) for f in augment.fields}
        body += [py.Assign("chosen", drawn), _changed(moved)]
    return body


def _resampled(augment: Augment, data: Data) -> list[py.Statement]:
    """Every map of the chain in one, so that each pixel is interpolated once."""
    first = data.field(augment.fields[0])
    height, width = map(int, first.type.shape[-2:])
    maps = [_map(t, (height, width)) for t in augment.transforms]
    pull = maps[0]
    for m in maps[1:]:
        pull = py.Binary(pull, "@", m)

    moved: dict[str, py.Expr] = {}
    for name in augment.fields:
        how = "resample_nearest" if data.field(name).type.dtype == "class" else "resample"
        moved[name] = py.call(how, _rows(name), py.Code("pull"))
    count = py.Assign("count", py.call("len", _rows(augment.fields[0])))
    return [count, py.Assign("pull", pull), _changed(moved)]


def _map(augmentation: Augmentation, size: tuple[int, int]) -> py.Expr:
    count, rng = py.Code("count"), py.Code("rng")
    match augmentation:
        case RandomRotate(angle=angle):
            return py.call("turns", count, _number(angle), rng)
        case RandomShift(share=share):
            return py.call("shifts", count, share, size, rng)
        case RandomFlip(chance=chance, direction=direction):
            return py.call("flips", count, chance, int(direction == "horizontal"), rng)
    raise TypeError(f"no code for {augmentation.kind()}")


def _number(value: float) -> float | int:
    return int(value) if value == int(value) else value


def _changed(moved: Mapping[str, py.Expr]) -> py.Assign:
    fields = tuple((py.literal(name), value) for name, value in moved.items())
    return py.Assign("rows", py.Binary(py.Code("rows"), "|", py.Dict(fields)))


def _rows(name: str) -> py.Expr:
    return py.Index("rows", py.literal(name))
