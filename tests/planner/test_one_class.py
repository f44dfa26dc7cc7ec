"""Uses of one block with other numbers share one class, and repeats stay loops."""

from __future__ import annotations

import ast

import pytest
import torch
from build import model, weight_names
from interpret import interpret

from dlspec.backend.plan import model_file
from dlspec.backend.registry import find
from dlspec.ir import model as ir
from dlspec.passes.batch import batched
from dlspec.passes.layout import channels_last
from dlspec.pipeline import check
from dlspec.source import Source

FEATURES = "[x -> Dense(6) for i in range(n)]"

# name: a body of `block B(n: int)` from x: f32[D] to f32[6], and a line that the class has
BODIES = {
    "a sum of a list": (
        f"parts = {FEATURES}\noutput sum(parts)",
        "return sum(parts[1:], parts[0])",
    ),
    "a sum of a list where it is read": (
        f"output sum({FEATURES})",
        "parts = [dense(x) for dense in self.denses]",
    ),
    "a list joined": (
        f"parts = {FEATURES}\noutput parts -> Concat -> Dense(6)",
        "torch.cat(parts, dim=1)",
    ),
    "a list and more, joined": (
        f"parts = {FEATURES}\noutput parts + [x] -> Concat -> Dense(6)",
        "parts_2 = parts + [x]",
    ),
    "a list over tensors": (
        f"parts = {FEATURES}\nsoft = [tanh(p) * 2 for p in parts]\noutput sum(soft)",
        "soft = [torch.tanh(p) * 2 for p in parts]",
    ),
    "a list over tensors where it is read": (
        f"parts = {FEATURES}\noutput [p -> Dense(4) -> ReLU for p in parts] -> Concat -> Dense(6)",
        "F.relu(dense(p)) for dense, p in zip(self.denses, parts, strict=True)",
    ),
    "layers over tensors": (
        f"parts = {FEATURES}\noutput sum([p -> Dense(6) for p in parts])",
        "self.denses = nn.ModuleList(nn.Linear(6, 6) for _ in range(n))",
    ),
    "a list over two lists": (
        f"a = {FEATURES}\nb = {FEATURES}\noutput sum([p * q for p, q in zip(a, reversed(b))])",
        "[p * q for p, q in zip(a, reversed(b), strict=True)]",
    ),
    "a list over numbered tensors": (
        f"parts = {FEATURES}\noutput sum([p * i for i, p in enumerate(parts)])",
        "[p * i for i, p in enumerate(parts)]",
    ),
    "a loop over part of a list": (
        f"parts = {FEATURES}\ny = parts[0]\nfor p in parts[1:] {{ y = tanh(y) + p }}\noutput y",
        "for p in parts[1:]:",
    ),
    "elements read by their index": (
        f"parts = {FEATURES}\ny = x -> Dense(6)\n"
        "for i in range(n) { y = tanh(y) + parts[n - 1 - i] }\noutput y",
        "parts[self.n - 1 - i]",
    ),
    "as many elements as a parameter says": (
        "parts = [x -> Dense(6) for i in range(5)]\noutput sum(parts[:n]) + parts[n]",
        "parts[: self.n]",
    ),
    "a loop over numbers and tensors": (
        f"parts = {FEATURES}\ny = parts[0]\n"
        "for w, p in zip(range(2, n + 2), parts) { y = tanh(y) + p * w }\noutput y",
        "for w, p in zip(range(2, self.n + 2), parts, strict=True):",
    ),
    "a list in a choice": (
        f"output sum({FEATURES}) if n > 2 else (x -> Dense(6))",
        "parts = [dense(x) for dense in self.denses]",
    ),
    "a choice of lists": (
        f"parts = {FEATURES} if n > 2 else [x -> Dense(6), x -> Dense(6)]\noutput sum(parts)",
        "return sum(parts[1:], parts[0])",
    ),
}


WINDOWS = {
    "Conv2D(4, k, stride=s, padding=same)": "self.conv2d(F.pad(x, self.padding))",
    "DepthwiseConv2D(k, stride=s, padding=same)": "self.depthwise_conv2d(F.pad(x, self.padding))",
    "SeparableConv2D(4, k, stride=s, padding=same)": "F.pad(x, self.padding)",
    "MaxPool2D(k, stride=s, padding=same)": 'F.pad(x, self.padding, value=float("-inf"))',
    "AvgPool2D(k, stride=s, padding=same)": "avg_pool2d(x, self.k, self.s, self.padding)",
    "AvgPool2D(k, stride=s, padding=same, count_include_pad=true)": "self.padding",
    "LPPool2D(k, stride=s, padding=same)": "F.lp_pool2d(F.pad(x, self.padding)",
    "Unfold2D(k, stride=s, padding=same) -> Conv2D(4, 1)": "F.unfold(F.pad(x, self.padding)",
}
"""Layers whose padding is even at both ends in some uses only, with what the class has."""


