"""Transforms, augmentations and splits: the types that they take and give."""

import numpy as np
import pytest

from dlspec.declared import BadArguments
from dlspec.recipe import lookup
from dlspec.recipe.splits import All, Ordered, Random, Stratified
from dlspec.tensor import Tensor, f32
from dlspec.units import Quantity


def classes(count, *shape):
    return Tensor("class", shape, count)


def made(name, *values, place="transform", **named):
    return lookup(place, name).bind(values, named)


FITTING = [
    (made("Scale", 1 / 16), f32(1, 8, 8), f32(1, 8, 8)),
    (made("Scale", 2, offset=-1), Tensor("i32", (3,)), f32(3)),
    (made("Standardize"), f32(30), f32(30)),
    (made("Standardize"), f32(), f32()),
    (made("Standardize", axis=(1, 2)), f32(3, 8, 8), f32(3, 8, 8)),
    (made("OneHot"), classes(10), f32(10)),
    (made("OneHot", 10), classes(None), f32(10)),
    (made("OneHot"), classes(4, 6), f32(6, 4)),
    (made("Pad", 2), f32(1, 28, 28), f32(1, 32, 32)),
    (made("Pad", 0, 3), f32(5), f32(8)),
    (made("Pad", 1, axes=0), f32(20, 4), f32(22, 4)),
    (made("Pad", 1), classes(3, 4, 4), classes(3, 6, 6)),
    (made("Resize", 16, 24), f32(3, 8, 8), f32(3, 16, 24)),
    (made("Resize", 16, 24), classes(5, 8, 8), classes(5, 16, 24)),
    (made("Resize", 16), f32(3, 8, 12), f32(3, 16, 24)),
    (made("Resize", 16), f32(3, 12, 8), f32(3, 24, 16)),
]


@pytest.mark.parametrize(("transform", "x", "y"), FITTING)
def test_what_becomes_of_a_type(transform, x, y):
    assert list(transform.problems(x)) == []
    assert transform.shape(x).same(y)


@pytest.mark.parametrize(("transform", "x", "y"), FITTING)
def test_backwards_and_forwards_again_is_the_same(transform, x, y):
    if transform.kind() == "Resize" and transform.width is None:
        assert list(transform.cannot_give(y))
        return
    assert list(transform.cannot_give(y)) == []
    before = transform.input_for(y)
    if before is not None:
        assert transform.shape(before).same(y)


@pytest.mark.parametrize(
    ("transform", "x", "says"),
    [
        (made("Scale", 2), classes(10), "Scale is for numbers"),
        (made("Standardize"), classes(10), "Standardize is for numbers"),
        (made("Standardize"), f32(3, 8), "over which axes"),
        (made("Standardize", axis=3), f32(3, 8), "has the axes 0 to 1"),
        (made("Standardize", axis=(0, -2)), f32(3, 8), "has the axes 0 to 1"),
        (made("OneHot"), f32(3), "OneHot is for classes"),
        (made("OneHot", 9), classes(10), "there are 10, not 9"),
        (made("OneHot"), classes(None), "needs `classes`"),
        (made("Pad", 2), f32(20, 4), "does not tell which axes"),
        (made("Pad", -1), f32(5), "cannot add -1"),
        (made("Pad", 1, value=9), classes(3, 4, 4), "9 is not a class"),
        (made("Resize", 8), f32(64), "for pictures [C, H, W]"),
    ],
)
def test_what_does_not_fit(transform, x, says):
    (problem,) = transform.problems(x)
    assert says in problem.what


@pytest.mark.parametrize(("x", "axis"), [(f32(20, 3), 0), (f32(3, 8, 8), (1, 2))])
def test_the_axes_that_the_help_names_are_taken(x, axis):
    (problem,) = made("Standardize").problems(x)
    assert f"`axis={axis}`" in problem.help
    assert not list(made("Standardize", axis=axis).problems(x))


@pytest.mark.parametrize(
    ("transform", "y", "says"),
    [
        (made("Scale", 2), classes(10), "gives numbers"),
        (made("OneHot"), f32(), "gives numbers with an axis"),
        (made("OneHot", 9), f32(10), "the field has 10, not 9"),
        (made("Pad", 4), f32(8), "too many"),
        (made("Resize", 8, 8), f32(3, 16, 16), "Resize gives 8 by 8"),
        (made("Resize", 8), f32(3, 8, 8), "keeps the proportions"),
    ],
)
def test_what_cannot_be_given(transform, y, says):
    (problem,) = transform.cannot_give(y)
    assert says in problem.what


@pytest.mark.parametrize(
    ("axis", "x"), [(None, f32(30)), ((1, 2), f32(3, 8, 8)), (0, f32(20, 4)), (-1, f32(2, 5))]
)
def test_the_statistics_have_numpys_shape(axis, x):
    transform = made("Standardize", axis=axis)
    rows = np.zeros((7, *x.shape))
    over = tuple(a + 1 for a in transform.axes(x))
    assert rows.mean((0, *over), keepdims=True).shape[1:] == transform.statistics(x)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("RandomRotate", (Quantity(10, "deg"),)),
        ("RandomShift", (Quantity(10, "%"),)),
        ("RandomFlip", ()),
    ],
)
def test_augmentations_are_for_pictures(name, values):
    augmentation = made(name, *values, place="augmentation")
    assert list(augmentation.problems(f32(3, 8, 8))) == []
    assert list(augmentation.problems(classes(5, 8, 8))) == []
    for other in (f32(64), f32(8, 8), classes(5), Tensor("i32", (3, 8, 8))):
        assert list(augmentation.problems(other))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RandomRotate", 10),
        ("RandomRotate", Quantity(10, "%")),
        ("RandomRotate", Quantity(0, "deg")),
        ("RandomShift", Quantity(10, "deg")),
        ("RandomShift", 2),
        ("RandomFlip", "diagonal"),
    ],
)
def test_augmentations_that_are_refused(name, value):
    with pytest.raises(BadArguments):
        made(name, value, place="augmentation")


def percent(**shares):
    return {part: Quantity(share, "%") for part, share in shares.items()}


@pytest.mark.parametrize(
    ("split", "values", "named", "shares"),
    [
        (Stratified, ("y",), percent(train=60, val=15, test=25), (0.6, 0.15, 0.25)),
        (Random, (), {"train": 0.7, "val": 0.1, "test": 0.2}, (0.7, 0.1, 0.2)),
        (Ordered, (), percent(train=99, val=1), (0.99, 0.01)),
        (Random, (), percent(train=80, test=20), (0.8, 0.2)),
        (Random, (), percent(train=100), (1.0,)),
        (All, (), {}, (1.0,)),
    ],
)
def test_shares(split, values, named, shares):
    assert tuple(split.bind(values, named).shares().values()) == pytest.approx(shares)


@pytest.mark.parametrize(
    ("named", "says"),
    [
        (percent(train=60, val=15, test=24), "make up 99 %, not 100 %"),
        (percent(train=80, val=30), "make up 110 %"),
        (percent(val=50, test=50), "needs `train`"),
        (percent(train=0, val=100), "must be greater than 0"),
        (percent(train=120, val=-20), "must be at most 1"),
        ({"train": 1, "seed": -1}, "must be at least 0"),
        ({"train": 1, "seed": 2**32}, "must be less than"),
    ],
)
def test_shares_that_are_none(named, says):
    with pytest.raises(BadArguments) as error:
        Random.bind((), named)
    assert any(says in p.what for p in error.value.problems)
