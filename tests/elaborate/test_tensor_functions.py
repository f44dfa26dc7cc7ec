"""Functions of tensors: what binds their sizes, what they give, and what is one instance."""

from __future__ import annotations

from pathlib import Path

import pytest
from build import layer_names, model, parameters, problems

from dlspec.elaborate.file import collect
from dlspec.elaborate.frame import Frame
from dlspec.elaborate.model import ModelBuilder
from dlspec.elaborate.names import Names
from dlspec.elaborate.values import Given, Scope, Value
from dlspec.ir import model as ir
from dlspec.pipeline import check
from dlspec.source import Source, Span
from dlspec.syntax import parse
from dlspec.tensor import Tensor


def built(functions: str, body: str) -> ir.ModelIR:
    inputs = "input image: f32[3, 8, 6]\ninput x: f32[8]"
    return model(f"{functions}\nmodel M {{\n{inputs}\n{body}\noutput end = x }}")


def type_of(functions: str, call: str) -> str:
    """The type of a call on `image` and `x`."""
    return str(built(functions, f"output y = {call}").root.outputs[0][1])


def imported(spec: Path) -> ir.ModelIR:
    result = check(spec)
    assert result.program is not None, [d.title for d in result.diagnostics]
    return result.program.models["M"]


def calls(made: ir.ModelIR) -> list[ir.Call]:
    bodies = (s.value for i in made.instances for s in ir.statements(i.body))
    return [f for value in bodies for f in ir.flows(value) if isinstance(f, ir.Call)]


SCALE = "fn scale(x: f32[C, H, W], s: f32[C], by: int = 2) = x * s[:, none, none] * by\n"
S = "mean(image, axis=(1, 2))"


@pytest.mark.parametrize(
    "call",
    [
        f"scale(image, {S})",
        f"scale(image, s={S})",
        f"scale(s={S}, x=image)",
        f"scale(by=3, s={S}, x=image)",
        f"image -> scale({S})",
        f"image -> scale(s={S}, by=1)",
        f"(image, {S}) -> scale",
        f"(image, {S}) -> scale(3)",
        f"(image, s={S}) -> scale(by=3)",
        f"image -> scale({S}) * 3",
    ],
)
def test_arguments_are_positional_or_named_and_what_arrives_is_the_first(call: str) -> None:
    assert type_of(SCALE, call) == "f32[3, 8, 6]"


@pytest.mark.parametrize(
    ("header", "call", "expected"),
    [
        ("f(x: f32[D]) = x * D", "f(x)", "f32[8]"),
        ("f(x: f32[...]) = x", "f(image)", "f32[3, 8, 6]"),
        ("f(x: f32[..., D]) = mean(x) * D", "f(image)", "f32[]"),
        ("f(x: f32[n, H, W], n: int) = x[n - 1]", "f(image, 3)", "f32[8, 6]"),
        (
            "f(x: f32[_, H, 6]) -> f32[6, W] = x[0] -> Rearrange([H, W] -> [W, H])",
            "f(image)",
            "f32[6, 8]",
        ),
        ("f(x: f32[C, ...]) -> f32[...] = x[0]", "f(image)", "f32[8, 6]"),
        ("f(x: f32[C, H, W]) -> f32[C, ...] = mean(x, axis=2)", "f(image)", "f32[3, 8]"),
        ("f(x: f32[C, H, W]) -> f32[..., W] = x[0]", "f(image)", "f32[8, 6]"),
    ],
)
def test_sizes_of_inputs_are_integers_in_a_function(header: str, call: str, expected: str) -> None:
    assert type_of(f"fn {header}", call) == expected


@pytest.mark.parametrize(
    ("returns", "body", "code"),
    [
        ("f32[D]", "x[1:]", "DLS205"),
        ("i32[D]", "x", "DLS205"),
        ("f32[..., 7]", "x", "DLS205"),
        ("f32[D, ...]", "mean(x)", "DLS205"),
        ("f32[D]", "x", ""),
        ("f32[...]", "mean(x)", ""),
    ],
)
def test_what_a_function_is_declared_to_give_is_checked(returns: str, body: str, code: str) -> None:
    text = f"fn f(x: f32[D]) -> {returns} = {body}\n"
    text += "model M { input x: f32[8]\n output y = f(x) }"
    assert [d.code for d in problems(text)] == [code] * bool(code)


