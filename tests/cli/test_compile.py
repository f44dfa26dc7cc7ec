"""`dlspec compile`, `summary` and `ir`."""

import json
import re
import shlex

import pytest

from dlspec.pipeline.record import read_record


@pytest.fixture
def compiled(dlspec, here, digits):
    assert dlspec("compile", digits, "-o", "out").status == 0
    return here / "out"


def test_the_same_spec_gives_the_same_bytes(dlspec, compiled, digits, here):
    before = {p.name: p.read_bytes() for p in compiled.iterdir()}
    assert dlspec("compile", digits, "-o", "out").status == 0
    assert {p.name: p.read_bytes() for p in compiled.iterdir()} == before
    assert dlspec("compile", digits, "-o", "other").status == 0
    assert {p.name: p.read_bytes() for p in (here / "other").iterdir()} == before


def test_a_folder_remembers_its_spec(dlspec, here, digits):
    dlspec("compile", digits, "-o", "out", "--set", "lr=1e-2", "--set", "DigitsCNN.width=16")
    record = read_record(here / "out")
    assert record.text == digits.read_text()
    assert (here / "out" / record.folder / "digits.dls").samefile(digits)
    program = record.program()
    assert program.trains[""].optimizer.lr == 0.01
    assert program.trained[""].root.arguments["width"] == 16


LAYERED = """\
data d {
  source = sklearn("iris")
  field x: f32[4]   = column("data")
  field y: class[3] = column("target")
  split = random(train=80 %, val=20 %)
}
model Net(act: layer = (Dense(4) -> ReLU), acts: list[layer] = [Tanh], c: int = 2 + 1) {
  input x: f32[4]
  output z = x -> act -> acts[0] -> Dense(c)
}
train {
  data = d; model = Net(); loss = CrossEntropy(z, y)
  optimizer = Adam; epochs = 1; batch = 16
}
"""


@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_a_lock_file_has_every_parameter_with_its_value(dlspec, here, digits, backend):
    def parameters(spec, *settings: str) -> str:
        out = here / f"{spec.stem}_{backend}"
        assert dlspec("compile", spec, "-o", out, "--backend", backend, *settings).status == 0
        text = (out / "train.py").read_text().partition('"parameters": ')[2]
        return " ".join(text.partition("}")[0].split())

    found = parameters(digits, "--set", "lr=1e-2", "--set", "DigitsCNN.width=16")
    assert found == '{"lr": 0.01, "DigitsCNN.width": 16, "DigitsCNN.classes": 10'
    (here / "net.dls").write_text(LAYERED)
    chain, *rest = parameters(here / "net.dls").split(", ")
    assert chain == '{ "Net.act": "Dense(units=4) -> ReLU"'
    assert rest == ['"Net.acts": ["Tanh"]', '"Net.c": 3,']


OPEN = """\
data d {
  source = csv("d.csv")
  field x: f32[3] = columns("a", "b", "c")
  field y: class  = column("kind")
  split = random(train=80 %, val=20 %)
}
model Net(classes: int) {
  input x: f32[3]
  output z = x -> Dense(4) -> BatchNorm -> Dense(classes)
}
train {
  data = d; model = Net(); loss = CrossEntropy(z, y)
  optimizer = Adam; epochs = 1; batch = 16
}
"""


def test_a_parameter_tells_the_class_count(dlspec, here):
    """The data is not there to be read; the spec's warning is shown once."""
    (here / "net.dls").write_text(OPEN)
    ran = dlspec("compile", "net.dls", "-o", "out")
    assert ran.status == 1 and "`--set Net.classes=10`" in ran.err
    ran = dlspec("compile", "net.dls", "-o", "out", "--set", "Net.classes=5")
    assert ran.status == 0 and ran.err.count("DLS241") == 1
    program = read_record(here / "out").program()
    assert str(program.data["d"].field("y").type) == "class[5]"
    assert program.trained[""].root.outputs[0][1].shape == (5,)


