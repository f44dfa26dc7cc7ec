"""The layer of docs/adding-a-layer.md stands in the files as it does there, and is a layer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dlspec.backend.registry import find
from dlspec.pipeline import check
from dlspec.source import Source

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "adding-a-layer.md").read_text(encoding="utf-8")
CODE = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
FILES = re.findall(r"^## \d\. .*`(\S+\.py)`$", PAGE, re.MULTILINE)
REFERENCES = ("tests/ops/test_torch.py", "tests/backends/torch/reference.py")

SPEC = """
model Net {
  input x: f32[3, 4]
  output y = x -> ELU(0.5) -> ELU -> Dense(2)
}
data rows {
  source = npz("rows.npz"); split = all
  field x: f32[3, 4] = column("x"); field z: f32[3, 2] = column("z")
}
train { data = rows; model = Net(); loss = MSE(y, z); optimizer = SGD(lr=0.1); epochs = 1 }
"""


@pytest.mark.parametrize(("file", "code"), [*zip(FILES, CODE[:3], strict=True)])
def test_the_code_is_that_of_the_file(file: str, code: str) -> None:
    assert code in (ROOT / file).read_text(encoding="utf-8")
    if file.startswith("backends"):
        assert "ELU: elu," in (ROOT / file).read_text(encoding="utf-8")


def test_the_references_are_those_of_the_tests() -> None:
    lines = CODE[3].splitlines()
    assert len(lines) == len(REFERENCES)
    for file, line in zip(REFERENCES, lines, strict=True):
        assert line in (ROOT / file).read_text(encoding="utf-8")


def test_the_example_is_a_layer() -> None:
    program = check(Source("net.dls", SPEC)).program
    assert program is not None
    files = {name: find(name).files(program, "")["model.py"] for name in ("torch", "keras")}
    assert "F.elu(F.elu(x, alpha=0.5))" in files["torch"]
    assert "ops.elu(ops.elu(x, alpha=0.5))" in files["keras"]


def test_its_argument_is_checked() -> None:
    wrong = check(Source("net.dls", SPEC.replace("0.5", "true")))
    assert [d.title for d in wrong.diagnostics] == ["ELU: `alpha`: must be a number, got true"]
