"""Metrics of a whole set, each with the value that scikit-learn gives it."""

import numpy as np


def real(values: np.ndarray, lengths: np.ndarray, axis: int) -> np.ndarray:
    """The places of all rows without what pads them, one behind the other."""
    values = np.moveaxis(values, axis, 1)
    return values[np.arange(values.shape[1]) < lengths[:, None]]


def confusion(label: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """How many of each class (rows) were taken for which (columns)."""
    pairs = classes * label.ravel() + predicted.ravel()
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def of_classes(
    label: np.ndarray, predicted: np.ndarray, classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """Labels that are classes, with what was predicted there."""
    known = label < classes
    return label[known], predicted[known]


def accuracy(table: np.ndarray) -> float:
    """The share that is right."""
    return float(table.trace() / table.sum())


def top_accuracy(label: np.ndarray, scores: np.ndarray, top: int, axis: int) -> float:
    """The share of labels among the classes of the `top` largest scores."""
    best = np.flip(scores.argsort(axis, kind="stable"), axis).take(range(top), axis)
    return float((best == np.expand_dims(label, axis)).any(axis).mean())


def precision(table: np.ndarray) -> np.ndarray:
    """For each class, the share of those taken for it that are of it, or 0."""
    return table.diagonal() / np.maximum(table.sum(0), 1)


def recall(table: np.ndarray) -> np.ndarray:
    """For each class, the share of those of it that were taken for it, or 0."""
    return table.diagonal() / np.maximum(table.sum(1), 1)


def f1(table: np.ndarray) -> np.ndarray:
    """For each class, the harmonic mean of precision and recall."""
    return 2 * table.diagonal() / np.maximum(table.sum(0) + table.sum(1), 1)


def macro(score: np.ndarray, table: np.ndarray) -> float:
    """The mean over the classes that occur, as labels or as predictions."""
    return float(score[table.sum(0) + table.sum(1) > 0].mean())


def weighted(score: np.ndarray, table: np.ndarray) -> float:
    """The mean over the classes, each with the weight of its labels."""
    return float(np.average(score, weights=table.sum(1)))


def mae(target: np.ndarray, predicted: np.ndarray) -> float:
    """The mean absolute error."""
    return float(abs(errors(target, predicted)).mean())


def rmse(target: np.ndarray, predicted: np.ndarray) -> float:
    """The root of the mean squared error of each value, averaged."""
    return float(np.sqrt((errors(target, predicted) ** 2).mean(0)).mean())


def r2(target: np.ndarray, predicted: np.ndarray) -> float:
    """The share of each value's variance that is explained, averaged.

    Where a value does not vary, 1 if it is always met, else 0.
    """
    wide = target.reshape(len(target), -1).astype(np.float64)
    left = (errors(target, predicted) ** 2).sum(0)
    total = ((wide - wide.mean(0)) ** 2).sum(0)
    share = 1 - left / np.where(total > 0, total, 1)
    return float(np.where(total > 0, share, left == 0).mean())


def errors(target: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """The differences, as [rows, values]."""
    difference = predicted.reshape(target.shape).astype(np.float64) - target
    return difference.reshape(len(target), -1)


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Probabilities of yes."""
    return np.exp(-np.logaddexp(0, -logits))


def softmax(logits: np.ndarray, axis: int) -> np.ndarray:
    """Probabilities of the classes along `axis`."""
    grown = np.exp(logits - logits.max(axis, keepdims=True))
    return grown / grown.sum(axis, keepdims=True)
