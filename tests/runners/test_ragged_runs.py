"""A run on rows of different lengths: trained, exported, and the same in every runtime."""

from __future__ import annotations

import json

import numpy as np
import pytest

pytestmark = pytest.mark.slow

TEXT = """
data words {
  source = npz("words.npz")
  field tokens: class[9][T <= 14] = column("tokens")
  field tags: class[3][T] = column("tags")
  field many: class[2] = column("many")
  split = random(train=70 %, val=30 %, seed=0)
}
model Tagger {
  input tokens: i32[T <= 14]
  x = tokens -> Embedding(9, 8) -> BiGRU(8, return=all)
  output tag: f32[T, 3] = x -> Dense(3)
  output long: f32[2] = max(x, axis=0) + 0 * mean(x[1:], axis=0) -> Dense(2)
}
train {
  data = words; model = Tagger(); optimizer = Adam(lr=3e-2); epochs = 6; batch = 16
  loss = CrossEntropy(tag, tags) + CrossEntropy(long, many)
  metrics = [Accuracy(tag, tags), Accuracy(long, many)]
}
"""


def rows(seed: int) -> dict[str, np.ndarray]:
    """Each tag is the word modulo 3, and what pads a row would be wrong."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 13, 200)
    tokens = rng.integers(0, 9, (200, 14))
    padding = np.arange(14) >= lengths[:, None]
    tags = np.where(padding, 2 - tokens % 3, tokens % 3)
    many = (np.where(padding, 0, tokens == 4).sum(1) > 0).astype(int)
    return {"tokens": tokens, "tokens_lengths": lengths, "tags": tags, "many": many}


def test_what_pads_the_rows_teaches_nothing(dlspec, tmp_path) -> None:
    np.savez(tmp_path / "words.npz", **rows(0))
    (tmp_path / "words.dls").write_text(TEXT, encoding="utf-8")
    done = dlspec("train", tmp_path / "words.dls", "-o", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "run/metrics.jsonl").read_text(encoding="utf-8").splitlines()
    last = json.loads(lines[-1])
    assert last["val.accuracy_tag"] > 0.97
    done = dlspec("verify", tmp_path / "run", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert {row["runtime"] for row in found["table"]} == {"Keras", "ONNX Runtime", "LiteRT"}
    scores = found["reference"]
    assert all(row["agrees"] and row["scores"] == scores for row in found["table"])
    np.savez(tmp_path / "some.npz", **{n: v[:4] for n, v in rows(1).items()})
    done = dlspec("predict", tmp_path / "run", "--input", tmp_path / "some.npz", "--json")
    assert done.returncode == 0, done.stderr
    given, records = rows(1), json.loads(done.stdout)
    for row, record in enumerate(records):
        words = given["tokens"][row, : given["tokens_lengths"][row]]
        found = np.array(record["tags"]["class"], int).reshape(-1)
        assert found.shape == words.shape and np.mean(found == words % 3) > 0.8
        assert np.shape(record["tags"]["probabilities"]) == (len(words), 3)
    one = {n: v[:1] for n, v in given.items()} | {"tokens_lengths": np.ones(1, int)}
    np.savez(tmp_path / "one.npz", **one)  # behind the first word there is none
    done = dlspec("predict", tmp_path / "run", "--input", tmp_path / "one.npz", "--json")
    assert done.returncode == 0, done.stderr
    assert np.shape(json.loads(done.stdout)[0]["tags"]["class"]) in ((), (1,))
    del given["tokens_lengths"]
    np.savez(tmp_path / "some.npz", **given)
    done = dlspec("predict", tmp_path / "run", "--input", tmp_path / "some.npz")
    assert "it has no array 'tokens_lengths'" in done.stderr
