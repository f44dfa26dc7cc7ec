"""Models with dynamic sizes: one program, and one file, for inputs of every length."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from cases import Input, Spec
from definition import outputs
from numbers_ import difference, drawn_inputs
from runs import Ran, exported, forward, prepare

from dlspec.ir.model import ModelIR, Node
from dlspec.length import put

pytestmark = pytest.mark.slow

FED = {"T": 5, "S": 3}
"""The sizes of the fields that feed the inputs."""
LENGTHS = ({"T": 5, "S": 3}, {"T": 12, "S": 9}, {"T": 8, "S": 2})

TEXT = """
block Heads(heads: int) {
  input x: f32[T, D]
  h = x -> Reshape(T, heads, D // heads)
  x = x -> Dense(D) -> Tanh
  output x + (h -> Rearrange([T, h, d] -> [T, h*d]))
}
block Attend(heads: int) {
  input x: f32[T, D]
  h = x -> RMSNorm
  q, k, v = (h -> Rotary(heads), h -> Dense(D // heads) -> Rotary, h -> Dense(D // heads))
  output x + ((q, k, v) -> Attention(heads, kv_heads=1, causal=true, window=4) -> Dense(D))
}
block Cross(heads: int) {
  input q: f32[T, D]
  input k: f32[S, D]
  output (q, k, k) -> Attention(heads)
}
block Read(dim: int) {
  input x: f32[T, D]
  y = x -> LSTM(dim, return=all)
  output (y, x) -> Concat(axis=-1) -> Dense(dim) -> LayerNorm
}
model M(dim: int = 6) {
  input tokens: i32[T <= 12]
  input other: f32[T, 4]
  input sound: f32[2, S <= 9]
  let start = Parameter(f32[12, dim], init=zeros)
  x = (tokens -> Embedding(7, dim)) + (range(T) -> Embedding(12, dim)) + start[:T]
  x = x + (other -> Dense(dim)) -> Heads(2) -> Read(dim)
  s = sound -> Conv1D(5, 3, stride=2, padding=1) -> BatchNorm -> ReLU
  s = s -> MaxPool1D(2, stride=1, padding=(0, 1)) -> Rearrange([C, L] -> [L, C])
  s = s -> Read(4) -> Heads(4)
  output read = x -> Attend(3) -> Attend(1)
  output across = (x, k=s -> Dense(6)) -> Cross(2)
  output mixed = (mean(x, axis=0), max(s, axis=0)) -> Concat -> Dense(3)
  output steps: f32[T, 2] = x -> softmax(axis=0) -> Dense(2)
  output grouped = x -> Rearrange([T, D*h] -> [h, D, T], h=2)
  output shifted: f32[T - 1, dim] = x[1:] * x[:-1]
  output every: f32[(T + 1) // 2, dim] = x[::2]
  output ends = x[0] - x[-1]
  output back = s -> Rearrange([L, C] -> [C, L])
  output up = sound -> ConvTranspose1D(2, 4, stride=2, padding=1)
  larger = sound -> Upsample1D(2) -> Pad1D((1, 2), value=0.5) -> Crop1D((0, 1))
  output larger: f32[2, 2 * S + 2] = larger
  output greatest: f32[2, 1] = larger -> AvgPool1D(2) -> GlobalMaxPool1D(keepdims=true)
  output flat: f32[T * dim] = x -> Flatten
  first, second = (x, x[:, ::-1]) -> Concat(axis=0) -> Split(2, axis=0)
  output halves: f32[T, dim] = first * second
  output gaps: f32[T, T] = x[:, :1] * cast(range(T)[none, :] - range(T)[:, none], f32)
  output turned: f32[2, T, 3] = x -> Reshape(2, T, 3)
}
data d {
  source = npz("d.npz")
  field tokens: i32[5]   = column("tokens")
  field other: f32[5, 4] = column("other")
  field sound: f32[2, 3] = column("sound")
  field wanted: f32[3]   = column("wanted")
  split = random(train=60 %, val=20 %, test=20 %, seed=0)
}
train {
  data = d; model = M(); loss = MSE(mixed, wanted); optimizer = SGD(lr=0.1); epochs = 1; batch = 2
}
"""
INPUTS = (Input("tokens", "i32[5]", high=7), Input("other", "f32[5, 4]"))


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    made = prepare(Spec(TEXT, INPUTS), tmp_path_factory.mktemp("lengths") / "m")
    for backend, runtime in (("torch", "onnx"), ("keras", "tflite")):
        exported([made], backend, runtime)
    assert made.errors == {}
    return made


def sized(model: ModelIR, sizes: dict[str, int]) -> ModelIR:
    """The same inputs in fixed sizes, for drawing them."""
    given = [
        (n, t.with_shape(*(put(size, sizes) for size in t.shape))) for n, t in model.root.inputs
    ]
    root = model.root.model_copy(update={"inputs": tuple(given)})
    instances = (*model.instances[:-1], root)
    assert isinstance(root, Node) and model.instances[-1] is model.root
    return model.model_copy(update={"instances": instances})


def apart(ran: Ran, sizes: dict[str, int], child: str, runtime: str) -> Iterator[str]:
    """What differs from the definition at these lengths."""
    inputs = drawn_inputs(sized(ran.model, sizes), ran.spec.inputs, 3, seed=1)
    reference = outputs(ran.model, inputs, ran.weights)
    np.savez(ran.folder / "inputs.npz", **inputs)
    forward([ran], child, runtime)
    assert ran.errors == {}
    for name in [r for r in ran.found if r.startswith(runtime)]:
        for output, wanted in reference.items():
            found = difference(ran.found[name][output], wanted)
            if not found <= (1e-9 if name.endswith("64") else 1e-5):
                yield f"{output} in {name}: {found}"


@pytest.mark.parametrize("sizes", LENGTHS, ids=str)
@pytest.mark.parametrize("runtime", ["torch", "keras", "onnx"])
def test_one_program_serves_every_length(runtime: str, sizes: dict[str, int], ran: Ran) -> None:
    assert list(apart(ran, sizes, f"forward_{runtime}", runtime)) == []


def test_a_tflite_file_takes_the_lengths_of_the_data(ran: Ran) -> None:
    assert list(apart(ran, FED, "forward_tflite", "tflite")) == []
