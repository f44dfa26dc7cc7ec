"""`dlspec summary --origins`: where every value comes from."""

import json
import re
from pathlib import Path

import pytest

SPECS = sorted((Path(__file__).parents[2] / "specs").glob("*.dls"))

SPEC = """\
param rate: float = 0.1
param deep: int = 3 * 2
block Wide(width: int, factor: int = 2, act: layer = ReLU) {
  input x: f32[D]
  y = x -> Dense(factor * width, init=normal(std=0.02)) -> act -> Dropout(rate)
  output y -> Dense(D, bias=false)
}
model Net(width: int = 8, classes: int) {
  input x: f32[4]
  for n in [1, 2] {
    x = x -> Wide(n * width, act=LeakyReLU(rate))
  }
  x = x -> Wide(3, 5)
  output y = x -> Dense(classes) -> Reshape(1, classes)
}
data rows {
  source = npz("rows.npz")
  split = random(train=80 %, val=20 %)
  field x: f32[4] = column("x") -> Standardize -> Scale(0.5)
  field z: class = column("z")
}
model Flat(width: int = 8, classes: int) {
  input x: f32[4]
  output y = x -> Dense(width) -> Dense(classes)
}
train {
  data = rows; model = Flat(width=2 * deep)
  loss = 2 * CrossEntropy(y, z, label_smoothing=rate); optimizer = SGD(lr=rate, momentum=0.9)
  epochs = deep
}
"""


@pytest.fixture
def origins(dlspec, here):
    """The JSON of a spec's origins."""

    def found(text, *words):
        (here / "net.dls").write_text(text)
        ran = dlspec("summary", "net.dls", "--origins", "--json", *words)
        assert ran.status == 0, ran.err
        return json.loads(ran.out)["origins"]

    return found


def path(value):
    """How a value came about: each step with its name, its value, and how it was given."""
    steps = [(value["name"], value["value"], value["origin"])]
    for behind in value.get("from", ()):
        steps += path(behind)
    return steps


def named(parts, part, value):
    (found,) = (p for p in parts if p["name"] == part)
    (one,) = (v for v in found["values"] if v["name"] == value)
    return one


NET = "--set", "Net.classes=3"


def test_a_value_is_followed_to_its_source(origins):
    net = origins(SPEC, *NET)["models"]["Net"]
    units = named(net, "wides.1.y", "units")
    assert units["text"] == "factor * width" and units["line"] == 5
    assert path(units) == [
        ("units", 32, "parameter"),
        ("Wide.factor", 2, "default"),
        ("Wide.width", 16, "parameter"),
        ("Net.width", 8, "default"),
    ]
    assert path(named(net, "wide.y", "units")) == [
        ("units", 15, "parameter"),
        ("Wide.factor", 5, "written"),
        ("Wide.width", 3, "written"),
    ]


def test_what_is_written_and_what_is_not(origins):
    net = origins(SPEC, *NET)["models"]["Net"]
    assert named(net, "wide.dense", "bias")["origin"] == "written"
    assert named(net, "wide.y", "bias")["origin"] == "default"
    assert named(net, "wide.y", "init.std")["value"] == 0.02
    assert named(net, "wide.y", "init.std")["origin"] == "written"
    assert named(net, "wide.y", "init.mean")["origin"] == "default"
    sized = named(net, "wide.dense", "units")
    assert (sized["text"], sized["origin"]) == ("D", "computed")
    shape = named(net, "reshape", "dims")
    assert path(shape) == [("dims", [1, 3], "parameter"), ("Net.classes", 3, "set")]


def test_a_layer_that_is_passed_has_the_place_where_it_is_made(origins):
    net = origins(SPEC, *NET)["models"]["Net"]
    slope = named(net, "wides.0.act", "slope")
    assert slope["line"] == 11
    assert path(slope) == [("slope", 0.1, "parameter"), ("rate", 0.1, "default")]


def test_a_block_has_the_layers_that_it_is_given(origins):
    net = origins(SPEC, *NET)["models"]["Net"]
    act = named(net, "wides.0", "Wide.act")
    assert (act["value"], act["line"]) == ("LeakyReLU(rate)", 11)
    act = named(net, "wide", "Wide.act")
    assert (act["value"], act["origin"], act["line"]) == ("ReLU", "default", 3)


def test_set_wins_over_what_is_written(origins):
    found = origins(
        SPEC, *NET, "--set", "Net.width=5", "--set", "rate=0.3", "--set", "Wide.factor=1"
    )
    assert path(found["parameters"][0]) == [("rate", 0.3, "set")]
    net = found["models"]["Net"]
    assert path(named(net, "wide.y", "units"))[1] == ("Wide.factor", 1, "set")
    assert path(named(net, "Net", "Net.width")) == [("Net.width", 5, "set")]


