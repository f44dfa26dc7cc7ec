"""Specs of several files."""

import os
from pathlib import Path

import pytest

from dlspec.ir import model as ir
from dlspec.ir.document import program_hash
from dlspec.ir.program import Program
from dlspec.pipeline import check
from dlspec.pipeline.compile import Request, compiled
from dlspec.pipeline.record import read_record

BLOCKS = """
param extra: int = 2
fn half(n: int) -> int = n // 2
block Norm = BatchNorm(eps=1e-3)
block Conv(c: int, act: layer = ReLU) = Conv2D(c, 3, padding=1) -> Norm -> act
block Stage(c: int) {
  input x: f32[C, H, W]
  output x -> Conv(c) -> Conv(half(c) + extra)
}
"""
SPEC = """
import "parts/blocks.dls" as blocks
from "parts/blocks.dls" import Conv, half as halved
block Norm = LayerNorm(eps=1e-5)
block Head(n: int) { input x: f32[C, H, W]
  output x -> Conv(4, act=PReLU -> Tanh) -> GlobalAvgPool2D -> Norm -> Dense(n) }
data digits {
  source = sklearn("digits")
  field image: f32[1, 8, 8] = column("image")
  field label: class[10] = column("target")
  split = random(train=80 %, test=20 %, seed=0)
}
model M {
  input image: f32[1, 8, 8]
  output y = image -> blocks.Conv(halved(6)) -> blocks.Stage(4) * 2 -> Head(10)
}
train { data = digits; model = M(); loss = CrossEntropy(y, label); optimizer = Adam; epochs = 1 }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts/blocks.dls").write_text(BLOCKS)
    (tmp_path / "spec.dls").write_text(SPEC)
    return tmp_path


def program(path: Path) -> Program:
    result = check(path)
    assert result.program is not None, [d.title for d in result.diagnostics]
    return result.program


def test_names_mean_what_they_mean_in_their_file(folder: Path) -> None:
    layers = [(x.name, x.apply.op) for x in ir.layers(program(folder / "spec.dls").models["M"])]
    kinds = {name: op.kind() for name, op in layers}
    assert kinds["conv.norm.batch_norm"] == "BatchNorm"
    assert kinds["head.norm.layer_norm"] == "LayerNorm"
    assert kinds["head.conv.act.prelu"] == "PReLU"
    channels = {name: op.channels for name, op in layers if op.kind() == "Conv2D"}
    assert channels["conv.conv2d"] == 3
    assert channels["stages.1.conv.conv2d"] == 4
    assert channels["stages.1.conv_2.conv2d"] == 4


@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_a_compiled_folder_needs_none_of_the_files(folder: Path, backend: str) -> None:
    spec = folder / "spec.dls"
    result = check(spec)
    assert result.program is not None and result.source is not None
    out = folder / "run"
    out.mkdir()
    for name, text in compiled(Request(spec, result.source, result.program, out, backend)).items():
        (out / name).write_text(text)
    (folder / "parts/blocks.dls").unlink()
    assert program_hash(read_record(out).program()) == program_hash(result.program)


def test_files_import_each_other_relative_to_themselves(folder: Path) -> None:
    (folder / "parts/more.dls").write_text(
        'from "blocks.dls" import Stage\nblock Two = Stage(4) * 2'
    )
    (folder / "top.dls").write_text(
        'from "parts/more.dls" import Two\nmodel M { input x: f32[1, 8, 8]\n output y = x -> Two }'
    )
    assert program(folder / "top.dls").models["M"].root.outputs[0][1].shape == (4, 8, 8)


def test_a_file_of_a_subfolder_reaches_its_neighbours_and_no_further(folder: Path) -> None:
    (folder / "other").mkdir()
    (folder / "parts/deep.dls").write_text(
        'from "../other/one.dls" import One\nblock Two = One * 2'
    )
    (folder / "other/one.dls").write_text(
        'from "./../parts/blocks.dls" import Conv\nblock One = Conv(4)'
    )
    model = "model M { input x: f32[1, 8, 8]\n output y = x -> Two }"
    top = folder / "top.dls"
    top.write_text(f'from "parts/deep.dls" import Two\n{model}')
    assert program(top).models["M"].root.outputs[0][1].shape == (4, 8, 8)
    for outside in ("../../one.dls", "../parts/../../parts/blocks.dls", "..", "/one.dls"):
        (folder / "parts/deep.dls").write_text(f'from "{outside}" import One\nblock Two = One * 2')
        assert [d.code for d in check(top).errors] == ["DLS130"], outside


def test_a_circle_is_found_however_its_paths_are_written(folder: Path) -> None:
    (folder / "a.dls").write_text('from "parts/b.dls" import B\nblock A = B * 2')
    (folder / "parts/b.dls").write_text('from "./../parts/../a.dls" import A\nblock B = A * 2')
    (folder / "top.dls").write_text(
        'from "a.dls" import A\nmodel M { input x: f32[1, 8, 8]\n output y = x -> A }'
    )
    (error,) = check(folder / "top.dls").errors
    assert error.title == "a.dls imports itself, by way of parts/b.dls"


def test_what_is_imported_is_a_file(folder: Path) -> None:
    os.mkfifo(folder / "pipe")  # to read it would wait for ever
    (folder / "top.dls").write_text('from "pipe" import A\nblock B = A')
    (error,) = check(folder / "top.dls").errors
    assert error.title == "cannot import pipe: it is no file"


def test_a_mistake_in_an_imported_file_is_shown_there(folder: Path) -> None:
    path = folder / "parts/blocks.dls"
    path.write_text(BLOCKS.replace("Conv2D(c, 3", "Conv2d(c, 3"))
    (error,) = check(folder / "spec.dls").diagnostics
    assert (error.code, error.span.source.name, error.span.line) == ("DLS100", str(path), 5)
    path.write_text(BLOCKS.replace("input x:", "input x"))
    assert {d.span.source.name for d in check(folder / "spec.dls").errors} == {str(path)}


def test_two_definitions_of_one_name_stay_two(folder: Path) -> None:
    made = program(folder / "spec.dls").models["M"]
    assert {"Norm", "BlocksNorm"} <= set(made.definitions)


def test_a_definition_that_takes_an_imported_name_is_one_error(folder: Path) -> None:
    conv = "block Conv(c: int) { input x: f32[C, H, W]; output x -> Conv2D(c, 3) }\n"
    (folder / "spec.dls").write_text(SPEC.replace("block Norm", conv + "block Norm"))
    assert [d.code for d in check(folder / "spec.dls").errors] == ["DLS101"]


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("ResNet18", 11_689_512), ("ResNet34", 21_797_672), ("ResNet50", 25_557_032)],
)
def test_backbones_of_the_library_have_the_parameters_of_torchvision(
    tmp_path: Path, name: str, parameters: int
) -> None:
    from dlspec.cost import cost

    (tmp_path / "spec.dls").write_text(
        f"from std.vision import {name}\n"
        f"model M {{ input x: f32[3, 224, 224]\n output y = x -> {name} }}"
    )
    assert cost(program(tmp_path / "spec.dls").models["M"]).parameters.learned == parameters
