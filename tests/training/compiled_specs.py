"""Programs compiled from specs, and run within the test's own process, which imports a framework
only once.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from importlib import import_module
from io import StringIO
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

import pytest

from dlspec.emit.files import write_tree
from dlspec.pipeline import check
from dlspec.pipeline.compile import Request, compiled
from dlspec.source import Source

SPECS = Path(__file__).parents[2] / "specs"
BACKENDS = ["torch", pytest.param("keras", marks=pytest.mark.tensorflow)]
MODULES = ("train", "checkpoint", "data", "model", "objective", "recipe", "weights")


def program(spec: Path, folder: Path, backend: str) -> Path:
    """The folder with the program of a spec's only train block."""
    source = Source(str(spec), spec.read_text(encoding="utf-8"))
    found = check(source).program
    assert found is not None
    write_tree(folder, compiled(Request(spec, source, found, folder, backend)))
    return folder


def run(folder: Path, *arguments: object) -> str:
    """What a program's `train.py` prints, called with these arguments."""
    argv, written = sys.argv, StringIO()
    sys.path.insert(0, str(folder))
    sys.argv = ["train.py", *map(str, arguments)]
    try:
        with redirect_stdout(written), threads_chosen_already():
            import_module("train").main()
    finally:
        sys.argv = argv
        sys.path.remove(str(folder))
        for name in MODULES:
            sys.modules.pop(name, None)
    return written.getvalue()


@contextmanager
def imported(folder: Path, names: Sequence[str]) -> Iterator[list[ModuleType]]:
    """Modules of a program, which are forgotten again."""
    sys.path.insert(0, str(folder))
    try:
        yield [import_module(name) for name in names]
    finally:
        sys.path.remove(str(folder))
        for name in MODULES:
            sys.modules.pop(name, None)


@contextmanager
def threads_chosen_already() -> Iterator[None]:
    """TensorFlow takes a number of threads only before its first operation, which another test of
    this process may have run."""
    if "tensorflow" not in sys.modules:
        yield
        return
    from tensorflow.config import threading

    names = ("set_intra_op_parallelism_threads", "set_inter_op_parallelism_threads")
    with patch.multiple(threading, **{name: lambda n: None for name in names}):
        yield


def log(out: Path) -> Sequence[dict]:
    """The rows of a run's log."""
    return [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