def test_a_train_block_gives_values_too(origins):
    found = origins(SPEC)
    flat = found["trains"][""]
    assert path(named(flat, "Flat", "Flat.width")) == [
        ("Flat.width", 12, "parameter"),
        ("deep", 6, "default"),
    ]
    assert named(flat, "Flat", "Flat.classes")["origin"] == "data"
    assert path(named(flat, "dense_2", "units"))[1][0::2] == ("Flat.classes", "data")
    settings = found["settings"]
    assert path(named(settings, "train", "epochs"))[1] == ("deep", 6, "default")
    assert named(settings, "train", "batch") == {"name": "batch", "value": 32, "origin": "default"}
    optimizer = {
        v["name"]: v["origin"]
        for v in next(p for p in settings if p["name"] == "train: optimizer")["values"]
    }
    assert optimizer == {
        "lr": "parameter",
        "momentum": "written",
        "nesterov": "default",
        "weight_decay": "default",
    }
    (loss,) = (p for p in settings if p["name"] == "train: loss")
    assert (loss["kind"], loss["line"]) == ("CrossEntropy", 28)
    (scale,) = (p for p in settings if p["kind"] == "Scale")
    assert [(v["name"], v["origin"]) for v in scale["values"]] == [
        ("factor", "written"),
        ("offset", "default"),
    ]


@pytest.mark.parametrize("spec", SPECS, ids=lambda s: s.stem)
def test_defaults_are_those_that_the_summary_lists(dlspec, spec):
    """Two ways to the same: arguments that the text lacks, and fields that were not set."""
    found = json.loads(dlspec("summary", spec, "--origins", "--json").out)
    for name, train in found["trains"].items():
        rows = {row["name"] for row in train["layers"]}
        parts = [p for p in found["origins"]["trains"][name] if p["name"] in rows]
        layers = [row for row in train["layers"] if any(p["name"] == row["name"] for p in parts)]
        assert {row["name"] for row in train["layers"]} - {p["name"] for p in parts} <= {
            row["name"] for row in train["layers"] if not row["defaults"]
        }
        for row, part in zip(layers, parts, strict=True):
            assert row["name"] == part["name"] and row["kind"] == part["kind"]
            taken = {v["name"]: v["value"] for v in part["values"] if v["origin"] == "default"}
            assert taken == row["defaults"]


@pytest.mark.parametrize("spec", SPECS, ids=lambda s: s.stem)
def test_every_text_stands_on_its_line(dlspec, spec):
    lines = spec.read_text().splitlines()

    def values(found):
        if isinstance(found, dict):
            if "text" in found and "line" in found:
                yield found
            for inner in found.values():
                yield from values(inner)
        elif isinstance(found, list):
            for inner in found:
                yield from values(inner)

    shown = list(values(json.loads(dlspec("summary", spec, "--origins", "--json").out)["origins"]))
    assert shown
    for v in shown:
        assert v["file"] == spec.as_posix()
        rest = " ".join(" ".join(lines[v["line"] - 1 :]).split())
        assert v["text"] in rest and v["text"].split()[0] in lines[v["line"] - 1]


def test_what_is_imported_has_its_own_file(dlspec, here):
    (here / "blocks.dls").write_text(
        "param slope: float = 0.2\n"
        "block Two(n: int, deep: int = 2) = Dense(deep * n) -> LeakyReLU(slope)\n"
    )
    (here / "net.dls").write_text(
        'import "blocks.dls" as blocks\nfrom std.vision import ConvBN\n'
        "model Net(width: int = 4) {\n  input x: f32[3, 8, 8]\n"
        "  output y = x -> ConvBN(width, 3) -> Flatten -> blocks.Two(2 * width)\n}\n"
    )
    net = json.loads(dlspec("summary", "net.dls", "--origins", "--json").out)
    net = net["origins"]["models"]["Net"]
    units = named(net, "two.dense", "units")
    assert (units["file"], units["line"], units["text"]) == ("blocks.dls", 2, "deep * n")
    assert path(units) == [
        ("units", 16, "parameter"),
        ("Two.deep", 2, "default"),
        ("Two.n", 8, "parameter"),
        ("Net.width", 4, "default"),
    ]
    slope = named(net, "two.leaky_relu", "slope")["from"][0]
    assert (slope["name"], slope["file"], slope["origin"]) == ("slope", "blocks.dls", "default")
    out = dlspec("summary", "net.dls", "--origins").out
    assert "conv_bn.conv2d: Conv2D, std/vision.dls:" in out
    assert "Two.deep=2 by default, blocks.dls:2; Two.n=8 from 2 * width, line 5" in out


