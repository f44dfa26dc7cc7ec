"""Dynamic sizes: what they are in types, and that equal ones are equal however they were made."""

from __future__ import annotations

import random
from typing import Any

import pytest
from build import model, problems

from dlspec.expr import total
from dlspec.ir.program import Program
from dlspec.length import Dynamic, Length, dynamic, put, quotient, read, written
from dlspec.pipeline import check
from dlspec.source import Source

T, S = dynamic("T", 512), dynamic("S", 512)

# --- lengths, against Python's integers -------------------------------------------------------

Tree = tuple[Any, ...]


def drawn(depth: int, rng: random.Random) -> Tree:
    if depth == 0:
        return rng.choice([("name", "T"), ("name", "S"), ("number", rng.randint(-5, 5))])
    op = rng.choice("+-*/")
    right = rng.randint(1, 5) if op == "/" else drawn(depth - 1, rng)
    return (op, drawn(depth - 1, rng), right)


def symbolic(e: Tree) -> Length:
    match e:
        case ("name" | "number", value):
            return Length.of(value)
        case ("/", a, by):
            return symbolic(a) // by
        case ("+", a, b):
            return symbolic(a) + symbolic(b)
        case ("-", a, b):
            return symbolic(a) - symbolic(b)
        case (_, a, b):
            return symbolic(a) * symbolic(b)
    raise ValueError(e)


def number(e: Tree, names: dict[str, int]) -> int:
    match e:
        case ("name", name):
            return names[name]
        case ("number", value):
            return int(value)
        case ("/", a, by):
            return number(a, names) // by
        case (op, a, b):
            x, y = number(a, names), number(b, names)
            return {"+": x + y, "-": x - y, "*": x * y}[op]
    raise ValueError(e)


def test_a_length_is_what_it_was_computed_from() -> None:
    rng = random.Random(0)
    for _ in range(1500):
        e = drawn(rng.randint(1, 4), rng)
        found = symbolic(e)
        for _ in range(3):
            names = {"T": rng.randint(1, 40), "S": rng.randint(1, 40)}
            wanted = number(e, names)
            assert found.put(names).constant == wanted
            assert eval(str(found), dict(names)) == wanted
        assert found.constant is not None or read(f"{found} <= 9") == Dynamic(9, found)


