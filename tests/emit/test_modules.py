"""Whole files: imports, docstrings, and the models that were written by hand."""

import ast
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlspec.emit.python import (
    Assign,
    Class,
    Code,
    Comment,
    Do,
    For,
    From,
    Function,
    Generator,
    If,
    Import,
    Module,
    Param,
    Raw,
    Return,
    call,
    literal,
)

Ruff = Callable[..., str]

IMPORTS = [
    From("recipe", ("warmup_cosine", "scores", "Run")),
    From("model", ("DigitsCNN",)),
    Import("torch.nn.functional", "F"),
    Import("torch"),
    Import("checkpoint"),
    From("torch", ("nn", "Tensor")),
    From("pathlib", ("Path",)),
    Import("argparse"),
    From("collections.abc", ("Mapping", "Iterator", "Sequence")),
    From("__future__", ("annotations",)),
    From("dataclasses", ("dataclass", "asdict")),
    Import("numpy", "np"),
    Import("os"),
]


def everything_used() -> list[Do]:
    names = [n for i in IMPORTS for n in (i.names if isinstance(i, From) else [i.binds])]
    return [Do(call(Code("print"), Code(n))) for n in names if n != "annotations"]


@pytest.mark.parametrize("first", ["statement", "function", "comment"])
def test_imports_are_sorted(tmp_path: Path, complaints: Ruff, formatted: Ruff, first: str) -> None:
    lead = {
        "statement": [],
        "function": [Function("f", (), [Return()])],
        "comment": [Comment("a remark"), Function("f", (), [Return()])],
    }
    text = Module("Doc.", IMPORTS, [*lead[first], *everything_used()]).render()
    for name in ("recipe", "model", "checkpoint"):
        (tmp_path / f"{name}.py").write_text("")
    (tmp_path / "train.py").write_text(text)
    assert complaints(tmp_path) == ""
    assert formatted(text) == text


def test_only_imports_that_are_used_are_written() -> None:
    text = Module("", IMPORTS, [Assign("x", "F.relu(np.zeros(3))"), Do("os.getcwd()")]).render()
    assert text == (
        "from __future__ import annotations\n\nimport os\n\nimport numpy as np\n"
        "import torch.nn.functional as F\n\nx = F.relu(np.zeros(3))\nos.getcwd()\n"
    )


def test_a_long_import_is_broken(formatted: Ruff) -> None:
    names = tuple(f"rather_long_name_{i}" for i in range(12))
    text = Module("", [From("m", names)], [Do(n) for n in names]).render()
    assert formatted(text) == text
    assert text.startswith("from m import (\n    rather_long_name_0,\n    rather_long_name_1,\n")
    assert text.index("name_9,") < text.index("name_10,")


DIGITS = '''\
"""DigitsCNN: handwritten digits, small enough for a microcontroller (19,498 parameters)."""

import torch.nn.functional as F
from torch import Tensor, nn


class DigitsCNN(nn.Module):
    """width=32, classes=10."""

    def __init__(self) -> None:
        super().__init__()
        self.conv2d = nn.Conv2d(1, 32, 3, padding=1, bias=False)
        self.layers = nn.ModuleList(Block(a, b) for a, b in ((1, 2), (2, 4)))

    def forward(self, image: Tensor) -> Tensor:  # [B, 1, 8, 8] -> [B, 10]
        x = F.max_pool2d(F.relu(self.batch_norm(self.conv2d(image))), 2)  # [B, 32, 4, 4]
        for layer in self.layers:
            x = layer(x)
        if self.shortcut is not None:
            x = self.shortcut(x)
        return {"logits": x, "features": x}
'''


def test_a_model(formatted: Ruff) -> None:
    sizes = literal(((1, 2), (2, 4)))
    init = [
        Do("super().__init__()"),
        Assign("self.conv2d", call("nn.Conv2d", 1, 32, 3, padding=1, bias=False)),
        Assign(
            "self.layers",
            call("nn.ModuleList", Generator(call("Block", Code("a"), Code("b")), "a, b", sizes)),
        ),
    ]
    forward = [
        Assign(
            "x", "F.max_pool2d(F.relu(self.batch_norm(self.conv2d(image))), 2)", "[B, 32, 4, 4]"
        ),
        For("layer", "self.layers", [Assign("x", "layer(x)")]),
        If("self.shortcut is not None", [Assign("x", "self.shortcut(x)")]),
        Return(literal({"logits": Code("x"), "features": Code("x")})),
    ]
    model = Class(
        "DigitsCNN",
        ["nn.Module"],
        "width=32, classes=10.",
        [
            Function("__init__", [Param("self")], init, "None"),
            Function(
                "forward",
                [Param("self"), Param("image", "Tensor")],
                forward,
                "Tensor",
                comment="[B, 1, 8, 8] -> [B, 10]",
            ),
        ],
    )
    docstring = (
        "DigitsCNN: handwritten digits, small enough for a microcontroller (19,498 parameters)."
    )
    imports = [Import("torch.nn.functional", "F"), From("torch", ("Tensor", "nn"))]
    text = Module(docstring, imports, [model], width=100).render()
    assert text == DIGITS
    assert formatted(text, 100) == text


HOSTILE = [
    '""" + __import__("os").system("true") + """',
    '\\""" + evil() + """',
    "\\",
    'ends with "',
    '"""',
    '"',
    "a\nimport os\nb",
    "\x00\x1b[31m\u202e\u2028x",
    "x" * 300,
    "語" * 100,
    " indented\n    more\n  less\n",
    "tab\there",
    "",
    " ",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_docstrings_and_comments_hold_no_code(formatted: Ruff, text: str) -> None:
    module = Module(text, (), [Comment(text), Class("A", (), text, [Assign("x", "1", text)])])
    found = module.render()
    tree = ast.parse(found)
    kinds = [type(n).__name__ for n in tree.body if not isinstance(n, ast.Expr)]
    assert kinds == ["ClassDef"]
    assert not any(isinstance(n, ast.Call | ast.Import) for n in ast.walk(tree))
    assert formatted(found) == found
    assert all(len(line) <= 88 for line in found.splitlines())


@settings(max_examples=60, derandomize=True)
@given(st.text(max_size=300))
def test_any_docstring(formatted: Ruff, text: str) -> None:
    found = Module(text, (), [Function("f", (), [Raw("pass")], "", text)]).render()
    assert formatted(found) == found
    assert len(ast.parse(found).body) <= 2


def test_what_is_not_python_is_refused() -> None:
    with pytest.raises(ValueError, match="not Python"):
        Module("", (), [Raw("x = = 1")]).render()
