"""`model.py` as the planner prints it: goldens, and classes that run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from build import model, parameters, weight_names
from test_models import RESNET

from dlspec.backend.plan import model_file
from dlspec.backend.registry import find as backend
from dlspec.passes.batch import batched
from dlspec.passes.layout import channels_last
from specs import BLOCKS, MODELS

GOLDENS = Path(__file__).parent / "goldens"
DIGITS = (Path(__file__).parents[2] / "specs" / "digits.dls").read_text()


def text(spec: str, name: str, of: str | None = None) -> str:
    made = batched(model(spec, of))
    return model_file(channels_last(made) if name == "keras" else made, backend(name))


@pytest.mark.parametrize("name", ["torch", "keras"])
@pytest.mark.parametrize(
    "golden",
    [
        "digits",
        "resnet",
        "net",
        "skips",
        "loops",
        "own",
        "tied",
        "functions",
        "lengths",
        "scan",
        "norms",
        "defaults",
        "windows",
    ],
)
def test_goldens(golden: str, name: str) -> None:
    specs = {
        "digits": DIGITS,
        "resnet": RESNET,
        "net": BLOCKS + MODELS["inputs, sharing, loops"],
        "skips": BLOCKS + MODELS["skips over a stack"],
        "loops": BLOCKS + MODELS["loops over tensors"],
        "tied": MODELS["tied weights"],
        "own": MODELS["weights of blocks' own"],
        "functions": BLOCKS + MODELS["functions of tensors"],
        "lengths": BLOCKS + MODELS["dynamic sizes"],
        "scan": BLOCKS + MODELS["recurrences of one's own"],
        "norms": MODELS["kernels in norms"],
        "defaults": MODELS["defaults of every kind"],
        "windows": MODELS["windows laid out, and the greatest put back"],
    }
    made = text(specs[golden], name)
    path = GOLDENS / f"{golden}_{name}.py"
    if os.environ.get("UPDATE_GOLDENS"):
        path.write_text(made)
    again = "UPDATE_GOLDENS=1 python -m pytest tests/planner"
    assert made == path.read_text(), f"run `{again}` if this is what you meant"


SHAPES = """
block ConvBN(c: int, k: int, stride: int = 1)
  = Conv2D(c, k, stride=stride, padding=k // 2, bias=false) -> BatchNorm -> ReLU
model M {
  input image: f32[3, 32, 32]
  x = image -> ConvBN(8, 3) -> ConvBN(16, 3, stride=2)
  for i in range(3) { x = x -> ConvBN(16 + 8 * i, 5, stride=2) }
  output y = x -> GlobalAvgPool2D
}
"""


@pytest.mark.parametrize("name", ["torch", "keras"])
def test_shapes_strides_and_repeats_share_one_class(name: str) -> None:
    made = text(SHAPES, name)
    assert [line.split("(")[0] for line in made.splitlines() if line.startswith("class")] == [
        "class ConvBN",
        "class M",
    ]
    assert "k // 2" in made


@pytest.mark.parametrize("name", ["torch", "keras"])
@pytest.mark.parametrize("case", MODELS)
def test_ruff_has_nothing_to_say(case: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_text(text(BLOCKS + MODELS[case], name))
    ruff = [sys.executable, "-m", "ruff"]
    subprocess.run([*ruff, "format", "--isolated", "--check", "--diff", path], check=True)
    subprocess.run([*ruff, "check", "--isolated", path], check=True)


@pytest.mark.parametrize("case", MODELS)
def test_torch_names_are_the_neutral_names(case: str) -> None:
    torch = pytest.importorskip("torch")
    made = model(BLOCKS + MODELS[case])
    space: dict = {}
    exec(model_file(batched(made), backend("torch")), space)
    net = space[made.name]().eval()
    own = {n: t for n, t in net.state_dict().items() if "num_batches" not in n}
    assert set(own) == set(weight_names(made))
    kept = ("running", "._u", "._v")
    learned = sum(t.numel() for n, t in own.items() if not any(k in n for k in kept))
    assert learned == parameters(made)
    inputs = {}
    for name, t in made.root.inputs:
        shape = (2, *map(int, t.shape))
        whole = t.dtype == "i32"
        inputs[name] = torch.randint(0, 9, shape) if whole else torch.randn(shape)
    found = net(**inputs)
    found = found if isinstance(found, dict) else {made.root.outputs[0][0]: found}
    expected = {n: (2, *map(int, t.shape)) for n, t in made.root.outputs}
    assert {n: tuple(t.shape) for n, t in found.items()} == expected


CHOICES = """
fn shifted(x: f32[D], both: bool, n: int = 8) -> f32[D] {
  half = n // 2 if both else n
  y    = abs(x) * half if both else max(-x, 0)
  side = x * half if both else 0
  output side + y / log(half)
}
model M {
  input x: f32[4]
  output y = shifted(x, true)ONE
}
"""


@pytest.mark.parametrize("name", ["torch", "keras"])
def test_a_function_keeps_its_choices_and_the_numbers_that_it_names(name: str) -> None:
    made = text(CHOICES.replace("ONE", " + shifted(x, false, 6)"), name)
    assert made.count("def shifted") == 1
    assert "    half = n // 2 if both else n\n" in made
    assert "    side = x * half if both else 0\n    return side + y / math.log(half)\n" in made


@pytest.mark.parametrize("name", ["torch", "keras"])
def test_nothing_is_added_where_a_choice_is_always_0(name: str) -> None:
    made = text(CHOICES.replace("true)ONE", "false)"), name)
    assert "    return y / math.log(half)\n" in made and "side" not in made


SIDES = """
block Side(c: int, norm: bool) {
  input x: f32[D]
  h = (x -> Dense(c) -> LayerNorm) if norm else (x -> Dense(c))
  output (h -> Dense(D)) + x if c > 4 else h
}
model M {
  input x: f32[4]
  output y = x -> Side(4, true) -> Side(8, true) -> Side(3, false) -> Side(5, false)
}
"""


@pytest.mark.parametrize("name", ["torch", "keras"])
def test_a_block_with_choices_is_one_class(name: str) -> None:
    made = text(SIDES, name)
    assert made.count("class ") == 2
    assert "if self.norm" in made and "return self.dense_3(h) + x if self.condition else h" in made


@pytest.mark.parametrize("name", ["torch", "keras"])
def test_what_a_function_gives_is_chosen_in_it(name: str) -> None:
    spec = """
    fn far(x: f32[D], n: int) -> f32[D] {
      output x * n if n > 3 else x - n
    }
    model M(dim: int = 512) {
      input x: f32[4]
      output y = far(x, 2) + far(x, 5) * dim ** -0.5 / 4
    }"""
    made = text(spec, name)
    assert made.count("def far") == 1 and "    return x * n if n > 3 else x - n\n" in made
    assert "far(x, n=5) * 512**-0.5 / 4" in made


@pytest.mark.parametrize("name", ["torch", "keras"])
def test_positions_that_are_read_twice_are_made_once(name: str) -> None:
    spec = """model M {
      input x: f32[T <= 8]
      output y = x + cast(sum(abs(range(T)[none, :] - range(T)[:, none]), axis=0), f32)
    }"""
    made = text(spec, name)
    assert made.count("arange") == 1 and "place[None" in made


@pytest.mark.parametrize("name", ["torch", "keras"])
def test_a_list_that_is_read_where_it_is_written_stays_a_list(name: str) -> None:
    spec = """
    block Beside(kernels: list[int]) {
      input x: f32[C, H, W]
      output [x -> Conv2D(C, k, padding=k // 2) for k in kernels] + [x] -> Concat(axis=0)
    }
    model M {
      input x: f32[3, 8, 8]
      x = x -> Beside([1, 3, 5]) -> Beside([1, 5, 7])
      output y = sum([mean(x) -> Reshape(1) -> Dense(n + 1) -> Dense(2) for n in [1, 2, 3]])
    }"""
    made = text(spec, name)
    assert made.count("class ") == 2
    assert "parts = [conv2d(x) for conv2d in self.conv2ds] + [x]\n" in made
    assert "return sum(parts[1:], parts[0])\n" in made


NAMES = """
block F(c: int) = Dense(c) -> ReLU
block Tensor(c: int, ops: layer = ReLU) = Dense(c) -> ops
model nn(layers: int = 3) {
  input self: f32[4]
  input inputs: f32[4]
  let forward = Dense(4)
  super = self + inputs -> forward -> F(layers) -> Tensor(2)
  output class: f32[2] = super
  output torch = super -> Dense(2)
}
"""


def test_names_of_python_and_the_frameworks_are_free_to_use() -> None:
    torch = pytest.importorskip("torch")
    space: dict = {}
    exec(text(NAMES, "torch"), space)
    net = space["nn_"]()
    found = net(torch.ones(1, 4), torch.ones(1, 4))
    assert {n: tuple(v.shape) for n, v in found.items()} == {"class": (1, 2), "torch": (1, 2)}
    compile(text(NAMES, "keras"), "model.py", "exec")


def test_nothing_from_a_spec_becomes_code() -> None:
    hostile = """model M(note: str = "x\\"); import os; os.system(\\"id") {
      input x: f32[3]
      output y = x -> Dense(2)
    }"""
    space: dict = {}
    exec(text(hostile, "torch"), space)
    assert "os" not in space


@pytest.mark.parametrize("name", ["torch", "keras"])
def test_a_repeat_of_no_copies_stands_beside_a_list_of_one(name: str) -> None:
    spec = """model M {
      input x: f32[8]
      output y = x -> (Dense(32) -> ReLU) * 0 -> Dense(8) * 1
    }"""
    compile(text(spec, name), "model.py", "exec")


@pytest.mark.parametrize("name", ["torch", "keras"])
def test_what_every_copy_is_given_is_computed_once(name: str) -> None:
    lines = text(MODELS["a repeat that is given a value"], name).splitlines()
    (made,) = (i for i, line in enumerate(lines) if "tanh(" in line)
    (loop,) = (i for i, line in enumerate(lines) if line.strip().startswith("for layer in self"))
    assert made < loop and "memory=memory" in lines[loop + 1]


LISTS = """
model M {
  input x: f32[8]
  scores, index = topk(x -> Dense(4), 2)
  x = (x, index=index, gate=scores) -> Experts(Dense(8) -> ReLU, count=4)
  x = (x, index=index, gate=scores) -> Experts(Dense(8) -> GELU -> Dense(8), count=4)
  output y = x -> Dense(1)
}
"""


@pytest.mark.parametrize("name", ["torch", "keras"])
def test_one_of_any_list_has_a_name_in_the_singular(name: str) -> None:
    made = [line for line in text(LISTS, name).splitlines() if line.startswith("class")]
    assert [line.split("(")[0] for line in made] == ["class Expert", "class Expert2", "class M"]