def test_edited_files_are_not_overwritten(dlspec, compiled, digits):
    with (compiled / "train.py").open("a") as file:
        file.write("# mine\n")
    edited = (compiled / "train.py").read_bytes()
    ran = dlspec("compile", digits, "-o", "out")
    assert ran.status == 2 and "DLS601" in ran.err and "-# mine" in ran.err
    assert (compiled / "train.py").read_bytes() == edited
    assert dlspec("compile", digits, "-o", "out", "--force").status == 0
    assert b"# mine" not in (compiled / "train.py").read_bytes()


def test_a_folder_of_someone_else_is_left_alone(dlspec, here, digits):
    (here / "out").mkdir()
    (here / "out" / "notes.txt").write_text("mine")
    ran = dlspec("compile", digits, "-o", "out")
    assert ran.status == 2 and "DLS600" in ran.err and "notes.txt" in ran.err
    assert [p.name for p in (here / "out").iterdir()] == ["notes.txt"]


def test_a_file_in_the_way(dlspec, here, digits):
    (here / "out").write_text("mine")
    assert dlspec("compile", digits, "-o", "out").status == 2
    assert (here / "out").read_text() == "mine"


def test_an_unknown_backend_names_the_known_ones(dlspec, here, digits):
    ran = dlspec("compile", digits, "-o", "out", "--backend", "jax")
    assert ran.status == 2 and "the backends are: keras, torch" in ran.err
    assert not (here / "out").exists()


def test_a_library_has_nothing_to_compile(dlspec, here):
    (here / "a.dls").write_text("block B(n: int) = Dense(n)\n")
    ran = dlspec("compile", "a.dls", "-o", "out")
    assert ran.status == 2 and "this spec has no `train` block" in ran.err
    (here / "a.dls").write_text("model Net { input x: f32[4]; output y = x -> Dense(2) }\n")
    assert '.build(model="Net")' in dlspec("compile", "a.dls", "-o", "out").err


def test_several_train_blocks_need_a_choice(dlspec, here, digits):
    text = digits.read_text()
    first = text.replace("train {", "train quick {").replace("export", "# export")
    second = re.search(r"(?ms)^train \{.*?^\}", text)[0].replace("train {", "train long {")
    body = first.split("# export")[0] + second
    (here / "a.dls").write_text(body)
    ran = dlspec("compile", "a.dls", "-o", "out")
    assert ran.status == 2 and "--train quick" in ran.err and "--train long" in ran.err
    assert dlspec("compile", "a.dls", "-o", "out", "--train", "long").status == 0
    assert read_record(here / "out").train == "long"
    assert dlspec("compile", "a.dls", "-o", "out", "--train", "nix").status == 2


# --- classes that the data tells --------------------------------------------------------------

COUNTED = """data wines {
  source = csv("wine.csv")
  field hue: f32[1] = column("hue")
  field cultivar: class = column("cultivar")
  split = random(train=80 %, val=20 %)
}
model Wine(classes: int) { input hue: f32[1]; output logits = hue -> Dense(classes) }
train {
  data = wines; model = Wine(); loss = CrossEntropy(logits, cultivar)
  optimizer = Adam(lr=1e-3); epochs = 1
}
"""


def test_classes_of_the_data_come_from_a_lock_file(dlspec, here):
    (here / "a.dls").write_text(COUNTED)
    assert dlspec("check", "a.dls").status == 0
    ran = dlspec("compile", "a.dls", "-o", "out")
    assert ran.status == 1 and "--lock" in ran.err and "`cultivar`" in ran.err
    fitted = {"cultivar": {"classes": ["barbera", "barolo", "grignolino"]}}
    lock = {"format": 1, "spec": "", "data": {"fitted": fitted}}
    (here / "lock.json").write_text(json.dumps(lock))
    assert dlspec("compile", "a.dls", "-o", "out", "--lock", "lock.json").status == 0
    assert "Linear(1, 3)" in (here / "out" / "model.py").read_text()
    assert read_record(here / "out").program().trained[""].root.arguments == {"classes": 3}


