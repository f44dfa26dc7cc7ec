"""What a person gives to a trained model: read, and prepared as the training rows were."""

import blocks as b
import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits, load_iris

from dlspec.programs.data import data_file
from dlspec.programs.inputs import inputs_file

T, S = b.transforms, b.sources


def made(run, spec, *fed):
    train = b.train({name: name for name in fed})
    data, inputs = run(data=data_file(spec, train, folder=".."), inputs=inputs_file(spec, train))
    return data, inputs


def test_a_picture_of_a_digit_has_the_range_of_the_data(run, tmp_path):
    data, inputs = made(run, b.digits(), "image")
    digit = load_digits().images[7]
    path = tmp_path / "seven.png"
    Image.fromarray(np.round(digit / 16 * 255).astype(np.uint8)).save(path)
    columns = inputs.read_columns(path)
    assert columns["image"].shape == (1, 1, 8, 8)
    assert abs(data.prepare(columns)["image"][0, 0] * 16 - digit).max() < 0.05


def test_a_large_picture_in_colour_becomes_a_small_grey_one(run, tmp_path):
    _, inputs = made(run, b.digits(), "image")
    Image.new("RGB", (200, 100), (255, 255, 255)).save(tmp_path / "white.jpg")
    assert np.allclose(inputs.read_columns(tmp_path / "white.jpg")["image"], 16)


@pytest.mark.parametrize("shape", [(8, 8), (5, 1, 8, 8), (1, 8, 8)])
def test_arrays_of_one_row_or_several(run, tmp_path, shape):
    data, inputs = made(run, b.digits(), "image")
    values = np.random.default_rng(0).random(shape)
    np.save(tmp_path / "a.npy", values)
    np.savez(tmp_path / "a.npz", image=values, other=1)
    for name in ("a.npy", "a.npz"):
        if shape == (8, 8):
            with pytest.raises(data.DataError, match=r"shape \[8\], the spec says \[1, 8, 8\]"):
                inputs.read_columns(tmp_path / name)
        else:
            found = inputs.read_columns(tmp_path / name)["image"]
            assert np.array_equal(found, values.reshape(-1, 1, 8, 8))


def test_a_table_of_features(run, tmp_path):
    spec = b.data("iris", S.Sklearn(name="iris"), b.field("x", b.f32(4), "data"))
    data, inputs = made(run, spec, "x")
    theirs = load_iris()
    lines = [",".join(["note", *reversed(theirs.feature_names)])]
    lines += ["hello," + ",".join(map(str, reversed(row))) for row in theirs.data[:3].tolist()]
    (tmp_path / "t.csv").write_text("\n".join(lines))
    found = inputs.read_columns(tmp_path / "t.csv")
    assert np.array_equal(data.prepare(found)["x"], theirs.data[:3].astype(np.float32))
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    with pytest.raises(data.DataError, match=r"has no column 'sepal length \(cm\)'"):
        inputs.read_columns(tmp_path / "t.csv")


def test_digits_as_a_table_of_pixels(run, tmp_path):
    data, inputs = made(run, b.digits(), "image")
    theirs = load_digits()
    rows = [theirs.feature_names, *theirs.data[:2].tolist()]
    (tmp_path / "t.csv").write_text("\n".join(",".join(map(str, r)) for r in rows))
    found = data.prepare(inputs.read_columns(tmp_path / "t.csv"))["image"]
    assert np.array_equal(found[:, 0] * 16, theirs.images[:2])


def test_a_table_as_the_spec_reads_it_without_the_target(run, tmp_path):
    spec = b.data(
        "d",
        S.Csv(path="people.csv", separator=";"),
        b.field("x", b.f32(2), "age", "income", through=(T.Standardize(),)),
        b.field("job", b.f32(2), "job", read=b.classes(2), through=(T.OneHot(),)),
        b.field("y", b.classes(2)),
    )
    data, inputs = made(run, spec, "x", "job")
    (tmp_path / "new.csv").write_text("age;job;income\n3;cook;5\n")
    fitted = {"x": {"mean": [1, 2], "std": [1, 3]}, "job": {"classes": ["baker", "cook"]}}
    prepared = data.prepare(inputs.read_columns(tmp_path / "new.csv"), fitted)
    assert prepared["x"].tolist() == [[2, 1]]
    assert prepared["job"].tolist() == [[0, 1]]
    with pytest.raises(data.DataError, match=r"takes a table \(\.csv\) or arrays \(\.npz\)$"):
        inputs.read_columns(tmp_path / "new.png")


def test_arrays_of_bytes_are_white_at_255(run, tmp_path):
    spec = b.data(
        "d",
        S.Npz(path="a.npz"),
        b.field("image", b.f32(3, 4, 6), through=(T.Scale(factor=1 / 255),)),
    )
    data, inputs = made(run, spec, "image")
    Image.new("RGB", (12, 8), (255, 0, 51)).save(tmp_path / "a.png")
    found = data.prepare(inputs.read_columns(tmp_path / "a.png"))["image"]
    assert found.shape == (1, 3, 4, 6)
    assert np.allclose(found[0, :, 1, 1], [1, 0, 0.2])
    (tmp_path / "a.csv").write_text("image\n1\n")
    with pytest.raises(data.DataError, match=r"takes arrays \(\.npz\) or a picture"):
        inputs.read_columns(tmp_path / "a.csv")


def test_a_picture_goes_the_way_of_the_folders(run, tmp_path):
    spec = b.data(
        "flowers",
        S.Images(path="flowers"),
        b.field("image", b.f32(3, 4, 6), through=(T.Resize(height=4, width=6),), unknown=True),
    )
    data, inputs = made(run, spec, "image")
    Image.new("RGB", (9, 9), (255, 0, 51)).save(tmp_path / "a.png")
    found = inputs.read_columns(tmp_path / "a.png")["image"]
    assert np.array_equal(found[0], data.picture(tmp_path / "a.png"))
    assert found.shape == (1, 3, 4, 6)


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x93NUMPY\x01\x00"])
@pytest.mark.parametrize("name", ["a.npy", "a.npz", "a.png", "a.csv", "missing.npy"])
def test_files_that_cannot_be_read(run, tmp_path, name, content):
    data, inputs = made(run, b.digits(), "image")
    if name != "missing.npy":
        (tmp_path / name).write_bytes(content)
    with pytest.raises(data.DataError, match=name):
        inputs.read_columns(tmp_path / name)
