"""`let` in a file: numbers, and tensors that are the same for every example."""

from __future__ import annotations

import numpy as np
import pytest

import dlspec
from dlspec.backend.registry import find
from dlspec.pipeline import check
from dlspec.source import Source

HEAD = """
param most: float = 0.5
let count = 2 * 3
let even = linspace(0.1, most, count)
let kept = cumprod(1 - even)
"""
MODEL = """
fn faded(x: f32[D], at: i32[]) = x * kept[at][none]
block Faded {
  input x: f32[D]
  input at: i32[]
  y = faded(x, at)
  output y - faded(y, 0 * at) * even[none, 0]
}
model M {
  input x: f32[4]
  input at: i32[]
  x = (x, at=at) -> Faded
  output x * count
}
"""


def checked(text: str):
    return check(Source("constants.dls", text))


def test_a_constant_is_what_numpy_makes_of_it(tmp_path) -> None:
    torch = pytest.importorskip("torch")
    path = tmp_path / "m.dls"
    path.write_text(HEAD + MODEL)
    net = dlspec.load(path).build()
    x, at = np.random.default_rng(0).normal(size=(5, 4)), np.array([0, 5, 2, 2, 1])
    even = np.linspace(0.1, 0.5, 6)
    kept = np.cumprod(1 - even)
    y = x * kept[at][:, None]
    wanted = 6 * (y - y * kept[0] * even[0])
    found = net(torch.from_numpy(x).float(), torch.from_numpy(at).int())
    np.testing.assert_allclose(found.detach().numpy(), wanted, rtol=1e-5)


def test_what_set_says_reaches_a_constant(tmp_path) -> None:
    path = tmp_path / "m.dls"
    path.write_text(HEAD + MODEL)
    program = dlspec.load(path, set=["most=0.25"]).program
    text = find("torch").files(program, None)["model.py"] if program.trains else str(program)
    assert "0.25" in text and "0.5" not in text


def test_one_wire_stands_at_the_head_of_what_reads_it() -> None:
    program = checked(HEAD + MODEL).program
    assert program is not None
    names = {
        i.definition: [s.names for s in i.body if s.kind == "bind"]
        for i in program.models["M"].instances
    }
    assert names["faded"] == [("even",), ("kept",)]
    assert names["Faded"][0] == ("even",)


BAD = [
    ("let even = linspace(0.1, most, count)", "let even = linspace(0.1, most)", "DLS104"),
    ("let even = linspace(0.1, most, count)", "let even = normal(6)", "DLS108"),
    ("let count = 2 * 3", "let count = 2 * unknown", "DLS100"),
    ("let count = 2 * 3", "let most = 6\nlet count = 6", "DLS101"),
]


@pytest.mark.parametrize(("right", "wrong", "code"), BAD)
def test_a_wrong_constant_is_told_once(right: str, wrong: str, code: str) -> None:
    errors = checked(HEAD.replace(right, wrong) + MODEL).errors
    assert {d.code for d in errors} == {code}, [f"{d.code} {d.title}" for d in errors]