def test_several_outputs_are_taken_apart() -> None:
    ends = "fn ends(x: f32[D], n: int) {\n output first = x[:n]\n output x[n:]\n}"
    made = built(ends, "a, b = ends(x, 3)\noutput a\noutput b")
    assert [str(t) for _, t in made.root.outputs] == ["f32[3]", "f32[5]", "f32[8]"]
    assert type_of(ends, "(x -> ends(3)) -> Concat") == "f32[8]"


def test_a_function_has_no_place_among_the_weights() -> None:
    made = built(
        "fn f(x: f32[D]) = tanh(x)",
        "h = x -> Dense(4) -> f -> Dense(8)\nk = f(h) -> f -> Dense(3) -> f\noutput h\noutput k",
    )
    assert layer_names(made) == ["dense", "dense_2", "k"]
    assert {c.module for c in calls(made)} == {()}
    assert parameters(made) == 8 * 4 + 4 + 4 * 8 + 8 + 8 * 3 + 3


def test_equal_uses_are_one_instance_and_numbers_are_arguments() -> None:
    functions = "fn f(x: f32[...], by: int = 2) = x * by"
    made = built(functions, "output y = f(x) + f(x, by=2) + f(x, 3)\noutput z = f(image)")
    found = [i for i in made.instances if i.definition == "f"]
    assert [(i.arguments["by"], str(i.inputs[0][1])) for i in found] == [
        (2, "f32[8]"),
        (3, "f32[8]"),
        (2, "f32[3, 8, 6]"),
    ]
    assert made.definitions["f"].kind == "fn"


def test_functions_use_each_other_those_of_numbers_and_parameters_of_the_file() -> None:
    functions = """
    param base: int = 2
    fn half(n: int) -> int = n // base
    fn halves(x: f32[D]) { output x[:half(D)]
      output x[half(D):] }
    fn folded(x: f32[D]) -> f32[D // 2] { a, b = halves(x)
      output a + b }
    """
    assert type_of(functions, "folded(x)") == "f32[4]"


def test_a_tensor_may_be_written_again_and_a_number_may_not() -> None:
    text = "fn f(x: f32[D], n: int) {{ {} = x * n\n output x }}\n"
    text += "model M {{ input x: f32[8]\n output y = f(x, 3) }}"
    assert problems(text.format("x")) == []
    assert [d.code for d in problems(text.format("n"))] == ["DLS102"]


def test_a_function_is_passed_as_a_layer() -> None:
    text = """
    fn swish(x: f32[...], beta: float = 1.0) = x * sigmoid(beta * x)
    block Unit(n: int, act: layer = swish) = Dense(n) -> act
    model M { input x: f32[8]
      output y = x -> Unit(3) -> Unit(4, act=swish(beta=2)) -> Unit(5, act=(swish -> Dense(2))) }
    """
    made = model(text)
    assert [c.arguments["beta"].value for c in calls(made) if c.block == "swish"] == [1, 2, 1]
    assert layer_names(made) == ["unit.dense", "unit_2.dense", "unit_3.dense", "unit_3.act.dense"]


@pytest.mark.parametrize("of_class", ["class[K][N]", "class[4][N]", "i32[N]", "class[K][...]"])
def test_the_count_of_classes_is_a_size(of_class: str) -> None:
    """No input of a model is a class, so the call is made by hand."""
    text = f"fn f(scores: f32[K, N], target: {of_class}) = scores * K"
    file, errors = parse(Source("spec.dls", text))
    assert not errors
    table = collect(file)
    builder = ModelBuilder(table, {}, Scope())
    fn = table.functions["f"]
    builder.frame = Frame(fn, Names(), Scope(), {}, {})
    span = Span(file.source, 0, 1)
    types = (Tensor("f32", (4, 6)), Tensor("class", (6,), 4))
    given = tuple(Given(span, None, Value(ir.Wire(name="w", types=(t,)))) for t in types)
    builder.apply_fn(fn, given, fn)
    assert builder.problems == []
    (made,) = builder.instances
    assert made.dims["K"] == 4
    wrong = (
        given[0],
        Given(span, None, Value(ir.Wire(name="w", types=(Tensor("class", (6,), 5),)))),
    )
    if of_class.startswith("class"):
        with pytest.raises(Exception, match="DLS202"):
            builder.apply_fn(fn, wrong, fn)


