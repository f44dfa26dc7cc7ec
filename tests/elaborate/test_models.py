"""Shapes, parameters and errors of models."""

from __future__ import annotations

import pytest
from build import model, parameters, problems, weight_names

from dlspec.ir import model as ir

RESNET = """
block ConvBN(c: int, k: int, stride: int = 1, act: layer = ReLU)
  = Conv2D(c, k, stride=stride, padding=k // 2, bias=false) -> BatchNorm -> act

block Residual(channels: int, stride: int = 1) {
  input x: f32[C, H, W]
  y = x -> ConvBN(channels, 3, stride=stride) -> ConvBN(channels, 3, act=Identity)
  if stride != 1 or C != channels {
    x = x -> (Conv2D(channels, 1, stride=stride, bias=false) -> BatchNorm) as shortcut
  }
  output x + y -> ReLU
}

model ResNet(depths: list[int] = [2, 2, 2, 2], widths: list[int] = [64, 128, 256, 512],
    classes: int = 10) {
  input image: f32[3, 32, 32]
  x = image -> ConvBN(widths[0], 3)
  for i, n in enumerate(depths) {
    x = x -> Residual(widths[i], stride=1 if i == 0 else 2) -> Residual(widths[i]) * (n - 1)
  }
  output logits = x -> GlobalAvgPool2D -> Dense(classes)
}
"""


def test_the_resnet_of_the_reference_has_its_published_parameters() -> None:
    made = model(RESNET)
    assert parameters(made) == 11_173_962
    assert [str(t) for _, t in made.root.outputs] == ["f32[10]"]


def test_an_override_reaches_every_layer() -> None:
    made = model(RESNET, given=("ResNet.depths=[1, 1]", "ResNet.widths=[8, 16]"))
    assert max(len(f.types[0].shape) for layer in ir.layers(made) for f in [layer.apply]) == 3
    assert (
        parameters(made)
        == 3 * 8 * 9
        + 16
        + 2 * (8 * 8 * 9 + 16)
        + (8 * 16 * 9 + 32 + 16 * 16 * 9 + 32 + 8 * 16 + 32)
        + 16 * 10
        + 10
    )


def test_equal_uses_of_a_block_are_one_instance() -> None:
    text = "block B { input x: f32[D]\noutput x -> Dense(D) }\nmodel M { input x: f32[8]\n"
    made = model(text + "output y = x -> B * 50 }")
    assert len(made.instances) == 2
    assert parameters(made) == 50 * (8 * 8 + 8)


def test_shared_instances_count_once() -> None:
    text = "model M { input a: f32[8]\ninput b: f32[8]\nlet f = Dense(4)\noutput y = f(a) + f(b) }"
    assert parameters(model(text)) == 8 * 4 + 4


def test_named_inputs_go_to_every_copy_of_a_repeat() -> None:
    text = """
    block Cond { input x: f32[D]
      input t: f32[T]
      output x + (t -> Dense(D)) }
    model M { input x: f32[8]
      input t: f32[3]
      output y = (x, t=t) -> Cond * 3 }
    """
    assert parameters(model(text)) == 3 * (3 * 8 + 8)


