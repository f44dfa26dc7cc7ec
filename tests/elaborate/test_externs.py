"""What an `extern` declares: types that are bound and checked, and nothing imported."""

from __future__ import annotations

import sys

import pytest
from build import model, parameters, problems, weight_names

from dlspec.backend.plan import model_file
from dlspec.ir.document import document, read
from dlspec.passes.layout import channels_last
from dlspec.pipeline import check
from dlspec.source import Source

NMS = """
extern fn nms(boxes: f32[N, 4], score: f32[N], iou: float = 0.5, keep: int = 100) -> i32[keep] {
  torch = "shop.boxes:nms"; keras = "shop.boxes_keras:nms"
}
"""
DEFORM = """
extern layer Deform(c: int) {
  input x: f32[C, H, W]
  let kernel = Parameter(f32[c, C, 3, 3], init=he_normal)
  output y: f32[c, H, W]
  torch = "shop.deform:conv"; keras = "shop.deform:conv"
}
"""


def of(body: str, declared: str = NMS) -> str:
    return f"{declared}model M {{ {body} }}"


def result(body: str, declared: str = NMS) -> str:
    ((_, made),) = model(of(body, declared)).root.outputs
    return str(made)


def program(body: str, declared: str = NMS, backend: str = "torch") -> str:
    from dlspec_keras import BACKEND as KERAS
    from dlspec_torch import BACKEND as TORCH

    made = model(of(body, declared))
    return model_file(made, TORCH) if backend == "torch" else model_file(channels_last(made), KERAS)


def test_names_in_types_are_bound_and_numbers_have_defaults() -> None:
    inputs = "input b: f32[20, 4]; input s: f32[20]; "
    assert result(inputs + "output nms(b, s)") == "i32[100]"
    assert result(inputs + "output nms(b, s, keep=2 * 5)") == "i32[10]"
    assert result("input x: f32[8]; output x -> f", FN.format("f32[2 * N]", "f32[N]")) == "f32[16]"


FN = 'extern fn f(x: {1}) -> {0} {{ torch = "p.q:f"; keras = "p.q:f" }}\n'


def test_several_results_are_a_tuple_in_python() -> None:
    both = FN.format("(f32[N, 4], i32[N])", "f32[N]")
    body = "input x: f32[8]; b, i = f(x); c, j = x -> f; output y = (b + c)[i + j]"
    assert result(body, both) == "f32[8, 4]"
    for backend in ("torch", "keras"):
        assert "b, i = f(x)\n" in program(body, both, backend)
    told = [d.code for d in problems(of("input x: f32[8]; output y = f(x) + 1", both))]
    assert told == ["DLS208"]
    gated = """
extern layer Gated(units: int) {
  input x: f32[D]
  let kernel = Parameter(f32[units, D], init=glorot_uniform)
  output y: f32[units]; output gate: f32[D]
  torch = "p.q:gated"; keras = "p.q:gated"
}
"""
    body = "input x: f32[8]; y, g = x -> Gated(3); output z = (y, g) -> Concat"
    assert result(body, gated) == "f32[11]"
    assert "-> tuple[Tensor, Tensor]:" in program(body, gated)


def test_a_dynamic_size_stays_one() -> None:
    found = check(
        Source(
            "s.dls", of("input x: f32[T <= 9]; output x -> f", FN.format("f32[N // 2]", "f32[N]"))
        )
    )
    assert found.program is not None
    ((_, made),) = found.program.models["M"].root.outputs
    assert str(made.shape[0]) == "T // 2" and int(made.shape[0]) == 4


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("input b: f32[20, 5]; input s: f32[20]; output nms(b, s)", "DLS202"),
        ("input b: f32[20, 4]; input s: f32[19]; output nms(b, s)", "DLS202"),
        ("input b: f32[20, 4]; input s: i32[20]; output nms(b, s)", "DLS202"),
        ("input b: f32[20, 4]; output nms(b)", "DLS104"),
        ("input b: f32[20, 4]; input s: f32[20]; output nms(b, s, most=3)", "DLS103"),
        ("input b: f32[20, 4]; input s: f32[20]; output nms(b, s, iou=s)", "DLS209"),
        ("input b: f32[20, 4]; input s: f32[20]; output nms(b, s, keep=0)", "DLS300"),
    ],
)
def test_a_wrong_use(body: str, code: str) -> None:
    assert [d.code for d in problems(of(body))] == [code]


def test_a_layer_has_weights_like_a_block() -> None:
    body = "input x: f32[2, 5, 5]; h = x -> Deform(3); output y = h -> Deform(4) -> Deform(4)"
    made = model(of(body, DEFORM))
    assert weight_names(made) == ["h.kernel", "deform.kernel", "deform_2.kernel"]
    assert parameters(made) == 9 * (2 * 3 + 3 * 4 + 4 * 4)


def test_one_class_with_arguments_for_all_sizes() -> None:
    body = "input x: f32[2, 5, 5]; h = x -> Deform(3); output y = h -> Deform(4)"
    text = program(body, DEFORM)
    assert text.count("class Deform") == 1 and text.count("from shop.deform import conv\n") == 1
    assert "conv(x, self.kernel, c=self.c)" in text


