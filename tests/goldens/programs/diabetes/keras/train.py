"""Trains Regression on diabetes.

Stopped at any moment and resumed, a run ends with the same bits.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # none of TensorFlow's notices

import argparse
import itertools
import json
import math
import platform
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import safetensors
import tensorflow as tf
from keras import ops
from tensorflow.python.util._pywrap_util_port import IsMklEnabled as onednn

import checkpoint
import data
from model import Regression
from recipe import Run, claimed, ended, log, rates, rewind, scores, write_lock
from weights import CheckpointError

HASH = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"  # of the spec
EPOCHS = 60
BATCH = 32
CHUNK = 256  # rows at a time in evaluation
LEARNING_RATE = 0.001
SEED = 0
THREADS = 1  # more do not make such small steps faster


class Schedule(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate for each step."""

    def __init__(self, rates: np.ndarray) -> None:
        self.rates = rates.astype(keras.config.floatx())

    def __call__(self, step):
        return ops.take(self.rates, step)


def loss_fn(estimate, progression):
    return ops.mean(keras.losses.huber(progression, estimate))


class Training(Regression):
    """The model with its loss."""

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        return loss_fn(ops.cast(y_pred, keras.config.floatx()), y["progression"])


def inputs(rows: data.Rows) -> Any:
    """What the model reads."""
    return rows["measures"]


def batches(run: Run) -> tf.data.Dataset:
    """The batches of all epochs from the run's on, made some at a time and ahead."""

    def blocks() -> Iterator[tuple[Any, data.Rows]]:
        for epoch in itertools.count(run.epoch):
            for rows in data.blocks("train", BATCH, run.seed, epoch):
                targets = {"progression": rows["progression"]}
                yield inputs(rows), targets

    def cut(*block: Any) -> tf.data.Dataset:
        return tf.data.Dataset.from_tensors(block).rebatch(BATCH)

    def kind(array: np.ndarray) -> tf.TensorSpec:
        return tf.TensorSpec((None, *array.shape[1:]), array.dtype)

    kinds = tf.nest.map_structure(kind, next(blocks()))
    found = tf.data.Dataset.from_generator(blocks, output_signature=kinds)
    return found.prefetch(1).flat_map(cut)


def evaluate(model: keras.Model, part: str) -> dict[str, Any]:
    """The loss and the metrics over all rows of a part."""
    chunks = data.chunks(part, CHUNK)
    made = [model.predict_on_batch(inputs(rows)) for rows in chunks]
    estimate = np.concatenate(made).astype(keras.config.floatx())
    rows = data.load()[part]
    loss = float(loss_fn(estimate, rows["progression"]))
    return {"loss": loss} | scores({"estimate": estimate}, rows)


class AfterEpoch(keras.callbacks.Callback):
    """Validation, early stopping, the log and the checkpoints."""

    def __init__(self, out: Path, run: Run) -> None:
        super().__init__()
        self.last, self.best = out / "last.safetensors", out / "best.safetensors"
        self.metrics, self.run = out / "metrics.jsonl", run

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        run, model, loss = self.run, self.model, logs["loss"]
        run.step += self.params["steps"]
        if not math.isfinite(loss):
            place = f"in epoch {run.epoch + 1}"
            sys.exit(f"error: the loss is {loss} {place}; a lower lr may help")
        val = evaluate(model, "val")
        improved = run.improved(val["loss"])
        report = {"loss": loss} | {f"val.{name}": v for name, v in val.items()}
        log(self.metrics, {"epoch": run.epoch, "step": run.step} | report)
        if improved:
            # before `last`, which promises that it is there
            checkpoint.save(self.best, run, model)
        checkpoint.save(self.last, run, model, whole=True)
        shown = [f"{n} {v:.4f}" for n, v in report.items() if isinstance(v, float)]
        epochs = self.params["epochs"]
        print(f"epoch {run.epoch}/{epochs}", *shown, sep="  ", flush=True)
        model.stop_training = bool(ended(run, epochs))


def built() -> keras.Model:
    """The model with its variables, which a call on symbols makes."""
    model = Training()
    model(keras.KerasTensor((None, 10)))
    return model


