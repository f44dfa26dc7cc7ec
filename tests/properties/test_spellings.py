"""The equal spellings of docs/decisions.md, and what looks equal and is not."""

from __future__ import annotations

import pytest
from spellings import canonical
from test_tokens import meaning
from valid_specs import VALID

from dlspec.source import Source
from dlspec.syntax import format_text

DIGITS = VALID["digits"]
RECIPES = VALID["recipes"]

EQUAL = (
    ("warmup(1 epoch)", "warmup(1 epochs)"),
    ("12 epochs", "12 epoch"),
    ("dynamic = [batch]", "dynamic = [batch,]"),
    ("padding=same, bias=false)", "padding=same, bias=false,)"),
    ("# bf16 where the device has it", "# another comment"),
    ("## Handwritten digits", "## Other digits"),
    ("\n  features = image\n", "\n\n\n  features   =   image   # here\n"),
    ("\n", "\r\n"),
    ("\n  batch      = 64", "; batch = 64"),
    ("  epochs     = 30\n  batch      = 64\n", "  batch = 64\n  epochs = 30\n"),
    ("padding=same, bias=false", "bias=false, padding=same"),
    ("Dense(classes)", "Dense(units=classes)"),
    ("BatchNorm -> ReLU -> MaxPool2D", "BatchNorm() -> ReLU() -> MaxPool2D"),
    ("Dropout(0.2)", "(Dropout(0.2))"),
    ("epochs     = 30", "epochs     = 30.0"),
    ("epochs     = 30", "epochs     = 3_0"),
    ("epochs     = 30", "epochs     = 2 * 15"),
    ("label_smoothing=0.1", "label_smoothing=1e-1"),
    ("label_smoothing=0.1", "label_smoothing=10 %"),
    ("size <= 60 KB", "size <= 60_000 B"),
    ("Scale(1 / 16)", "Scale(0.0625)"),
    ("lr=lr", "lr=3e-3"),
    ("average=macro", 'average="macro"'),
    ("precision  = auto", ""),
    ("AdamW(lr=lr, weight_decay=0.01)", "AdamW(lr=lr)"),
    ("DigitsCNN()", "DigitsCNN(width=32)"),
)
"""What is written in digits.dls, and what has the same IR."""

DIFFERENT = (
    ("choice(16, 32, 64)", "choice(16, 32, 128)"),
    ("log(1e-4, 1e-1)", "log(1e-4, 1)"),
    ("2 * width", "width * 2"),
    ("MaxPool2D(2)", "MaxPool2D(2, stride=2)"),
    ("Conv2D(width, 3,", "Conv2D(width, (3, 3),"),
    ("features", "found"),
    ("export server", "export other"),
)
"""What has another IR, though one may expect the same; each would print another program, give
another weight its name, or search elsewhere."""


@pytest.mark.parametrize(("old", "new"), EQUAL)
def test_equal_spellings_have_the_same_ir(old: str, new: str) -> None:
    assert old in DIGITS
    assert meaning(DIGITS.replace(old, new)) == meaning(DIGITS)


@pytest.mark.parametrize(("old", "new"), DIFFERENT)
def test_what_is_not_the_same_has_another_ir(old: str, new: str) -> None:
    assert old in DIGITS
    changed = meaning(DIGITS.replace(old, new))
    assert changed is not None and changed != meaning(DIGITS)


NOT_RUN = (
    ("MaxPool2D(2) -> Tanh", "MaxPool2D(2) -> ReLU"),  # the branch that is not taken
    ("MaxPool2D(2) -> Tanh", "MaxPool2D(2) -> Tanhh"),
)


@pytest.mark.parametrize(("old", "new"), NOT_RUN)
def test_a_branch_that_is_not_taken_is_part_of_the_ir(old: str, new: str) -> None:
    assert old in RECIPES
    assert meaning(RECIPES.replace(old, new)) != meaning(RECIPES)


BLOCK = "block Unused(n: int) = Dense(n) -> ReLU\n"
MODEL = """model M(n: int = 4) {
  input x: f32[8]
  let spare = Dense(3)
  require(n > 2, "too small")
  a = x -> (Dense(8) -> Tanh) * (n - 4)
  for i in range(n - 4) { a = a -> Dense(7) }
  output y = a -> Dense(n)
}
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("-> ReLU", "-> Tanh"),
        ("let spare = Dense(3)", "let spare = Dense(4)"),
        ("n > 2", "n > 3"),
        ("too small", "so small"),
        ("Dense(8) -> Tanh", "Dense(9) -> Tanh"),
        ("a -> Dense(7)", "a -> Dense(6)"),
    ],
)
def test_what_does_not_run_is_part_of_the_ir(old: str, new: str) -> None:
    text = BLOCK + MODEL
    assert old in text
    before, after = meaning(text), meaning(text.replace(old, new))
    assert before is not None and after is not None and before != after


@pytest.mark.parametrize("name", VALID)
def test_formatting_never_changes_the_ir(name: str) -> None:
    crowded = "\n".join(line.lstrip() for line in VALID[name].splitlines())
    formatted = format_text(Source("spec.dls", crowded))
    assert meaning(formatted) == meaning(crowded) == meaning(VALID[name])


@pytest.mark.parametrize("name", VALID)
def test_the_canonical_form_does_not_depend_on_layout(name: str) -> None:
    formatted = format_text(Source("spec.dls", VALID[name]))
    assert canonical(formatted) == canonical(VALID[name])
