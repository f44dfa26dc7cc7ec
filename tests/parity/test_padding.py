"""Rows of different lengths in one batch, whatever pads them: each gives what it gives alone.

The reference is the definition of the model as the spec has it, without any mask, in NumPy, for
each row by itself, cut to its own length.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from cases import Input, Spec
from definition import outputs
from numbers_ import Array, difference
from runs import Ran, exported, forward, prepare

from dlspec.ir.model import ModelIR
from dlspec.length import put
from dlspec.pipeline import check
from dlspec.source import Source

pytestmark = pytest.mark.slow

MOST = {"T": 11, "S": 8}
LENGTHS = {"T": [11, 4, 1, 7], "S": [2, 8, 5, 1]}

TEXT = """
block Read(dim: int) {
  input x: f32[T, D]
  y, z = x -> BiGRU(dim, return=(all, last), merge=sum)
  output y -> LayerNorm
  output z
}
block Cross(heads: int) {
  input q: f32[T, D]
  input k: f32[S, D]
  a = (q, k, k) -> Attention(heads)
  b = (q, k) -> MultiHeadAttention(heads)
  output a + b + (q -> MultiHeadAttention(heads, window=3))
}
block Pool(dim: int) {
  input x: f32[dim]
  state h: f32[dim] = 0
  input memory: f32[S, dim]
  e = softmax(sum(memory * h[none], axis=1), axis=0)
  new = x + (sum(e[:, none] * memory, axis=0) -> Dense(dim)) -> Tanh
  next h = new
  output new
}
model M(dim: int = 6) {
  input tokens: i32[T <= 11]
  input other: f32[S <= 8, 4]
  let start = Parameter(f32[1, dim], init=normal(std=1))
  x = tokens -> Embedding(7, dim)
  s = other -> Dense(dim)
  x, ends = x -> Read(dim)
  s, others = s -> Read(dim)
  output ends = ends + others
  output ended = x -> LSTM(5)
  hidden, cell = x -> LSTM(3, layers=2, return=state)
  output both = hidden - 2 * cell
  output before = x -> BiGRU(3, layers=2, return=last, reset=before)
  output states = x -> GRU(4, return=state)
  output stacked = s -> GRU(5, layers=2, return=last)
  output projected = x -> LSTM(5, projection=2, recurrent_dropout=0.2, return=last)
  output softer = s -> BiLSTM(4, projection=2, activation=relu, recurrent_activation=softsign)
  way, back = x -> BiLSTM(3, layers=2, return=last, merge=none)
  output ways = way - 2 * back
  output read: f32[T, dim] = (x, k=s) -> Cross(2)
  output pooled: f32[T, dim] = (x, memory=s) -> Scan(Pool(dim))
  output middle = mean(x, axis=0) - mean(s)
  output most = max(x, axis=0) - min(s, axis=0) + logsumexp(x, axis=0) + norm(s, axis=0)
  output product = prod(x / 2, axis=0)
  output weighed = sum((x -> Dense(1) -> softmax(axis=0)) * x, axis=0) + sum(log_softmax(x, axis=0))
  output flags = all(x > -2, axis=0) and any(s > 0, axis=0)
  output place = argmax(x, axis=0) + argmin(s, axis=0)
  output at = x[-1] - s[-1]
  output half: f32[dim] = mean(x[::2], axis=0) * cast(lengths(x), f32)
  output change = mean(x[1:] - x[:-1], axis=0)
  output shorter: f32[T - 1, dim] = x[1:] - mean(x[:-1], axis=0)[none]
  output sums = cumsum(x, axis=0)[-1]
  output turned = x -> Rearrange([T, D] -> [D, T]) -> mean(axis=1)
  output prefix = (start, x) -> Concat(axis=0) -> mean(axis=0)
  sound = s -> Rearrange([T, D] -> [D, T])
  c = sound -> Conv1D(5, 3, stride=2, padding=2) -> ReLU -> Conv1D(4, 3, padding=same)
  output conv: f32[4, (S + 3) // 2] = c
  output wide = c -> MaxPool1D(2, stride=1, padding=(0, 1)) -> ConvTranspose1D(3, 4, stride=2)
  n = c -> BatchNorm -> Clip(-1, 2) -> Rearrange([d, t] -> [t, d]) -> BatchNorm(axis=-1)
  output normed = (n -> Rearrange([t, d] -> [1, d, t]) -> Conv2D(2, 3, stride=(1, 2), padding=1)
    -> Rearrange([c, d, t] -> [t, c*d]))[-1]
  output middles = (c -> GlobalAvgPool1D) + (c -> GlobalMaxPool1D)
  parts = x -> (LayerNorm -> BiGRU(3, return=all)) * 2 -> (Dense(5) -> BatchNorm(axis=-1)) as part
  _, index = topk(x -> Dense(3), 2)
  output part: f32[T, 5] = (parts, index=index, gate=softmax(x[:, :2]))
    -> Experts(BiGRU(3, return=all) -> Dense(5), count=3)
  output spread = var(x, axis=0) + std(s, unbiased=true) + std(c, axis=(0, 1))
  output kept: f32[4, 1] = mean(c, axis=1, keepdims=true) * norm(c, p=3, axis=1, keepdims=true)
    + var(c, axis=1, keepdims=true) - (c -> GlobalAvgPool1D(keepdims=true))
  output averaged = c -> AvgPool1D(3, stride=2, padding=(1, 2))
  output framed = sound -> Unfold1D(3, stride=2, padding=(1, 2))
  output same = x -> Rearrange([T, D] -> [D, T]) -> AvgPool1D(4, stride=1, padding=same)
  output turned_around: f32[T, dim] = x[::-1]
  output every = s[::-1][::3]
  output grouped = (sound -> GroupNorm(2, axis=0)) + (sound -> InstanceNorm(bias=false, axis=0))
    + (sound -> InstanceNorm(running_stats=true, axis=0))
  output behind = n -> GroupNorm(2, axis=-1, scale=false, bias=false) -> Normalize(axis=0)
  output shared = einsum("t,td->d", linspace(0, 1, 11)[:T], x)
  output own = mean(zeros_like(x[:, 0]) + linspace(0, 1, 11)[:T])
  output product_of = (x -> Rearrange([T, D] -> [D, T])) @ x
}
data d {
  source = npz("d.npz")
  field tokens: class[7][T <= 11] = column("tokens")
  field other: f32[S <= 8, 4] = column("other")
  field wanted: f32[6] = column("wanted")
  split = random(train=60 %, val=20 %, test=20 %, seed=0)
}
train {
  data = d; model = M(); loss = MSE(ends, wanted); optimizer = SGD(lr=0.1); epochs = 1; batch = 2
}
"""
INPUTS = (Input("tokens", "i32[11]", high=7), Input("other", "f32[8, 4]"))


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    made = prepare(Spec(TEXT, INPUTS), tmp_path_factory.mktemp("padding") / "m", defined=False)
    for dim, rows in LENGTHS.items():
        made.inputs[f"{dim}_lengths"] = np.array(rows, np.int32)
    np.savez(made.folder / "inputs.npz", **made.inputs)
    for backend, runtime in (("torch", "onnx"), ("keras", "tflite")):
        exported([made], backend, runtime)
    assert made.errors == {}
    return made


@pytest.fixture(scope="module")
def plain() -> ModelIR:
    """The model as it is written, which is told no lengths."""
    program = check(Source("spec.dls", TEXT.partition("\ndata ")[0])).program
    assert program is not None
    return program.models["M"]


def alone(model: ModelIR, inputs: dict[str, Array], row: int) -> dict[str, Array]:
    """The inputs of one row, as long as it is."""
    sizes = {dim: rows[row] for dim, rows in LENGTHS.items()}
    made = {}
    for name, t in model.root.inputs:
        shape = tuple(slice(int(put(n, sizes))) for n in t.shape)
        made[name] = inputs[name][(slice(row, row + 1), *shape)]
    return made


def apart(ran: Ran, plain: ModelIR, child: str, runtime: str) -> Iterator[str]:
    """What differs from the rows alone."""
    forward([ran], child, runtime)
    assert ran.errors == {}
    for row in range(len(LENGTHS["T"])):
        reference = outputs(plain, alone(plain, ran.inputs, row), ran.weights)
        for name in [r for r in ran.found if r.startswith(runtime)]:
            for output, wanted in reference.items():
                shape = tuple(map(slice, wanted.shape[1:]))
                if wanted.size == 0:
                    continue
                wanted = np.nan_to_num(wanted)  # NumPy's mean of no places, which is 0
                found = difference(ran.found[name][output][(slice(row, row + 1), *shape)], wanted)
                if not found <= (1e-9 if name.endswith("64") else 1e-5):
                    yield f"{output} of row {row} in {name}: {found}"


@pytest.mark.parametrize("runtime", ["torch", "keras", "onnx", "tflite"])
def test_each_row_gives_what_it_gives_alone(runtime: str, ran: Ran, plain: ModelIR) -> None:
    assert list(apart(ran, plain, f"forward_{runtime}", runtime)) == []
