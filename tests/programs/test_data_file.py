"""`data.py` as it is written for a spec: run, and held against what the spec says."""

import csv
import json

import blocks as b
import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.preprocessing import StandardScaler

from dlspec.programs.data import data_file

T, S, A = b.transforms, b.sources, b.augmentations


def test_digits(run):
    data = run(data=data_file(b.digits(), b.digits_train()))
    parts = data.load()
    assert {p: len(r["label"]) for p, r in parts.items()} == {
        "train": 1078,
        "val": 270,
        "test": 449,
    }
    theirs = {
        x.tobytes(): y for x, y in zip(load_digits().images, load_digits().target, strict=True)
    }
    for rows in parts.values():
        assert (rows["image"].dtype, rows["label"].dtype) == (np.float32, np.int64)
        assert rows["image"].shape[1:] == (1, 8, 8)
        for x, y in zip(rows["image"], rows["label"], strict=True):
            assert theirs[(x[0] * 16).astype(np.float64).tobytes()] == y


@pytest.mark.parametrize(
    ("size", "ahead"), [((1, 8, 8), 15), ((3, 64, 64), 1), ((2,), 64)], ids=str
)
def test_small_batches_are_made_together_large_ones_alone(size, ahead):
    fields = (b.field("x", b.f32(*size)), b.field("y", b.f32()))
    data = data_file(b.data("d", S.Npz(path="rows.npz"), *fields), b.train({"x": "x"}))
    assert f"AHEAD = {ahead}  #" in data


def test_only_training_rows_are_augmented(run):
    data = run(data=data_file(b.digits(), b.digits_train()))
    (batch,) = data.blocks("train", 1078, seed=0, epoch=0)
    order = data.order(1078, 0, 0)
    rows = data.load()["train"]
    assert np.array_equal(batch["label"], rows["label"][order])
    moved = abs(batch["image"] - rows["image"][order]).mean((1, 2, 3))
    assert (moved > 0.01).mean() > 0.9
    assert np.array_equal(next(data.chunks("train", 1078))["image"], rows["image"])


def test_the_lock_file_learns_the_hash_the_rows_and_the_classes(run):
    data = run(data=data_file(b.digits(), b.digits_train()))
    facts = json.loads(json.dumps(data.facts()))
    assert facts["rows"] == {"train": 1078, "val": 270, "test": 449}
    assert facts["classes"] == {"label": [str(i) for i in range(10)]}
    assert len(facts["hash"]) == 64


def cancer():
    return b.data(
        "cancer",
        S.Sklearn(name="breast_cancer"),
        b.field("x", b.f32(30), "data", through=(T.Standardize(),)),
        b.field("y", b.classes(2), "target"),
        split=b.splits.Stratified(by="y", train=0.7, val=0.1, test=0.2, seed=3),
    )


def test_statistics_are_those_of_the_training_rows(run):
    data = run(data=data_file(cancer(), b.train({"x": "x"})))
    parts = data.read()[1]
    scaler = StandardScaler().fit(load_breast_cancer().data[parts["train"]])
    expected = scaler.transform(load_breast_cancer().data[parts["test"]])
    assert np.allclose(data.load()["test"]["x"], expected, atol=1e-6)
    assert data.load()["test"]["x"].dtype == np.float32


def test_predict_prepares_rows_from_what_the_lock_file_keeps(run):
    data = run(data=data_file(cancer(), b.train({"x": "x"})))
    fitted = json.loads(json.dumps(data.facts()))["fitted"]
    _, parts = data.read()
    one = {"data": load_breast_cancer().data[parts["val"][:1]]}
    assert np.array_equal(data.prepare(one, fitted)["x"], data.load()["val"]["x"][:1])


def test_features_by_name_and_a_target_that_is_a_number(run):
    data = run(
        data=data_file(
            b.data(
                "diabetes",
                S.Sklearn(name="diabetes"),
                b.field("x", b.f32(2), "bmi", "bp"),
                b.field("y", b.f32(), "target", through=(T.Scale(factor=0.01, offset=-1),)),
                split=b.splits.Ordered(train=0.5, test=0.5),
            ),
            b.train({"x": "x"}),
        )
    )
    theirs = load_diabetes()
    assert np.allclose(data.load()["train"]["x"], theirs.data[:221, [2, 3]])
    assert np.allclose(data.load()["test"]["y"], theirs.target[221:] / 100 - 1)


# --- tables -----------------------------------------------------------------------------------

PEOPLE = [
    ("age", "income", "job", "kind"),
    (31, 1500, "cook", "b"),
    (45, 2500.5, "smith", "a"),
    (28, 900, "cook", "c"),
    (52, 3100, "baker", "a"),
    (39, 2000, "smith", "b"),
]


