"""Keras programs compiled from a spec's text, in a folder, and their modules."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

from dlspec_keras.case import Case
from dlspec_keras.folder import files

from dlspec.pipeline import check
from dlspec.source import Source

MODULES = ("train", "checkpoint", "data", "model", "recipe", "weights", "export")

DIGITS = """
data digits {
  source = sklearn("digits")
  field image: f32[1, 8, 8] = column("image") -> Scale(1 / 16)
  field label: class[10]    = column("target")
  split = stratified(label, train=60 %, val=15 %, test=25 %, seed=0)
}
model Small {
  input image: f32[1, 8, 8]
  x = image -> Conv2D(4, 3, stride=2) -> BatchNorm -> ReLU -> Flatten -> Dropout(0.2)
  output logits: f32[10] = x -> Dense(10)
}
"""


def case(text: str) -> Case:
    """A spec's only train block."""
    found = check(Source("test.dls", text))
    assert found.program is not None, [d.title for d in found.diagnostics]
    return Case(found.program, next(iter(found.program.trains)))


def compiled(text: str, folder: Path) -> Path:
    """The folder with the spec's program."""
    folder.mkdir(parents=True, exist_ok=True)
    found = case(text)
    for name, content in files(found.program, found.name, hash="0123").items():
        (folder / name).write_text(content, encoding="utf-8")
    return folder


@contextmanager
def modules(folder: Path) -> Iterator[SimpleNamespace]:
    """The program's modules, imported for this block only."""
    sys.path.insert(0, str(folder))
    try:
        yield SimpleNamespace(**{name: import_module(name) for name in MODULES})
    finally:
        sys.path.remove(str(folder))
        for name in MODULES:
            sys.modules.pop(name, None)


def trained(folder: Path, out: str, epochs: int, seed: int = 0, resume: bool = False) -> Path:
    """The folder of a run, trained within this process."""
    with modules(folder) as program:
        (folder / out).mkdir(exist_ok=True)
        program.train.train(folder / out, epochs, seed, resume)
    return folder / out