def spec(body: str) -> str:
    return f"""
block B(n: int) {{
  input x: f32[D]
  {body}
}}
model M {{
  input x: f32[4]
  output y = x -> B(1) -> B(3) -> B(2) -> B(4) -> Dense(2)
}}
"""


@pytest.mark.parametrize("name", BODIES)
def test_uses_of_a_block_with_other_numbers_share_a_class(name: str) -> None:
    body, line = BODIES[name]
    made = model(spec(body))
    text = model_file(batched(made), find("torch"))
    assert [s.name for s in ast.parse(text).body if isinstance(s, ast.ClassDef)] == ["B", "M"]
    assert line in text
    keras = ast.parse(model_file(channels_last(batched(made)), find("keras")))
    assert [s.name for s in keras.body if isinstance(s, ast.ClassDef)] == ["B", "M"]


@pytest.mark.parametrize("name", BODIES)
def test_the_shared_class_computes_what_each_use_says(name: str) -> None:
    made = model(spec(BODIES[name][0]))
    agrees(made, model_file(batched(made), find("torch")), torch.randn(3, 4))


def agrees(made: ir.ModelIR, text: str, x: torch.Tensor) -> None:
    """Whether the classes compute what the trace says."""
    space: dict = {}
    exec(text, space)
    torch.manual_seed(0)
    net = space[made.name]().eval()
    state = net.state_dict()
    assert set(state) == set(weight_names(made))
    for tensor in state.values():
        tensor.normal_()
    with torch.no_grad():
        found, expected = net(x), interpret(made, state, {"x": x})["y"]
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("layer", WINDOWS)
def test_padding_of_any_kind_is_one_class(layer: str) -> None:
    made = model(f"""
    block B(k: int, s: int) = {layer}
    model M {{
      input x: f32[4, 12, 10]
      y = x -> B(3, 1) -> B(3, 2)
      output y = y -> B(2, 2) -> B(1, 1) -> Flatten -> Dense(2)
    }}""")
    text = model_file(batched(made), find("torch"))
    assert [s.name for s in ast.parse(text).body if isinstance(s, ast.ClassDef)] == ["B", "M"]
    assert WINDOWS[layer] in text
    agrees(made, text, torch.randn(3, 4, 12, 10))


ITERATORS = {
    # what Python goes through once, the language has as a list
    "for i, n in reversed(enumerate(ns)) { x = x * n + i }\noutput x": (
        "for i, n in reversed(list(enumerate(self.ns))):"
    ),
    "for a, b in reversed(zip(ns, reversed(ns))) { x = x * a + b }\noutput x": (
        "for a, b in reversed(list(zip(self.ns, reversed(self.ns)))):"
    ),
    "for n in reversed(ns) { x = x + n }\noutput x * reversed(ns)[0]": (
        "return x * list(reversed(self.ns))[0]"
    ),
    "output x * sum([n * i for i, n in enumerate(ns)]) + len(zip(ns, ns))": "len(list(zip(",
    "output x -> Inner(reversed(ns))": "Inner(list(reversed(ns)))",
}


@pytest.mark.parametrize("body", ITERATORS)
def test_lists_of_functions_may_be_read_in_any_way(body: str) -> None:
    made = model(f"""
    block Inner(ns: list[int]) {{
      input x: f32[D]
      for n in ns {{ x = x * n }}
      for n in ns {{ x = x + n }}
      output x
    }}
    block B(ns: list[int]) {{
      input x: f32[D]
      {body}
    }}
    model M {{
      input x: f32[4]
      output y = x -> B([3, 2]) -> B([2, 6, 7]) -> Dense(2)
    }}""")
    text = model_file(batched(made), find("torch"))
    assert ITERATORS[body] in text
    agrees(made, text, torch.randn(3, 4))


@pytest.mark.parametrize("cut", ["c", "(c, 1)", "(1, c)"])
@pytest.mark.parametrize("name", ["torch", "keras"])
def test_what_some_uses_cut_off_and_others_do_not_is_one_class(name: str, cut: str) -> None:
    made = model(f"""
    block B(c: int) {{
      input x: f32[C, L]
      output x -> Crop1D({cut}) -> Conv1D(3, 1)
    }}
    model M {{
      input x: f32[4, 20]
      output y = x -> B(0) -> B(1) -> B(2) -> Flatten -> Dense(2)
    }}""")
    batch = batched(made)
    text = model_file(batch if name == "torch" else channels_last(batch), find(name))
    assert [s.name for s in ast.parse(text).body if isinstance(s, ast.ClassDef)] == ["B", "M"]
    if name == "torch":
        agrees(made, text, torch.randn(3, 4, 20))


