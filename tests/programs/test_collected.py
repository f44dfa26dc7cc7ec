"""Rows that Python gives one by one, as arrays."""

import numpy as np
import pytest

from dlspec.programs.verbatim.collected import collected
from dlspec.programs.verbatim.rows import DataError

LENGTHS = {"x_lengths": [("x", 0), ("m", 1)]}


def test_columns_of_any_shape():
    given = ({"x": [i, i + 1], "word": "abc"[i], "more": None} for i in range(3))
    rows = collected(given, ("x", "word"), "shop")
    assert rows["x"].tolist() == [[0, 1], [1, 2], [2, 3]]
    assert rows["word"].tolist() == ["a", "b", "c"] and "more" not in rows


def test_rows_of_different_lengths_end_in_zeros():
    given = [{"x": np.ones((n, 2)), "m": np.ones((3, n), int)} for n in (2, 4, 1)]
    rows = collected(given, ("x", "m"), "shop", LENGTHS)
    assert rows["x_lengths"].tolist() == [2, 4, 1]
    assert rows["x"].shape == (3, 4, 2) and rows["m"].shape == (3, 3, 4)
    assert rows["x"].sum(axis=(1, 2)).tolist() == [4, 8, 2]
    assert rows["m"][2].sum() == 3 and (rows["m"][2, :, 1:] == 0).all()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "shop gives no rows"),
        ([{"x": [1.0], "m": [[1]]}, {"x": [1.0]}], "row 2: there is no 'm'; it has: x"),
        ([{"x": [1.0], "m": [[1, 2]]}], "row 1: 'm' has 2 places, 'x' 1"),
        ([{"x": 1.0, "m": [[1]]}], r"row 1: 'x' has shape \[\], without an axis 0"),
        (
            [{"x": [[1, 2]], "m": [[1]]}, {"x": [[1, 2, 3]], "m": [[1]]}],
            r"row 2: 'x' has shape \[1, 3\], the first row \[1, 2\]",
        ),
        ([[1, 2]], "row 1: a list, where a dict of the columns is needed"),
    ],
)
def test_rows_that_make_no_columns(given, said):
    with pytest.raises(DataError, match=said):
        collected(given, ("x", "m"), "shop", LENGTHS)
