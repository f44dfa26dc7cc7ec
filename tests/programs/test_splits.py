"""Splits: exact shares, no row twice, no row lost."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_digits

from dlspec.programs.verbatim import splits as s
from dlspec.programs.verbatim.rows import DataError

SHARES = {"train": 0.6, "val": 0.15, "test": 0.25}
LABEL = load_digits().target


def all_splits(label: np.ndarray, shares: dict[str, float]) -> list[dict[str, np.ndarray]]:
    count = len(label)
    return [
        s.stratified(label, shares, seed=0),
        s.random(count, shares, seed=0),
        s.ordered(count, shares),
    ]


@given(
    st.lists(st.integers(0, 4), min_size=20, max_size=200).map(np.array),
    st.sampled_from([SHARES, {"train": 0.8, "val": 0.2}, {"train": 0.7, "test": 0.3}]),
)
def test_every_row_is_in_one_part_and_the_parts_have_their_sizes(label, shares):
    for parts in all_splits(label, shares):
        assert list(parts) == list(shares)
        assert sorted(np.concatenate(list(parts.values()))) == list(range(len(label)))
        for part, share in shares.items():
            assert abs(len(parts[part]) - share * len(label)) <= 1


def test_stratified_parts_have_the_classes_in_proportion():
    parts = s.stratified(LABEL, SHARES, seed=0)
    whole = np.bincount(LABEL)
    for part, share in SHARES.items():
        assert abs(np.bincount(LABEL[parts[part]]) - share * whole).max() <= 1.5


def test_a_class_of_a_few_rows_is_trained_on():
    label = np.array([0] * 50 + [1] * 49 + [2])
    parts = s.stratified(label, {"train": 0.8, "test": 0.2}, seed=5)
    assert 99 in parts["train"]


def test_ordered_parts_follow_each_other():
    parts = s.ordered(10, SHARES)
    assert [p.tolist() for p in parts.values()] == [[0, 1, 2, 3, 4, 5], [6, 7], [8, 9]]


@pytest.mark.parametrize(
    "split",
    [lambda seed: s.random(1797, SHARES, seed), lambda seed: s.stratified(LABEL, SHARES, seed)],
)
def test_the_seed_decides(split):
    assert np.array_equal(split(1)["val"], split(1)["val"])
    assert not np.array_equal(split(1)["val"], split(2)["val"])


def test_a_split_of_one_number_of_rows_never_changes():
    assert s.random(10, SHARES, 0)["test"].tolist() == [1, 8]


def test_a_part_without_rows_is_an_error():
    with pytest.raises(DataError, match="no row of 2 is left for"):
        s.random(2, SHARES, seed=0)