def test_images_are_channels_first_in_keras_too() -> None:
    body = "input x: f32[2, 5, 5]; output y = x -> Conv2D(3, 3) -> Deform(4)"
    text = program(body, DEFORM, "keras")
    assert text.count("transpose") == 1 and "(0, 3, 1, 2)" in text


def test_numbers_are_passed_by_name_and_python_words_get_a_line() -> None:
    declared = (
        'extern fn f(x: f32[N], lambda: float, mode: str = "a") -> f32[N] { torch = "p:f" }\n'
    )
    text = program('input x: f32[8]; output x -> f(0.5, mode="\\"); import os")', declared)
    assert """f(x, lambda_=0.5, mode='"); import os')""" in text


def test_a_name_that_the_program_has_is_imported_under_another() -> None:
    declared = (
        'extern fn one(x: f32[N]) -> f32[N] { torch = "p:torch" }\n'
        'extern fn two(x: f32[N]) -> f32[N] { torch = "p:M" }\n'
        'extern fn three(x: f32[N]) -> f32[N] { torch = "p:h" }\n'
        'extern fn four(x: f32[N]) -> f32[N] { torch = "q:h" }\n'
    )
    text = program("input h: f32[8]; output h -> one -> two -> three -> four", declared)
    assert "from p import M as M_2" in text and "torch as torch_2" in text
    assert "import h as h_2" in text  # of the two that are called so
    compile(text, "model.py", "exec")


def test_a_check_imports_nothing_of_the_spec() -> None:
    declared = 'extern fn f(x: f32[N]) -> f32[N] { torch = "this:f"; keras = "antigravity:f" }\n'
    program("input x: f32[8]; output x -> f", declared)
    assert not {"this", "antigravity"} & sys.modules.keys()


@pytest.mark.parametrize(
    "path",
    [
        "shop.boxes",
        "shop:",
        ":nms",
        "shop boxes:nms",
        "shop.boxes:nms:x",
        "shop..boxes:nms",
        ".boxes:nms",
        "shop.boxes:nms.inner",
        "shop.boxes:nms()",
        "shop.boxes:nms\\nimport os",
        "shop-boxes:nms",
        "shop.import:nms",
        "shop.boxes:lambda",
        "shöp:nms",
        "1shop:nms",
        "model:nms",
        "data.boxes:nms",
        "a" * 300 + ":f",
        "",
    ],
)
def test_what_names_no_function_is_refused(path: str) -> None:
    declared = f'extern fn f(x: f32[N]) -> f32[N] {{ torch = "{path}" }}\n'
    found = problems(of("input x: f32[8]; output x -> f", declared))
    assert [d.code for d in found] == ["DLS140"]


def test_the_document_of_a_program_is_read_back() -> None:
    text = of("input x: f32[2, 5, 5]; output y = x -> Deform(3)", DEFORM)
    made = check(Source("s.dls", text)).program
    assert made is not None
    assert document(read(document(made))) == document(made)


SOURCE = """
extern source lidar(most: int, word: str = "a") {
  field points: f32[N <= most, 4]
  field kind: class[3]
  python = "shop.lidar:rows"
}
data scans {
  source = SOURCE
  field points: f32[N <= 9, 4] = column("points")
  field kind: class[3]         = column("kind")
  split = random(train=80 %, val=20 %)
}
"""


def test_a_source_has_the_columns_that_it_declares() -> None:
    made = check(Source("s.dls", SOURCE.replace("SOURCE", "lidar(9)"))).program
    assert made is not None
    source = made.data["scans"].source
    assert source.columns() == ("points", "kind")
    assert document(read(document(made))) == document(made)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("SOURCE", "lidar()"), "DLS104"),
        (("SOURCE", 'lidar("a")'), "DLS300"),
        (("SOURCE", "lidr(9)"), "DLS100"),
        (('column("kind")', 'column("sort")'), "DLS410"),
        (("points: f32[N <= 9, 4] ", "points: f32[N <= 9, 5] "), "DLS411"),
        (("kind: class[3]  ", "kind: class[4]  "), "DLS411"),
        (("<= most, 4]", "<= most, 4] = 3"), "DLS108"),
        (("python = ", "torch = "), "DLS400"),
        (('python = "shop.lidar:rows"', ""), "DLS141"),
        (("lidar:rows", "lidar"), "DLS140"),
        (("most: int", "most: f32[3]"), "DLS108"),
    ],
)
def test_a_wrong_source(change: tuple[str, str], code: str) -> None:
    found = problems(SOURCE.replace(*change).replace("SOURCE", "lidar(9)"))
    assert code in {d.code for d in found}
    assert len(found) <= 2


def test_a_program_reads_its_rows() -> None:
    from dlspec.programs.data import data_file

    made = check(Source("s.dls", SOURCE.replace("SOURCE", "lidar(9)"))).program
    assert made is not None
    text = data_file(made.data["scans"])
    assert "from shop.lidar import rows as source_rows" in text
    assert 'source_rows(most=9, word="a")' in text
