"""Weights in NumPy, whatever the backend: drawn by name, kept in safetensors."""

import json
import math
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

Shape = tuple[int, ...]
Arrays = dict[str, np.ndarray]
FORMAT = 1  # of the header


class CheckpointError(ValueError):
    """A file of weights that cannot be used."""


def draw(name: str, shape: tuple[int, ...], seed: int) -> np.ndarray:
    """The initial value of a weight: a function of its name and the seed."""
    kind = name.rpartition(".")[2]
    if kind in ("bias", "running_mean"):
        return np.zeros(shape, np.float32)
    if len(shape) == 1:
        return np.ones(shape, np.float32)
    rng = np.random.default_rng((seed, zlib.crc32(name.encode())))
    return glorot_uniform(shape, rng)


def glorot_uniform(shape: Shape, rng: np.random.Generator) -> np.ndarray:
    """Glorot and Bengio 2010."""
    bound = math.sqrt(6 / sum(fans(shape)))
    return rng.uniform(-bound, bound, shape).astype(np.float32)


def fans(shape: Shape) -> tuple[int, int]:
    """The inputs that reach one output, and the outputs that one input reaches."""
    return math.prod(shape[1:]), shape[0] * math.prod(shape[2:])


def write(path: Path, tensors: Arrays, facts: Mapping[str, Any]) -> None:
    """Writes weights and what is to be known of them: equal ones as equal bytes."""
    # one key: safetensors writes several in random order
    header = {"dlspec": json.dumps({"format": FORMAT, **facts}, sort_keys=True)}
    arrays = {name: np.asarray(a, order="C") for name, a in tensors.items()}
    write_whole(path, save(arrays, header))


def write_whole(path: Path, content: bytes) -> None:
    """A reader, or a crash at any moment, sees the old file or the new one."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError:  # a full disk
        part.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read(path: Path) -> tuple[Arrays, dict[str, Any]]:
    """The weights, and what is to be known of them. Raises CheckpointError."""
    try:
        with safe_open(path, "np") as file:
            names = file.keys()
            tensors = {name: file.get_tensor(name) for name in names}
            header = (file.metadata() or {}).get("dlspec")
        facts = json.loads(header) if header else {}
    except (SafetensorError, ValueError) as error:
        message = f"{path} is cut short or damaged, or no safetensors file: {error}"
        raise CheckpointError(message) from error
    if "format" not in facts:
        raise CheckpointError(f"{path} is a safetensors file of another program")
    if (found := facts.pop("format")) != FORMAT:
        raise CheckpointError(f"{path} has format {found}; this program reads {FORMAT}")
    return tensors, facts
