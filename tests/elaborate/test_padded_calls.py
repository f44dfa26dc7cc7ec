"""Networks that `let` names, on rows of different lengths: each call is told which are real."""

from __future__ import annotations

import pytest
from build import problems

from dlspec.ir.model import Net, within
from dlspec.pipeline import check
from dlspec.source import Source

SPEC = """
data words {
  source = npz("words.npz")
  field tokens: class[9][T <= 14] = column("tokens")
  field pixels: f32[6]            = column("pixels")
  field many: class[2]            = column("many")
  split = all
}
model Reader {
  input tokens: i32[S <= 20]
  x = tokens -> Embedding(9, 8)
  output logits: f32[2] = max(x, axis=0) -> Dense(2)
}
model Plain {
  input pixels: f32[6]
  output logits: f32[2] = pixels -> Dense(2)
}
train {
  data = words; optimizer = Adam(lr=1e-3); epochs = 1
  let net = Reader()
  s = net(tokens)
  loss = CrossEntropy(s, many)
}
"""


def calls(*changes: tuple[str, str]) -> dict[str, tuple[str, ...]]:
    """What each network is called on."""
    program = check(Source("spec.dls", changed(*changes))).program
    assert program is not None
    (train,) = program.trains.values()
    flows = [f for step in train.graphs for f in within(step.graph.root.body)]
    return {f.net: f.takes for f in flows if isinstance(f, Net)}


def changed(*changes: tuple[str, str]) -> str:
    text = SPEC
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    return text


BESIDE = ("net = Reader()", "net = Reader(); let other = Plain()")
BOTH = ("s = net(tokens)", "s = net(tokens) + other(pixels)")


def test_the_only_network_is_told() -> None:
    assert calls() == {"net": ("tokens", "S_lengths")}


def test_of_several_those_that_read_such_rows_are_told() -> None:
    assert calls(BESIDE, BOTH) == {"net": ("tokens", "S_lengths"), "other": ("pixels",)}


def test_the_network_of_a_file_names_its_own_sizes() -> None:
    export = "export e {{ format = onnx; model = net; dynamic = [batch, {}] }}\n"
    text = changed(BESIDE, BOTH)
    program = check(Source("spec.dls", text + export.format("S"))).program
    assert program is not None and program.exports["e"].dynamic == ("batch", "net_S")
    (problem,) = problems(text + export.format("T"))
    assert problem.code == "DLS100" and "dynamic size of net `T`" in problem.title


TURNED = ("max(x, axis=0)", "mean((x -> Rearrange([T, D] -> [D, T]))[:, ::-1], axis=1)")
STATE = (
    "x = tokens -> Embedding(9, 8)",
    "state h: f32[8] = 0\n  x = tokens -> Embedding(9, 8)\n  next h = h + mean(x, axis=0)",
)
STATEFUL = ("s = net(tokens)", "a, b = net(tokens)\n  s = a + other(pixels)")


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ((BOTH, TURNED), "DLS222", "getitem"),
        ((STATEFUL, STATE), "DLS107", "a model with state among several"),
    ],
)
def test_what_cannot_be_masked_is_refused_in_one_of_several(
    changes: tuple[tuple[str, str], ...], code: str, said: str
) -> None:
    found = [d for d in problems(changed(BESIDE, *changes)) if d.code == code]
    assert found and said in found[0].title
