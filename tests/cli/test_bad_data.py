"""Data that are not what a spec says: an error with a code, at the place in the spec."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

Harm = Callable[[Path], None]
SPECS = Path(__file__).parents[2] / "specs"

WINE = (SPECS / "wine.dls").read_text()
ROWS = """data rows {
  source = npz("rows.npz")
  field x: f32[3] = column("values") -> Standardize
  field t: class[3] = column("kind")
  split = random(train=50 %, val=25 %, test=25 %)
}
"""
PICTURES = """data scans {
  source = images("scans", labels=folder)
  field image: f32[3, 4, 4] = column("image")
  field label: class[2] = column("label")
  split = stratified(label, train=50 %, val=50 %)
}
"""


def edited(line: int, old: str, new: str) -> Harm:
    """Changes one line of the table."""

    def harm(here: Path) -> None:
        path = here / "wine.csv"
        lines = path.read_text().splitlines(keepends=True)
        assert old in lines[line - 1]
        lines[line - 1] = lines[line - 1].replace(old, new, 1)
        path.write_text("".join(lines))

    return harm


def cut(name: str, share: float) -> Harm:
    """Leaves the first part of a file, and not quite at the end of a line."""

    def harm(here: Path) -> None:
        whole = (here / name).read_bytes()
        (here / name).write_bytes(whole[: int(len(whole) * share)].rstrip(b"\n"))

    return harm


def written(name: str, content: bytes) -> Harm:
    return lambda here: (here / name).write_bytes(content) and None


def saved(**arrays: object) -> Harm:
    """Other arrays than those that the spec speaks of."""
    usual = {"values": np.ones((8, 3), np.float32), "kind": np.arange(8) % 3}
    return lambda here: np.savez(here / "rows.npz", **{**usual, **arrays})


def gone(name: str) -> Harm:
    return lambda here: (here / name).unlink()


def only_the_header(here: Path) -> None:
    header = (here / "wine.csv").read_text().splitlines()[0]
    (here / "wine.csv").write_text(header + "\n")


def no_pictures(here: Path) -> None:
    for path in (here / "scans").rglob("*.png"):
        path.unlink()


def larger(here: Path) -> None:
    from PIL import Image

    Image.new("RGB", (7, 4)).save(here / "scans" / "b" / "1.png")


def third(here: Path) -> None:
    shutil.copytree(here / "scans" / "a", here / "scans" / "c")


def loose(here: Path) -> None:
    shutil.copy(here / "scans" / "a" / "0.png", here / "scans" / "c.png")


def with_nan() -> np.ndarray:
    values = np.ones((8, 3), np.float32)
    values[4, 2] = np.nan
    return values


CASES: list[tuple[str, Harm, str, str]] = [
    # of which spec, what is done, what the error says, the place that it shows
    (WINE, edited(5, "14.37", "nan"), "line 5, column 'alcohol': 'nan' is not a", '"alcohol"'),
    (WINE, edited(5, "14.37", "inf"), "line 5, column 'alcohol': 'inf' is not a", '"alcohol"'),
    (WINE, edited(5, "14.37", ""), "line 5, column 'alcohol': no value", '"alcohol"'),
    (WINE, edited(9, "barolo", "merlot"), "cultivar has 4 classes, not 3", '"cultivar"'),
    (WINE, edited(1, "hue", "hues"), "has no column 'hue'; it has: alcohol", '"hue"'),
    (WINE, edited(1, "hue", "alcohol"), "has 2 columns 'alcohol'", '"alcohol"'),
    (WINE, cut("wine.csv", 0.499), "cells under a header of 14", 'csv("wine.csv")'),
    (WINE, only_the_header, "has no rows", 'csv("wine.csv")'),
    (WINE, written("wine.csv", b""), "it has: nothing", '"total_phenols"'),
    (WINE, written("wine.csv", b"\xff\xfe\x00a,b\n"), "is not UTF-8 text", 'csv("wine.csv")'),
    (WINE, gone("wine.csv"), "cannot be read: No such file", 'csv("wine.csv")'),
    (ROWS, saved(values=with_nan()), "values, row 5, place [2]: nan is not", '"values"'),
    (ROWS, saved(kind=np.arange(8) % 4), "row 4: 3 is not a class of 0 to 2", '"kind"'),
    (ROWS, saved(kind=np.arange(8) % 3 - 1), "row 1: -1 is not a class of 0 to 2", '"kind"'),
    (ROWS, saved(values=np.ones((8, 2))), "the rows have shape [2], the spec says", '"values"'),
    (ROWS, saved(values=np.ones((7, 3))), "need the same number of rows", 'npz("rows.npz")'),
    (ROWS, saved(kind=np.array([None] * 8)), "is no .npz file", 'npz("rows.npz")'),
    (ROWS, cut("rows.npz", 0.6), "is no .npz file of numbers", 'npz("rows.npz")'),
    (ROWS, cut("rows.npz", 0), "is no .npz file of numbers", 'npz("rows.npz")'),
    (ROWS.replace("kind", "kinds"), saved(), "has no array 'kinds'; it has: values", '"kinds"'),
    (
        ROWS.replace("val=25", "val=1").replace("train=50", "train=74"),
        saved(),
        "no row of 8 is left for val",
        "random(",
    ),
    (PICTURES, cut("scans/b/0.png", 0.7), "is not a readable picture", "images("),
    (PICTURES, written("scans/b/0.png", b"GIF89a"), "is not a readable picture", "images("),
    (PICTURES, no_pictures, "holds no pictures", "images("),
    (PICTURES, larger, "scans/b/1.png", "images("),
    (PICTURES, loose, "lies in no folder that says its label", "images("),
    (PICTURES, third, "label has 3 classes, not 2", '"label"'),
    (PICTURES.replace('"scans"', '"scan"'), lambda _: None, "is not a folder", "images("),
]


@pytest.fixture
def data(here: Path) -> Path:
    """A table, arrays and a folder of pictures, all as they should be."""
    from PIL import Image

    shutil.copy(SPECS / "wine.csv", here)
    saved()(here)
    for label in "ab":
        (here / "scans" / label).mkdir(parents=True)
        for i in range(4):
            noise = np.random.default_rng(i).integers(0, 256, (4, 4, 3), np.uint8)
            Image.fromarray(noise).save(here / "scans" / label / f"{i}.png")
    return here


@pytest.mark.parametrize(("spec", "harm", "says", "shows"), CASES, ids=[c[2] for c in CASES])
def test_bad_data_are_an_error_at_their_place(dlspec, data, spec, harm, says, shows):
    (data / "a.dls").write_text(spec)
    harm(data)
    before = {p: p.read_bytes() for p in data.rglob("*") if p.is_file()}
    ran = dlspec("check", "--data", "a.dls", "--format", "json")
    (found,) = json.loads(ran.out)["diagnostics"]
    assert (ran.status, found["code"], ran.err) == (1, "DLS653", "")
    assert says in found["title"]
    start, end = found["place"]["start"], found["place"]["end"]
    shown = spec[start["offset"] : end["offset"]]
    assert shown.startswith(shows) and "\n" not in shown
    assert {p: p.read_bytes() for p in data.rglob("*") if p.is_file()} == before


@pytest.mark.parametrize("spec", [WINE, ROWS, PICTURES], ids=["csv", "npz", "images"])
def test_the_same_data_unharmed_are_none(dlspec, data, spec):
    (data / "a.dls").write_text(spec)
    assert dlspec("check", "--data", "a.dls").status == 0