CASES = {
    "DLS100": "model M { input x: f32[3]\noutput y = x -> Dense2(4) }",
    "DLS101": "model M { input x: f32[3]\noutput y = x }\n"
    "model M { input x: f32[3]\noutput y = x }",
    "DLS102": "model M(n: int = 3) { input x: f32[3]\nn = x -> ReLU\noutput n }",
    "DLS103": "model M { input x: f32[3]\noutput y = x -> Dense(4, biass=true) }",
    "DLS104": "block B(n: int) = Dense(n)\nmodel M { input x: f32[3]\noutput y = x -> B }",
    "DLS105": "block B(n: int) = Dense(n)\nmodel M { input x: f32[3]\noutput y = x -> B(1, 2) }",
    "DLS106": "model M { input x: f32[3]\ny = x -> ReLU\noutput z = x -> y }",
    "DLS107": "model M { input x: f32[4]\nfor i in range(2) { let d = Dense(4) }\noutput y = x }",
    "DLS108": "model M { input x: f32[3]\nx -> ReLU\noutput y = x }",
    "DLS109": "model M { input x: f32[3]\nif false { y = x -> ReLU }\noutput z = y }",
    "DLS110": "block B = B -> ReLU\nmodel M { input x: f32[3]\noutput y = x -> B }",
    "DLS111": "model M { input x: f32[3]\ny = x -> ReLU }",
    "DLS113": "model M { input x: f32[3]\noutput y = x -> Dense(2)\nweights z { init = zeros } }",
    "DLS120": "# nothing\n",
    "DLS201": "model M { input x: f32[3]\noutput y = x -> Conv2D(4, 3) }",
    "DLS202": "block B { input x: f32[C, H, W]\noutput x }\n"
    "model M { input x: f32[3]\noutput y = x -> B }",
    "DLS203": "model M { input x: f32[3]\noutput y = (x, x) -> Dense(3) }",
    "DLS204": "model M { input x: f32[3]\ninput z: f32[4]\noutput y = x + z }",
    "DLS205": "model M { input x: f32[3]\noutput y: f32[4] = x -> Dense(5) }",
    "DLS206": "model M { input x: f32[N]\noutput y = x }",
    "DLS207": "model M { input x: f32[3]\na, b = x -> ReLU\noutput a }",
    "DLS208": "model M { input x: f32[3]\noutput y = 3 }",
    "DLS209": "model M { input x: f32[3]\noutput y = x -> Dense(x) }",
    "DLS220": "model M { input x: f32[T <= 3, 4]\noutput y = x -> Dense(T) }",
    "DLS221": "model M { input x: f32[4 <= 8]\noutput y = x }",
    "DLS230": "model M { input x: f32[4, 3]\noutput y = x -> Scan(LSTM(3)) }",
    "DLS300": 'model M(n: int = "3") { input x: f32[3]\noutput y = x -> Dense(n) }',
    "DLS301": "model M { input x: f32[3]\noutput y = x -> Dense(0) }",
    "DLS302": "model M(n: int = 1 // 0) { input x: f32[3]\noutput y = x }",
    "DLS303": "model M { input x: f32[3]\noutput y = x -> ReLU * 1000000000 }",
    "DLS304": 'model M { input x: f32[3]\nrequire(1 == 2, "one is two")\noutput y = x }',
}


@pytest.mark.parametrize("code", CASES)
def test_each_error_has_a_case(code: str) -> None:
    assert [d.code for d in problems(CASES[code])] == [code]


def test_a_constant_has_as_many_numbers_as_a_list() -> None:
    text = "let table = linspace(0, 1, {})\nmodel M {{ input x: f32[3]\noutput y = x * table[0] }}"
    assert not problems(text.format(10**5))
    assert [d.code for d in problems(text.format(10**9))] == ["DLS301"]


def test_a_parameter_that_is_its_own_default_has_no_value() -> None:
    text = "param n: int = n\nmodel M { input x: f32[3]\noutput y = x -> Dense(n) }"
    assert [d.code for d in problems(text)] == ["DLS100"]


def test_a_product_behind_a_chain_says_how_to_write_it() -> None:
    (found,) = problems("model M { input x: f32[3]\noutput y = x -> Dense(3) * x }")
    assert (found.code, "(x -> Dense(3)) * x" in found.help) == ("DLS209", True)


def test_independent_errors_are_reported_in_one_run() -> None:
    text = """model M {
      input x: f32[3]
      a = x -> Dens(4)
      b = x -> Dense(0)
      c = x -> Conv2D(4, 3)
      d = a + b + c
      output d
    }"""
    assert [d.code for d in problems(text)] == ["DLS100", "DLS301", "DLS201"]


def test_an_error_in_a_block_says_which_use_made_it() -> None:
    text = RESNET.replace("stride != 1 or C != channels", "false")
    (found,) = problems(text)
    assert found.code == "DLS204"
    assert found.label == "f32[64, 32, 32] + f32[128, 16, 16]"
    assert next(iter(found.notes)).startswith("in Residual(channels=128, stride=2), used at")
    assert "Conv2D(" in found.help


@pytest.mark.parametrize(
    "text",
    [
        "param n: int = 10 ** 10 ** 10",
        "model M { input x: f32[3]\noutput y = x -> Dense(9223372036854775807 + 1) }",
        "model M { input x: f32[3]\nfor i in range(10 ** 9) { x = x -> ReLU }\noutput x }",
        "param n: int = sum([sum([a for a in range(5000)]) for b in range(5000)])",
        "param n: int = len([[0] * 100000] * 100000)",
        "param n: int = len([[0] * 100000 for a in range(100000)])",
        "param n: int = sum([sum(range(100000)) for a in range(100000)])",
    ],
)
def test_arithmetic_has_limits(text: str) -> None:
    assert [d.code for d in problems(text)] == ["DLS303"]


NEST = "for i in range(300) { for j in range(300) { x = x -> ReLU } }"
COUNT = "fn f(n: int) -> int {\nk = 0\nfor a in range(n) { for b in range(n) { %s } }\noutput k }\n"
LIST = "[[[c for c in range(300)] for b in range(300)] for a in range(300)]"