def people(rows=PEOPLE, path="people.csv", kinds=None):
    return b.data(
        "people",
        S.Csv(path=path),
        b.field("x", b.f32(2), "age", "income", through=(T.Standardize(),)),
        b.field("job", b.f32(3), "job", read=b.classes(3), through=(T.OneHot(),)),
        b.field("kind", b.classes(kinds)),
        split=b.splits.Ordered(train=0.6, val=0.2, test=0.2),
    )


def write(folder, rows, name="people.csv"):
    with (folder / name).open("w", newline="") as file:
        csv.writer(file).writerows(rows)


FED = b.train({"x": "x", "job": "job"})


def test_a_table_of_numbers_and_words(run, tmp_path):
    write(tmp_path, PEOPLE)
    data = run(data=data_file(people(), FED, folder=".."))
    train = data.load()["train"]
    assert train["job"].tolist() == [[0, 1, 0], [0, 0, 1], [0, 1, 0]]
    assert train["kind"].tolist() == [1, 0, 2]
    assert np.allclose(train["x"].mean(0), 0, atol=1e-6)
    assert np.allclose(train["x"].std(0), 1)
    fitted = data.facts()["fitted"]
    assert fitted["kind"] == {"classes": ["a", "b", "c"]}
    raw = {"age": np.array([39.0]), "income": np.array([2000.0]), "job": np.array(["smith"])}
    assert np.array_equal(data.prepare(raw, fitted)["x"], data.load()["test"]["x"])
    assert data.prepare(raw, fitted)["job"].tolist() == [[0, 0, 1]]


def test_a_word_that_training_did_not_know(run, tmp_path):
    write(tmp_path, PEOPLE)
    data = run(data=data_file(people(), FED, folder=".."))
    raw = {"age": np.array([39.0]), "income": np.array([2.0]), "job": np.array(["pilot"])}
    with pytest.raises(
        data.DataError, match="job, row 1: no class 'pilot' among baker, cook, smith"
    ):
        data.prepare(raw, data.facts()["fitted"])


def test_locked_classes_keep_their_numbers(run, tmp_path):
    write(tmp_path, PEOPLE)
    classes = {"kind": ("c", "b", "a")}
    data = run(data=data_file(people(), FED, folder="..", classes=classes))
    assert data.load()["train"]["kind"].tolist() == [1, 2, 0]
    assert data.facts()["classes"] == {"kind": ["c", "b", "a"]}
    write(tmp_path, [*PEOPLE, (1, 1, "cook", "new")])
    data = run(data=data_file(people(), FED, folder="..", classes=classes))
    with pytest.raises(data.DataError, match="kind, row 6: no class 'new' among c, b, a"):
        data.load()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("x", 1, "cook", "a"), "line 7, column 'age': 'x' is not a number"),
        (("", 1, "cook", "a"), "line 7, column 'age': no value"),
        (("nan", 1, "cook", "a"), "line 7, column 'age': 'nan' is not a number"),
        ((1, 1, "pilot", "a"), "job has 4 classes, not 3: baker, cook, pilot, smith"),
        ((1, 1, "cook"), "line 7: 3 cells under a header of 4"),
    ],
)
def test_bad_rows_of_a_table(run, tmp_path, row, said):
    write(tmp_path, [*PEOPLE, row])
    data = run(data=data_file(people(), FED, folder=".."))
    with pytest.raises(data.DataError, match=said):
        data.load()


def test_a_label_outside_its_class_range(run, tmp_path):
    rows = [(*r[:3], str(i) if i else "kind") for i, r in enumerate(PEOPLE)]
    write(tmp_path, rows)
    data = run(data=data_file(people(kinds=5), FED, folder=".."))
    with pytest.raises(data.DataError, match="kind, row 5: no class '5' among 0, 1, 2, 3, 4"):
        data.load()


def test_columns_of_any_name(run, tmp_path):
    names = ('a"b', "it's", "a, b", "Größe\\n", "{x}", "import os")
    write(tmp_path, [names, range(6), range(6)])
    spec = b.data(
        "d",
        S.Csv(path="people.csv"),
        b.field("x", b.f32(6), *names),
        split=b.splits.All(),
    )
    data = run(data=data_file(spec, b.train({"x": "x"}), folder=".."))
    assert data.load()["train"]["x"].tolist() == [[0, 1, 2, 3, 4, 5]] * 2


# --- arrays -----------------------------------------------------------------------------------


