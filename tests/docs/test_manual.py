"""The derived pages are up to date, and say what the code declares."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dlspec import ops, recipe
from dlspec.declared import BadArguments
from dlspec.diagnostics import CODES
from dlspec.manual import COMMAND, ROOT, pages
from dlspec.manual.arguments import signature, takes
from dlspec.manual.facts import facts
from dlspec.ops.conv import Conv2D
from dlspec.ops.init import INITS
from dlspec.ops.micro import REGISTERED
from dlspec.ops.recurrent import LSTM
from dlspec.ops.regularize import Dropout
from dlspec.pipeline import check
from dlspec.recipe.augmentations import RandomShift
from dlspec.source import Source

PAGES = pages()


@pytest.mark.parametrize("path", sorted(PAGES))
def test_page_is_up_to_date(path: str) -> None:
    found = (ROOT / path).read_text(encoding="utf-8") if (ROOT / path).exists() else ""
    assert found == PAGES[path], f"{path} is stale; run: {COMMAND}"


def headings(path: str) -> set[str]:
    return {re.split(r"[ (]", m)[0] for m in re.findall(r"^### (.*)$", PAGES[path], re.MULTILINE)}


@pytest.mark.parametrize("path", ["docs/ops.md", "docs/recipe.md"])
def test_signatures_are_whole(path: str) -> None:
    shown = re.findall(r"^```text\n(\w+\(.*?)\n```$", PAGES[path], re.MULTILINE | re.DOTALL)
    assert len(shown) > 20
    assert [s for s in shown if s.endswith(" ...")] == []


@pytest.mark.parametrize(("name", "says"), [("Standardize", True), ("Scale", False)])
def test_a_transform_says_whether_rows_may_differ_in_length(name: str, says: bool) -> None:
    entry = PAGES["docs/recipe.md"].partition(f"### {name}\n")[2].partition("### ")[0]
    assert ("All rows are of one length" in entry) == says


def test_a_long_signature_has_every_argument() -> None:
    page = PAGES["docs/ops.md"].partition("### LSTM\n")[2].partition("### ")[0]
    shown = page.partition("```text\n")[2].partition("```")[0]
    assert [n for n in LSTM.model_fields if not re.search(rf"\b{n.rstrip('_')}\b", shown)] == []


def test_everything_has_an_entry() -> None:
    assert {*ops.names(), *ops.of_objectives()} <= headings("docs/ops.md")
    names = {n for place in recipe.PLACES for n in recipe.table(place)}
    assert names | set(INITS) <= headings("docs/recipe.md")
    assert set(CODES) == headings("docs/errors.md")


def test_the_table_says_of_each_op_where_it_runs() -> None:
    text = PAGES["docs/ops.md"]
    head, _, *rows = text.split("\n\n")[2].split("\n")
    assert head == "|  | PyTorch | Keras | ONNX | TFLite | TFLite Micro |"
    names = [re.findall(r"\[(.*?)[(\]]", row)[0] for row in rows]
    cells = {n: [c.strip() for c in r.split("|")[2:-1]] for n, r in zip(names, rows, strict=True)}
    every = (*ops.names(), *ops.of_objectives())
    assert len(rows) == len(every) and set(cells) == set(every)
    assert cells["gradient"] == ["yes", "yes", *["no model holds it"] * 3]
    assert cells["Conv2D"] == ["yes"] * 5
    assert cells["GELU"][4].startswith("lacks GELU")
    assert cells["topk"][4] == "lacks TOPK_V2"
    assert "not with groups above 1" in cells["Conv3D"][3]
    for kind in ops.names():
        op = ops.lookup(kind)
        absent = [name for name in op.tflite if name not in REGISTERED]
        assert all(name in cells[kind][4] for name in absent), kind
        assert not any(cell == "" for cell in cells[kind])


def test_arguments_are_those_that_the_compiler_takes() -> None:
    """What the manual says of a few arguments, against what they do."""
    fields = Conv2D.model_fields
    assert takes(fields["channels"]) == "a whole number ≥ 1"
    assert takes(fields["padding"]) == "`valid`, `same`, or numbers ≥ 0"
    assert takes(Dropout.model_fields["rate"]) == "a number in [0, 1)"
    assert takes(RandomShift.model_fields["share"]) == "a share: `10 %` or 0.1, in (0, 1]"
    assert signature(Conv2D).startswith("Conv2D(channels, kernel, padding=valid")
    Dropout.bind((0,), {})
    for rate in (1, -0.1):
        with pytest.raises(BadArguments):
            Dropout.bind((rate,), {})
    with pytest.raises(BadArguments):
        Conv2D.bind((0, 3), {})


def test_a_stale_page_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "ops.md").write_text("old\n")
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    with pytest.raises(AssertionError, match=f"stale; run: {COMMAND}"):
        test_page_is_up_to_date("docs/ops.md")


DYNAMIC = """
data rows {
  source = npz("rows.npz")
  field x: f32[T <= 9, 3] = column("x")
  field y: f32[2] = column("y")
  split = random(train=50 %, test=50 %, seed=0)
}
model M {
  input x: f32[T <= 9, 3]
  output y: f32[2] = x -> LAYER -> Dense(2)
}
train { data = rows; model = M(); loss = MSE(y, y); optimizer = SGD(lr=0.1); epochs = 1; batch = 2 }
export { format = onnx; dynamic = [batch, T] }
"""


@pytest.mark.parametrize(
    ("layer", "argument"),
    [
        ("LSTM(4, layers=2)", ""),
        ("SimpleRNN(4, activation=relu)", ""),
        ("GRU(4, reset=before)", "reset"),
        ("BiLSTM(6, projection=3)", "projection"),
        ("GRU(4, recurrent_activation=none)", "recurrent_activation"),
        ("SimpleRNN(4, activation=elu)", "activation"),
    ],
)
def test_what_fixes_the_steps_of_an_onnx_file_is_said(layer: str, argument: str) -> None:
    result = check(Source("spec.dls", DYNAMIC.replace("LAYER", layer)))
    refused = [d.code for d in result.errors]
    assert refused == (["DLS441"] if argument else []), [d.label for d in result.errors]
    kind = layer.partition("(")[0]
    (said,) = (line for line in facts(kind).limits if "`dynamic`" in line)
    assert said in PAGES["docs/ops.md"]
    assert argument == "" or f"`{argument}`" in said
