"""Fields of several columns, fields that are computed, windows, masks: what they become, and what
is said of those that are wrong."""

import pytest

from dlspec.pipeline import check
from dlspec.source import Source

SERIES = """\
data d {
  source = csv("d.csv") -> Windows(12)
  field series: f32[12, 2] = columns("a", "b") -> Standardize
  field seen: f32[9, 2]    = series[:9]
  field rise: f32[2]       = series[11] - series[8]
  split = ordered(train=80 %, val=20 %)
}
"""
CENSUS = """\
data d {
  source = csv("d.csv")
  field kinds: class[[3, 2]]   = columns("a", "b")
  field pair: class[2][2]      = columns("c", "d")
  field crossed: class[50][2]  = columns(("a", "b"), "c") -> Hash(50)
  split = all
}
"""
MASKS = """\
data d {
  source = images("p", masks="m", void=255)
  field image: f32[3, 8, 8], mask: class[4][8, 8] = columns("image", "mask")
    -> Resize(8, 8) -> Scale(2)
  split = all
}
"""


def test_a_window_is_of_rows_and_transforms_are_for_one(data):
    found = data(SERIES)
    assert found.windows.length == 12
    series = found.field("series")
    assert (str(series.type), str(series.read)) == ("f32[12, 2]", "f32[2]")
    (standardize,) = series.transforms
    assert str(standardize.gives) == "f32[2]"


def test_computed_fields_have_types(data):
    found = data(SERIES)
    seen, rise = found.field("seen"), found.field("rise")
    assert (seen.columns, str(seen.type), str(rise.type)) == ((), "f32[9, 2]", "f32[2]")
    assert rise.computed.op.kind() == "subtract"


def test_places_of_a_field_have_class_counts_of_their_own(data):
    kinds, pair, crossed = data(CENSUS).fields
    assert (kinds.counts, str(kinds.type)) == ((3, 2), "class[3][2]")
    assert (pair.counts, str(pair.type)) == ((), "class[2][2]")
    assert crossed.crossed == (("a", "b"), ("c",))


def test_fields_of_one_statement_go_through_what_is_for_them(data):
    image, mask = data(MASKS).fields
    assert [t.transform.kind() for t in image.transforms] == ["Resize", "Scale"]
    assert [t.transform.kind() for t in mask.transforms] == ["Resize"]
    assert (image.columns, mask.columns) == (("image",), ("mask",))


BAD = [
    (SERIES, "f32[12, 2] ", "f32[11, 2] ", "DLS411", "field `series` is declared as f32[11, 2]"),
    (SERIES, "Windows(12)", "Windows(0)", "DLS301", "Windows"),
    (SERIES, "-> Windows(12)", "-> Windows(12) -> Windows(2)", "DLS403", "one `Windows` at most"),
    (SERIES, "-> Windows(12)", "-> Scale(2)", "DLS108", "the transform `Scale` has no place"),
    (SERIES, "ordered(train", "random(train", "DLS403", "neighbouring rows make windows"),
    (SERIES, "f32[9, 2] ", "f32[8, 2] ", "DLS411", "field `seen` is declared as f32[8, 2]"),
    (SERIES, "series[:9]", "serie[:9]", "DLS100", "there is no field above this one `serie`"),
    (SERIES, "series[:9]", "series[:9] -> Standardize", "DLS412", "is fitted on columns"),
    (SERIES, "series[8]\n", "series[12]\n", "DLS414", "there is no place 12"),
    (SERIES, "series[8]\n", "series[:3]\n", "DLS414", "these shapes do not subtract"),
    (SERIES, "series[11] - series[8]\n", "3 * 2\n", "DLS414", "computed from other fields"),
    (CENSUS, "class[[3, 2]] ", "class[[3, 2, 4]] ", "DLS411", "is declared as class[4][3]"),
    (CENSUS, "class[[3, 2]] ", "class[[3, 1]] ", "DLS413", "one of at least 2"),
    (CENSUS, "class[[3, 2]] ", "class[[3, 2]][2] ", "DLS413", "a count for each place"),
    (CENSUS, " -> Hash(50)", "", "DLS414", "columns in parentheses are crossed"),
    (CENSUS, "Hash(50)", "Hash(40)", "DLS412", "the field has 50, not 40"),
    (CENSUS, "split = all", "split = folders(train=1)", "DLS107", "the split `folders`"),
    (MASKS, "-> Scale(2)", "-> Pad(9)", "DLS412", "Pad adds 18 places"),
    (MASKS, 'columns("image", "mask")', 'columns("image")', "DLS414", "2 fields of 1 columns"),
    (MASKS, ', masks="m", void=255', "", "DLS410", 'images has no column "mask"'),
    (MASKS, ' masks="m",', "", "DLS301", "a value of the pictures in `masks`"),
    (MASKS, "mask: class[4][8, 8]", "mask: f32[1, 8, 8]", "DLS411", "declared as f32[1, 8, 8]"),
]


@pytest.mark.parametrize(("text", "old", "new", "code", "said"), BAD)
def test_what_is_said_of_a_wrong_one(text, old, new, code, said):
    assert text.count(old) == 1
    errors = check(Source("test.dls", text.replace(old, new))).errors
    assert errors, "no error"
    assert errors[0].code == code
    assert said in f"{errors[0].title} {errors[0].label}", errors[0].title
