"""Metrics: what they can compare, how they average, and what they are called."""

import pytest

from dlspec.recipe import metrics
from dlspec.tensor import Tensor, f32


def classes(count, *shape):
    return Tensor("class", shape, count)


@pytest.mark.parametrize(
    ("metric", "output", "target"),
    [
        (metrics.Accuracy(), f32(10), classes(10)),
        (metrics.Accuracy(), f32(1), classes(2)),
        (metrics.Accuracy(), f32(2), classes(2)),
        (metrics.Accuracy(top=3), f32(10), classes(10)),
        (metrics.F1(average="binary"), f32(1), classes(2)),
        (metrics.ConfusionMatrix(), f32(21, 8, 8), classes(21, 8, 8)),
        (metrics.R2(), f32(1), f32()),
        (metrics.RMSE(), f32(3), f32(3)),
    ],
)
def test_what_can_be_compared(metric, output, target):
    assert list(metric.problems(output, target)) == []


@pytest.mark.parametrize(
    ("metric", "output", "target", "says"),
    [
        (metrics.Accuracy(), f32(12), classes(10), "an output of 12 against a target of 10"),
        (metrics.Accuracy(), f32(1), f32(), "compares classes, and the target is f32[]"),
        (metrics.Accuracy(top=10), f32(10), classes(10), "always among the 10 largest"),
        (metrics.Accuracy(top=2), f32(1), classes(2), "always among the 2 largest"),
        (metrics.Recall(average="binary"), f32(3), classes(3), "binary is for 2 classes"),
        (metrics.MAE(), f32(3), classes(3), "compares numbers"),
    ],
)
def test_what_cannot_be_compared(metric, output, target, says):
    (problem,) = metric.problems(output, target)
    assert says in problem.what


@pytest.mark.parametrize(
    ("average", "count", "found"),
    [(None, 2, "binary"), (None, 3, "macro"), (None, None, "macro"), ("micro", 2, "micro")],
)
def test_the_average_that_is_taken(average, count, found):
    assert metrics.F1(average=average).averaging(classes(count)) == found


def test_names_in_the_log():
    found = [metrics.Accuracy(), metrics.Accuracy(top=5), metrics.F1(), metrics.R2()]
    assert [m.name() for m in found] == ["accuracy", "accuracy_top5", "f1", "r2"]
    assert metrics.ConfusionMatrix().name() == "confusion_matrix"


def test_directions():
    assert metrics.R2.greater_is_better and metrics.Precision.greater_is_better
    assert not metrics.RMSE.greater_is_better and not metrics.MAE.greater_is_better
