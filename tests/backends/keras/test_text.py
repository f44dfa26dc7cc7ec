"""The text of Keras programs: formatted, clean, and no more than a model needs."""

from __future__ import annotations

import ast
import random
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from dlspec_keras.exporting import export_file
from dlspec_keras.folder import files
from dlspec_keras.pieces import program, template
from dlspec_keras.training import train_file

from dlspec.backend.plan import model_file
from dlspec.backend.protocol import UnsupportedOp
from dlspec.emit import python as py
from dlspec.passes.layout import channels_last
from dlspec.pipeline import check
from dlspec.source import Source

sys.path[:0] = [str(Path(__file__).parent)]

from folders import DIGITS, case  # noqa: E402

SPECS = Path(__file__).parents[3] / "specs"
RUN = "train { data = digits; model = Small(); loss = CrossEntropy(logits, label); epochs = 2"
GROUPS = """
weights Dense     { optimizer = SGD(lr=0.1); frozen = until(1 epoch) }
weights BatchNorm { optimizer = Adam(eps=1e-3) }
weights *.bias    { frozen = true }
"""
TRAINS = {
    "plain": f"{RUN}; optimizer = SGD(lr=0.1); batch = 64; precision = fp32 }}",
    "fp16": f"{RUN}; optimizer = Adam(); batch = 64; precision = fp16; clip_norm = 1 }}",
    "exact": f"{RUN}; optimizer = RMSprop(momentum=0.9); batch = 8; numerics = exact }}",
    "large": f"{RUN}; optimizer = AdamW(); batch = 100000; precision = bf16 }}",
    "several": f"{RUN}; optimizer = Adam(); precision = fp16; clip_norm = 1\n{GROUPS} }}",
}


def ruff(folder: Path) -> None:
    for command in (["format", "--check"], ["check"]):
        found = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--isolated", "--no-cache", "."],
            cwd=folder,
            capture_output=True,
            text=True,
        )
        assert found.returncode == 0, found.stdout


@pytest.mark.parametrize("spec", sorted(SPECS.glob("*.dls")), ids=lambda p: p.stem)
def test_the_files_of_a_spec_are_formatted_and_clean(spec, tmp_path):
    found = check(spec)
    assert found.program is not None
    written = files(found.program, next(iter(found.program.trains)))
    assert {"model.py", "train.py", "checkpoint.py", "export.py", "README.md"} <= set(written)
    for name, text in written.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        if name.endswith(".py"):
            assert "# fill" not in text
            assert "# if " not in text
            imported = {
                (n.module or "") if isinstance(n, ast.ImportFrom) else n.names[0].name
                for n in ast.walk(ast.parse(text))
                if isinstance(n, ast.Import | ast.ImportFrom)
            }
            assert not any(name.startswith("dlspec") for name in imported)
    ruff(tmp_path)


@pytest.mark.parametrize("name", TRAINS)
def test_every_kind_of_run_is_formatted_and_clean(name, tmp_path):
    made = case(DIGITS + TRAINS[name])
    for module in ("checkpoint", "data", "recipe", "weights", "model"):
        (tmp_path / f"{module}.py").touch()
    (tmp_path / "train.py").write_text(train_file(made), encoding="utf-8")
    (tmp_path / "export.py").write_text(export_file(made), encoding="utf-8")
    ruff(tmp_path)


def test_checkpoints_of_any_mixture_of_layers_are_formatted_and_clean(tmp_path):
    kinds = ["Conv1D", "Conv2D", "BatchNorm", "LayerNorm", "Embedding", "GroupNorm", "RMSNorm"]
    more = ["slots", "sequential", "lists", "dropout"]
    cells = ["single", "two_ways", "stacked"]
    for module in ("recipe", "weights", "model"):
        (tmp_path / f"{module}.py").touch()
    rng = random.Random(0)
    for i in range(30):
        features = {"Dense", *(f for f in kinds + more if rng.random() < 0.5)}
        if rng.random() < 0.5:
            features |= {"recurrent", rng.choice(cells), rng.choice(cells)}
            features |= set(rng.choice([("gru",), ("plain",), ("gru", "plain")]))
        if rng.random() < 0.5:
            features |= {"shaped", rng.choice(["DepthwiseConv2D", "PReLU"])}
        slots = [py.Assign("SLOTS", py.literal({"momentum": "momentums"}))]
        fills = {"slots": slots, "calls": [py.Assign("calls", "2 * run.step")]}
        text = program("Checkpoints.", template("checkpoint", features, fills))
        (tmp_path / f"checkpoint_{i}.py").write_text(text, encoding="utf-8")
    ruff(tmp_path)