def test_text_for_people(dlspec, digits):
    out = dlspec("summary", digits, "--origins", "--set", "lr=1e-2").out
    assert out.startswith(dlspec("summary", digits, "--set", "lr=1e-2").out.rstrip("\n"))
    shown = out[out.index("where values come from") :]
    assert "    --set      lr=0.01\n" in shown
    assert "channels=64 from 2 * width; DigitsCNN.width=32 by default, line 12\n" in shown
    assert re.search(r"  train, line 20\n(.*\n)+?    default    numerics=native, seed=0\n", shown)
    assert "    given      lr=0.01 from lr; lr=0.01 by --set\n" in shown


def test_a_wrong_spec_is_reported_as_ever(dlspec, here):
    (here / "net.dls").write_text(SPEC.replace("Dense(D", "Densse(D"))
    ran = dlspec("summary", "net.dls", "--origins", *NET)
    assert ran.status == 1 and "DLS100" in ran.err and ran.out == ""


def test_rows_of_different_lengths(origins):
    found = origins("""\
model Net(width: int = 8) {
  input x: f32[T <= 9, 4]
  output y = mean(x -> Dense(width), axis=0) -> Dense(2)
}
data rows {
  source = npz("rows.npz")
  split = random(train=80 %, val=20 %)
  field x: f32[T <= 9, 4] = column("x")
  field z: class[2] = column("z")
}
train { data = rows; model = Net(); loss = CrossEntropy(y, z); optimizer = SGD(lr=0.1); epochs = 1 }
""")
    assert "Net.width" in str(found)


def test_groups_of_weights(dlspec, here):
    (here / "net.dls").write_text("""\
param rate: float = 0.1
model Net(width: int = 8) {
  input x: f32[4]
  for i in range(2) { x = x -> Dense(width) -> ReLU }
  output y = x -> Dense(2)
  weights Dense.weight { init = normal(std=rate) }
}
data rows {
  source = npz("rows.npz")
  split = random(train=80 %, val=20 %)
  field x: f32[4] = column("x")
  field z: class[2] = column("z")
}
train {
  data = rows; model = Net(); loss = CrossEntropy(y, z); optimizer = SGD(lr=0.1); epochs = 1
  weights *.bias { weight_decay = 0 }
  for i in range(2) { weights denses[i] { lr_scale = 0.9 ** (2 - i) } }
}
""")
    ran = dlspec("summary", "net.dls", "--origins")
    assert ran.status == 0, ran.err
    lines = [line.strip() for line in ran.out.splitlines()]
    names = "denses.0.weight, denses.1.weight, y.weight"
    assert f"init         normal(mean=0.0, std=0.1): {names}" in lines
    assert "weights     weight_decay=0: y.bias" in lines
    assert lines[lines.index("train: weights *.bias, line 16") + 1] == "written    weight_decay=0"
    at = lines.index("train: weights denses[i], line 17")
    assert lines[at + 1] == "written    lr_scale=0.9 ** (2 - i)"
    at = lines.index("Net: weights Dense.weight, line 6")
    assert "rate=0.1 by default, line 1" in lines[at + 1]


GROUPED = """\
param spread: float = 0.05
block Head {
  input x: f32[D]
  output x -> Dense(4, init=normal(std=0.3))
}
model Net {
  input x: i32[7]
  h = x -> Embedding(50, 4) -> LSTM(4, return=last) -> Head -> Head
  output y = h -> Dense(4)
  weights Embedding.weight { init = normal(std=spread) }
  weights *.bias { init = constant(0.01) }
  weights head.dense.weight { init = zeros }
  weights y.weight { init = zeros }
}
"""


def test_what_a_group_says_stands_in_place_of_what_its_layer_has(origins, dlspec, here):
    net = origins(GROUPED)["models"]["Net"]
    words = named(net, "embedding", "init")
    assert (words["value"]["kind"], words["value"]["std"]) == ("normal", 0.05)
    assert (words["origin"], words["text"], words["line"]) == ("weights", "normal(std=spread)", 10)
    assert path(words)[1:] == [("spread", 0.05, "default")]
    lines = {
        n: named(net, n, "init").get("line") for n in ("lstm", "head.dense", "head_2.dense", "y")
    }
    assert lines == {"lstm": None, "head.dense": 12, "head_2.dense": 4, "y": 13}
    assert {named(net, n, "bias_init")["line"] for n in ("head.dense", "y")} == {11}
    out = dlspec("summary", "net.dls", "--origins").out
    assert (
        "    weights    init=normal(std=spread), line 10; spread=0.05 by default, line 1\n" in out
    )
    taken = re.search(r"defaults taken\n(.*?)\n\n", out, re.DOTALL)[1]
    by_kind = dict(line.strip().split(": ", 1) for line in taken.split("\n"))
    assert "init" in by_kind["LSTM"]
    assert "init" not in by_kind["Embedding"] + by_kind["Dense (3 times)"]
