"""dlspec from Python: what a spec is asked, and what a notebook shows."""

from __future__ import annotations

import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

import dlspec
from dlspec.diagnostics import SpecError as CoreError

NET = """
param rate: float = 0.1
block Wide(n: int, act: layer = ReLU) = Dense(n) -> act
model Net(width: int = 8, note: str = "plain") {
  input x: f32[4]
  output y = x -> Wide(width) -> Dropout(rate)
}
"""
WRONG = NET.replace("Dense(n)", "Dens(n)")


def test_the_package_imports_nothing_until_it_is_asked():
    code = (
        "import sys; b = set(sys.modules); import dlspec; print(set(sys.modules) - b, dir(dlspec))"
    )
    ran = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True)
    assert ran.stdout.startswith("{'dlspec'} "), ran.stderr


def test_no_framework_is_imported_before_a_model_is_built(digits, here):
    code = (
        f"import sys, dlspec; s = dlspec.load({str(digits.path)!r}); s.check(); s.summary();"
        "s.graph().text('html'); s.compile('torch', 'out');"
        "print({'torch', 'tensorflow', 'keras', 'numpy', 'typer'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=here)
    assert ran.stdout == "set()\n", ran.stderr


def test_what_is_not_there_is_said():
    with pytest.raises(AttributeError, match="module 'dlspec' has no attribute 'laod'"):
        dlspec.laod  # noqa: B018
    assert {"load", "Spec", "SpecError"} == set(dlspec.__all__)


# --- check ------------------------------------------------------------------------------------


def test_a_right_spec_is_told(spec):
    text = NET.replace(', note: str = "plain"', "")
    assert repr(spec(text).check()) == "net.dls: ok: 1 model"
    assert [d.code for d in spec(NET).check().warnings] == ["DLS240"]
    empty = spec("# nothing").check()
    assert [d.code for d in empty.warnings] == ["DLS120"]
    assert "warning[DLS120]" in repr(empty)


def test_a_wrong_spec_raises_what_the_command_prints(spec, here):
    wrong = spec(WRONG)
    ran = subprocess.run(
        [sys.executable, "-m", "dlspec", "check", "net.dls"], capture_output=True, text=True
    )
    for ask in (wrong.check, wrong.summary, wrong.graph, wrong.build, lambda: wrong.program):
        with pytest.raises(dlspec.SpecError) as raised:
            ask()
        assert str(raised.value).strip() == ran.stdout.strip()
        assert [d.code for d in raised.value.diagnostics] == ["DLS100"]
    assert isinstance(raised.value, CoreError)
    assert type(raised.value).__module__ == "dlspec"
    shown = "\n".join(raised.value._render_traceback_())
    assert "did you mean `Dense`?" in shown and "Traceback" not in shown


def test_a_missing_file_is_an_error_too(here):
    with pytest.raises(dlspec.SpecError, match=r"cannot read gone\.dls"):
        dlspec.load("gone.dls").check()


def test_the_file_is_read_by_each_question(spec):
    net = spec(NET)
    net.check()
    spec(WRONG)
    with pytest.raises(dlspec.SpecError):
        net.check()
    spec(NET.replace("width: int = 8", "width: int = 9"))
    assert net.program.models["Net"].root.arguments["width"] == 9


def test_settings(spec):
    given = {"rate": 0.5, "Net.width": 16, "Wide.act": "LeakyReLU(0.3)", "Net.note": '"other"'}
    net = spec(NET, set=given)
    root = net.program.models["Net"].root
    assert root.arguments == {"width": 16, "note": "other"}
    assert net.program.parameters == {"rate": 0.5}
    assert "LeakyReLU" in repr(net.summary())
    same = spec(NET, set=["rate=0.5", "Net.width=16"]).program
    assert same.parameters == {"rate": 0.5}
    assert repr(spec(NET, set={"Net.width": 3})) == "<spec net.dls, Net.width=3>"
    with pytest.raises(dlspec.SpecError, match="there is no parameter `lr` to set"):
        spec(NET, set={"lr": 1}).check()
    with pytest.raises(TypeError, match="a mapping, or a list"):
        spec(NET, set="rate=0.5")


# --- what a notebook shows --------------------------------------------------------------------


class Cells(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_a_summary_is_that_of_the_command(digits):
    summary = digits.summary()
    command = [sys.executable, "-m", "dlspec", "summary", str(digits.path)]
    printed = subprocess.run(command, capture_output=True, text=True).stdout
    assert repr(summary) == printed.rstrip("\n")
    assert summary.to_json()["models"]["DigitsCNN"]["macs"] == 313984


def test_a_summary_in_a_notebook_has_every_layer_and_setting(digits):
    cells = Cells(digits.summary()._repr_html_())
    for text in ("conv2d_2", "GlobalAvgPool2D", "f32[64, 4, 4]", "294,912", "optimizer", "0.003"):
        assert any(text in found for found in cells.texts)
    known = {"table", "thead", "tbody", "tr", "th", "td", "p", "h4", "code"}
    assert set(cells.tags) <= known | {"details", "summary", "ul", "li"}


def test_names_of_a_spec_are_text_in_a_notebook(spec):
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    net = spec(NET.replace('"plain"', f'"{evil}"'))
    cells = Cells(net.summary()._repr_html_())
    assert not {"script", "img"} & set(cells.tags)
    assert any("<script>alert(1)</script>" in text for text in cells.texts)
    frame = net.graph()._repr_html_()
    assert Cells(frame).tags == ["iframe"]


def test_a_picture_is_written_and_shown(digits, here):
    picture = digits.graph()
    assert repr(picture) == "<picture of DigitsCNN>"
    assert picture.save("net.mmd") == Path("net.mmd")
    assert (here / "net.mmd").read_text() == picture.text("mermaid")
    picture.save("net.txt", format="dot")
    assert (here / "net.txt").read_text().startswith('digraph "DigitsCNN"')
    with pytest.raises(ValueError, match=r"no format is known by net\.png"):
        picture.save("net.png")
    with pytest.raises(dlspec.SpecError, match="there is no model `Other`"):
        digits.graph("Other")


# --- compile ----------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_compile_writes_what_the_command_writes(digits, here, backend):
    folder = digits.compile(backend, here / "a")
    command = [sys.executable, "-m", "dlspec", "compile", str(digits.path), "--backend", backend]
    subprocess.run([*command, "-o", "b"], check=True, capture_output=True)
    files = {p.name: p.read_text() for p in folder.iterdir()}
    assert files == {p.name: p.read_text() for p in (here / "b").iterdir()}


def test_compile_overwrites_only_if_asked(digits, here):
    digits.compile("torch", "a")
    (here / "a" / "model.py").write_text("x = 1\n")
    with pytest.raises(dlspec.SpecError, match="edited since compiled"):
        digits.compile("torch", "a")
    digits.compile("torch", "a", force=True)
    with pytest.raises(dlspec.SpecError, match="there is no backend `jax`"):
        digits.compile("jax", "c")


def test_a_lock_file_has_the_classes_of_the_data(spec, here):
    text = """
model Net(classes: int) { input x: f32[4]; output y = x -> Dense(classes) }
data rows {
  source = npz("rows.npz"); split = all
  field x: f32[4] = column("x"); field z: class = column("z")
}
train { data = rows; model = Net(); loss = CrossEntropy(y, z); optimizer = SGD(lr=1); epochs = 1 }
"""
    with pytest.raises(dlspec.SpecError, match="only the data of `rows` tells") as raised:
        spec(text).compile("torch", "a")
    assert 'lock="run/lock.json"' in str(raised.value) and "--" not in str(raised.value)
    assert 'set={"Net.classes": 10}' in str(raised.value)
    spec(text, set={"Net.classes": 7}).compile("torch", "seven")
    assert "nn.Linear(4, 7)" in (here / "seven" / "model.py").read_text()
    (here / "lock.json").write_text(
        '{"format": 1, "spec": "", "data": {"classes": {"z": ["a", "b", "c"]}}}'
    )
    told = spec(text, lock="lock.json")
    assert told.program.trained[""].root.arguments == {"classes": 3}
    assert "Net(classes=3)" in repr(told.summary())
    assert "Net(classes=?)" in repr(spec(text).summary())
    assert "parameters   5 * classes" in repr(spec(text).summary())
    told.compile("torch", "a")
    assert "nn.Linear(4, 3)" in (here / "a" / "model.py").read_text()