def model_text(text: str) -> str:
    from dlspec_keras import BACKEND

    found = check(Source("spec.dls", text))
    assert found.program is not None, [d.title for d in found.diagnostics]
    return model_file(channels_last(found.program.models["M"]), BACKEND)


def test_same_is_written_only_where_it_pads_like_the_spec():
    text = model_text(
        """model M { input image: f32[3, 8, 9]
          a = image -> Conv2D(4, 3, padding=1)
          b = a -> Conv2D(5, 3, padding=same, stride=2)
          c = b -> Conv2D(6, 3, padding=1, stride=2)
          d = c -> Conv2D(7, 2, padding=1)
          output y = d -> MaxPool2D(3, padding=1) -> Flatten }"""
    )
    assert 'layers.Conv2D(4, 3, padding="same")' in text
    assert 'layers.Conv2D(5, 3, strides=2, padding="same")' in text
    assert "layers.Conv2D(6, 3, strides=2)" in text
    assert "layers.Conv2D(7, 2)" in text
    assert text.count("ops.pad(") == 3
    assert 'mode="symmetric")' in text and "ops.max_pool(d, 3, strides=3)" in text


def test_a_class_whose_stride_varies_always_pads():
    text = model_text(
        """block Down(s: int) { input x: f32[C, H, W]
          output x -> Conv2D(4, 3, stride=s, padding=1) }
        model M { input image: f32[3, 8, 8]; output y = image -> Down(1) -> Down(2) -> Flatten }"""
    )
    assert "layers.Conv2D(4, 3, strides=s)" in text
    assert "ops.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))" in text


def test_a_sequence_holds_only_layers_that_need_no_code_around_their_call():
    text = model_text(
        """model M { input image: f32[3, 9, 9]
          x = image -> (Conv2D(4, 3, stride=2, padding=1) -> BatchNorm) as padded
          y = x -> (Conv2D(4, 3, stride=2) -> BatchNorm) as plain
          output z = y -> GlobalAvgPool2D }"""
    )
    assert text.count("keras.Sequential(") == 1
    assert "self.conv2d(ops.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0))))" in text


def test_training_is_an_argument_where_a_layer_needs_it():
    with_it = "model M { input x: f32[4]; output y = x -> Dense(3) -> Dropout(0.5) }"
    without = "model M { input x: f32[4]; output y = x -> Dense(3) -> Dropout(0.0) }"
    assert "def call(self, x, training=None)" in model_text(with_it)
    assert "def call(self, x)" in model_text(without)


def test_a_file_says_which_inputs_come_channels_last():
    assert (
        "Channels come last in image."
        in files(case(DIGITS + TRAINS["plain"]).program, "")["model.py"]
    )


def test_a_model_may_bear_a_name_that_its_program_uses(tmp_path):
    text = (DIGITS + TRAINS["exact"]).replace("Small", "Run").replace("logits", "keras")
    made = case(text)
    written = train_file(made)
    assert "from model import Run as RunModel" in written
    assert "class Training(RunModel):" in written
    assert "keras_2 = np.concatenate(made)" in written
    for module in ("checkpoint", "data", "recipe", "weights", "model"):
        (tmp_path / f"{module}.py").touch()
    (tmp_path / "train.py").write_text(written, encoding="utf-8")
    ruff(tmp_path)


