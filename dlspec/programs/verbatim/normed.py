"""What norms keep of a kernel."""

import zlib

import numpy as np


def kernel_of(name: str) -> str:
    """The kernel that a weight follows from, or nothing."""
    place, _, kept = name.rpartition(".")
    if kept in ("_u", "_v"):
        return place.removesuffix("0") + "original"
    return f"{place}.original1" if kept == "original0" else ""


def of_kernel(name: str, kernel: np.ndarray, axis: int, seed: int) -> np.ndarray:
    """The length of each output's part of a kernel; or the singular vectors of its
    greatest singular value, from 15 steps of the power iteration."""
    rows = np.moveaxis(kernel, axis, 0).reshape(kernel.shape[axis], -1)
    place, _, kept = name.rpartition(".")
    if kept == "original0":
        shape = [-1 if a == axis else 1 for a in range(kernel.ndim)]
        return np.linalg.norm(rows, axis=1).reshape(shape)
    rng = np.random.default_rng((seed, zlib.crc32(place.encode())))
    v = rng.standard_normal(rows.shape[1])
    for _ in range(15):
        u = unit(rows @ v)
        v = unit(rows.T @ u)
    return (u if kept == "_u" else v).astype(np.float32)


def unit(vector: np.ndarray) -> np.ndarray:
    """A vector of length 1."""
    return vector / max(np.linalg.norm(vector), 1e-12)
