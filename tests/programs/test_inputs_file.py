"""What a person gives to a trained model: read, and prepared as the training rows were."""

import blocks as b
import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits, load_iris

from dlspec.programs.data import data_file
from dlspec.programs.inputs import inputs_file, takes

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


def test_a_picture_in_colour_becomes_grey_and_one_of_another_size_is_refused(run, tmp_path):
    data, inputs = made(run, b.digits(), "image")
    Image.new("RGB", (8, 8), (255, 255, 255)).save(tmp_path / "white.jpg")
    assert np.allclose(inputs.read_columns(tmp_path / "white.jpg")["image"], 16)
    Image.new("RGB", (200, 100)).save(tmp_path / "large.jpg")
    with pytest.raises(data.DataError, match="is 100 by 200, the spec says 8 by 8"):
        inputs.read_columns(tmp_path / "large.jpg")


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
    with pytest.raises(
        data.DataError, match=r"neither a table \(\.csv\) nor arrays \(\.npz, \.npy\)$"
    ):
        inputs.read_columns(tmp_path / "new.png")


def test_arrays_of_bytes_are_white_at_255(run, tmp_path):
    spec = b.data(
        "d",
        S.Npz(path="a.npz"),
        b.field("image", b.f32(3, 4, 6), through=(T.Scale(factor=1 / 255),)),
    )
    data, inputs = made(run, spec, "image")
    Image.new("RGB", (6, 4), (255, 0, 51)).save(tmp_path / "a.png")
    found = data.prepare(inputs.read_columns(tmp_path / "a.png"))["image"]
    assert found.shape == (1, 3, 4, 6)
    assert np.allclose(found[0, :, 1, 1], [1, 0, 0.2])
    (tmp_path / "a.csv").write_text("image\n1\n")
    with pytest.raises(data.DataError, match=r"a\.csv, line 2: 1 cells, not 72"):
        inputs.read_columns(tmp_path / "a.csv")
    (tmp_path / "a.csv").write_text(",".join(map(str, range(72))))
    assert inputs.read_columns(tmp_path / "a.csv")["image"].shape == (1, 3, 4, 6)


def test_features_without_a_header_stand_in_their_order(run, tmp_path):
    spec = b.data("iris", S.Sklearn(name="iris"), b.field("x", b.f32(4), "data"))
    data, inputs = made(run, spec, "x")
    (tmp_path / "t.csv").write_text("5.1,3.5,1.4,0.2\n6.7,3.0,5.2,2.3\n")
    found = inputs.read_columns(tmp_path / "t.csv")["data"]
    assert found.tolist() == [[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3]]
    for text, said in (("1,2,3\n", "line 1: 3 cells, not 4"), ("1,2,3,4\n1,2,3,x\n", "'x'")):
        (tmp_path / "t.csv").write_text(text)
        with pytest.raises(data.DataError, match=said):
            inputs.read_columns(tmp_path / "t.csv")


def test_features_and_some_of_them_alone_come_from_one_table(run, tmp_path):
    fields = (b.field("x", b.f32(4), "data"), b.field("w", b.f32(1), "petal width (cm)"))
    spec = b.data("iris", S.Sklearn(name="iris"), *fields)
    data, inputs = made(run, spec, "x", "w")
    (tmp_path / "t.csv").write_text("5.1,3.5,1.4,0.2\n")
    assert data.prepare(inputs.read_columns(tmp_path / "t.csv"))["w"].tolist() == [
        [np.float32(0.2)]
    ]


def test_a_picture_in_two_sizes(run, tmp_path):
    spec = b.data(
        "flowers",
        S.Images(path="flowers"),
        b.field("s", b.f32(3, 4, 6), "image", through=(T.Resize(height=4, width=6),), unknown=True),
        b.field("l", b.f32(3, 8, 9), "image", through=(T.Resize(height=8, width=9),), unknown=True),
    )
    data, inputs = made(run, spec, "s", "l")
    Image.new("RGB", (9, 9), (255, 0, 51)).save(tmp_path / "a.png")
    found = data.prepare(inputs.read_columns(tmp_path / "a.png"))
    assert {name: values.shape for name, values in found.items()} == {
        "s": (1, 3, 4, 6),
        "l": (1, 3, 8, 9),
    }


@pytest.mark.parametrize(
    ("source", "fields", "said"),
    [
        (
            S.Sklearn(name="iris"),
            [b.field("x", b.f32(4), "data")],
            [
                "a table (.csv) with the columns `sepal length (cm)`, `sepal width (cm)`, "
                "`petal length (cm)`, `petal width (cm)`",
                "an array (.npy, or .npz with `data` of shape [rows, 4])",
            ],
        ),
        (
            S.Sklearn(name="digits"),
            [b.field("image", b.f32(1, 8, 8))],
            [
                "a table (.csv) with 64 columns, `pixel_0_0` to `pixel_7_7`",
                "an array (.npy, or .npz with `image` of shape [rows, 1, 8, 8])",
                "a picture (.png, .jpg) of 8 by 8",
            ],
        ),
        (
            S.Csv(path="a.csv"),
            [b.field("x", b.f32(2), "age", "income"), b.field("job", b.classes(2))],
            [
                "a table (.csv) with the columns `age`, `income`, `job`",
                "arrays (.npz) `age` of shape [rows], `income` of shape [rows], `job`",
            ],
        ),
        (
            S.Npz(path="a.npz"),
            [b.field("x", b.f32(5))],
            [
                "a table (.csv) of 5 numbers in a line",
                "an array (.npy, or .npz with `x` of shape [rows, 5])",
            ],
        ),
    ],
)
def test_what_a_file_may_hold_is_said(source, fields, said):
    spec = b.data("d", source, *fields)
    assert list(takes(spec, b.train({f.name: f.name for f in fields}))) == said


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
