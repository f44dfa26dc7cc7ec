"""Checkpoints: read by safetensors, equal bytes for equal weights, whole or not at all."""

import json
import os

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from dlspec.programs.verbatim import store

WEIGHTS = {
    "conv.weight": np.arange(12, dtype=np.float32).reshape(3, 4),
    "conv.bias": np.ones(3, np.float32),
    "step": np.array(7),
}


def test_weights_come_back(tmp_path):
    path = tmp_path / "last.safetensors"
    store.write(path, WEIGHTS, {"seed": 1, "best": float("inf")})
    tensors, facts = store.read(path)
    assert facts == {"seed": 1, "best": float("inf")}
    assert {n: (a.dtype, a.tolist()) for n, a in tensors.items()} == {
        n: (a.dtype, a.tolist()) for n, a in WEIGHTS.items()
    }


def test_others_can_read_the_file(tmp_path):
    path = tmp_path / "w.safetensors"
    store.write(path, {"w": WEIGHTS["conv.weight"].T}, {"seed": 1})
    assert np.array_equal(load_file(path)["w"], WEIGHTS["conv.weight"].T)
    with safe_open(path, "np") as file:
        assert json.loads(file.metadata()["dlspec"]) == {"format": 1, "seed": 1}


def test_equal_weights_are_equal_bytes(tmp_path):
    store.write(tmp_path / "a", WEIGHTS, {"a": 1, "b": 2})
    store.write(tmp_path / "b", dict(reversed(WEIGHTS.items())), {"b": 2, "a": 1})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("length", [0, 4, 8, 60, -1])
def test_a_file_cut_short_is_a_clear_error(tmp_path, length):
    path = tmp_path / "last.safetensors"
    store.write(path, WEIGHTS, {})
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(store.CheckpointError, match=r"last\.safetensors is cut short"):
        store.read(path)


def test_a_file_of_another_program_is_a_clear_error(tmp_path):
    path = tmp_path / "other.safetensors"
    save_file(WEIGHTS, path)
    with pytest.raises(store.CheckpointError, match="of another program"):
        store.read(path)


def test_a_later_format_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "w.safetensors"
    monkeypatch.setattr(store, "FORMAT", 2)
    store.write(path, WEIGHTS, {})
    monkeypatch.setattr(store, "FORMAT", 1)
    with pytest.raises(store.CheckpointError, match="format 2; this program reads 1"):
        store.read(path)


@pytest.mark.parametrize("call", ["replace", "fsync"])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, call):
    path = tmp_path / "last.safetensors"
    store.write(path, WEIGHTS, {"epoch": 1})
    old = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, full)
    with pytest.raises(OSError, match="No space left"):
        store.write(path, WEIGHTS, {"epoch": 2})
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_write_left_behind_is_in_no_ones_way(tmp_path):
    path = tmp_path / "last.safetensors"
    (tmp_path / "last.safetensors.part").write_bytes(b"half")
    store.write(path, WEIGHTS, {})
    assert store.read(path)[0].keys() == WEIGHTS.keys()
    assert list(tmp_path.iterdir()) == [path]
