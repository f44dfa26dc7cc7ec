"""Blocks of batches: every row once in an epoch, and the same ones wherever a run starts."""

import numpy as np
import pytest

from dlspec.programs.verbatim import augmented, batches, example, order
from dlspec.programs.verbatim.rows import digest


def rows_of(epoch: list[dict[str, np.ndarray]]) -> list[float]:
    return sorted(float(x) for b in epoch for x in b["image"][:, 0, 0, 0])


def test_an_epoch_has_every_row_once_the_last_and_smaller_batch_included():
    epoch = list(batches.blocks("train", 16, seed=0, epoch=0))
    assert [len(b["label"]) for b in epoch] == [48, 48, 4]
    assert rows_of(epoch) == sorted(map(float, example.load()["train"]["image"][:, 0, 0, 0]))


def test_every_row_of_every_epoch_has_a_draw_of_its_own(monkeypatch):
    def drawn(rows, rng):
        return rows | {"draw": rng.random(len(rows["label"]))}

    monkeypatch.setattr(augmented, "augment", drawn)
    blocks = [b for epoch in range(2) for b in augmented.blocks("train", 16, 0, epoch)]
    draws = [x for b in blocks for x in b["draw"]]
    assert len(draws) == len(set(draws)) == 200


@pytest.mark.parametrize("module", [batches, augmented], ids=["plain", "augmented"])
def test_fields_stay_together(module, monkeypatch):
    monkeypatch.setattr(augmented, "augment", lambda rows, rng: rows)
    rows = example.load()["train"]
    of = {x.tobytes(): label for x, label in zip(rows["image"], rows["label"], strict=True)}
    for block in module.blocks("train", 16, seed=3, epoch=0):
        for x, label in zip(block["image"], block["label"], strict=True):
            assert of[x.tobytes()] == label


@pytest.mark.parametrize("module", [batches, augmented], ids=["plain", "augmented"])
def test_a_run_that_is_resumed_sees_the_same_batches(module):
    def seen(epoch):
        return [b["image"].tobytes() for b in module.blocks("train", 16, 5, epoch)]

    whole = [seen(epoch) for epoch in range(3)]
    assert [seen(epoch) for epoch in (2, 1, 0)] == whole[::-1]
    assert len({block for epoch in whole for block in epoch}) == 9


def test_epochs_and_seeds_have_orders_of_their_own():
    orders = [order.order(100, seed, epoch).tolist() for seed in (0, 1) for epoch in (0, 1)]
    assert len({tuple(o) for o in orders}) == 4


def test_evaluation_reads_all_rows_in_order():
    parts = list(batches.chunks("val", 4))
    assert [len(p["label"]) for p in parts] == [4, 4, 2]
    assert np.array_equal(
        np.concatenate([p["label"] for p in parts]), example.load()["val"]["label"]
    )


def test_a_hash_of_the_data_sees_every_value_name_and_type():
    parts = {"train": {"x": np.arange(6.0), "y": np.arange(6)}}
    same = {"train": {"x": np.arange(12.0)[::1][:6], "y": np.arange(6)}}
    assert digest(parts) == digest(same)
    for other in (
        {"train": {"x": np.array([0, 1, 2, 3, 4, 5 + 1e-9]), "y": np.arange(6)}},
        {"train": {"x": np.arange(6.0).astype("f4"), "y": np.arange(6)}},
        {"train": {"x": np.arange(6.0).reshape(2, 3), "y": np.arange(6)}},
        {"train": {"z": np.arange(6.0), "y": np.arange(6)}},
        {"val": {"x": np.arange(6.0), "y": np.arange(6)}},
    ):
        assert digest(other) != digest(parts)