def test_a_lock_file_adds_nothing_to_classes_that_the_spec_counts(dlspec, here):
    counted = COUNTED.replace(": class ", ": class[3] ").replace("classes: int", "classes: int = 3")
    (here / "a.dls").write_text(counted)
    fitted = {"cultivar": {"classes": ["barbera", "barolo", "grignolino"]}}
    lock = {"format": 1, "spec": "", "data": {"fitted": fitted}}
    (here / "lock.json").write_text(json.dumps(lock))
    assert dlspec("compile", "a.dls", "-o", "plain").status == 0
    assert dlspec("compile", "a.dls", "-o", "locked", "--lock", "lock.json").status == 0
    plain, locked = ((here / n / "compiled.json").read_text() for n in ("plain", "locked"))
    assert plain == locked


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"format": 2, "spec": "", "data": {}}', "has format 2; this version of dlspec reads 1"),
        ("{}", "is not a lock file"),
        ("nix", "is not a lock file"),
        ("[]", "is not a lock file"),
    ],
)
def test_a_lock_file_that_is_none(dlspec, here, text, said):
    (here / "a.dls").write_text(COUNTED)
    (here / "lock.json").write_text(text)
    ran = dlspec("compile", "a.dls", "-o", "out", "--lock", "lock.json")
    assert ran.status in (1, 2) and said in ran.err


# --- folders that are none --------------------------------------------------------------------


def test_commands_on_a_run_need_a_run(dlspec, here, digits, compiled):
    assert "there is no such folder" in dlspec("eval", "nix").err
    (here / "empty").mkdir()
    assert "it has no compiled.json" in dlspec("eval", "empty").err
    assert "it is a file" in dlspec("eval", digits).err
    assert "there is no checkpoint" in dlspec("eval", compiled).err
    (compiled / "compiled.json").write_text("{")
    assert "is damaged" in dlspec("eval", compiled).err
    (compiled / "compiled.json").write_text('{"format": 0}')
    assert "has format 0; this version of dlspec reads 1" in dlspec("eval", compiled).err


# --- summary and ir ---------------------------------------------------------------------------


def test_summary_shows_layers_costs_and_defaults(dlspec, digits):
    out = dlspec("summary", digits).out
    row = next(line for line in out.splitlines() if line.strip().startswith("conv2d_2"))
    assert row.split() == [
        *("conv2d_2", "Conv2D", "f32[64,", "4,", "4]"),
        *("18,432", "294,912", "4,096", "B", "16"),
    ]
    assert "parameters   19,562, and 192 statistics" in out
    assert "Conv2D (2 times): stride=1, dilation=1" in out
    assert "AdamW(lr=0.003, betas=(0.9, 0.999), eps=1e-08, weight_decay=0.01)" in out


def test_summary_writes_losses_and_metrics_as_a_spec_does(dlspec, digits):
    out = dlspec("summary", digits).out
    assert "CrossEntropy(logits, label, reduction=mean, label_smoothing=0.1," in out
    assert "F1(logits, label, axis=none, average=macro)" in out


def test_summary_as_json(dlspec, digits):
    found = json.loads(dlspec("summary", digits, "--json", "--set", "DigitsCNN.width=16").out)
    model = found["models"]["DigitsCNN"]
    assert model["parameters"]["learned"] == 16 * 9 + 32 * 16 * 9 + 2 * (16 + 32) + 32 * 10 + 10
    assert model["outputs"] == {"logits": "f32[10]"}
    assert {"name", "kind", "output", "parameters", "macs", "line"} <= set(model["layers"][0])


def test_a_row_of_what_is_imported_has_its_file(dlspec, here):
    (here / "parts").mkdir()
    (here / "parts/two.dls").write_text(
        "block Two(n: int) {\n  input x: f32[K]\n  y = x -> Dense(n)\n  output y -> ReLU\n}\n"
    )
    (here / "a.dls").write_text(
        'import "parts/two.dls" as two\nfrom std.vision import ConvBN\n'
        "model M {\n  input x: f32[3, 8, 8]\n"
        "  y = x -> ConvBN(4, 3) -> Flatten -> two.Two(5)\n  output z = y -> Dense(2)\n}\n"
    )
    layers = json.loads(dlspec("summary", "a.dls", "--json").out)["models"]["M"]["layers"]
    found = {layer["name"]: (layer["file"], layer["line"]) for layer in layers}
    assert found["two.y"] == ("parts/two.dls", 3) and found["z"] == ("", 6)
    assert found["conv_bn.conv2d"][0] == "std/vision.dls"
    rows = [row.split() for row in dlspec("summary", "a.dls").out.splitlines()]
    assert [r[-1] for r in rows if r and r[0] in ("two.y", "z")] == ["parts/two.dls:3", "6"]


