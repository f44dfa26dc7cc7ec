"""Functions of numbers, against the same functions in Python."""

from __future__ import annotations

import pytest
from build import layer_names, model, parameters, problems

DIVISIBLE = """
fn divisible(v: float, by: int = 8) -> int {
  near = max(by, int(v + by / 2) // by * by)
  output near + by if near < 0.9 * v else near
}
"""


LONG = "for i in range(100000) { for j in range(100000)"


def divisible(v: float, by: int = 8) -> int:
    near = max(by, int(v + by / 2) // by * by)
    return near + by if near < 0.9 * v else near


def units(functions: str, call: str) -> int:
    """The value of a call, as the size of a layer."""
    text = f"{functions}\nmodel M {{ input x: f32[1]\n output y = x -> Dense({call}, bias=false) }}"
    return parameters(model(text))


@pytest.mark.parametrize("v", [1, 4, 11.9, 12, 20, 44, 72.5, 333])
def test_an_expression_with_wires_and_a_default(v: float) -> None:
    assert units(DIVISIBLE, f"divisible({v})") == divisible(v)
    assert units(DIVISIBLE, f"divisible({v}, by=3)") == divisible(v, 3)


def test_loops_write_the_wires_around_them() -> None:
    fib = """fn fib(n: int) -> int {
      a, b = (0, 1)
      for i in range(n) { a, b = (b, a + b) }
      output a
    }"""
    assert units(fib, "fib(10)") == 55


def test_the_first_output_on_the_way_counts() -> None:
    side = """fn side(n: int) -> int {
      if n > 0 { output 3 }
      else if n == 0 { output 2 }
      output 1
    }"""
    assert [units(side, f"side({n})") for n in (5, 0, -5)] == [3, 2, 1]


def test_functions_call_each_other_and_read_parameters_of_the_file() -> None:
    text = (
        "param base: int = 4\n"
        "fn twice(n: int) -> int = 2 * n\n"
        "fn f(n: int) -> int = twice(n) + base"
    )
    assert units(text, "f(3)") == 10


def test_a_parameter_of_the_file_may_be_computed() -> None:
    text = "fn twice(n: int) -> int = 2 * n\nparam width: int = twice(3)"
    assert units(text, "width") == 6


def test_one_class_serves_calls_with_other_values() -> None:
    text = (
        DIVISIBLE
        + """
    block Narrow(share: float) {
      input x: f32[D]
      output x -> Dense(divisible(share * D)) as narrow
    }
    model M { input x: f32[100]
      output y = x -> Narrow(0.5) -> Narrow(0.25) }
    """
    )
    made = model(text)
    assert layer_names(made) == ["narrow.narrow", "narrow_2.narrow"]
    assert [int(t.shape[0]) for _, t in made.root.outputs] == [divisible(0.25 * divisible(50))]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("fn f(n: int) -> int { m = n }", "DLS111"),
        ("fn f(n: int) -> int { input x: f32[3]\n output n }", "DLS108"),
        ("fn f(n: int) -> int = n / 2", "DLS300"),
        ("fn f(n: int) -> int = f(n - 1) if n > 0 else 0", "DLS110"),
        ("fn f(n: int, m: int) -> int = n", "DLS104"),
        ("fn f(n: str) -> int = 1", "DLS300"),
        ("fn f(n: int) -> int { a, b = (1, 2, 3)\n output a }", "DLS302"),
        (
            "fn f(n: int) -> int { for i in range(100000) { for j in range(100000) { k = j } }"
            "\n output 1 }",
            "DLS303",
        ),
    ],
)
def test_what_a_function_cannot_do(text: str, code: str) -> None:
    spec = f"{text}\nmodel M {{ input x: f32[1]\n output y = x -> Dense(f(3)) }}"
    assert [d.code for d in problems(spec)] == [code]


def test_another_constant_in_a_function_is_another_program() -> None:
    from dlspec.ir.document import program_hash
    from dlspec.pipeline import check
    from dlspec.source import Source

    made = []
    for constant in ("8", "9"):  # decides nothing here
        text = f"fn f(n: int) -> int = 4 if n < 3 else {constant}\n"
        text += "model M { input x: f32[1]\n output y = x -> Dense(f(1)) }"
        program = check(Source("spec.dls", text)).program
        assert program is not None
        made.append(program_hash(program))
    assert made[0] != made[1]