def train(out: Path, epochs: int, seed: int, resume: bool) -> None:
    """Trains to the end of the last epoch, with a checkpoint after each."""
    last = out / "last.safetensors"
    steps = math.ceil(data.length(data.load()["train"]) / BATCH)
    model = built()
    schedule = Schedule(rates(LEARNING_RATE, epochs * steps, steps))
    optimizer = keras.optimizers.RMSprop(schedule, epsilon=1e-8)
    together = max(n for n in range(1, 51) if steps % n == 0)
    model.compile(optimizer, steps_per_execution=together)
    optimizer.build(model.trainable_variables)
    if resume and last.exists():
        run = checkpoint.load(last, model, whole=True)
        run.resume()
    else:
        run = Run(seed)
        checkpoint.initialise(model, seed)
    rewind(out / "metrics.jsonl", run.epoch)
    end, made_of = ended(run, epochs), out / "lock.json"
    if not (end and made_of.exists()):
        write_lock(made_of, lock(run.seed, epochs), run.epoch)
    if end:
        print("nothing to train:", end)
        return
    model.fit(
        batches(run),
        steps_per_epoch=steps,
        epochs=epochs,
        initial_epoch=run.epoch,
        shuffle=False,
        verbose=0,
        callbacks=[AfterEpoch(out, run)],
    )


def lock(seed: int, epochs: int) -> dict[str, Any]:
    """What the run is made of."""
    packages = {m.__name__: m.__version__ for m in (keras, tf, np, safetensors)}
    return {
        "spec": HASH,
        "parameters": {"Regression.width": 32},
        "data": data.facts(),
        "seed": seed,
        "epochs": epochs,
        "device": "cuda" if tf.config.get_visible_devices("GPU") else "cpu",
        "threads": tf.config.threading.get_intra_op_parallelism_threads(),
        "backend": keras.backend.backend(),
        "onednn": onednn(),
        "versions": {"python": platform.python_version(), **packages},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    folder = Path(__file__).parent
    parser.add_argument("--out", help="folder of the run", type=Path, default=folder)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument(
        "--seed", help="a resumed run keeps its own", type=int, default=SEED
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--threads", type=int, default=THREADS)
    start = parser.add_mutually_exclusive_group()
    start.add_argument(
        "--resume", help="go on from the last whole epoch", action="store_true"
    )
    start.add_argument(
        "--overwrite", help="start again, whatever is there", action="store_true"
    )
    start.add_argument(
        "--eval",
        help="evaluate the best weights on a part, and stop",
        choices=("train", "val", "test"),
    )
    args = parser.parse_args()
    gpus = tf.config.list_physical_devices("GPU")
    if args.device == "cuda" and not gpus:
        parser.error("there is no CUDA device that TensorFlow can use")
    if args.device == "cpu":
        gpus = []
        tf.config.set_visible_devices(gpus, "GPU")
    tf.config.threading.set_intra_op_parallelism_threads(args.threads)
    tf.config.threading.set_inter_op_parallelism_threads(args.threads)
    if gpus and all(bfloat16(gpu) for gpu in gpus):
        keras.config.set_dtype_policy("mixed_bfloat16")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stops like Ctrl-C
    last, best = args.out / "last.safetensors", args.out / "best.safetensors"
    try:
        if args.eval:
            model = built()
            checkpoint.load(best, model)
            print(json.dumps(evaluate(model, args.eval), indent=2))
            return
        old = [path for path in (last, best) if path.exists()]
        if old and not (args.resume or args.overwrite):
            sys.exit(
                f"error: {old[0]} is there; --resume goes on, --overwrite starts again"
            )
        with claimed(args.out):
            if args.overwrite:
                for path in old:
                    path.unlink()
            train(args.out, args.epochs, args.seed, args.resume)
    except KeyboardInterrupt:
        kept = "last.safetensors keeps the last whole epoch; --resume goes on from it"
        said = kept if last.exists() else "no epoch was whole yet"
        print("stopped:", said, file=sys.stderr)
        sys.exit(130)
    except (data.DataError, CheckpointError, OSError) as error:
        sys.exit(f"error: {error}")


def bfloat16(gpu: Any) -> bool:
    """Whether a device computes in bfloat16."""
    details = tf.config.experimental.get_device_details(gpu)
    return details.get("compute_capability", (0, 0)) >= (8, 0)


if __name__ == "__main__":
    main()