def test_summary_of_a_model_that_only_training_configures(dlspec, here):
    (here / "a.dls").write_text(COUNTED.replace("Wine()", "Wine(3)"))
    found = json.loads(dlspec("summary", "a.dls", "--json").out)
    assert found["models"]["Wine"]["parameters"]["total"] == 6
    assert "model Wine(classes=3)" in dlspec("summary", "a.dls").out


def test_summary_shows_no_count_that_only_the_data_tells(dlspec, here):
    text = COUNTED.replace("hue -> Dense(classes)", "hue -> Dense(4) -> Dense(classes)")
    (here / "a.dls").write_text(text)
    out = dlspec("summary", "a.dls").out
    assert "model Wine(classes=?)" in out and "logits: f32[classes]" in out
    assert "f32[classes]  5 * classes  4 * classes  4 * classes B" in out
    assert "parameters   5 * classes + 8" in out
    assert "only the data of `cultivar` tells" in out and "97" not in out
    shown = dlspec("summary", "a.dls", "--json").out
    found = json.loads(shown)["trains"][""]
    assert found["unknown"] == {"classes": "cultivar"} and found["parameters"]["learned"] is None
    assert [layer["parameters"] for layer in found["layers"]] == [8, None]
    assert found["outputs"] == {"logits": "f32[classes]"} and "97" not in shown
    assert "97" not in dlspec("summary", "a.dls", "--origins").out
    assert "97" not in dlspec("summary", "a.dls", "--origins", "--json").out


def test_summary_of_counts_that_a_lock_file_has(dlspec, here):
    (here / "a.dls").write_text(COUNTED)
    fitted = {"cultivar": {"classes": ["barbera", "barolo", "grignolino"]}}
    lock = {"format": 1, "spec": "", "data": {"fitted": fitted}}
    (here / "lock.json").write_text(json.dumps(lock))
    assert "model Wine(classes=3)" in dlspec("summary", "a.dls", "--lock", "lock.json").out
    found = json.loads(dlspec("summary", "a.dls", "--lock", "lock.json", "--json").out)
    assert found["models"]["Wine"]["parameters"]["total"] == 6
    assert found["trains"][""]["unknown"] == {}
    drawn = dlspec("graph", "a.dls", "--format", "mermaid", "--lock", "lock.json")
    assert "Dense<br>3" in drawn.out and drawn.err == ""
    open_ = dlspec("graph", "a.dls", "--format", "mermaid")
    assert "only the data of `cultivar` tells" in open_.err


def test_summary_of_a_count_that_a_model_cannot_be_without(dlspec, here):
    text = COUNTED.replace("{ input hue", "{ require(classes == 97); input hue")
    (here / "a.dls").write_text(text)
    assert "97 stands for the count that only the data" in dlspec("summary", "a.dls").out


def test_ir_prints_the_program_or_the_schema(dlspec, digits):
    found = json.loads(dlspec("ir", digits, "--json").out)
    assert found["format"] == 1 and found["trains"][""]["optimizer"]["kind"] == "AdamW"
    assert json.loads(dlspec("ir", "--schema").out)["title"] == "Program"
    assert dlspec("ir").status == 2
    assert dlspec("ir", digits, "--schema").status == 2
    ran = dlspec("ir", digits)
    assert (ran.status, ran.out) == (2, "") and "add `--json`" in ran.err


def test_hints_are_words_of_a_shell(dlspec, here, digits):
    ran = dlspec("compile", digits, "-o", "it's here")
    assert ran.status == 0
    hint = re.search(r"`python (.*)`", ran.out)[1]
    assert shlex.split(hint) == ["it's here/train.py"]
