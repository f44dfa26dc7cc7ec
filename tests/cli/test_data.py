"""`dlspec check --data`: what it counts, against NumPy's own counts."""

import csv
import json
import shutil

import numpy as np
import pytest
from sklearn.datasets import load_digits

SPEC = """data rows {{
  source = npz("rows.npz")
  field x: f32[3] = column("x")
  field t: {type} = column("t")
  split = ordered(train=50 %, val=25 %, test=25 %)
}}
"""


@pytest.fixture
def rows(here):
    """Writes a spec of an NPZ file with these arrays."""

    def written(x, t, kind="class[3]"):
        np.savez(here / "rows.npz", x=np.asarray(x, np.float32), t=np.asarray(t))
        (here / "a.dls").write_text(SPEC.format(type=kind))

    return written


def test_rows_ranges_and_balance_of_digits(dlspec, digits):
    ran = dlspec("check", "--data", digits)
    assert ran.status == 0
    assert "data digits: 1,797 rows (1,078 train, 270 val, 449 test)" in ran.out
    image = load_digits().images / 16
    assert f"least 0, greatest 1, mean {image.mean():.4g}, std {image.std():.4g}" in ran.out
    row = next(line for line in ran.out.splitlines() if line.strip().startswith("3: "))
    counts = [int(part.split()[0]) for part in row.split(": ")[1].split(", ")]
    assert sum(counts) == (load_digits().target == 3).sum()
    assert [round(c / n, 2) for c, n in zip(counts, (1078, 270, 449), strict=True)] == [0.1] * 3


def test_json_has_the_counts(dlspec, digits):
    ran = dlspec("check", "--data", "--format", "json", digits)
    (data,) = json.loads(ran.out)["data"]
    assert (data["file"], data["name"]) == (digits.as_posix(), "digits")
    assert data["rows"] == {"train": 1078, "val": 270, "test": 449}
    label = data["fields"]["label"]
    assert label["type"] == "class[10]" and label["names"] == [str(i) for i in range(10)]
    in_all = [sum(c) for c in zip(*label["classes"].values(), strict=True)]
    assert in_all == np.bincount(load_digits().target).tolist()
    image = load_digits().images / 16
    assert data["fields"]["image"]["mean"] == pytest.approx(image.mean(), rel=1e-5)


def test_words_are_named_and_counted(dlspec, here, digits):
    for name in ("wine.dls", "wine.csv"):
        shutil.copy(digits.parent / name, here)
    out = dlspec("check", "--data", "wine.dls").out
    with (here / "wine.csv").open() as file:
        words = [row["cultivar"] for row in csv.DictReader(file)]
    for name in set(words):
        row = next(line for line in out.splitlines() if line.strip().startswith(f"{name}: "))
        parts = row.split(": ")[1].split(", ")
        assert sum(int(p.split()[0]) for p in parts) == words.count(name)


def test_what_is_no_number_is_an_error_with_its_row(dlspec, rows):
    x = np.zeros((8, 3))
    x[2, 1] = np.nan
    x[5] = np.inf
    rows(x, [0, 1, 2, 0, 1, 2, 0, 1])
    ran = dlspec("check", "--data", "a.dls")
    assert ran.status == 1 and "DLS653" in ran.out
    assert "x, row 3, place [1]: nan is not a number" in ran.out
    assert dlspec("check", "a.dls").status == 0


def test_a_label_out_of_range_is_an_error(dlspec, rows):
    rows(np.zeros((8, 3)), [0, 1, 2, 0, 1, 3, 0, 1])
    ran = dlspec("check", "--data", "a.dls")
    assert ran.status == 1 and "DLS653" in ran.out and "3" in ran.out


def test_arrays_of_another_shape_and_files_that_are_not_there(dlspec, rows, here):
    rows(np.zeros((8, 4)), [0] * 8)
    assert dlspec("check", "--data", "a.dls").status == 1
    (here / "rows.npz").unlink()
    ran = dlspec("check", "--data", "a.dls", "--format", "json")
    (found,) = json.loads(ran.out)["diagnostics"]
    assert ran.status == 1 and found["code"] == "DLS653" and "rows.npz" in found["title"]


def test_a_class_that_the_training_rows_lack_is_seen(dlspec, rows):
    rows(np.zeros((8, 3)), [0, 0, 1, 1, 2, 2, 0, 1])
    out = dlspec("check", "--data", "a.dls").out
    assert "2: 0 (0.0 %) train, 2 (100.0 %) val, 0 (0.0 %) test" in out
