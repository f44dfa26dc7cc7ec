"""Metrics against scikit-learn, also where classes are absent and nothing varies."""

import warnings

import numpy as np
import pytest
import sklearn.metrics as sk

from dlspec.programs.verbatim import metrics as m

CASES = {
    "random": (
        np.random.default_rng(0).integers(0, 5, 300),
        np.random.default_rng(1).integers(0, 5, 300),
    ),
    "a class that is never predicted": (np.array([0, 1, 2, 2, 3]), np.array([0, 1, 1, 2, 0])),
    "a class that is only predicted": (np.array([0, 1, 1, 0]), np.array([4, 1, 0, 0])),
    "one class": (np.zeros(7, int), np.zeros(7, int)),
    "all wrong": (np.array([0, 0, 1]), np.array([1, 1, 0])),
    "one row": (np.array([3]), np.array([3])),
    "uneven": (np.array([0] * 95 + [1] * 5), np.array([0] * 90 + [1] * 10)),
}


@pytest.fixture(params=CASES.values(), ids=CASES)
def case(request):
    return request.param


def test_the_confusion_matrix_has_labels_in_rows(case):
    label, predicted = case
    table = m.confusion(label, predicted, 5)
    assert np.array_equal(table, sk.confusion_matrix(label, predicted, labels=range(5)))


def test_accuracy(case):
    label, predicted = case
    assert m.accuracy(m.confusion(label, predicted, 5)) == sk.accuracy_score(label, predicted)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(m.precision, sk.precision_score), (m.recall, sk.recall_score), (m.f1, sk.f1_score)],
    ids=["precision", "recall", "f1"],
)
@pytest.mark.parametrize("average", ["macro", "weighted"])
def test_averages(case, ours, theirs, average):
    label, predicted = case
    table = m.confusion(label, predicted, 5)
    with warnings.catch_warnings(action="ignore"):
        expected = theirs(label, predicted, average=average)
    assert getattr(m, average)(ours(table), table) == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize("theirs", [sk.precision_score, sk.recall_score, sk.f1_score])
def test_the_micro_average_is_the_accuracy(case, theirs):
    label, predicted = case
    expected = theirs(label, predicted, average="micro")
    assert m.accuracy(m.confusion(label, predicted, 5)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(m.precision, sk.precision_score), (m.recall, sk.recall_score), (m.f1, sk.f1_score)],
)
def test_the_positive_class_of_two(ours, theirs):
    label, predicted = CASES["uneven"]
    assert ours(m.confusion(label, predicted, 2))[1] == pytest.approx(theirs(label, predicted))


def test_a_class_for_each_pixel_counts_pixels():
    rng = np.random.default_rng(0)
    label, predicted = rng.integers(0, 3, (2, 4, 8, 8))
    expected = sk.confusion_matrix(label.ravel(), predicted.ravel())
    assert np.array_equal(m.confusion(label, predicted, 3), expected)


REGRESSIONS = {
    "one value": np.random.default_rng(0).normal(size=(2, 50)),
    "several values": np.random.default_rng(1).normal(size=(2, 50, 3)),
    "a constant that is missed": np.stack([np.ones(9), np.arange(9.0)]),
    "a constant that is met": np.ones((2, 9)),
    "one of two is constant": np.stack([np.eye(2)[[0, 0, 0]], np.full((3, 2), 0.5)]),
}


@pytest.mark.parametrize("pair", REGRESSIONS.values(), ids=REGRESSIONS)
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(m.mae, sk.mean_absolute_error), (m.rmse, sk.root_mean_squared_error), (m.r2, sk.r2_score)],
    ids=["mae", "rmse", "r2"],
)
def test_regression(pair, ours, theirs):
    target, predicted = pair
    assert ours(target, predicted) == pytest.approx(theirs(target, predicted), abs=1e-12)


def test_a_column_is_compared_with_a_scalar_field_row_by_row():
    target, predicted = np.arange(4.0), np.arange(4.0)[:, None]
    assert m.mae(target, predicted) == 0


def test_sums_do_not_lose_digits_of_float32():
    target = np.full(10**6, 0.1, np.float32)
    assert m.mae(target, target + np.float32(0.2)) == pytest.approx(0.2, rel=1e-6)
