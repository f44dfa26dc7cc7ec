"""From a file to a program, with everything that is wrong with it."""

from pathlib import Path

import pytest

from dlspec.pipeline import check

SPECS = sorted((Path(__file__).parents[2] / "specs").glob("*.dls"))

NET = """model Net(width: int = 8) {
  input x: f32[4]
  output y = x -> Dense(width)
}
"""
TRAINED = """param rate: float = 0.1 in log(1e-3, 1)
data rows {
  source = csv("rows.csv")
  field x: f32[4] = columns("a", "b", "c", "d")
  field t: f32[1] = column("e")
  split = random(train=80 %, val=20 %)
}
model Net(width: int = 8 in choice(4, 8)) {
  input x: f32[4]
  output y = x -> Dense(width) -> ReLU -> Dense(1)
}
train { data = rows; model = Net(); loss = MSE(y, t); optimizer = SGD(lr=rate); epochs = 2 }
"""


def codes(result):
    return [d.code for d in result.diagnostics]


@pytest.mark.parametrize("spec", SPECS, ids=lambda p: p.stem)
def test_our_specs_check(spec):
    result = check(spec)
    assert codes(result) == []
    assert result.program is not None and result.program.trains


def test_digits_is_the_example_of_the_contract(program):
    text = (SPECS[0].parent / "digits.dls").read_text()
    train = program(text).trains[""]
    assert (train.epochs, train.batch, train.clip_norm, train.inputs) == (
        30,
        64,
        1.0,
        {"image": "image"},
    )
    assert [m.name for m in train.metrics] == ["accuracy", "f1", "confusion_matrix"]


def test_a_file_without_train_is_a_library(program):
    made = program(NET)
    assert list(made.models) == ["Net"] and made.trains == {}


def test_an_empty_file_is_a_warning(checked):
    for text in ("", "# nothing\n", "\n\n"):
        result = checked(text)
        assert codes(result) == ["DLS120"] and result.program is not None


@pytest.mark.parametrize("name", ["nix.dls", "", "a\0b"])
def test_a_file_that_cannot_be_read(tmp_path, name):
    assert codes(check(tmp_path / name)) == ["DLS001"]


def test_a_file_that_is_no_text(tmp_path):
    (tmp_path / "a.dls").write_bytes(b"param a: int = 1\xff\n")
    result = check(tmp_path / "a.dls")
    assert codes(result) == ["DLS002"] and "0xff at offset 16" in result.errors[0].title


def test_a_bom_and_windows_line_ends_are_fine(tmp_path):
    (tmp_path / "a.dls").write_bytes(b"\xef\xbb\xbf" + NET.replace("\n", "\r\n").encode())
    assert codes(check(tmp_path / "a.dls")) == []


def test_independent_errors_come_together_in_order_of_place(checked):
    text = (
        TRAINED.replace("f32[4] = columns", "f32[5] = columns")
        .replace("ReLU", "Relu")
        .replace("MSE(y, t)", "MSEE(y, t)")
        .replace("SGD(lr=rate)", "SGD(lr=rat)")
    )
    result = checked(text)
    lines = [d.span.line for d in result.diagnostics]
    assert result.program is None
    assert lines == sorted(lines) and len(set(lines)) >= 3
    assert {4, 10, 12} <= set(lines)


def test_a_mistake_in_a_trained_model_is_told_once(checked):
    assert codes(checked(TRAINED.replace("ReLU", "Relu"))) == ["DLS100"]


def test_a_model_whose_parameters_have_no_values_is_checked_where_it_is_used(checked):
    text = TRAINED.replace("width: int = 8 in choice(4, 8)", "width: int")
    assert codes(checked(text)) == ["DLS104"]
    made = checked(text.replace("Net()", "Net(3)")).program
    assert made.models == {} and made.trained[""].root.arguments == {"width": 3}


# --- parameters -------------------------------------------------------------------------------


def test_parameters_have_their_types_and_see_the_ones_before(program):
    text = "param a: int = 2\nparam b: float = a * 3\nparam c: list[int] = [a, a + 1]\n"
    assert program(text).parameters == {"a": 2, "b": 6.0, "c": [2, 3]}
    assert type(program(text).parameters["b"]) is float


