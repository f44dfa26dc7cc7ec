"""The wording of the errors that no text of a spec brings about: `commands.txt` holds all of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dlspec.diagnostics import Diagnostic
from dlspec.diagnostics import commands as c
from dlspec.diagnostics import files as f
from dlspec.diagnostics import folders as runs
from dlspec.diagnostics import runs as r
from dlspec.diagnostics.catalogue import EXAMPLES, codes, example
from dlspec.diagnostics.externs import NotForThisBackend
from dlspec.diagnostics.text import TooLarge, Unreadable
from dlspec.diagnostics.tools import CannotBuild, NoModel, UnknownCode, UnknownOp
from dlspec.diagnostics.uses import NotForBackend
from dlspec.pipeline import check
from dlspec.render import caret
from dlspec.source import Source

GOLDEN = Path(__file__).with_name("commands.txt")
DIFFERENCE = "--- model.py (edited)\n+++ model.py (compiled)\n@@ -1 +1 @@\n-x = 1\n+x = 2"

WORDING: tuple[Diagnostic, ...] = (
    Unreadable(None, "missing.dls", "no such file or directory"),
    TooLarge(None, "big.dls", 3_000_000, 2_000_000),
    f.FolderOccupied(None, "out", tuple(f"thesis_{i}.tex" for i in range(7))),
    f.FilesEdited(
        None, "out", (("model.py", DIFFERENCE), ("data.py", "data.py: the bytes differ"))
    ),
    f.ManifestLost(None, "out", "is damaged"),
    f.CannotWrite(None, "out/model.py", "permission denied"),
    f.DiskFull(None, "out/model.py"),
    f.FolderInUse(None, "out"),
    NotForThisBackend(None, "nms", "keras", "torch", 12),
    NotForBackend(None, "torch", "exp", "PyTorch has no module for it"),
    c.NoTrain(None, "", ()),
    c.NoTrain(None, "gan", ("", "vae")),
    c.NoTrain(None, "", ("gan", "vae")),
    c.UnknownBackend(None, "jax", ("keras", "torch")),
    c.MissingExtra(None, "train", ("torch",), "torch"),
    runs.NotARun(None, "out", "there is no lock.json"),
    runs.OtherFormat(None, "out/lock.json", 7, 1),
    runs.OtherSpec(None, "out", ("data", "epochs")),
    runs.RunExists(None, "out"),
    runs.NoCheckpoint(None, "out"),
    c.CannotReadData(None, "wines", "line 7 of wine.csv: NaN in `alcohol`"),
    runs.OtherData(None, "out", "wines", {"train": 80, "val": 20}, {"train": 96, "val": 24}),
    c.NoGpu(None, "PyTorch", "it was installed without CUDA"),
    c.ProgramFailed(None, "train.py", "MemoryError"),
    c.ProgramFailed(None, "train.py", "out/last.safetensors is of another program: w differs"),
    c.ProgramFailed(None, "train.py", "ModuleNotFoundError: No module named 'shop'"),
    c.ClassesUnknown(None, "flowers", ("label",)),
    c.ClassesUnknown(None, "flowers", ("label",), "Net.classes"),
    runs.BadLock(None, "lock.json"),
    runs.NoLock(None, "out/lock.json"),
    runs.SpecChanged(None, "out/spec.dls"),
    runs.NoTestRows(None, "digits"),
    runs.OtherLength(None, "epochs", "steps"),
    c.FileExists(None, "net.dls"),
    c.Internal(None, "KeyError: 'x'"),
    r.NoExport(None, "phon", ("phone", "server")),
    r.ConversionFailed(None, "phone.tflite", "crashed its process (SIGABRT)"),
    r.RuntimeFailed(None, "ONNX Runtime", "took longer than 600 s"),
    r.CannotReadInput(
        None,
        "row.csv",
        "it has no column 'hue'; it has: alcohol, ash",
        (
            "a table (.csv) with the columns `alcohol`, `hue`",
            "arrays (.npz) `alcohol` of shape [rows], `hue` of shape [rows]",
        ),
    ),
    r.UnknownModelFile(None, "net.pt", ""),
    r.UnknownModelFile(None, "net.onnx", "it has 2 inputs, the model 1"),
    r.NotANumber(None, "logits", 449, 449),
    r.DrawsInEvaluation(None, "Net", ("normal_like (line 9)",)),
    r.NoGenerate(None, "wrote", ("write", "translate"), "write"),
    r.NoGenerate(None, "", ()),
    UnknownCode(None, "DLS240", ("DLS204", "DLS201")),
    UnknownCode(None, "overfitting", ()),
    UnknownOp(None, "Conv2", ("Conv2D", "DepthwiseConv2D")),
    UnknownOp(None, "quantum", ()),
    NoModel(None, "", ("Small", "Large")),
    NoModel(None, "Huge", ("Small", "Large")),
    NoModel(None, "", ()),
    CannotBuild(None, "Net"),
)
TYPED = [code for code in codes() if (found := example(code)) and not found.is_spec]


def printed(d: Diagnostic) -> str:
    return caret([d]).removesuffix("\n\n1 error")


def test_wording() -> None:
    found = "\n\n".join(map(printed, WORDING)) + "\n"
    if os.environ.get("UPDATE_GOLDENS"):
        GOLDEN.write_text(found, encoding="utf-8")
    assert found == GOLDEN.read_text(encoding="utf-8"), (
        "where the new text is right, accept it: UPDATE_GOLDENS=1 python -m pytest tests/errors"
    )


@pytest.mark.parametrize("code", TYPED)
def test_the_example_of_a_command_prints_its_error(code: str) -> None:
    shown = example(code)
    assert shown is not None
    found = printed(next(d for d in WORDING if d.code == code))
    if os.environ.get("UPDATE_GOLDENS"):
        text = "\n---\n".join((shown.source, found, shown.mend))
        (EXAMPLES / f"{code}.txt").write_text(f"{text}\n", encoding="utf-8")
    else:
        assert shown.printed == found
    assert all(line.startswith("$ ") for line in shown.mended.splitlines())


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    (found,) = check(tmp_path / "missing.dls").diagnostics
    assert found.code == "DLS001"
    assert found.title == f"cannot read {tmp_path}/missing.dls: no such file or directory"
    (found,) = check(tmp_path).diagnostics
    assert found.title == f"cannot read {tmp_path}: is a directory"


def test_a_file_of_data_is_no_spec() -> None:
    found = check(Source("big.dls", "# 0123456789\n" * 200_000)).diagnostics
    assert "DLS003" in [d.code for d in found]
