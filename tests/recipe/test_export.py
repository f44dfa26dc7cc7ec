"""`export` blocks: what they become, and what is said of those that are wrong."""

import pytest

from dlspec.pipeline import check
from dlspec.recipe.rows import Rows
from dlspec.source import Source

QUANTIZE = "quantize = int8(calibrate=digits.train[:256])"
ROWS = "digits.train[:256]"
SIZE = "size <= 60 KB"
DROP = "accuracy_drop <= 1 %"
EXPORT = "export phone {"
TRAIN = "train {\n"


def test_the_example_of_the_language(checked):
    found = checked().program.exports["phone"]
    assert (found.format, found.train, found.file) == ("tflite", "", "phone.tflite")
    assert found.quantize.calibrate == Rows("digits", "train", 0, 256)
    assert found.quantize.io == "float32"
    limits = {limit.measure: limit.most for limit in found.budget}
    assert limits == {"size": 60_000, "accuracy_drop": 0.01}


def test_a_dynamic_batch(checked):
    text = f"export server {{ format = onnx; dynamic = [batch] }}\n{EXPORT}"
    found = checked((EXPORT, text)).program.exports["server"]
    assert found.dynamic == ("batch",) and found.quantize is None and found.budget == ()


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("digits.train", Rows("digits", "train")),
        ("digits.val[10:20]", Rows("digits", "val", 10, 20)),
        ("digits.train[100:]", Rows("digits", "train", 100)),
    ],
)
def test_rows(checked, rows, expected):
    found = checked((ROWS, rows)).program.exports["phone"].quantize.calibrate
    assert found == expected and str(found) == rows


def test_an_export_without_a_name_is_the_model(checked):
    assert checked((EXPORT, "export {")).program.exports[""].file == "model.tflite"


BAD = [
    ("format   = tflite", "", "DLS401", "an `export` block needs `format`"),
    ("format   = tflite", "format = tfltie", "DLS403", "`format` takes one of onnx, tflite"),
    ("format   = tflite", "format = coreml", "DLS107", "the format `coreml`"),
    ("format   = tflite", "format = onnx", "DLS107", "`int8` in an ONNX file"),
    ("format   = tflite", "format = tflite; dynamic = [batch]", "DLS441", "one example at a time"),
    ("format   = tflite", "format = tflite; dynamic = [time]", "DLS100", "dynamic size of Net"),
    ("format   = tflite", "format = tflite; dynamic = batch", "DLS403", "takes a list of axes"),
    ("format   = tflite", "format = tflite; opset = 20", "DLS400", "has no setting `opset`"),
    ("format   = tflite", "format = tflite; train = one", "DLS100", "no `train` block `one`"),
    ("format   = tflite", "format = tflite; model = Ned", "DLS100", "no trained model `Ned`"),
    (QUANTIZE, "quantize = int8", "DLS104", "int8 needs `calibrate`"),
    (QUANTIZE, "quantize = float16", "DLS107", "the quantization `float16`"),
    (QUANTIZE, "quantize = int9(calibrate=digits.train)", "DLS100", "quantization `int9`"),
    (QUANTIZE, "quantize = int8(calibrate=digits.train, io=int9)", "DLS301", "`io`: must be"),
    (ROWS, "digits.test", "DLS443", "test rows may not shape a model"),
    (ROWS, "digits.trian", "DLS100", "no part of the data `trian`"),
    (ROWS, "digit.train", "DLS443", "trained on `digits`, not on `digit`"),
    (ROWS, "digits", "DLS443", "takes rows of the training data"),
    (ROWS, "digits.train[5]", "DLS443", "named by a slice"),
    (ROWS, "digits.train[5:5]", "DLS443", "these are no rows"),
    (ROWS, "digits.train[:1.5]", "DLS443", "a row is a whole number"),
    (SIZE, "size <= 60", "DLS442", "`size` is the size of the file"),
    (SIZE, "size <= 60 epochs", "DLS442", "and not the quantity 60 epochs"),
    (SIZE, "size < 60 KB", "DLS442", "a limit is written with `<=`"),
    (SIZE, "size = 60 KB", "DLS442", "a limit is written with `<=`"),
    (SIZE, "sise <= 60 KB", "DLS442", "did you mean `size`?"),
    (SIZE, "60 KB", "DLS442", "this is not a limit"),
    (SIZE, f"{SIZE}; {SIZE}", "DLS402", "`size` is set twice"),
    (DROP, "accuracy_drop <= 1 M", "DLS442", "points of the first metric"),
    ("  metrics    = [Accuracy(logits, label), F1(logits, label)]\n", "", "DLS442", "has none"),
    ("[Accuracy(logits, label),", "[ConfusionMatrix(logits, label),", "DLS442", "which is Confus"),
]


@pytest.mark.parametrize(("old", "new", "code", "says"), BAD)
def test_an_error_is_found_and_is_the_only_one(checked, old, new, code, says):
    errors = checked((old, new)).errors
    assert [d.code for d in errors] == [code]
    assert says in errors[0].title


def test_what_fills_with_zeros_is_not_quantized(checked):
    pools = """image -> MaxPool2D(2, return=(values, places))
  w = (v, p) -> MaxUnpool2D(2)
  h = w -> Flatten"""
    change = ("  h = image -> Flatten", f"  v, p = {pools}")
    errors = checked(change).errors
    assert [d.code for d in errors] == ["DLS441"]
    assert errors[0].title == "a `MaxUnpool2D` cannot be quantized"
    assert not checked(change, (QUANTIZE, "")).errors


def test_where_there_are_several_trainings_one_is_named(checked):
    spec = checked((TRAIN, "train first {\n"), (EXPORT, TWO + EXPORT))
    assert [d.code for d in spec.errors] == ["DLS440"]
    assert spec.errors[0].label == "they are: first, second"
    assert spec.errors[0].help == "add: train = first"
    named = (EXPORT, f"{TWO}{EXPORT}\n  train = first")
    found = checked((TRAIN, "train first {\n"), named)
    assert found.program.exports["phone"].train == "first"


def test_without_a_training_nothing_is_exported():
    spec = "model M { input x: f32[2]; output y = x }\nexport { format = onnx }"
    (error,) = check(Source("test.dls", spec)).errors
    assert error.code == "DLS440" and error.label == "" and error.help.startswith("add one")


TWO = """train second {
  data = digits; model = Net(); loss = CrossEntropy(logits, label); optimizer = Adam; epochs = 1
}
"""


def test_an_export_of_a_broken_training_says_nothing_more(checked):
    errors = checked(("epochs     = 5", "epochs = 5 epochs")).errors
    assert [d.code for d in errors] == ["DLS403"]
