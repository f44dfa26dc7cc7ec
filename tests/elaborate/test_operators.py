"""Operators and functions on tensors, and the numbers beside them."""

from __future__ import annotations

import pytest
from build import model, problems

from dlspec.ir import model as ir


def type_of(expression: str) -> str:
    """The type of an expression over x: f32[3, 4], n: i32[4] and c, whether x is positive."""
    text = "model M { input x: f32[3, 4]; input n: i32[4]"
    made = model(f"{text}\nc = x > 0\noutput y = {expression} }}")
    return str(made.root.outputs[0][1])


@pytest.mark.parametrize(
    ("expression", "type_"),
    [
        ("c", "bool[3, 4]"),
        ("not c and x <= 1 or c", "bool[3, 4]"),
        ("c == true", "bool[3, 4]"),
        ("n % 3", "i32[4]"),
        ("-n // 2", "i32[4]"),
        ("x // 2", "f32[3, 4]"),
        ("max(x, 0)", "f32[3, 4]"),
        ("min(1, n)", "i32[4]"),
        ("max(0, floor(min(x, x * 2)))", "f32[3, 4]"),
        ("sum(c)", "f32[]"),
        ("x / max(1, sum(c))", "f32[3, 4]"),
        ("any(c, axis=0)", "bool[4]"),
        ("var(x, axis=-1, unbiased=true)", "f32[3]"),
        ("2 < n", "bool[4]"),
        ("where(c, x, 0)", "f32[3, 4]"),
        ("where(c, 1, 0)", "i32[3, 4]"),
        ("where(c, 0.5, -1)", "f32[3, 4]"),
        ("where(n > 2, 103, n)", "i32[4]"),
        ("cast(n, f32)[none] * x", "f32[3, 4]"),
        ("clip(x, 0, 1)", "f32[3, 4]"),
        ("one_hot(n, 7, axis=0)", "f32[7, 4]"),
        ("stack([x, x], axis=1)", "f32[3, 2, 4]"),
        ("x -> transpose((1, 0)) -> pad((1, 2), axis=0, mode=edge)", "f32[7, 3]"),
        ("argmax(x)", "i32[3]"),
        ("x @ transpose(x)", "f32[3, 3]"),
        ("x[0] @ x[1]", "f32[]"),
        ('einsum("ij,kj->ik", x, x)', "f32[3, 3]"),
        ("range(4) + n", "i32[4]"),
        ("range(4)[none] - range(3)[:, none] + n[none]", "i32[3, 4]"),
        ("n[range(2, 0, -1)]", "i32[2]"),
        ("range(3) -> Embedding(3, 4)", "f32[3, 4]"),
        ("cast(range(4), f32)[none] * x", "f32[3, 4]"),
        ("x * linspace(0, 1, 4)[none]", "f32[3, 4]"),
        ("where(c, x, -inf)", "f32[3, 4]"),
        ("segment_max(transpose(x), n, 7)", "f32[7, 3]"),
        ("cumsum(n) - sort(n, descending=true)", "i32[4]"),
    ],
)
def test_types(expression: str, type_: str) -> None:
    assert type_of(expression) == type_


def test_a_number_keeps_its_place() -> None:
    made = model("model M { input x: f32[4]\noutput y = 2 < x }")
    (output,) = ir.statements(made.root.body)
    assert isinstance(output.value, ir.Apply) and output.value.op.kind() == "less"
    assert isinstance(output.value.inputs[0], ir.Scalar)


def test_the_names_of_operators_are_free_for_wires() -> None:
    made = model("model M { input x: f32[4]\nless = x - 1\nadd = less + x\noutput y = add }")
    assert [str(t) for _, t in made.root.outputs] == ["f32[4]"]


@pytest.mark.parametrize(
    ("expression", "title", "shown"),
    [
        ("x + n", "`add` needs one dtype, got f32 and i32", "x + n"),
        ("x and c", "`and` needs true and false, got f32[4]", "x and c"),
        ("not x", "`not` needs true and false, got f32[4]", "not x"),
        ("-c", "bool[4] is no number to negate", "-c"),
        ("n * 0.5", "`arithmetic` takes a whole number beside i32[4]", "0.5"),
        ("c == 1", "`arithmetic` takes true or false beside bool[4]", "1"),
        ("max(x, true)", "`arithmetic` takes a number beside f32[4]", "true"),
        ("any(x)", "any needs true and false, got f32[4]", "any(x)"),
        ("x @ x[none]", "these shapes do not multiply as matrices", "x @ x[none]"),
        (
            'einsum("ii->i", x)',
            'einsum: `pattern`: must have a letter once in each, and `ii` has two `i`, got "ii->i"',
            '"ii->i"',
        ),
    ],
)
def test_what_does_not_go_together(expression: str, title: str, shown: str) -> None:
    text = "model M { input x: f32[4]; input n: i32[4]\nc = x > 0\noutput y = "
    (found,) = problems(f"{text}{expression} }}")
    assert found.title == title
    assert found.span is not None and found.span.text == shown
