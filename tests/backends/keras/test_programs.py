"""Whole Keras programs, run: training, resuming, checkpoints, exports."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dlspec.cost import weights

keras = pytest.importorskip("keras")
sys.path[:0] = [str(Path(__file__).parent)]

from folders import DIGITS, case, compiled, modules, trained  # noqa: E402
from test_recipe import cross_entropy, huber  # noqa: E402

RUN = """
train {{
  data = digits; model = Small(); loss = CrossEntropy(logits, label); optimizer = {optimizer}
  epochs = 3; batch = 64; schedule = warmup(1 epoch) -> cosine(to=0); clip_norm = 1
  metrics = [Accuracy(logits, label)]
}}
"""
OPTIMIZERS = [
    "SGD(lr=0.05)",
    "SGD(lr=0.05, momentum=0.9, weight_decay=1e-3)",
    "AdamW(lr=1e-2)",
    "RMSprop(lr=1e-3, momentum=0.5, centered=true)",
]


class Stopped(BaseException):
    """What ends a run between two epochs."""


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_run_that_goes_on_from_a_checkpoint_ends_with_the_same_bits(
    optimizer, tmp_path, monkeypatch
):
    folder = compiled(DIGITS + RUN.format(optimizer=optimizer), tmp_path)
    whole = trained(folder, "whole", 3)
    with modules(folder) as program:
        own = program.train.log

        def log(path, record):
            if record["epoch"] == 3:
                raise Stopped
            own(path, record)

        monkeypatch.setattr(program.train, "log", log)
        (folder / "parts").mkdir()
        with pytest.raises(Stopped):
            program.train.train(folder / "parts", 3, 0, False)
    parts = trained(folder, "parts", 3, resume=True)
    for name in ("last.safetensors", "best.safetensors", "metrics.jsonl"):
        assert (whole / name).read_bytes() == (parts / name).read_bytes(), name


def test_a_checkpoint_has_every_weight_under_its_neutral_name_and_in_its_neutral_shape(tmp_path):
    text = """
    block Mixed(c: int) {
      input x: f32[C, H, W]
      y = x -> (DepthwiseConv2D(3, multiplier=2, padding=1) -> BatchNorm) as deep
      output y -> PReLU -> Conv2D(c, 1)
    }
    data digits {
      source = sklearn("digits")
      field image: f32[1, 8, 8] = column("image")
      field label: class[10]    = column("target")
      split = random(train=80 %, val=20 %)
    }
    model All {
      input image: f32[1, 8, 8]
      x = image -> Mixed(3) * 2 -> Conv2D(8, 1)
      a = x -> Reshape(8, 64) -> LayerNorm -> BiGRU(4, layers=2, dropout=0.1)
      b = x -> Reshape(8, 64) -> LSTM(3) -> Dense(4)
      output logits: f32[10] = (a, b) -> Concat -> Dense(10)
    }
    train { data = digits; model = All(); loss = CrossEntropy(logits, label)
      optimizer = Adam(); epochs = 1; batch = 512 }
    """
    expected = weights(case(text).model)
    with modules(compiled(text, tmp_path)) as program:
        model = program.train.built()
        model.compile(optimizer := keras.optimizers.Adam())
        optimizer.build(model.trainable_variables)
        run = program.recipe.Run(0, step=5)
        for name, whole in (("best", False), ("last", True)):
            program.checkpoint.save(tmp_path / f"{name}.safetensors", run, model, whole)
        arrays, _ = program.weights.read(tmp_path / "best.safetensors")
        assert {n: a.shape for n, a in arrays.items()} == {
            n: tuple(map(int, w.shape)) for n, w in expected.items()
        }
        every, facts = program.weights.read(tmp_path / "last.safetensors")
        trainable = {n for n, w in expected.items() if w.kind == "trainable"}
        assert set(every) - set(arrays) == {
            f"optimizer.{n}.{slot}" for n in trainable for slot in ("mean", "square")
        }
        assert facts["step"] == 5
        # A model with other weights takes them all, and gives them back.
        model = program.train.built()
        program.checkpoint.initialise(model, 7)
        program.checkpoint.load(tmp_path / "best.safetensors", model)
        for entry in program.checkpoint.entries(model):
            np.testing.assert_array_equal(entry.get(), arrays[entry.name])
        drawn = program.train.built()
        program.checkpoint.initialise(drawn, 7)
        for entry in program.checkpoint.entries(drawn):
            value = program.weights.draw(entry.name, arrays[entry.name].shape, 7)
            np.testing.assert_array_equal(entry.get(), value)


def test_a_checkpoint_of_another_model_is_refused(tmp_path):
    run = RUN.format(optimizer="Adam()")
    out = trained(compiled(DIGITS + run, tmp_path / "a"), "run", 1)
    wider = compiled(DIGITS.replace("Conv2D(4,", "Conv2D(5,") + run, tmp_path / "b")
    with modules(wider) as program:
        model = program.train.built()
        with pytest.raises(program.weights.CheckpointError, match=r"conv2d\.weight differs"):
            program.checkpoint.load(out / "best.safetensors", model)


TWO = """
data rows {
  source = npz("rows.npz")
  field text: class[20][6] = column("text")
  field image: f32[3, 5, 4] = column("image")
  field topic: class[3] = column("topic")
  field score: f32[]   = column("score")
  split = ordered(train=70 %, val=30 %)
}
model Ticket {
  input text: i32[6]
  input image: f32[3, 5, 4]
  h = text -> Embedding(20, 4, padding_id=0) -> LSTM(5)
  z = (h, image -> Conv2D(2, 3) -> Flatten) -> Concat -> Dense(8) -> ReLU
  output urgency: f32[1] = z -> Dense(1)
  output topics: f32[3]  = z -> Dense(3)
  output spare: f32[2]   = z -> Dense(2)
}
train {
  data = rows; model = Ticket(); optimizer = Adam(lr=1e-2); epochs = 3; batch = 8
  loss = CrossEntropy(topics, topic, class_weights=(1.0, 2.0, 3.0)) + 0.3 * Huber(urgency, score)
  metrics = [Accuracy(topics, topic), MAE(urgency, score)]
}
export { format = tflite; quantize = int8(calibrate=rows.train[2:22]) }
"""


@pytest.fixture(scope="module")
def ticket(tmp_path_factory):
    """The folder of a program with two inputs and three outputs, its rows, and a run of it."""
    folder = tmp_path_factory.mktemp("ticket")
    rng = np.random.default_rng(0)
    text = rng.integers(0, 20, (50, 6))
    rows = {
        "text": text,
        "image": rng.random((50, 3, 5, 4), np.float32),
        "topic": text[:, 0] % 3,
        "score": rng.random(50, np.float32),
    }
    np.savez(folder / "rows.npz", **rows)
    compiled(TWO, folder)
    return folder, rows, trained(folder, "run", 3)


def test_several_inputs_outputs_and_losses_train_together(ticket):
    folder, rows, out = ticket
    with modules(folder) as program:
        model = program.train.built()
        program.checkpoint.load(out / "last.safetensors", model)
        found = program.train.evaluate(model, "val")
        fed = program.train.inputs({n: v[35:] for n, v in rows.items()})
    assert fed["image"].shape == (15, 5, 4, 3)
    y = {n: np.asarray(v) for n, v in model(fed).items()}
    assert set(y) == {"urgency", "topics", "spare"}
    errors = y["urgency"][:, 0] - rows["score"][35:]
    loss = cross_entropy(y["topics"].astype(float), rows["topic"][35:], weights=(1.0, 2.0, 3.0))
    assert found["loss"] == pytest.approx(loss + 0.3 * huber(errors, 0).mean(), rel=1e-5)
    assert found["mae"] == pytest.approx(abs(errors).mean(), rel=1e-5)
    log = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert [r["epoch"] for r in log] == [1, 2, 3]
    assert log[-1]["val.loss"] == pytest.approx(found["loss"], rel=1e-6)


def test_batches_are_the_rows_of_the_data_in_order_and_never_of_two_epochs(tmp_path):
    folder = compiled(DIGITS + RUN.format(optimizer=OPTIMIZERS[0]), tmp_path)
    with modules(folder) as program:
        data, train = program.data, program.train
        made = list(train.batches(program.recipe.Run(0, epoch=1)).take(18).as_numpy_iterator())
        sizes = [len(y["label"]) for _, y in made]
        assert sizes == [train.BATCH] * 16 + [1078 - 16 * train.BATCH, train.BATCH]
        rows = data.load()["train"]
        order = np.concatenate([data.order(1078, 0, epoch) for epoch in (1, 2)])[: sum(sizes)]
    images, labels = [x for x, _ in made], [y["label"] for _, y in made]
    assert np.array_equal(np.concatenate(images)[..., 0], rows["image"][order, 0])
    assert np.array_equal(np.concatenate(labels), rows["label"][order])


def test_the_loss_of_an_epoch_is_the_mean_over_its_rows(tmp_path):
    """Also where the last batch is smaller: 1,078 rows in batches of 1,000."""
    text = DIGITS.replace(" -> Dropout(0.2)", "").replace(" -> BatchNorm", "") + (
        "train { data = digits; model = Small(); loss = CrossEntropy(logits, label)\n"
        "  optimizer = SGD(lr=1e-9); epochs = 1; batch = 1000 }"
    )
    folder = compiled(text, tmp_path)
    out = trained(folder, "run", 1)
    logged = json.loads((out / "metrics.jsonl").read_text())
    with modules(folder) as program:
        model = program.train.built()
        program.checkpoint.load(out / "last.safetensors", model)
        assert logged["loss"] == pytest.approx(program.train.evaluate(model, "train")["loss"])


@pytest.fixture(scope="module")
def exported(ticket):
    """What `export.py` writes, run as a process of its own."""
    folder, _, out = ticket
    done = subprocess.run(
        [sys.executable, "export.py", "--run", str(out)], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return out / "export" / "model.tflite"


def test_an_int8_file_has_the_names_of_the_model_and_nearly_its_numbers(ticket, exported):
    litert = pytest.importorskip("ai_edge_litert.interpreter")
    folder, rows, out = ticket
    runner = litert.Interpreter(model_path=str(exported))
    kinds = {d["dtype"] for d in runner.get_tensor_details()}
    assert np.int8 in kinds
    signature = runner.get_signature_runner()
    assert set(signature.get_input_details()) == {"text", "image"}
    with modules(folder) as program:
        model = program.train.built()
        program.checkpoint.load(out / "best.safetensors", model)
        fed = program.train.inputs({n: v[35:] for n, v in rows.items()})
    expected = {n: np.asarray(v) for n, v in model(fed).items()}
    made = [
        signature(text=fed["text"][i : i + 1].astype(np.int32), image=fed["image"][i : i + 1])
        for i in range(15)
    ]
    for name, value in expected.items():
        found = np.concatenate([m[name] for m in made])
        assert found.dtype == np.float32
        noise = ((found - value) ** 2).mean() / (value**2).mean()
        assert noise < 0.02, name


def test_the_program_alone_refuses_stops_and_goes_on(tmp_path):
    folder = compiled(DIGITS + RUN.format(optimizer="AdamW(lr=1e-2)"), tmp_path)
    command = [sys.executable, "train.py", "--out", "run", "--epochs", "200"]
    first = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert first.stdout is not None
    first.stdout.readline()
    first.send_signal(signal.SIGINT)
    _, said = first.communicate()
    assert first.returncode == 130
    assert b"stopped: last.safetensors keeps the last whole epoch" in said
    again = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert again.returncode == 1
    assert "--resume goes on, --overwrite starts again" in again.stderr
    assert "Traceback" not in again.stderr
    done = len((folder / "run" / "metrics.jsonl").read_text().splitlines())
    command[-1] = str(done + 1)
    plain = {**os.environ, "TF_ENABLE_ONEDNN_OPTS": "0", "CUDA_VISIBLE_DEVICES": "-1"}
    plain.pop("TF_CPP_MIN_LOG_LEVEL", None)
    command += ["--resume", "--threads", "2"]
    last = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=plain)
    assert last.returncode == 0, last.stderr[-2000:]
    assert last.stdout.startswith(f"epoch {done + 1}/{done + 1}")
    lock = json.loads((folder / "run" / "lock.json").read_text())
    assert lock["spec"] == "0123"
    assert lock["versions"]["keras"] == keras.__version__
    assert (lock["device"], lock["threads"], lock["onednn"]) == ("cpu", 2, False)
    assert last.stderr == ""
