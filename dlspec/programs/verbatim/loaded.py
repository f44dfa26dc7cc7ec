"""Weights that start from the files of other runs."""

import functools

import numpy as np
from safetensors import SafetensorError, safe_open

from dlspec.programs.verbatim.example import FOLDER, LOADED
from dlspec.programs.verbatim.store import Arrays, CheckpointError


def from_file(name: str, shape: tuple[int, ...]) -> np.ndarray | None:
    """A weight as its file has it; nothing where none of the files is for it."""
    for path, file in LOADED.items():
        if path and not name.startswith(f"{path}."):
            continue
        arrays, own = arrays_of(file), name.removeprefix(f"{path}.") if path else name
        if own not in arrays:
            known = ", ".join(sorted(arrays))
            message = f"{file} has no weight {own!r} for {name}; it has: {known}"
            raise CheckpointError(message)
        if arrays[own].shape != shape:
            found = f"{own} has the shape {list(arrays[own].shape)}"
            raise CheckpointError(f"{file}: {found}, and {name} has {list(shape)}")
        return arrays[own].astype(np.float32)
    return None


@functools.cache
def arrays_of(file: str) -> Arrays:
    """The arrays of a file, by their names there."""
    path = FOLDER / file
    try:
        with safe_open(path, "np") as opened:
            names = opened.keys()
            return {name: opened.get_tensor(name) for name in names}
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error}") from error
    except (SafetensorError, TypeError, ValueError) as error:
        message = f"{path} is cut short or damaged, or no safetensors file: {error}"
        raise CheckpointError(message) from error
