"""`data.py` of fields that are computed, hashed, taken in windows or read as masks: run, and held
against NumPy, Pillow, scikit-learn and hashes of the standard library."""

import csv
import hashlib

import blocks as b
import numpy as np
import pytest
from PIL import Image
from sklearn.preprocessing import OrdinalEncoder, StandardScaler

from dlspec.pipeline import check
from dlspec.programs.data import data_file
from dlspec.programs.recipe import recipe_file
from dlspec.source import Source


def made(text):
    result = check(Source("test.dls", text))
    assert result.program is not None, [d.title for d in result.errors]
    (found,) = result.program.data.values()
    return found


def table(folder, names, rows, name="d.csv"):
    with (folder / name).open("w", newline="") as file:
        csv.writer(file).writerows([names, *rows])


# --- windows and computed fields --------------------------------------------------------------

SERIES = """\
data d {
  source = csv("d.csv") -> Windows(12)
  field series: f32[12, 2] = columns("a", "b") -> Standardize
  field seen: f32[9, 2]    = series[:9]
  field rise: f32[2]       = 2 * (series[11] - series[8])
  split = ordered(train=60 %, val=40 %)
}
"""
FED = b.train({"seen": "seen"}, b.use(b.metrics.MAE(), "y", "rise", "mae"))


@pytest.fixture
def series(tmp_path):
    values = np.random.default_rng(0).normal(size=(50, 2)) * (1, 5) + (0, 3)
    table(tmp_path, ("a", "b"), values.tolist())
    return values


def test_windows_never_straddle_a_split(run, tmp_path, series):
    parts = run(data=data_file(made(SERIES), FED, folder="..")).load()
    scaled = StandardScaler().fit(series[:30]).transform(series)
    for part, rows in (("train", scaled[:30]), ("val", scaled[30:])):
        count = len(rows) - 11
        expected = np.stack([rows[i : i + 9] for i in range(count)])
        assert np.allclose(parts[part]["seen"], expected, atol=1e-6)
        rise = np.stack([2 * (rows[i + 11] - rows[i + 8]) for i in range(count)])
        assert np.allclose(parts[part]["rise"], rise, atol=1e-5)
        assert parts[part]["seen"].dtype == np.float32


def test_a_field_that_only_others_read_is_not_kept(run, tmp_path, series):
    assert set(run(data=data_file(made(SERIES), FED, folder="..")).load()["val"]) == {
        "seen",
        "rise",
    }
    assert "series" in run(data=data_file(made(SERIES), folder="..")).load()["val"]


def test_windows_are_made_of_each_strideth_row(run, tmp_path, series):
    text = SERIES.replace("Windows(12)", "Windows(12, stride=5)")
    data = run(data=data_file(made(text), FED, folder=".."))
    whole = run(data=data_file(made(SERIES), FED, folder="..")).load()["train"]["seen"]
    assert np.array_equal(data.load()["train"]["seen"], whole[::5])


def test_what_is_predicted_takes_no_more_rows_than_the_inputs_need(run, tmp_path, series):
    data = run(data=data_file(made(SERIES), FED, folder=".."))
    raw = {"a": series[:9, 0], "b": series[:9, 1]}
    seen = data.prepare(raw, data.facts()["fitted"])["seen"]
    assert np.array_equal(seen, data.load()["train"]["seen"][:1])


def test_a_part_that_is_too_short_for_a_window_is_named(run, tmp_path, series):
    table(tmp_path, ("a", "b"), series[:20].tolist())
    data = run(data=data_file(made(SERIES), FED, folder=".."))
    with pytest.raises(data.DataError, match="8 rows are too few for a window of 12"):
        data.load()


def test_computed_fields_of_arrays(run, tmp_path):
    rng = np.random.default_rng(0)
    x, k = rng.normal(size=(10, 4, 3)).astype(np.float32), rng.integers(0, 5, (10, 6))
    data = made(
        'data d { source = npz("d.npz"); split = stratified(label, train=100 %)\n'
        '  field x: f32[4, 3] = column("x"); field k: class[5][6] = column("k")\n'
        "  field y: f32[1, 2, 3] = -x[none, ::2] / 2 + x[none, 1:3]\n"
        "  field back: class[5][6] = k[::-1]\n"
        '  field label: class[2] = column("label"); field twice: f32[4, 3] = x -> Scale(2) }'
    )
    np.savez(tmp_path / "d.npz", x=x, k=k, label=np.arange(10) % 2)
    rows = run(data=data_file(data, b.train({"y": "y"}), folder="..")).load()["train"]
    order = [int(np.flatnonzero((x == v).all((1, 2)))[0]) for v in rows["twice"] / 2]
    x, k = x[order], k[order]
    assert np.allclose(rows["y"], -x[:, None, ::2] / 2 + x[:, None, 1:3])
    assert np.array_equal(rows["back"], k[:, ::-1])


# --- several classes, and hashes --------------------------------------------------------------

CENSUS = """\
data d {
  source = csv("d.csv")
  field kinds: class[[3, 2]]  = columns("job", "town")
  field pair: class[3][2]     = columns("job", "wish")
  field crossed: class[50][2] = columns(("job", "town"), "town") -> Hash(50)
  field age: f32[]            = column("age")
  split = ordered(train=100 %)
}
"""
PEOPLE = [("cook", "b", "smith", 3), ("smith", "a", "cook", 4), ("baker", "b", "baker", 5)]


