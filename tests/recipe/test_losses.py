"""Losses: their formulas against PyTorch, and what can be compared with what."""

import pytest

from dlspec.declared import BadArguments
from dlspec.recipe import losses
from dlspec.tensor import Tensor, f32


def classes(count, *shape):
    return Tensor("class", shape, count)


@pytest.mark.parametrize(
    ("loss", "theirs"),
    [
        (losses.MSE(), lambda f, x, y: f.mse_loss(x, y)),
        (losses.MAE(), lambda f, x, y: f.l1_loss(x, y)),
        (losses.Huber(delta=0.7), lambda f, x, y: f.huber_loss(x, y, delta=0.7)),
        (
            losses.BinaryCrossEntropy(),
            lambda f, x, y: f.binary_cross_entropy_with_logits(x, y.sigmoid()),
        ),
    ],
    ids=lambda x: type(x).__name__,
)
def test_the_formula_is_the_loss(loss, theirs):
    torch = pytest.importorskip("torch")
    generator = torch.Generator().manual_seed(0)
    output, target = torch.randn(2, 50, generator=generator, dtype=torch.float64)
    functional = torch.nn.functional
    expected = theirs(functional, output, target).item()
    if loss.activation == "sigmoid":
        target = target.sigmoid()
    names = {"log_sigmoid": functional.logsigmoid, **loss.model_dump()}
    total = 0.0
    for x, y in zip(output, target, strict=True):
        names |= {"output": x, "target": y, "e": x - y}
        total += float(eval(loss.formula, names))
    assert total / 50 == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("loss", "output", "target"),
    [
        (losses.MSE(), f32(1), f32()),
        (losses.MSE(), f32(), f32(1)),
        (losses.MAE(), f32(3, 8, 8), f32(3, 8, 8)),
        (losses.Huber(), f32(7), f32(7)),
        (losses.CrossEntropy(), f32(10), classes(10)),
        (losses.CrossEntropy(), f32(10), classes(None)),
        (losses.CrossEntropy(axis=-1), f32(10), f32(10)),
        (losses.CrossEntropy(), f32(21, 8, 8), classes(21, 8, 8)),
        (losses.CrossEntropy(), f32(5, 33), classes(33, 5)),
        (losses.CrossEntropy(class_weights=(1, 2, 3)), f32(3), classes(3)),
        (losses.BinaryCrossEntropy(), f32(1), classes(2)),
        (losses.BinaryCrossEntropy(), f32(6), f32(6)),
        (losses.BinaryCrossEntropy(), f32(4, 4), classes(2, 4, 4)),
    ],
)
def test_what_can_be_compared(loss, output, target):
    assert list(loss.problems(output, target)) == []


@pytest.mark.parametrize(
    ("loss", "output", "target", "says"),
    [
        (losses.MSE(), f32(3), f32(4), "the shapes must be equal"),
        (losses.MSE(), f32(1, 1), f32(), "the shapes must be equal"),
        (losses.MSE(), f32(1), classes(2), "compares numbers, and the target is class[2]"),
        (losses.MAE(), f32(1), Tensor("i32", (1,)), "compares numbers"),
        (losses.CrossEntropy(), f32(12), classes(10), "an output of 12 against a target of 10"),
        (losses.CrossEntropy(), f32(), classes(10), "an output f32[] against a target class[10]"),
        (losses.CrossEntropy(), f32(1), f32(), "the shapes must be equal"),
        (losses.CrossEntropy(), f32(4, 4), classes(4, 4), "more than one axis"),
        (losses.CrossEntropy(axis=5), f32(4, 4), classes(4, 4), "axis 5 of f32[4, 4] is not"),
        (losses.CrossEntropy(), Tensor("i32", (4,)), classes(4), "takes logits"),
        (losses.CrossEntropy(), f32(4), Tensor("i32", ()), "takes classes"),
        (losses.CrossEntropy(class_weights=(1, 2)), f32(3), classes(3), "2 weights for 3 classes"),
        (losses.BinaryCrossEntropy(), f32(3), classes(3), "is for 2 classes"),
        (losses.BinaryCrossEntropy(), f32(2), classes(2), "an output f32[2] against"),
    ],
)
def test_what_cannot_be_compared(loss, output, target, says):
    (problem,) = loss.problems(output, target)
    assert says in problem.what


def test_two_logits_for_yes_or_no_are_sent_to_the_right_loss():
    (problem,) = losses.BinaryCrossEntropy().problems(f32(2), classes(2))
    assert "use CrossEntropy" in problem.help


@pytest.mark.parametrize(
    ("output", "target", "given", "axis"),
    [
        (f32(10), classes(10), None, 0),
        (f32(21, 8, 8), classes(21, 8, 8), None, 0),
        (f32(5, 33), classes(33, 5), None, 1),
        (f32(4, 4), classes(4, 4), 1, 1),
        (f32(4, 4), classes(4, 4), -2, 0),
    ],
)
def test_the_class_axis_is_the_one_that_the_target_lacks(output, target, given, axis):
    assert losses.CrossEntropy(axis=given).class_axis(output, target) == axis


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"label_smoothing": 1.5}, "must be at most 1"),
        ({"class_weights": [1, 0]}, "must be greater than 0"),
        ({"reduction": "all"}, "must be mean or sum"),
    ],
)
def test_what_cross_entropy_refuses(arguments, says):
    with pytest.raises(BadArguments) as error:
        losses.CrossEntropy.bind((), arguments)
    assert says in error.value.problems[0].what