@pytest.mark.parametrize(
    ("text", "at"),
    [
        (f"model M {{ input x: f32[3]\n{NEST}\noutput x }}", "range(300)"),
        (f"model M {{ input x: f32[3]\nif true {{ {NEST} }}\noutput x }}", "range(300)"),
        (COUNT % "k = k + 1" + "param p: int = f(2000)", "range(n)"),
        (f"param p: int = len({LIST})", LIST),
        (
            "model M { input x: f32[3]\noutput y = x -> ((ReLU * 90 -> Tanh) * 90 -> ReLU) * 90 }",
            "((ReLU * 90 -> Tanh) * 90 -> ReLU) * 90",
        ),
    ],
)
def test_a_nest_of_loops_is_refused_before_its_first_round(text: str, at: str) -> None:
    (found,) = problems(text)
    assert (found.code, found.span.text) == ("DLS303", at)


@pytest.mark.parametrize(
    "text",
    [
        # a function may end in the first round
        COUNT % "if b == 3 { output b }" + "param p: int = f(2000)",
        # the inner loop may be empty in most rounds, or not be reached
        "fn f() -> int {\nk = 0\nfor i in range(900) { for j in range(i // 899) {"
        " for l in range(2000) { k = k + 1 } } }\noutput k }\nparam p: int = f()",
        "model M { input x: f32[3]\nn = 400\nfor i in range(400) {\n"
        "for j in range(n) { x = x -> ReLU }\nn = 0 }\noutput y = x }",
        f"model M {{ input x: f32[3]\nfor k in range(2) {{ if k > 5 {{ {NEST} }} }}\n"
        "output y = x }",
        "model M { input x: f32[3]\noutput y = x -> ((ReLU * 300 -> Tanh) * 300) * 0 }",
    ],
)
def test_a_nest_that_may_end_early_runs(text: str) -> None:
    assert problems(text) == []


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("param c: int = 3\nmodel M { input x: f32[3]\nc = x\noutput c }", ["DLS102"]),
        (
            "block B { input x: f32[3]\nstate h: f32[3] = 0\nnext h = x\noutput x }\n"
            "model M { input x: f32[3]\noutput y = x -> B }",
            ["DLS107"],
        ),
        ("model M { input x: i32[3]\noutput y = x + 1.5 }", ["DLS300"]),
        ("param p: anything = 3", ["DLS100"]),
        ("param p: float = 10 %", []),
        ("param p: float = 10 epochs", ["DLS300"]),
    ],
)
def test_what_is_refused(text: str, codes: list[str]) -> None:
    assert [d.code for d in problems(text)] == codes


def test_dots_in_an_input_stand_for_any_number_of_axes() -> None:
    text = """
    block Wide(d: int) { input x: f32[T, ..., D]; output x -> Dense(D + T) }
    model M { input x: f32[5, 4]; input y: f32[5, 2, 3, 4]
      output a = x -> Wide(1); output b = y -> Wide(1) }"""
    made = model(text)
    assert [str(t) for _, t in made.root.outputs] == ["f32[5, 9]", "f32[5, 2, 3, 9]"]


def test_a_tied_head_counts_once() -> None:
    """references.md: 7,330,478 parameters, of which 33,278 words of 200 stand in one table."""
    text = """
    model WordLM(vocab: int = 33278, dim: int = 200) {
      input tokens: i32[35]
      let words = Embedding(vocab, dim)
      let bias = Parameter(f32[vocab], init=zeros)
      x = tokens -> words -> LSTM(dim, layers=2, return=all)
      output logits: f32[35, vocab] = (x -> words.transposed) + bias[none]
    }"""
    made = model(text)
    assert parameters(made) == 7_330_478
    assert "words.weight" in weight_names(made)
    assert len(weight_names(made)) == 1 + 1 + 6


BACKBONE = """
block Net(classes: int = 10) {
  input x: f32[C, H, W]
  x = x -> Conv2D(4, 3)
  if classes > 5 { x = x -> Conv2D(8, 1) }
  output features = x -> GlobalAvgPool2D
  x = features -> Dense(7)
  output logits = x -> Dense(classes)
}
"""


def test_a_wire_of_a_block_needs_what_stands_before_it_and_no_more() -> None:
    text = (
        BACKBONE
        + "model M { input image: f32[3, 8, 8]; output y = image -> Net.features -> Dense(2) }"
    )
    made = model(text)
    assert weight_names(made) == [
        f"{layer}.{kind}"
        for layer in ("net.conv2d", "net.conv2d_2", "dense")
        for kind in ("weight", "bias")
    ]


def test_the_last_wire_of_a_name_is_meant() -> None:
    text = BACKBONE + "model M { input image: f32[3, 8, 8]; output y = image -> Net.x }"
    assert [str(t) for _, t in model(text).root.outputs] == ["f32[7]"]