def test_models_read_parameters_of_the_file(program):
    text = "param n: int = 6\n" + NET.replace("= 8", "= n")
    assert program(text).models["Net"].root.outputs[0][1].shape == (6,)
    assert program(text, "n=7").models["Net"].root.outputs[0][1].shape == (7,)


def test_set_overrides_file_and_model(program):
    made = program(TRAINED, "rate=1e-2", "Net.width=4")
    assert made.trains[""].optimizer.lr == 0.01
    assert made.trained[""].root.arguments == {"width": 4}


def test_the_last_of_two_sets_wins(program):
    assert program(TRAINED, "rate=0.5", "rate = 1/4").parameters == {"rate": 0.25}


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        ("rate", "DLS630", "does not set a parameter"),
        ("=3", "DLS630", "does not set a parameter"),
        ("rate=1;b=2", "DLS630", "does not set a parameter"),
        ("rate=1\nparam q: int = 1", "DLS630", "does not set a parameter"),
        ("rat=1", "DLS112", "no parameter `rat`"),
        ("Net.widht=4", "DLS112", "no parameter `Net.widht`"),
        ("if=4", "DLS112", "no parameter `if`"),
        ("rate=", "DLS030", "expected a value"),
        ('rate="a"', "DLS300", "`rate` takes a number"),
        ("Net.width=2.5", "DLS300", "`width` takes an integer"),
        ("rate=2", "DLS305", "`rate` = 2.0 is outside its space"),
        ("Net.width=5", "DLS305", "`width` = 5 is outside its space"),
        ("rate=1/0", "DLS302", "division by zero"),
        ("rate=nix", "DLS100", "there is no name `nix`"),
    ],
)
def test_a_wrong_set_is_a_sentence(checked, given, code, said):
    result = checked(TRAINED, given)
    assert codes(result) == [code] and said in result.errors[0].title


def test_a_near_name_is_suggested(checked):
    assert "`rate`" in checked(TRAINED, "rat=1").errors[0].help


@pytest.mark.parametrize(
    ("space", "why"),
    [
        ("nix(1, 2)", ""),
        ("3", ""),
        ("log(1)", "`log` takes two numbers"),
        ("log(0, 1)", "above 0"),
        ("uniform(2, 1)", "the least comes first"),
        ("choice()", "values without names"),
        ("choice(a=1)", "values without names"),
    ],
)
def test_what_is_no_space(checked, space, why):
    result = checked(f"param a: float = 1 in {space}\n")
    assert codes(result) == ["DLS631"] and why in result.errors[0].label


def test_defaults_lie_in_their_spaces(checked):
    fine = 'param a: str = "x" in choice("x", "y")\nparam b: float = 0 in uniform(0, 1)\n'
    assert codes(checked(fine)) == []
    assert codes(checked("param a: int = 3 in choice(1, 2)\n")) == ["DLS305"]
    assert codes(checked("param a: bool = true in choice(1, 2)\n")) == ["DLS300"]


def test_a_parameter_without_a_value_is_asked_for(checked):
    result = checked("param a: int\n")
    assert codes(result) == ["DLS104"]
    assert checked("param a: int\n", "a=3").program.parameters == {"a": 3}


def test_what_depends_on_a_broken_parameter_says_nothing_more(checked):
    text = "param n: int = nix\nparam m: int = n + 1\n" + NET.replace("= 8", "= n")
    assert codes(checked(text)) == ["DLS100"]


@pytest.mark.parametrize(
    ("shape", "warned"), [("f32[T, 4]", []), ("f32[7, 4]", ["DLS240"]), ("f32[7, d]", ["DLS240"])]
)
def test_an_input_whose_size_is_read_is_read(checked, shape, warned):
    count = "T" if "T" in shape else "7"
    text = f"""
block Gaps(d: int) {{ input x: {shape}; output range({count})[:, none] * d }}
model M {{ input x: f32[7, 4]; output y = cast(x -> Gaps(4), f32) }}
"""
    result = checked(text)
    assert result.program is not None and codes(result) == warned