def test_arrays_of_bytes_resized_and_padded(run, tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (10, 3, 12, 16), np.uint8)
    np.savez(tmp_path / "a.npz", image=image, label=np.arange(10) % 3)
    spec = b.data(
        "d",
        S.Npz(path="a.npz"),
        b.field(
            "image",
            b.f32(3, 8, 10),
            read=b.f32(3, 12, 16),
            through=(T.Scale(factor=1 / 255), T.Resize(height=6, width=8), T.Pad(before=1)),
        ),
        b.field("label", b.classes(3)),
        split=b.splits.Random(train=0.8, val=0.2),
    )
    data = run(data=data_file(spec, b.train({"image": "image"}), folder=".."))
    rows = data.load()["train"]["image"]
    assert (rows.dtype, rows.shape) == (np.float32, (8, 3, 8, 10))
    assert not rows[:, :, 0].any() and not rows[..., -1].any()
    first = np.setdiff1d(np.arange(10), data.random(10, {"train": 0.8, "val": 0.2}, 0)["val"])[0]
    channel = Image.fromarray((image[first, 0] / 255).astype(np.float32))
    theirs = np.asarray(channel.resize((8, 6), Image.Resampling.BILINEAR))
    assert np.allclose(rows[0, 0, 1:-1, 1:-1], theirs, atol=1e-6)


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"x": np.ones((4, 3)), "y": np.arange(4)}, r"x: the rows have shape \[3\], .* \[2\]"),
        ({"x": np.full((4, 2), np.nan), "y": np.arange(4)}, r"x, row 1, place \[0\]: nan"),
        (
            {"x": np.ones((4, 2)), "y": np.array([0, 1, 2, 5])},
            "y, row 4: 5 is not a class of 0 to 3",
        ),
        ({"x": np.ones((4, 2)), "y": np.array(list("abcd"))}, "y: <U1 values, where numbers"),
        ({"x": np.ones((4, 2))}, "has no array 'y'; it has: x"),
        ({"x": np.ones((4, 2)), "y": np.arange(3)}, "the same number of rows"),
    ],
)
def test_bad_arrays(run, tmp_path, arrays, said):
    np.savez(tmp_path / "a.npz", **arrays)
    spec = b.data("d", S.Npz(path="a.npz"), b.field("x", b.f32(2)), b.field("y", b.classes(4)))
    data = run(data=data_file(spec, b.train({"x": "x"}), folder=".."))
    with pytest.raises(data.DataError, match=said):
        data.load()


def test_words_as_classes_in_arrays(run, tmp_path):
    np.savez(tmp_path / "a.npz", x=np.ones((4, 2)), y=np.array(["no", "yes", "no", "no"]))
    spec = b.data(
        "d",
        S.Npz(path="a.npz"),
        b.field("x", b.f32(2)),
        b.field("y", b.classes(None)),
        split=b.splits.Ordered(train=0.5, val=0.5),
    )
    data = run(data=data_file(spec, b.train({"x": "x"}), folder=".."))
    assert data.load()["train"]["y"].tolist() == [0, 1]
    assert data.facts()["fitted"] == {"y": {"classes": ["no", "yes"]}}


def test_locked_words_as_classes_in_arrays(run, tmp_path):
    np.savez(tmp_path / "a.npz", x=np.ones((4, 2)), y=np.array(["no", "yes", "no", "no"]))
    spec = b.data(
        "d",
        S.Npz(path="a.npz"),
        b.field("x", b.f32(2)),
        b.field("y", b.classes(2)),
        split=b.splits.Ordered(train=0.5, val=0.5),
    )
    text = data_file(spec, b.train({"x": "x"}), folder="..", classes={"y": ("yes", "no")})
    assert run(data=text).load()["train"]["y"].tolist() == [1, 0]


def test_a_lock_file_of_bundled_data_changes_nothing():
    classes = {"label": [str(i) for i in range(10)]}
    plain = data_file(b.digits(), b.digits_train())
    assert data_file(b.digits(), b.digits_train(), classes=classes) == plain


def test_whole_numbers_feed_an_embedding(run, tmp_path):
    np.savez(tmp_path / "a.npz", x=np.array([[1.0, 2.0], [3.0, 4.0]]))
    spec = b.data(
        "d",
        S.Npz(path="a.npz"),
        b.field("x", b.Tensor("i32", (2,))),
        split=b.splits.All(),
    )
    data = run(data=data_file(spec, b.train({"x": "x"}), folder=".."))
    assert data.load()["train"]["x"].dtype == np.int32
    np.savez(tmp_path / "a.npz", x=np.array([[1.0, 2.5]]))
    data = run(data=data_file(spec, b.train({"x": "x"}), folder=".."))
    with pytest.raises(data.DataError, match=r"x, row 1: 2\.5 is not a whole number"):
        data.load()


