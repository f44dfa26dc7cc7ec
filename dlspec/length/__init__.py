"""Sizes that are known only when a model runs: `T` of `i32[T <= 512]`, and what is made of it."""

from dlspec.length.sizes import Dynamic, dynamic, put, quotient, shortest
from dlspec.length.terms import Length
from dlspec.length.text import read, read_type, written, written_type

__all__ = [
    "Dynamic",
    "Length",
    "dynamic",
    "put",
    "quotient",
    "read",
    "read_type",
    "shortest",
    "written",
    "written_type",
]
