"""Batches of rows of nearly one length."""

from __future__ import annotations

import numpy as np

from dlspec.programs.verbatim.bucketed import bucketed

LENGTHS = np.random.default_rng(3).integers(1, 400, 259)


def padded(index: np.ndarray) -> float:
    """The share of padding in batches of 16."""
    batches = [LENGTHS[index[i : i + 16]] for i in range(0, len(index), 16)]
    return 1 - LENGTHS.sum() / sum(b.max() * len(b) for b in batches)


def test_every_row_comes_once_beside_rows_of_nearly_its_length() -> None:
    for epoch in range(5):
        index = bucketed(LENGTHS, 16, 0, seed=1, epoch=epoch)
        assert sorted(index) == list(range(259))
        assert padded(index) < 0.16
    assert padded(np.random.default_rng(0).permutation(259)) > 0.4


def test_batches_come_in_any_order_and_rows_meet_others() -> None:
    first, second = (bucketed(LENGTHS, 16, 0, seed=1, epoch=e) for e in (0, 1))
    longest = [LENGTHS[first[i : i + 16]].max() for i in range(0, 256, 16)]
    assert longest != sorted(longest)
    together = [{frozenset(e[i : i + 16]) for i in range(0, 256, 16)} for e in (first, second)]
    assert len(together[0] & together[1]) < 4


def test_the_rows_left_over_are_not_always_the_same() -> None:
    ends = [LENGTHS[bucketed(LENGTHS, 16, 0, seed=0, epoch=e)[-3:]] for e in range(20)]
    assert min(e.max() for e in ends) < 100 < 300 < max(e.min() for e in ends)


def test_sorted_epochs_go_from_the_shortest_row_to_the_longest() -> None:
    found = [LENGTHS[bucketed(LENGTHS, 16, 2, seed=0, epoch=e)] for e in range(3)]
    assert [bool((np.diff(e) >= 0).all()) for e in found] == [True, True, False]


def test_the_order_is_a_function_of_the_seed_and_the_epoch() -> None:
    first = bucketed(LENGTHS, 16, 1, seed=0, epoch=1)
    assert np.array_equal(first, bucketed(LENGTHS, 16, 1, seed=0, epoch=1))
    assert not np.array_equal(first, bucketed(LENGTHS, 16, 1, seed=0, epoch=2))
    assert not np.array_equal(first, bucketed(LENGTHS, 16, 1, seed=1, epoch=1))


def test_fewer_rows_than_a_batch_are_one_batch() -> None:
    assert sorted(bucketed(LENGTHS[:5], 16, 0, seed=0, epoch=3)) == list(range(5))