def test_an_image_and_its_mask_move_together(run, tmp_path):
    mask = np.zeros((40, 12, 16), np.int64)
    mask[:, 3:6, 9:12] = 1
    np.savez(tmp_path / "a.npz", image=mask[:, None].astype(np.float32), mask=mask)
    moves = (
        A.RandomRotate(angle=b.Quantity(20, "deg")),
        A.RandomFlip(),
        A.RandomShift(share=0.1),
    )
    spec = b.data(
        "d",
        S.Npz(path="a.npz"),
        b.field("image", b.f32(1, 12, 16)),
        b.field("mask", b.classes(2, 12, 16)),
        split=b.splits.All(),
        augment=((("image", "mask"), moves),),
    )
    data = run(data=data_file(spec, b.train({"image": "image"}), folder=".."))
    (batch,) = data.blocks("train", 40, seed=0, epoch=0)
    assert batch["mask"].dtype == np.int64
    assert set(np.unique(batch["mask"])) == {0, 1}
    agree = (batch["image"][:, 0] > 0.5) == (batch["mask"] == 1)
    assert agree.mean() > 0.98
    assert (batch["mask"] != mask).any((1, 2)).mean() > 0.9


def test_flips_alone_change_no_value(run, tmp_path):
    image = np.random.default_rng(0).random((50, 3, 4, 6), np.float32)
    np.savez(tmp_path / "a.npz", image=image)
    spec = b.data(
        "d",
        S.Npz(path="a.npz"),
        b.field("image", b.f32(3, 4, 6)),
        split=b.splits.All(),
        augment=((("image",), (A.RandomFlip(), A.RandomFlip(direction="vertical", chance=0.2))),),
    )
    data = run(data=data_file(spec, b.train({"image": "image"}), folder=".."))
    (batch,) = data.blocks("train", 50, seed=0, epoch=0)
    seen = {"": 0, "h": 0, "v": 0, "hv": 0}
    for x, y in zip(batch["image"], image[data.order(50, 0, 0)], strict=True):
        ways = {"": y, "h": y[..., ::-1], "v": y[:, ::-1], "hv": y[:, ::-1, ::-1]}
        (way,) = [name for name, z in ways.items() if np.array_equal(x, z)]
        seen[way] += 1
    assert seen["h"] + seen["hv"] == pytest.approx(25, abs=8)
    assert 3 <= seen["v"] + seen["hv"] <= 20


# --- pictures ---------------------------------------------------------------------------------


def flowers(size=(6, 8), through=None, labels="folder"):
    through = (T.Resize(height=size[0], width=size[1]),) if through is None else through
    fields = [b.field("image", b.f32(3, *size), through=through, unknown=bool(through))]
    if labels:
        fields.append(b.field("label", b.classes(None)))
    return b.data(
        "flowers",
        S.Images(path="flowers", labels=labels),
        *fields,
        split=b.splits.Ordered(train=0.75, test=0.25),
    )


@pytest.fixture
def garden(tmp_path):
    rng = np.random.default_rng(0)
    for i, name in enumerate(("tulip/a.png", "rose/b.png", "rose/c.jpg", "iris/deep/d.png")):
        path = tmp_path / "flowers" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (10 + i, 9, 3), np.uint8)).save(path)
    return tmp_path / "flowers"


def test_a_folder_of_pictures(run, garden):
    data = run(data=data_file(flowers(), b.train({"image": "image"}), folder=".."))
    train, test = data.load()["train"], data.load()["test"]
    assert train["image"].shape == (3, 3, 6, 8)
    assert train["label"].tolist() == [0, 1, 1]  # iris, rose, rose
    assert test["label"].tolist() == [2]
    assert data.facts()["fitted"] == {"label": {"classes": ["iris", "rose", "tulip"]}}
    one = {"image": data.picture(garden / "tulip/a.png")[None]}
    assert np.array_equal(data.prepare(one)["image"], test["image"])
    with Image.open(garden / "tulip/a.png") as picture:
        theirs = np.asarray(picture.resize((8, 6), Image.Resampling.BILINEAR))
    assert (
        abs(test["image"][0] - theirs.transpose(2, 0, 1) / 255).max() < 1.01 / 255
    )  # it rounds twice


def test_pictures_of_one_size_need_no_resize(run, garden):
    for path in garden.rglob("*.*"):
        Image.new("RGB", (8, 6)).save(path)
    data = run(data=data_file(flowers(through=()), b.train({"image": "image"}), folder=".."))
    assert data.load()["train"]["image"].shape == (3, 3, 6, 8)
    Image.new("RGB", (8, 7)).save(garden / "rose/c.jpg")
    data = run(data=data_file(flowers(through=()), b.train({"image": "image"}), folder=".."))
    with pytest.raises(data.DataError, match=r"c\.jpg is 7 by 8, the spec says 6 by 8"):
        data.load()


def test_a_picture_outside_the_folders_has_no_label(run, garden):
    Image.new("RGB", (8, 6)).save(garden / "z.png")
    data = run(data=data_file(flowers(), b.train({"image": "image"}), folder=".."))
    with pytest.raises(data.DataError, match=r"z\.png lies in no folder that says its label"):
        data.load()
    data = run(data=data_file(flowers(labels=None), b.train({"image": "image"}), folder=".."))
    assert len(data.load()["train"]["image"]) == 4