@pytest.fixture
def people(tmp_path):
    table(tmp_path, ("job", "town", "wish", "age"), PEOPLE)
    return np.array([row[:3] for row in PEOPLE])


def test_each_column_has_classes_of_its_own(run, tmp_path, people):
    data = run(data=data_file(made(CENSUS), b.train({"kinds": "kinds"}), folder=".."))
    rows = data.load()["train"]
    theirs = OrdinalEncoder().fit(people[:, :2])
    assert np.array_equal(rows["kinds"], theirs.transform(people[:, :2]))
    assert np.array_equal(rows["pair"], [[1, 2], [2, 1], [0, 0]])
    one = {"job": np.array(["smith"]), "town": np.array(["b"])}
    assert data.prepare(one, data.facts()["fitted"])["kinds"].tolist() == [[2, 1]]
    with pytest.raises(data.DataError, match="job, row 1: no class 'king' among baker"):
        data.prepare(one | {"job": np.array(["king"])}, data.facts()["fitted"])


def test_a_hash_is_that_of_the_standard_library(run, tmp_path, people):
    data = run(data=data_file(made(CENSUS), b.train({"x": "crossed"}), folder=".."))

    def number(text):
        return int(hashlib.blake2b(text.encode(), digest_size=8).hexdigest(), 16) % 50

    expected = [[number(f"{job}\x1f{town}"), number(town)] for job, town, _ in people]
    assert data.load()["train"]["crossed"].tolist() == expected


def test_classes_in_arrays_have_counts_of_their_own(run, tmp_path):
    data = made(
        'data d { source = npz("d.npz"); split = all\n'
        '  field k: class[[3, 2]] = column("k"); field x: f32[] = column("x") }'
    )
    text = data_file(data, b.train({"x": "x"}), folder="..")
    np.savez(tmp_path / "d.npz", k=[[2, 1], [0, 0]], x=[1.0, 2.0])
    assert run(data=text).load()["train"]["k"].tolist() == [[2, 1], [0, 0]]
    np.savez(tmp_path / "d.npz", k=[[2, 1], [0, 2]], x=[1.0, 2.0])
    data = run(data=text)
    with pytest.raises(data.DataError, match="k, row 2: 2 is not a class of 0 to 1"):
        data.load()


# --- masks ------------------------------------------------------------------------------------

MASKS = """\
data d {
  source = images("p", masks="m", void=255)
  field image: f32[3, 6, 8], mask: class[4][6, 8] = columns("image", "mask") -> Resize(6, 8)
  split = ordered(train=50 %, val=50 %)
}
"""


@pytest.fixture
def pictures(tmp_path):
    rng = np.random.default_rng(0)
    classes = rng.integers(0, 4, (2, 12, 16)).astype(np.uint8)
    classes[:, 0] = 255
    for i, name in enumerate(("a/x", "y")):
        for folder in ("p", "m"):
            (tmp_path / folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (12, 16, 3), np.uint8)).save(
            tmp_path / "p" / f"{name}.jpg"
        )
        picture = Image.fromarray(classes[i])
        if i:
            picture.putpalette(list(range(256)) * 3)
        picture.save(tmp_path / "m" / f"{name}.png")
    return classes


def test_a_mask_lies_where_its_picture_lies(run, tmp_path, pictures):
    parts = run(data=data_file(made(MASKS), b.train({"x": "image"}), folder="..")).load()
    for part, classes in zip(("train", "val"), pictures, strict=True):
        theirs = Image.fromarray(classes).resize((8, 6), Image.Resampling.NEAREST)
        assert np.array_equal(parts[part]["mask"][0], np.asarray(theirs))
        assert parts[part]["image"].shape == (1, 3, 6, 8)


def test_a_mask_of_other_classes_or_of_none_is_refused(run, tmp_path, pictures):
    text = data_file(
        made(MASKS.replace("class[4]", "class[3]")), b.train({"x": "image"}), folder=".."
    )
    data = run(data=text)
    with pytest.raises(
        data.DataError, match=r"x\.png, row 2, column \d+: 3 is not a class of 0 to 2"
    ):
        data.load()
    (tmp_path / "m" / "y.png").unlink()
    data = run(data=data_file(made(MASKS), b.train({"x": "image"}), folder=".."))
    with pytest.raises(data.DataError, match=r"holds no mask of .*y\.jpg"):
        data.load()


def test_pixels_without_a_class_count_in_no_metric(run, tmp_path, pictures):
    data = made(MASKS)
    use = b.use(b.metrics.Accuracy(), "logits", "mask")
    recipe, _ = run(
        recipe=recipe_file(b.train({"x": "image"}, use), data),
        weights="CheckpointError = write_whole = None\n",
    )
    mask = pictures[:1]
    logits = np.eye(4, dtype=np.float32)[mask.clip(0, 3)].transpose(0, 3, 1, 2)
    logits[0, :, 5] = np.eye(4)[(mask[0, 5] + 1) % 4].T
    assert recipe.scores({"logits": logits}, {"mask": mask})["accuracy"] == pytest.approx(10 / 11)
