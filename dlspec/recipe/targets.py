"""How an output and a target go together, for losses and metrics alike."""

from __future__ import annotations

from collections.abc import Iterable

from dlspec.declared import Problem
from dlspec.tensor import FLOATS, Shape, Tensor


def equal_shapes(output: Tensor, target: Tensor) -> bool:
    """Equal, or one number on each side: `f32[1]` is taken against a scalar."""
    single = ((), (1,))
    return output.shape == target.shape or (output.shape in single and target.shape in single)


def numeric_problems(owner: str, output: Tensor, target: Tensor) -> Iterable[Problem]:
    """What keeps two tensors from being compared element by element."""
    if target.dtype == "class":
        what = f"{owner} compares numbers, and the target is {target}"
        yield Problem(None, what, "declare the field as f32, or use CrossEntropy")
    elif output.dtype not in FLOATS or target.dtype not in FLOATS:
        what = f"{owner} compares numbers: {output} against {target}"
        yield Problem(None, what, "cast(y, f32) makes numbers of integers, and of true and false")
    elif not equal_shapes(output, target):
        what = f"an output {output} against a target {target}: the shapes must be equal"
        yield Problem(None, what)


def class_axis(output: Tensor, target: Tensor, axis: int | None) -> int | None:
    """The axis of the output's classes: the given one, else the only one that fits."""
    fitting = fitting_axes(output, target)
    if axis is not None:
        axis = axis + output.rank if axis < 0 else axis
        return axis if axis in fitting else None
    return fitting[0] if len(fitting) == 1 else None


def fitting_axes(output: Tensor, target: Tensor) -> tuple[int, ...]:
    """The axes of the output that the target lacks (or, for probabilities, every axis)."""
    if target.dtype != "class":
        return tuple(range(output.rank)) if output.shape == target.shape else ()
    return tuple(
        a
        for a in range(output.rank)
        if without(output.shape, a) == target.shape and target.classes in (None, output.shape[a])
    )


def class_problems(
    owner: str, output: Tensor, target: Tensor, axis: int | None
) -> Iterable[Problem]:
    """What keeps logits from being compared with classes, or with their probabilities."""
    if output.dtype not in FLOATS:
        yield Problem(None, f"{owner} takes logits, and the output is {output}")
        return
    if target.dtype != "class" and target.dtype not in FLOATS:
        what = f"{owner} takes classes, and the target is {target}"
        yield Problem(None, what, "declare the field as a class: `class[10]`")
        return
    fitting = fitting_axes(output, target)
    if not fitting:
        yield _no_axis(output, target)
    elif axis is None and len(fitting) > 1:
        what = f"more than one axis of {output} could be the classes of {target}"
        yield Problem("axis", what, f"say which: `axis={fitting[0]}`")
    elif class_axis(output, target, axis) is None:
        what = f"`axis`: axis {axis} of {output} is not the classes of {target}"
        yield Problem("axis", what, f"it is axis {fitting[0]}")


def _no_axis(output: Tensor, target: Tensor) -> Problem:
    if target.dtype != "class":
        what = f"an output {output} against probabilities {target}: the shapes must be equal"
        return Problem(None, what)
    one_less = [a for a in range(output.rank) if without(output.shape, a) == target.shape]
    if one_less and target.classes is not None:
        sizes = " or ".join(str(int(output.shape[a])) for a in one_less)
        what = f"an output of {sizes} against a target of {target.classes} classes"
        return Problem(None, what, f"give the model {target.classes} outputs")
    count = target.classes if target.classes is not None else "K"
    wanted = ", ".join(map(str, (count, *target.shape)))
    what = f"an output {output} against a target {target}"
    return Problem(None, what, f"the output needs one more axis, for the classes: f32[{wanted}]")


def without(shape: Shape, axis: int) -> Shape:
    return shape[:axis] + shape[axis + 1 :]
