"""Stands for what a program writes for its spec, so that the rest can be checked."""

import functools
from pathlib import Path

import numpy as np

from dlspec.programs.verbatim.rows import Rows

AHEAD = 3  # batches that are made together
FOLDER = Path(__file__).parent  # where the paths of the spec begin
LOADED = {"backbone": "net.safetensors"}
BATCH = 2
RAGGED = {"T_lengths": (("image", 2),)}  # the axes on which rows differ
BEST = "lowest val.loss"  # what makes an epoch the best
PARTS = ("train", "val")
STATES = ("h",)


@functools.cache
def load() -> dict[str, Rows]:
    """The parts of the data."""
    rng = np.random.default_rng(0)
    return {
        part: {
            "image": rng.random((count, 1, 8, 8), np.float32),
            "label": rng.integers(0, 10, count),
        }
        for part, count in (("train", 100), ("val", 10))
    }


def augment(rows: Rows, rng: np.random.Generator) -> Rows:
    """What training rows go through."""
    return rows | {"image": rows["image"] * rng.random(dtype=np.float32)}


def outputs(model: object, given: Rows) -> Rows:
    """What a network gives for these inputs."""
    raise NotImplementedError
