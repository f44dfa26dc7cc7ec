"""Models with state: inputs with a first value, and outputs that are the next one."""

import pytest

from dlspec.pipeline import check
from dlspec.source import Source

SPEC = """
model Counter {
  state total: f32[3] = 1
  input x: f32[3]
  added = total + x
  next total = added
  output half: f32[3] = added / 2
}
"""


def errors(text):
    return [d.code for d in check(Source("test.dls", text)).errors]


def test_states_come_behind_the_inputs_and_the_next_ones_behind_the_outputs():
    program = check(Source("test.dls", SPEC)).program
    root = program.models["Counter"].root
    assert [n for n, _ in root.inputs] == ["x", "total"] and [n for n, _ in root.fed] == ["x"]
    assert [n for n, _ in root.outputs] == ["half", "next_total"]
    assert {n: first.value for n, first in root.states.items()} == {"total": 1.0}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("  next total = added\n", "", "DLS230"),
        ("next total", "next totl", "DLS230"),
        ("next total = added", "next total = added[:2]", "DLS205"),
        ("output half", "output next_total", "DLS230"),
        ("= 1\n", '= "none"\n', "DLS300"),
    ],
)
def test_what_is_wrong_is_said(old, new, code):
    assert SPEC.count(old) == 1
    assert errors(SPEC.replace(old, new)) == [code]


def test_a_model_with_state_is_no_part_of_another():
    outer = "model Outer { input x: f32[3]\noutput y = x -> Counter }"
    assert errors(SPEC + outer) == ["DLS107"]


TRAIN = """
data rows {
  source = npz("rows.npz")
  field x: f32[3] = column("x")
  split = all
}
train {
  data = rows; model = Counter(); loss = MSE(half, x); optimizer = SGD(lr=1); epochs = 1
  batch = continued(4)
}
"""


def weighted(text):
    return text.replace("added = total + x", "added = total + (x -> Dense(3))")


def test_batches_that_go_on():
    program = check(Source("test.dls", weighted(SPEC + TRAIN))).program
    train = program.trains[""]
    assert (train.batch, train.continued) == (4, True)
    plain = check(Source("t.dls", weighted(SPEC + TRAIN).replace("continued(4)", "4"))).program
    assert (plain.trains[""].batch, plain.trains[""].continued) == (4, False)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("continued(4)", "continued", "DLS403"),
        ("continued(4)", "continued(0)", "DLS301"),
        ("continued(4)", "contnued(4)", "DLS100"),
        ("continued(4)", "bucketed(4, by=x)", "DLS434"),
        ("model = Counter();", "let net = Counter();", "DLS107"),
    ],
)
def test_what_is_wrong_of_batches_is_said(old, new, code):
    text = weighted(SPEC + TRAIN).replace(
        "MSE(half, x)", "MSE(net(x), x)" if "let" in new else "MSE(half, x)"
    )
    assert text.count(old) == 1
    assert code in errors(text.replace(old, new))
