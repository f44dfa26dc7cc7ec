"""`weights` in a block: how the weights of each of its uses start, and what holds them."""

import pytest
from build import model, problems

from dlspec.ops.constraints import non_neg
from dlspec.ops.init import constant, normal, zeros

UNIT = """\
block Unit(std: float) {
  input x: f32[D]
  h = x -> Dense(4) -> LayerNorm
  output h -> Dense(4) as out
  weights Dense.weight { init = normal(std=std) }
  weights out.bias { init = constant(0.5); constraint = non_neg }
}
"""


def test_each_use_starts_as_its_arguments_say():
    made = model(
        UNIT + "model M { input x: f32[4]\n"
        "x = x -> Unit(0.1) * 2\noutput y = x -> Unit(0.3) -> Dense(2) }"
    )
    stds = {"units.0": 0.1, "units.1": 0.1, "unit": 0.3}
    assert made.initial == {
        f"{use}.{name}": init
        for use, std in stds.items()
        for name, init in {
            "dense.weight": normal(std=std),
            "out.weight": normal(std=std),
            "out.bias": constant(value=0.5),
        }.items()
    }
    assert made.constraints == {f"{use}.out.bias": non_neg() for use in stds}


def test_a_kernel_in_a_norm_is_called_as_without():
    made = model(
        "model M { input x: f32[4]\nh = x -> Dense(4, norm=weight)\n"
        "output y = h -> Dense(2, norm=spectral)\n"
        "weights Dense.weight { init = zeros }\n}"
    )
    assert set(made.initial) == {
        "h.parametrizations.weight.original1",
        "y.parametrizations.weight.original",
    }


def test_what_is_around_a_use_wins():
    made = model(
        UNIT + "model M { input x: f32[4]\nweights u.out { init = zeros }\n"
        "output y = x -> Unit(0.1) as u -> Dense(2) }"
    )
    assert made.initial == {
        "u.dense.weight": normal(std=0.1),
        "u.out.weight": zeros(),
        "u.out.bias": zeros(),
    }


def test_where_the_rest_of_a_block_is_left_out_so_are_its_weights():
    made = model(UNIT + "model M { input x: f32[4]\noutput y = x -> Unit(0.1).h -> Dense(2) }")
    assert made.initial == {"unit.dense.weight": normal(std=0.1)}
    assert made.constraints == {}


MAYBE = """\
block Maybe(two: bool) {
  input x: f32[D]
  x = x -> Dense(4) as a
  if two { x = x -> Dense(4) as b }
  output x
  weights b { init = zeros }
}
model M { input x: f32[4]; output y = x -> Maybe(false) -> Maybe(TWO) }
"""


def test_a_pattern_has_to_match_something_in_one_use_at_least():
    assert list(model(MAYBE.replace("TWO", "true")).initial) == [
        "maybe_2.b.weight",
        "maybe_2.b.bias",
    ]
    (error,) = problems(MAYBE.replace("TWO", "false"))
    assert error.code == "DLS113"


@pytest.mark.parametrize("uses", ["x -> Unit(0.1)", "x -> Unit(0.1) * 3"])
def test_a_mistake_is_told_once_however_often_the_block_is_used(uses):
    text = UNIT.replace("constraint = non_neg", "constraint = max_norm(-1)")
    (error,) = problems(f"{text}model M {{ input x: f32[4]\noutput y = {uses} }}")
    assert error.code == "DLS301"
