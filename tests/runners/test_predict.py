"""`dlspec predict`: rows from a file, prepared as in training, with names and probabilities."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

pytestmark = pytest.mark.slow


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture(scope="module")
def images():
    return load_digits().images[:20, None], load_digits().target[:20]


def test_arrays_become_classes_and_probabilities(dlspec, digits, images, tmp_path) -> None:
    values, target = images
    np.save(tmp_path / "some.npy", values)
    done = dlspec("predict", digits, "--input", tmp_path / "some.npy")
    assert done.returncode == 0, done.stderr
    found = rows(done.stdout)
    assert np.mean([int(r["label"]) == t for r, t in zip(found, target, strict=True)]) >= 0.9
    for row in found:
        p = [float(row[f"label={i}"]) for i in range(10)]
        assert sum(p) == pytest.approx(1, abs=1e-4) and int(np.argmax(p)) == int(row["label"])


@pytest.mark.parametrize("kind", ("npz", "csv", "one", "png"))
def test_every_kind_of_file_gives_the_same(kind, dlspec, digits, images, tmp_path) -> None:
    values = images[0]
    np.save(tmp_path / "some.npy", values)
    whole = rows(dlspec("predict", digits, "--input", tmp_path / "some.npy").stdout)
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


def test_exported_files_predict_the_same(dlspec, digits, images, tmp_path) -> None:
    assert dlspec("export", digits, "phone", "server").returncode == 0
    np.save(tmp_path / "some.npy", images[0])
    arguments = ("predict", digits, "--input", tmp_path / "some.npy")
    whole = rows(dlspec(*arguments).stdout)
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


@pytest.mark.parametrize(
    ("name", "content", "says"),
    (
        ("x.csv", b"a,b\n1,2\n", "it has no column 'image'"),
        ("x.npy", b"not an array", "x.npy is no input"),
        ("x.txt", b"1 2 3", "are not read"),
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
    assert "shape [9, 9], the model takes [1, 8, 8]" in done.stderr
    np.save(tmp_path / "x.npy", np.full((1, 8, 8), np.nan))
    done = dlspec("predict", digits, "--input", tmp_path / "x.npy")
    assert "not finite" in done.stderr


def test_missing_files_are_usage_errors(dlspec, digits, tmp_path) -> None:
    done = dlspec("predict", digits, "--input", tmp_path / "none.npy")
    assert done.returncode == 2 and "no such file" in done.stderr
    np.save(tmp_path / "x.npy", np.zeros((1, 8, 8)))
    done = dlspec("predict", digits, "--input", tmp_path / "x.npy", "--model", tmp_path / "m.pt")
    assert done.returncode == 1 and "DLS704" in done.stderr