def test_what_is_common_to_all_examples_stays_so_in_functions() -> None:
    functions = "fn f(x: f32[D]) = tanh(x) * 2\nfn g(x: f32[D]) = x - mean(x)"
    body = "let w = Parameter(f32[8], init=ones)\noutput a = f(w) + x\noutput b = g(w) + x"
    made = built(functions, body)
    common = {i.definition: i.inputs[0][1].common for i in made.instances if i.definition != "M"}
    assert common == {"f": True, "g": True}


def test_functions_of_a_file_that_is_imported_whole(tmp_path: Path) -> None:
    (tmp_path / "losses.dls").write_text(
        "param rate: float = 0.5\n"
        "fn blend(a: f32[D], b: f32[D]) = rate * a + (1 - rate) * b\n"
        "fn half(n: int) -> int = n // 2\n"
    )
    (tmp_path / "spec.dls").write_text(
        'import "losses.dls" as losses\nfrom "losses.dls" import blend as mixed\n'
        "fn blend(a: f32[D]) = a\n"
        "model M { input x: f32[8]\n"
        "  h = x -> losses.blend(x) -> Dense(losses.half(16))\n"
        "  output y = losses.blend(mixed(h, x), blend(x)) }\n"
    )
    made = imported(tmp_path / "spec.dls")
    assert {c.block for c in calls(made)} == {"blend", "losses_blend"}


def test_two_files_may_have_definitions_of_one_name(tmp_path: Path) -> None:
    for name, act in (("a", "ReLU"), ("b", "Tanh")):
        text = f"block Unit(n: int) = Dense(n) -> {act}\nfn f(x: f32[D]) = x -> {act}"
        (tmp_path / f"{name}.dls").write_text(text)
    (tmp_path / "spec.dls").write_text(
        'import "a.dls" as a\nimport "b.dls" as b\nmodel M { input x: f32[8]\n'
        "  output y = x -> a.Unit(8) -> b.Unit(8) -> a.f -> b.f }\n"
    )
    made = imported(tmp_path / "spec.dls")
    kinds = [layer.apply.op.kind() for layer in ir.layers(made)]
    assert kinds == ["Dense", "ReLU", "Dense", "Tanh", "ReLU", "Tanh"]


def test_several_results_are_declared_in_parentheses() -> None:
    halves = """
fn halves(x: f32[N]) -> (f32[N // 2], f32[N - N // 2]) { output x[:N // 2]; output x[N // 2:] }
fn again(x: f32[N]) -> (f32[N // 2], f32[N - N // 2]) = halves(x)
"""
    made = built(halves, "a, b = x[:7] -> again\noutput a\noutput b")
    assert [str(t) for _, t in made.root.outputs] == ["f32[3]", "f32[4]", "f32[8]"]
    written = {
        "(f32[N], f32[N]) = x": "DLS205",
        "(f32[N], f32[N]) { output x; output x; output x }": "DLS205",
        "(f32[N], f32[2]) { output x; output x }": "DLS205",
        "(int, f32[N]) = x": "DLS108",
    }
    for result, code in written.items():
        spec = (
            f"fn f(x: f32[N]) -> {result}\nmodel M {{ input x: f32[5]; a, b = f(x); output a + b }}"
        )
        assert [d.code for d in problems(spec)] == [code], result
    assert [d.code for d in problems("fn f(n: int) -> (int, int) = [n, n]")] == ["DLS108"]