def test_equal_lengths_are_equal_however_they_were_made() -> None:
    assert (T + 2 - 3) // 1 + 1 == T
    assert T - (T // 2) == (T + 1) // 2 == (T - 1) // 2 + 1 == -(-T // 2)
    assert ((T + 1) // 2 + 1) // 2 == (T + 3) // 4
    assert (2 * T + 6) // 2 == T + 3
    assert total(T, 3, S) == S + T + 3 == total(3, S, T)
    assert T - T == 0 and type(T - T) is int


def test_different_names_are_never_equal_nor_is_their_bound() -> None:
    assert T != S and T != 512 and T != 512
    assert T // 2 != (T + 1) // 2 and dynamic("T", 512) * 2 != T
    assert T // 2 <= 256 and int(T // 2) == 256  # costs are those of the longest row


def test_a_size_is_divided_where_it_is_whole_for_every_length() -> None:
    assert quotient(24 * T, T) == 24 and quotient(24 * T, 8) == 3 * T
    assert quotient(12, 4) == 3 and quotient(12, 5) is None
    assert quotient(24 * T, S) is None and quotient(24 * T, 7) is None
    assert quotient(24 * T + 24, T) is None


def test_names_are_put_in() -> None:
    assert put((T + 1) // 2, {"T": 7}) == 4
    found = put((T + 1) // 2, {"T": dynamic("S", 100)})
    assert found == (S + 1) // 2 and int(found) == 50
    assert put(8, {"T": 3}) == 8


@pytest.mark.parametrize("size", [T, 3 * T - 1, (T + 1) // 2, 7])
def test_what_is_written_is_read(size: int) -> None:
    assert read(written(size)) == size and int(read(written(size))) == int(size)


@pytest.mark.parametrize("text", ["x", "T ** 2 <= 3", "T // S <= 3", "T <= ", "T) <= 3"])
def test_other_text_is_no_size(text: str) -> None:
    with pytest.raises(ValueError):
        read(text)


# --- types ------------------------------------------------------------------------------------

TEXT = """
block Layer(dim: int) {
  input x: f32[T, dim]
  output x + (x -> LayerNorm -> Dense(2 * dim) -> GELU -> Dense(dim))
}
block Pick {
  input x: f32[_, D]
  output last: f32[D] = x[-1]
  output rest: f32[R, D] = x[:-1]
}
model M(most: int = 60) {
  input tokens: i32[T <= most]
  input segment: i32[T]
  input other: f32[4, S < 9]
  x = (tokens -> Embedding(50, 16)) + (segment -> Embedding(2, 16)) -> Layer(16) * 2
  last, rest = x -> Pick
  output logits: f32[T, 50] = x -> Dense(50)
  output halves: f32[8, N] = other -> Conv1D(8, 3, stride=2, padding=1)
  output wide = (other, other) -> Concat(axis=1)
  output last
  output rest: f32[T - 1, 16] = rest
  output tail = rest[2:] -> Layer(16)
}
"""


def outputs(text: str) -> dict[str, str]:
    return {n or "output": str(t) for n, t in model(text).root.outputs}


def test_sizes_follow_the_operators() -> None:
    assert outputs(TEXT) == {
        "logits": "f32[T, 50]",
        "halves": "f32[8, (S + 1) // 2]",
        "wide": "f32[4, 2 * S]",
        "last": "f32[16]",
        "rest": "f32[T - 1, 16]",
        "tail": "f32[T - 3, 16]",
    }


def test_the_bound_is_what_things_cost() -> None:
    made = model(TEXT)
    assert [int(s) for _, t in made.root.inputs for s in t.shape] == [60, 60, 4, 8]
    assert dict(made.root.dims) == {
        "T": dynamic("T", 60),
        "S": dynamic("S", 8),
        "N": read("(S + 1) // 2 <= 4"),
    }


def test_the_published_ir_has_the_bounds() -> None:
    program = check(Source("spec.dls", TEXT)).program
    assert program is not None
    text = program.model_dump_json()
    assert '"i32[T <= 60]"' in text and '"f32[8, (S + 1) // 2 <= 4]"' in text
    assert '"dims":{"T":"T <= 60","S":"S <= 8"' in text
    assert Program.model_validate_json(text).model_dump_json() == text


def test_a_block_serves_several_lengths() -> None:
    text = """
    block B { input x: f32[T, 4]
      output x[1:] -> Dense(4) }
    model M { input x: f32[T <= 9, 4]
      input y: f32[S <= 9, 4]
      input z: f32[9, 4]
      output a = x -> B
      output b = y -> B
      output c = z -> B
      output d = x[1:] -> B }
    """
    assert outputs(text) == {
        "a": "f32[T - 1, 4]",
        "b": "f32[S - 1, 4]",
        "c": "f32[8, 4]",
        "d": "f32[T - 2, 4]",
    }


BOUNDED = """
block B { input x: f32[T <= 6, 4]; output x }
model M { input x: f32[SIZE, 4]; output y = x -> B }
"""


@pytest.mark.parametrize(
    ("size", "fits"), [("6", True), ("L <= 6", True), ("7", False), ("L <= 7", False)]
)
def test_what_arrives_is_held_to_the_bound(size: str, fits: bool) -> None:
    found = [d.code for d in problems(BOUNDED.replace("SIZE", size))]
    assert found == ([] if fits else ["DLS202"])


# --- a train block ----------------------------------------------------------------------------

TRAIN = """
data text {
  source = npz("lm.npz")
  field tokens: class[20][12] = column("tokens")
  field next: class[20][12] = column("next")
  split = random(train=60 %, test=40 %, seed=0)
}
model LM {
  input tokens: i32[T <= 64]
  output logits: f32[T, 20] = tokens -> Embedding(20, 8) -> LSTM(8, return=all) -> Dense(20)
}
train {
  data = text; model = LM(); loss = CrossEntropy(logits, next)
  optimizer = Adam(lr=1e-2); epochs = 1
}
export server { format = onnx; dynamic = [batch, T] }
"""


def test_rows_of_one_size_feed_a_dynamic_input() -> None:
    program = check(Source("spec.dls", TRAIN)).program
    assert program is not None
    assert program.trains[""].lengths == {"T": 12}
    assert program.exports["server"].dynamic == ("batch", "T")


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        ('class[20][12] = column("tokens")', 'class[20][65] = column("tokens")', "DLS421 DLS422"),
        ('class[20][12] = column("next")', 'class[20][11] = column("next")', "DLS422"),
        ("[batch, T]", "[batch, S]", "DLS100"),
        ("[batch, T]", "[T, T]", "DLS402"),
        ("onnx; dynamic = [batch, T]", "tflite; dynamic = [T]", "DLS441"),
    ],
)
def test_what_does_not_fit_is_said(old: str, new: str, codes: str) -> None:
    assert TRAIN.count(old) == 1
    assert [d.code for d in problems(TRAIN.replace(old, new))] == codes.split()
