"""Costs against numbers that stand in publications or are counted by hand."""

import json
from pathlib import Path

import pytest

from dlspec.cost import Parameters, cost, weights

SPECS = Path(__file__).parents[2] / "specs"

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

model ResNet(depths: list[int] = [2, 2, 2, 2], widths: list[int] = [64, 128, 256, 512]) {
  input image: f32[3, 32, 32]
  x = image -> ConvBN(widths[0], 3)
  for i, n in enumerate(depths) {
    x = x -> Residual(widths[i], stride=1 if i == 0 else 2) -> Residual(widths[i]) * (n - 1)
  }
  output logits = x -> GlobalAvgPool2D -> Dense(10)
}
"""


def of(program, text, name="Net"):
    return cost(program(text).models[name])


def test_resnet18_for_cifar_has_its_published_size(program):
    found = of(program, RESNET, "ResNet")
    assert found.parameters.learned == 11_173_962
    assert found.parameters.statistics == 9_600  # twice the channels of its 20 norms
    assert found.macs == 555_422_720  # 0.56 G, as in the literature; by hand from its 20 kernels


def test_digits_by_hand(program):
    found = of(program, (SPECS / "digits.dls").read_text(), "DigitsCNN")
    first, second = 1 * 9 * 32, 32 * 9 * 64
    dense = 64 * 10 + 10
    norms = 2 * 32 + 2 * 64
    assert found.parameters == Parameters(first + second + dense + norms, 0, norms)
    assert found.macs == first * 8 * 8 + second * 4 * 4 + 64 * 10
    kernel = next(row for row in found.layers if row.name == "conv2d_2")
    assert str(kernel.output[0]) == "f32[64, 4, 4]"
    assert kernel.activation == 4 * 64 * 4 * 4
    assert found.ram == 4 * (1 * 8 * 8 + 32 * 8 * 8)  # the first convolution


def test_shared_weights_count_once_and_their_work_twice(program):
    found = of(
        program,
        """model Net {
  input a: f32[5]
  input b: f32[5]
  let twin = Dense(3)
  output y = (a -> twin) + (b -> twin)
}""",
    )
    assert found.parameters.total == 5 * 3 + 3
    assert found.macs == 2 * 5 * 3
    assert [row.parameters.total for row in found.layers if row.kind == "Dense"] == [18, 0]


def test_what_has_no_weights_is_numbered(program):
    made = program(
        "model M {\n  input x: f32[4]\n  let same = Dense(4)\n"
        "  y = x -> same -> ReLU -> same -> ReLU\n"
        "  output z = relu(y) + (y -> Dense(4) as relu_2)\n}\n"
    )
    names = [row.name for row in cost(made.models["M"]).layers]
    assert names == ["same", "relu", "same", "relu_3", "relu_4", "relu_2", "add"]


def test_rows_sum_to_the_model(program):
    found = of(program, RESNET, "ResNet")
    assert sum(row.parameters.learned for row in found.layers) == found.parameters.learned
    assert sum(row.macs for row in found.layers) == found.macs


def test_json_has_what_is_promised(program):
    found = json.loads(json.dumps(of(program, RESNET, "ResNet").to_json()))
    assert set(found["parameters"]) == {"trainable", "fixed", "statistics", "learned", "total"}
    assert found["inputs"] == {"image": "f32[3, 32, 32]"}
    assert found["outputs"] == {"logits": "f32[10]"}
    row = found["layers"][0]
    assert row["name"] == "conv_bn.conv2d" and row["kind"] == "Conv2D"
    assert row["output"] == "f32[64, 32, 32]"
    assert (row["parameters"], row["macs"]) == (1728, 1728 * 1024)


def test_weights_have_neutral_names(program):
    found = weights(program(RESNET).models["ResNet"])
    assert found["residuals.2.shortcut.conv2d.weight"].shape == (128, 64, 1, 1)
    assert found["conv_bn.batch_norm.running_var"].kind == "statistics"
    assert sum(w.size for w in found.values() if w.kind != "statistics") == 11_173_962


# --- budgets ----------------------------------------------------------------------------------


def budget(checked, old, new, spec="digits.dls"):
    text = (SPECS / spec).read_text()
    assert old in text
    return checked(text.replace(old, new)).errors


@pytest.mark.parametrize(
    ("old", "new", "label"),
    [
        ("macs <= 5 M", "macs <= 313983", "macs is 313,984"),
        ("size <= 60 KB", "size <= 19 KB", "size is at least 19,370 bytes"),
        ("ram <= 64 KB", "ram <= 2 KB", "ram is at least 2,112 bytes"),
    ],
)
def test_a_budget_that_cannot_hold_names_the_costliest_layers(checked, old, new, label):
    (found,) = budget(checked, old, new)
    assert found.code == "DLS632" and found.label == label
    assert new in found.title
    assert found.span.text == new.split("<= ")[1]
    assert "conv2d" in next(iter(found.notes))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("macs <= 5 M", "macs <= 313984"),
        ("size <= 60 KB", "size <= 20 KB"),
        ("ram <= 64 KB", "ram <= 3 KB"),
        ("accuracy_drop <= 1 %", "accuracy_drop <= 0 %"),
    ],
)
def test_a_budget_that_may_hold_is_left_to_the_export(checked, old, new):
    assert budget(checked, old, new) == ()


def test_a_count_that_only_the_data_tells_breaks_no_budget(checked, tmp_path):
    text = """
data d {
  source = csv("d.csv")
  field x: f32[4]    = columns("a", "b", "c", "d")
  field kind: class  = column("kind")
  split = random(train=80 %, test=20 %)
}
model M(classes: int) {
  input x: f32[4]
  output logits: f32[classes] = x -> Dense(classes)
}
train { data = d; model = M(); loss = CrossEntropy(logits, kind); optimizer = Adam; epochs = 1 }
export { format = onnx; budget { size <= 100 KB; macs <= 100 } }
"""
    result = checked(text)
    assert result.errors == ()
    assert result.program.standing_in("") == {"classes": "kind"}
    known = checked(text.replace("kind: class ", "kind: class[40] "))
    assert known.program is None or known.program.standing_in("") == {}