def test_what_is_said_of_one_bias_of_a_gru_alone_is_refused():
    text = DIGITS.replace("-> Flatten", "-> Rearrange([c, h, w] -> [h, c*w]) -> GRU(4)")
    for name in ("bias_ih_l0", "bias_hh_l0"):
        groups = f"weights GRU.{name} {{ optimizer = SGD(lr=0.1) }}"
        with pytest.raises(UnsupportedOp, match="its two biases are one variable of Keras's"):
            train_file(case(f"{text}{RUN}; optimizer = Adam(); {groups} }}"))
    groups = "weights GRU.bias_ih_l0, GRU.bias_hh_l0 { optimizer = SGD(lr=0.1) }"
    assert "SGD(schedule)" in train_file(case(f"{text}{RUN}; optimizer = Adam(); {groups} }}"))


POINTS = """
data points { source = npz("points.npz"); field x: f32[3] = column("x"); split = all }
model Net { input x: f32[3]; output u: f32[1] = x -> Dense(1) }
train { data = points; let net = Net(); optimizer = SGD(lr=1); epochs = 1; batch = 2
"""


def objective(statements: str) -> str:
    """The function of a program that computes its loss."""
    made = case(f"{POINTS}{statements} }}")
    text = files(made.program, made.name)["objective.py"]
    return text[text.index("def objective(") :]


def change(function, x):
    """The derivative of a function's sum, by differences."""
    steps = 1e-4 * np.eye(x.size).reshape(-1, *x.shape)
    moved = [(function(x + h)[0].sum() - function(x - h)[0].sum()) / 2e-4 for h in steps]
    return np.reshape(moved, x.shape), function(x)[1]


def test_what_a_derivative_goes_through_becomes_a_function(tmp_path):
    text = objective(
        """
        u = net(x)
        ux = gradient(u, x)
        y = 2 * x
        a = y ** 2
        a = a + net(y)
        for i in range(2) { y = y + 0.1 * gradient(net(y), y) }
        uxx = gradient(sum(ux * x), x)
        loss = mean(u) + mean(uxx) + mean(gradient(a, x)) + mean(y)
        """
    )
    space = {"ops": np, "gradient_with_aux": change}
    space["gradient"] = lambda f, x: change(lambda x: (f(x), None), x)[0]
    exec(text, space)
    x = np.array([[0.1, -0.2, 0.3], [0.5, 0.4, -0.7]])
    y = 2 * x
    for _ in range(2):
        y = y + 0.3 * y**2
    means = [np.mean(v) for v in (x**3 * 3, 9 * x**2, 8 * x + 72 * x**2, y)]
    net = lambda x: np.sum(x**3, axis=-1, keepdims=True)  # noqa: E731
    assert space["objective"](net, x) == pytest.approx(sum(means), rel=1e-4)
    (tmp_path / "objective.py").write_text(f"from x import *\n\n\n{text}\n")
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--ignore", "F403,F405", "."]
    subprocess.run(command, cwd=tmp_path, check=True)


def test_what_two_derivatives_go_through_in_part_is_refused():
    with pytest.raises(UnsupportedOp, match="of `y` is computed in another derivative") as error:
        objective("y = 2 * x; a = net(y); loss = mean(gradient(a, x)) + mean(gradient(a, y))")
    assert error.value.advice == "call the networks on `y` again: gradient(D(y), y)"
    again = objective("y = 2 * x; a = net(y); loss = mean(gradient(a, x) + gradient(net(y), y))")
    assert "gradient(net, y)" in again


def test_int8_is_calibrated_with_the_inputs_of_the_model_whatever_the_loss_reads():
    text = (SPECS / "digits.dls").read_text()
    other = "loss      = CrossEntropy(logits, label) + 0.1 * mean(logits ** 2)"
    found = check(Source("digits.dls", re.sub(r"loss +=.*", other, text)))
    assert found.program is not None
    written = files(found.program, next(iter(found.program.trains)))["export.py"]
    assert '    given = {"image": rows["image"].transpose(0, 2, 3, 1)}\n' in written