def test_elements_of_a_list_in_reverse_are_counted_from_its_end() -> None:
    made = model("""
    block B(ns: list[int], ms: list[int]) {
      input x: f32[N]
      for n in reversed(ns) { x = x + (x -> Dense(n) -> Dense(N)) }
      for i in reversed(range(len(ns))) { x = x + (x -> Dense(ns[i]) -> Dense(N)) }
      for n, m in zip(ns, ms) { x = x + (x -> Dense(n + m) -> Dense(N)) }
      output x
    }
    model M { input x: f32[4]; output y = x -> B([3, 2], [1, 5]) }""")
    text = model_file(batched(made), find("torch"))
    assert "(4, ns[-1])" in text and "ns[len(ns) - 1]" in text and "reversed" not in text
    agrees(made, text, torch.randn(3, 4))


@pytest.mark.parametrize("name", ["torch", "keras"])
def test_attention_that_is_causal_in_some_uses_only_is_one_class(name: str) -> None:
    made = model("""
    block Reads(heads: int, causal: bool = false) {
      input x: f32[T, D]
      output (x, x, x) -> Attention(heads=heads, causal=causal) -> Dense(D)
    }
    model M {
      input x: f32[4, 6]
      output y = x -> Reads(2) -> Reads(3, causal=true) -> Flatten -> Dense(2)
    }""")
    batch = batched(made)
    text = model_file(batch if name == "torch" else channels_last(batch), find(name))
    assert [s.name for s in ast.parse(text).body if isinstance(s, ast.ClassDef)] == ["Reads", "M"]
    assert "is_causal=self.causal" in text
    if name == "torch":
        agrees(made, text, torch.randn(3, 4, 6))


@pytest.mark.parametrize("name", ["torch", "keras"])
def test_an_axis_that_differs_between_uses_is_an_argument(name: str) -> None:
    made = model("""
    block Mean(axis: int) {
      input x: f32[T, D]
      output mean(x, axis=axis) -> Dense(3)
    }
    model M {
      input x: f32[4, 6]
      output y = (x -> Mean(0)) + (x -> Mean(1))
    }""")
    batch = batched(made)
    text = model_file(batch if name == "torch" else channels_last(batch), find(name))
    assert [s.name for s in ast.parse(text).body if isinstance(s, ast.ClassDef)] == ["Mean", "M"]
    if name == "torch":
        agrees(made, text, torch.randn(3, 4, 6))


NETWORKS = """
data d {
  source = sklearn("digits")
  field image: f32[1, 8, 8] = column("image")
  field label: class[10] = column("target")
  split = random(train=80 %, val=20 %, seed=0)
}
model Net(width: int, depth: int = 2, norm: bool = false) {
  input image: f32[1, 8, 8]
  x = image -> Conv2D(width, 3, padding=same) -> BatchNorm -> ReLU -> Flatten
  for i in range(depth) { x = x -> Dense(width) -> ReLU }
  if norm { x = x -> LayerNorm }
  y = x * 2 if depth > 2 else (x -> Dense(4))
  output logits: f32[10] = y -> Dense(10)
}
train {
  data = d; batch = 32; steps = 20
  let A = Net(8)
  let B = Net(16, depth=3, norm=true)
  step first updates A { loss = CrossEntropy(A(image), label); optimizer = SGD(lr=0.1) }
  step second updates B {
    loss = CrossEntropy(B(image), label) + MSE(B(image), stop_gradient(A(image)))
    optimizer = SGD(lr=0.1)
  }
}
"""


def test_networks_of_one_model_share_a_class() -> None:
    program = check(Source("spec.dls", NETWORKS)).program
    assert program is not None
    made = program.trained[""]
    text = model_file(batched(made), find("torch"))
    keras = model_file(channels_last(batched(made)), find("keras"))
    for code in (text, keras):
        names = [s.name for s in ast.parse(code).body if isinstance(s, ast.ClassDef)]
        assert names == ["Net", "Networks"]
    assert "def __init__(self, width: int, depth: int = 2, norm: bool = False)" in keras
    space: dict = {}
    exec(text, space)
    net = space["Networks"]().eval()
    state = net.state_dict()
    for tensor in state.values():
        if tensor.is_floating_point():
            tensor.normal_().abs_()
    x = {f"{n}_image": torch.randn(3, 1, 8, 8) for n in "AB"}
    with torch.no_grad():
        found, expected = net(**x), interpret(made, state, x)
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, rtol=1e-4, atol=1e-5)
