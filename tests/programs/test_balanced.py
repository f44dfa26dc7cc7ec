"""Batches in which each of some classes is equally frequent."""

from __future__ import annotations

import numpy as np
import pytest

from dlspec.programs.verbatim.balanced import balanced
from dlspec.programs.verbatim.rows import DataError

LABEL = np.repeat(np.arange(5), (3, 40, 40, 20, 7))


def test_a_batch_has_as_many_rows_of_each_of_its_classes() -> None:
    found = balanced(LABEL, 12, 3, seed=0, epoch=0).reshape(-1, 12)
    assert len(found) == -(-len(LABEL) // 12)
    seen = set()
    for batch in found:
        values, counts = np.unique(LABEL[batch], return_counts=True)
        assert len(values) == 3 and set(counts) == {4}
        seen |= set(values)
    assert seen == set(range(5))


def test_no_row_comes_again_before_all_of_its_class_have_come() -> None:
    found = balanced(LABEL, 10, 5, seed=1, epoch=2)
    for value in range(5):
        rows = found[LABEL[found] == value]
        _, counts = np.unique(rows, return_counts=True)
        least = len(rows) // (value == LABEL).sum()
        assert set(counts) <= {least, least + 1}


def test_the_order_is_a_function_of_the_seed_and_the_epoch() -> None:
    first = balanced(LABEL, 12, 3, seed=0, epoch=1)
    assert np.array_equal(first, balanced(LABEL, 12, 3, seed=0, epoch=1))
    assert not np.array_equal(first, balanced(LABEL, 12, 3, seed=0, epoch=2))
    assert not np.array_equal(first, balanced(LABEL, 12, 3, seed=1, epoch=1))


def test_fewer_classes_than_a_batch_takes_are_an_error_of_the_data() -> None:
    with pytest.raises(DataError, match="6 classes, the rows have 5"):
        balanced(LABEL, 12, 6, seed=0, epoch=0)
