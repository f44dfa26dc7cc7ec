"""A recurrence of one's own takes as many steps as arrive, and reads a memory of any length."""

from __future__ import annotations

import pytest
from cases import Input, Spec
from runs import Ran, exported, prepare
from test_lengths import apart

pytestmark = pytest.mark.slow

TEXT = """
block Reader(dim: int) {
  input y: f32[E]
  input memory: f32[S, M]
  state h: f32[dim] = 0
  state read: f32[] = 0.5
  e = (memory -> Dense(dim)) + h[none] -> Tanh -> Dense(1)
  c = sum(softmax(e, axis=0) * memory, axis=0)
  next h = h / 2 + ((y, h, c) -> Concat -> Dense(dim) -> Tanh)
  next read = read + mean(c)
  output (h, c) -> Concat
  output read
}
model M(dim: int = 4) {
  input source: i32[S <= 9]
  input target: i32[T <= 9]
  memory = source -> Embedding(7, 5) -> BiSimpleRNN(3, return=all, merge=sum)
  start = memory[-1] -> Dense(dim)
  words = target -> Embedding(7, 3)
  y, read = (words, memory=memory, h=start) -> Scan(Reader(dim))
  output y: f32[T, dim + 3]
  output read: f32[T]
}
data d {
  source = npz("d.npz")
  field source: i32[5]    = column("source")
  field target: i32[4]    = column("target")
  field wanted: f32[4, 7] = column("wanted")
  split = random(train=60 %, val=20 %, test=20 %, seed=0)
}
train {
  data = d; model = M(); loss = MSE(y, wanted); optimizer = SGD(lr=0.1); epochs = 1; batch = 2
}
"""
INPUTS = (Input("source", "i32[5]", high=7), Input("target", "i32[4]", high=7))
LENGTHS = ({"S": 5, "T": 4}, {"S": 2, "T": 9}, {"S": 1, "T": 1})


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    made = prepare(Spec(TEXT, INPUTS), tmp_path_factory.mktemp("steps") / "m")
    exported([made], "keras", "tflite")
    assert made.errors == {}
    return made


@pytest.mark.parametrize("sizes", LENGTHS[1:], ids=str)
@pytest.mark.parametrize("runtime", ["torch", "keras"])
def test_one_program_goes_through_any_number_of_steps(
    runtime: str, sizes: dict[str, int], ran: Ran
) -> None:
    assert list(apart(ran, sizes, f"forward_{runtime}", runtime)) == []


def test_a_tflite_file_goes_through_the_steps_of_the_data(ran: Ran) -> None:
    assert list(apart(ran, {"S": 5, "T": 4}, "forward_tflite", "tflite")) == []
