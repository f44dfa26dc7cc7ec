"""`generate` with one of several networks: its tokens are those of that network, in NumPy."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from compiled_specs import BACKENDS, imported, program
from safetensors.numpy import load_file

pytestmark = pytest.mark.slow

SPEC = """
data text {
  source = npz("text.npz")
  field words: class[30][T <= 9] = column("words")
  field about: class[7][6]       = column("about")
  split = all
}
model Net(dim: int) {
  input words: i32[S <= 8]
  input topic: i32[6]
  topic = topic -> Embedding(7, dim) as topics -> mean(axis=0)
  h = (words -> Embedding(30, dim) as table) + topic[none]
  output scores: f32[S, 30] = h -> Dense(30) as head
  weights Embedding.weight { init = normal(std=1) }
}
train {
  data = text; optimizer = Adam(lr=1e-3); epochs = 1
  let big   = Net(12)
  let small = Net(8)
  s = small(words[:-1], about)
  loss = CrossEntropy(s, words[1:]) + KL(softmax(big(words[:-1], about)), softmax(s))
}
generate briefly {
  model = small; feed = scores -> words
  strategy = greedy; start = 1; limit = 12 steps
}
generate well {
  model = big; feed = scores -> words
  strategy = beam(1); start = 2; limit = 12 steps
}
"""


def told(folder: Path, run: Path, *words: str) -> str:
    """What a program generates with the weights that a run begins with."""
    written, argv = StringIO(), sys.argv
    sys.argv = ["generate.py", *words, "--run", str(run)]
    try:
        with imported(folder, ("train", "model", "checkpoint", "recipe", "generate")) as modules:
            train, model, checkpoint, recipe, generate = modules
            net = train.built() if hasattr(train, "built") else model.Networks()
            checkpoint.initialise(net, 3)
            checkpoint.save(run / "best.safetensors", recipe.Run(0), net)
            with redirect_stdout(written):
                generate.main()
    finally:
        sys.argv = argv
        for name in ("generate", "decoding"):
            sys.modules.pop(name, None)
    return written.getvalue()


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_named_network_generates(backend: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    words, about = rng.integers(0, 30, (5, 9)), rng.integers(0, 7, (5, 6))
    lengths = np.array([9, 4, 2, 9, 5])
    np.savez(tmp_path / "text.npz", words=words, words_lengths=lengths, about=about)
    spec = tmp_path / "spec.dls"
    spec.write_text(SPEC)
    folder = program(spec, tmp_path / "program", backend)
    every = {}
    for block, network, start in (("briefly", "small", 1), ("well", "big", 2)):
        found = told(folder, tmp_path, block, "--count", "3", "--row", "1")
        weights = load_file(tmp_path / "best.safetensors")
        w = {n: weights[f"{network}.{n}.weight"] for n in ("table", "topics", "head")}
        wanted = []
        for topic in (w["topics"][row].mean(0) for row in about[1:4]):
            tokens = [start]
            for _ in range(12):
                h = w["table"][tokens[-1]] + topic
                tokens.append(int((w["head"] @ h + weights[f"{network}.head.bias"]).argmax()))
            wanted.append(tokens[1:])
        assert [[int(n) for n in line.split()] for line in found.splitlines()] == wanted
        every[network] = wanted
    assert every["small"] != every["big"] and len(set(map(tuple, every["big"]))) > 1
