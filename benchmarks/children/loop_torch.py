"""A process that times the loop of a generated PyTorch program beside its peer by hand.

`python -m benchmarks.children.loop_torch NAME FOLDER ROUNDS EPOCHS`: FOLDER has the program.
Prints the rounds as JSON: microseconds a step, of the processor and of the clock.
"""

from __future__ import annotations

import importlib
import json
import math
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from benchmarks.turns import Times, rounds, timed

FOREVER = 100_000
"""Epochs that the schedule of a learning rate is asked for: those that are timed are its first."""


class _Started(Exception):
    """The program came to its first epoch, with these arguments."""


def generated(train: Any) -> Callable[[], float]:
    """The program's `train_epoch`, with what its `train` hands to it."""
    train_epoch, train.train_epoch = train.train_epoch, _stop
    with tempfile.TemporaryDirectory() as out:
        try:
            train.train(Path(out), FOREVER, 0, torch.device("cpu"), False)
        except _Started as started:
            arguments = started.args
    return lambda: train_epoch(*arguments)


def _stop(*arguments: Any) -> None:
    raise _Started(*arguments)


def main(name: str, folder: str, count: int, epochs: int) -> None:
    torch.set_num_threads(1)
    sys.path.insert(0, folder)
    train, data = importlib.import_module("train"), importlib.import_module("data")
    rows = {n: torch.from_numpy(v) for n, v in data.load()["train"].items()}
    steps = math.ceil(data.length(data.load()["train"]) / train.BATCH)
    peer = importlib.import_module(f"benchmarks.peers.{name}_torch")

    def contestant(epoch: Callable[[], float]) -> Callable[[], Times]:
        return lambda: timed(lambda: [epoch() for _ in range(epochs)], epochs * steps)

    contestants = {
        "generated": contestant(generated(train)),
        "tuned": contestant(peer.loop(rows)),
    }
    print(json.dumps(rounds(contestants, count, lambda text: print(text, flush=True))))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
