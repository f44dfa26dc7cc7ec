"""A process that times the `fit` of a generated Keras program beside its peers by hand.

`python -m benchmarks.children.loop_keras NAME FOLDER ROUNDS EPOCHS`: FOLDER has the program.
Prints the rounds as JSON: microseconds a step, of the processor and of the clock.
The first epoch of each `fit` does not count: Keras makes its iterators then.
"""

from __future__ import annotations

import importlib
import json
import math
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from benchmarks.turns import Times, rounds

Fit = Callable[[int, keras.callbacks.Callback], object]
FOREVER = 100_000
"""Epochs that the schedule of a learning rate is asked for: those that are timed are its first."""


class Clock(keras.callbacks.Callback):
    """Reads the clocks at the end of each epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[tuple[float, float]] = []

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        self.read.append((time.process_time(), time.perf_counter()))


def timed(fit: Fit, epochs: int, steps: int) -> Times:
    clock = Clock()
    fit(epochs + 1, clock)
    (first, *_, last), each = clock.read, 1e6 / (epochs * steps)
    return Times(each * (last[0] - first[0]), each * (last[1] - first[1]))


def generated(train: Any) -> Fit:
    """The program's `fit`, with its model and batches, under another callback than its own."""
    found: dict[str, Any] = {}

    def stop(model: keras.Model, batches: object, **given: Any) -> None:
        found.update(given, model=model)

    train.Training.fit = stop
    with tempfile.TemporaryDirectory() as out:
        train.train(Path(out), FOREVER, 0, False)
    del train.Training.fit
    model, run = found.pop("model"), train.Run(0)

    def fit(epochs: int, callback: keras.callbacks.Callback) -> None:
        model.fit(train.batches(run), **found | {"epochs": epochs, "callbacks": [callback]})

    return fit


def main(name: str, folder: str, count: int, epochs: int) -> None:
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    sys.path.insert(0, folder)
    train, data = importlib.import_module("train"), importlib.import_module("data")
    steps = math.ceil(data.length(data.load()["train"]) / train.BATCH)
    peer = importlib.import_module(f"benchmarks.peers.{name}_keras")

    def contestant(fit: Fit) -> Callable[[], Times]:
        fit(1, Clock())  # compiles
        return lambda: timed(fit, epochs, steps)

    contestants = {
        "generated": contestant(generated(train)),
        "tuned": contestant(peer.tuned(data.load()["train"])),
        "plain": contestant(peer.plain(data.load()["train"])),
    }
    print(json.dumps(rounds(contestants, count, lambda text: print(text, flush=True))))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
