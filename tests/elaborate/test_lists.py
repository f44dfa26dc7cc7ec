"""Lists of tensors."""

from __future__ import annotations

import pytest
from build import layer_names, model, problems


def outputs(body: str) -> list[str]:
    """The types of what a model with inputs a: f32[4], b: f32[6] and c: f32[8] gives."""
    made = model(f"model M {{ input a: f32[4]\n input b: f32[6]\n input c: f32[8]\n {body} }}")
    return [str(t) for _, t in made.root.outputs]


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        ("[a, b, c][1] -> Identity", "f32[6]"),
        ("[a, b, c][-1] -> Identity", "f32[8]"),
        ("[a, b, c][::-1] -> Concat", "f32[18]"),
        ("[a, b, c][1:] -> Concat", "f32[14]"),
        ("([a] + [b] + []) -> Concat", "f32[10]"),
        ("[x -> Dense(n) for x, n in zip([a, b], [3, 5])] -> Concat", "f32[8]"),
        ("sum([x -> Dense(2) for x in reversed([a, b])])", "f32[2]"),
        ("[a] * 3 -> Concat", "f32[12]"),
        ("[a, b] -> Concat -> Dense(len([a, b, c]))", "f32[3]"),
    ],
)
def test_what_a_list_gives(value: str, shape: str) -> None:
    assert outputs(f"output y = {value}") == [shape]


def test_a_list_is_what_it_was_when_it_is_looped_over() -> None:
    body = """xs = [a, b]
    for x in xs { xs = xs + [x] }
    output y = xs -> Concat"""
    assert outputs(body) == ["f32[20]"]


def test_several_names_take_a_list_apart() -> None:
    body = """x, y, z = [a, b, c]
    x, y = [y, x]
    output x; output y; output z"""
    assert outputs(body) == ["f32[6]", "f32[4]", "f32[8]"]


def test_layers_of_a_loop_over_tensors_form_a_list() -> None:
    made = model(
        "model M { input a: f32[4]\n input b: f32[4]\n xs = []\n"
        "for i, x in enumerate([a, b]) { xs = xs + [x -> Dense(3)] }\n output y = xs -> Concat }"
    )
    assert layer_names(made) == ["denses.0", "denses.1"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("xs = [a, b]\n output y = xs[2]", "DLS302"),
        ("output y = [a, b] -> Dense(2)", "DLS203"),
        ("output y = sum([a, b])", "DLS204"),
        ("xs = [a]\n output y = xs", "DLS208"),
        ("xs = [a]\n output y = c -> Dense(xs)", "DLS209"),
        ("output y = c -> Dense(4, bias=[a])", "DLS209"),
        ("for x in [a, 3] { c = c + 1 }\n output c", "DLS208"),
    ],
)
def test_what_a_list_cannot_do(body: str, code: str) -> None:
    spec = f"model M {{ input a: f32[4]\n input b: f32[6]\n input c: f32[8]\n {body} }}"
    assert [d.code for d in problems(spec)] == [code], [d.title for d in problems(spec)]
