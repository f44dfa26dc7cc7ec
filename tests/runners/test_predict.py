"""`dlspec predict`: rows from a file, prepared as in training, with names and probabilities."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from PIL import Image
from safetensors.numpy import load_file
from sklearn.datasets import load_digits

pytestmark = pytest.mark.slow

SCANS = """
data scans {
  source = images("scans", labels=folder)
  field image: f32[3, 4, 4] = column("image") -> Resize(4, 4)
  field label: class[2]     = column("label")
  split = stratified(label, train=60 %, val=40 %)
}
model Net { input image: f32[3, 4, 4]; output y: f32[2] = image -> Flatten -> Dense(2) }
train {
  data = scans; model = Net(); loss = CrossEntropy(y, label); optimizer = Adam(lr=1e-2); epochs = 1
}
"""


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture(scope="module")
def images():
    return load_digits().images[:20, None], load_digits().target[:20]


@pytest.fixture(scope="module")
def whole(dlspec, digits, images, tmp_path_factory) -> list[dict[str, str]]:
    """What the trained program says of all images."""
    path = tmp_path_factory.mktemp("images") / "some.npy"
    np.save(path, images[0])
    done = dlspec("predict", digits, "--input", path)
    assert done.returncode == 0, done.stderr
    return rows(done.stdout)


def test_arrays_become_classes_and_probabilities(images, whole) -> None:
    target = images[1]
    assert np.mean([int(r["label"]) == t for r, t in zip(whole, target, strict=True)]) >= 0.9
    for row in whole:
        p = [float(row[f"label={i}"]) for i in range(10)]
        assert sum(p) == pytest.approx(1, abs=1e-4) and int(np.argmax(p)) == int(row["label"])


@pytest.mark.parametrize("kind", ("npz", "csv", "one", "png"))
def test_every_kind_of_file_gives_the_same(kind, dlspec, digits, images, whole, tmp_path) -> None:
    values = images[0]
    count, path = len(values), tmp_path / f"x.{'npy' if kind == 'one' else kind}"
    match kind:
        case "npz":
            np.savez(path, image=values)
        case "csv":
            np.savetxt(path, values.reshape(len(values), -1), delimiter=",")
        case "one":
            np.save(path, values[0])
            count = 1
        case "png":
            Image.fromarray(np.rint(values[0, 0] * 255 / 16).astype(np.uint8)).save(path)
            count = 1
    done = dlspec("predict", digits, "--input", path)
    assert done.returncode == 0, done.stderr
    found = rows(done.stdout)
    assert [r["label"] for r in found] == [r["label"] for r in whole[:count]]
    close = 0.02 if kind == "png" else 1e-4
    for row, reference in zip(found, whole[:count], strict=True):
        assert float(row["label=0"]) == pytest.approx(float(reference["label=0"]), abs=close)


def test_exported_files_predict_the_same(dlspec, digits, images, whole, tmp_path) -> None:
    assert dlspec("export", digits, "phone", "server").returncode == 0
    np.save(tmp_path / "some.npy", images[0])
    arguments = ("predict", digits, "--input", tmp_path / "some.npy")
    for file, close in (("server.onnx", 1e-4), ("phone.tflite", 0.1)):
        found = rows(dlspec(*arguments, "--model", digits / "export" / file).stdout)
        for row, reference in zip(found, whole, strict=True):
            assert float(row["label=3"]) == pytest.approx(float(reference["label=3"]), abs=close)


def test_a_table_is_prepared_with_the_fitted_statistics(dlspec, wine, root, tmp_path) -> None:
    table = root / "specs/wine.csv"
    truth = [r["cultivar"] for r in rows(table.read_text(encoding="utf-8"))]
    out = tmp_path / "found.json"
    done = dlspec("predict", wine, "--input", table, "--json", "-o", out)
    assert done.returncode == 0, done.stderr
    found = [r["cultivar"]["class"] for r in json.loads(out.read_text(encoding="utf-8"))]
    assert np.mean([a == b for a, b in zip(found, truth, strict=True)]) > 0.95
    # one row alone is prepared with the statistics of training, not with its own
    lines = table.read_text(encoding="utf-8").splitlines()
    (tmp_path / "one.csv").write_text("\n".join((lines[0], lines[60])), encoding="utf-8")
    alone = dlspec("predict", wine, "--input", tmp_path / "one.csv")
    assert rows(alone.stdout)[0]["cultivar"] == found[59]


PRICES = """
data homes {
  source = csv("homes.csv")
  field size: f32[2]  = columns("a", "b")
  field price: f32[1] = column("price") -> Scale(0.1, offset=3) -> Standardize
  split = all
}
model Net { input size: f32[2]; output worth: f32[1] = size -> Dense(1) }
train {
  data = homes; model = Net(); loss = MSE(worth, price); optimizer = SGD(lr=1e-3); epochs = 1
}
"""


def test_a_price_has_the_unit_of_its_column(dlspec, tmp_path) -> None:
    rng = np.random.default_rng(0)
    x, price = rng.normal(size=(24, 2)).round(3), rng.uniform(100, 400, 24).round(2)
    lines = [f"{a},{b},{p}" for (a, b), p in zip(x, price, strict=True)]
    (tmp_path / "homes.csv").write_text("\n".join(("a,b,price", *lines)), encoding="utf-8")
    (tmp_path / "homes.dls").write_text(PRICES, encoding="utf-8")
    done = dlspec("train", tmp_path / "homes.dls", "-o", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    done = dlspec("predict", tmp_path / "run", "--input", tmp_path / "homes.csv")
    found = [float(row["worth"]) for row in rows(done.stdout)]
    weights = load_file(tmp_path / "run" / "best.safetensors")
    worth = x @ weights["worth.weight"][0] + weights["worth.bias"]
    assert np.allclose(found, price.mean() + price.std() * worth, rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    (
        ("x.csv", b"a,b\n1,2\n", "it has no column 'pixel_0_0'; it has: a, b"),
        (
            "x.npy",
            b"not an array",
            "x.npy is no input for this model: it is no .npy file of numbers",
        ),
        ("x.npz", b"not arrays", "x.npz is no input for this model: it is no .npz file of numbers"),
        ("x.txt", b"1 2 3", "it is neither a table (.csv), nor"),
        ("x.png", b"not a picture", "x.png is no input"),
    ),
)
def test_what_cannot_be_read_is_named(name, content, says, dlspec, digits, tmp_path) -> None:
    (tmp_path / name).write_bytes(content)
    done = dlspec("predict", digits, "--input", tmp_path / name)
    assert done.returncode == 1
    assert "DLS703" in done.stderr and says in done.stderr and "Traceback" not in done.stderr


def test_shapes_and_numbers_are_checked(dlspec, digits, tmp_path) -> None:
    np.save(tmp_path / "x.npy", np.zeros((3, 9, 9)))
    done = dlspec("predict", digits, "--input", tmp_path / "x.npy")
    assert "shape [9, 9], the spec says [1, 8, 8]" in done.stderr
    np.save(tmp_path / "x.npy", np.full((1, 8, 8), np.nan))
    done = dlspec("predict", digits, "--input", tmp_path / "x.npy")
    assert "image, row 1, place [0, 0, 0]: nan is not a number" in done.stderr


def test_missing_files_are_usage_errors(dlspec, digits, tmp_path) -> None:
    done = dlspec("predict", digits, "--input", tmp_path / "none.npy")
    assert done.returncode == 2 and "none.npy: no such file" in done.stderr
    np.save(tmp_path / "x.npy", np.zeros((1, 8, 8)))
    arguments = ("predict", digits, "--input", tmp_path / "x.npy", "--model")
    assert "m.onnx: no such file" in dlspec(*arguments, tmp_path / "m.onnx").stderr
    (tmp_path / "m.pt").touch()
    done = dlspec(*arguments, tmp_path / "m.pt")
    assert done.returncode == 1 and "DLS704" in done.stderr


def test_a_model_file_that_is_another(dlspec, digits, tmp_path) -> None:
    made = tmp_path / "two.onnx"
    wires = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["batch", 3]) for n in "aby"]
    graph = helper.make_graph(
        [helper.make_node("Add", ["a", "b"], ["y"])], "g", wires[:2], wires[2:]
    )
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9), made
    )
    (tmp_path / "bad.onnx").write_bytes(b"not a model")
    (tmp_path / "bad.tflite").write_bytes(b"not a model")
    np.save(tmp_path / "x.npy", np.zeros((1, 8, 8)))
    says = {
        "two.onnx": "it has 2 inputs, the model 1",
        "bad.onnx": "it is not ONNX",
        "bad.tflite": "it is not TFLite",
    }
    for name, said in says.items():
        words = ("predict", digits, "--input", tmp_path / "x.npy", "--model", tmp_path / name)
        done = dlspec(*words)
        assert done.returncode == 1 and "DLS704" in done.stderr and said in done.stderr


def test_a_picture_is_nothing_for_a_table_nor_a_table_for_pictures(dlspec, wine, tmp_path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "x.png")
    done = dlspec("predict", wine, "--input", tmp_path / "x.png")
    assert done.returncode == 1 and "DLS703" in done.stderr
    assert "it is neither a table (.csv) nor arrays (.npz, .npy)" in done.stderr
    assert "takes a table (.csv) with the columns `total_phenols`, `flavanoids`" in done.stderr
    spec = tmp_path / "scans.dls"
    spec.write_text(SCANS, encoding="utf-8")
    for i in range(20):
        path = tmp_path / "scans" / "ab"[i % 2] / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (6, 5), (i, 0, 255 * (i % 2))).save(path)
    assert dlspec("train", spec, "-o", tmp_path / "run").returncode == 0
    (tmp_path / "x.csv").write_text("1,2,3\n")
    done = dlspec("predict", tmp_path / "run", "--input", tmp_path / "x.csv")
    assert done.returncode == 1 and "is neither arrays (.npz, .npy) nor a picture" in done.stderr
    assert "or a picture (.png, .jpg) of any size" in done.stderr
    done = dlspec("predict", tmp_path / "run", "--input", tmp_path / "x.png")
    assert done.returncode == 0 and done.stdout.startswith("label,label=a,label=b\n")
