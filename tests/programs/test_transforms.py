"""Transforms against scikit-learn, Pillow and NumPy."""

import numpy as np
import pytest
from PIL import Image
from sklearn.preprocessing import StandardScaler

from dlspec.programs.verbatim import transforms as t
from dlspec.programs.verbatim.rows import DataError


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((20, 30), (7, 11)),
        ((8, 8), (32, 20)),
        ((9, 40), (30, 10)),
        ((5, 7), (5, 3)),
        ((1, 1), (4, 4)),
    ],
)
def test_a_resize_is_pillows(before, after):
    image = np.random.default_rng(0).random(before, np.float32)
    size = after[::-1]
    theirs = np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BILINEAR))
    assert np.allclose(t.resize(image, after), theirs, atol=1e-6)


def test_a_resize_works_on_the_last_two_axes():
    batch = np.random.default_rng(0).random((3, 2, 8, 6), np.float32)
    resized = t.resize(batch, (4, 9))
    assert resized.shape == (3, 2, 4, 9)
    assert resized.dtype == np.float32
    assert np.allclose(resized[1, 1], t.resize(batch[1, 1], (4, 9)))


@pytest.mark.parametrize(("before", "after"), [((19, 29), (7, 13)), ((4, 5), (13, 10))])
def test_class_maps_are_resized_as_pillow_does(before, after):
    classes = np.random.default_rng(0).integers(0, 21, before)
    picture = Image.fromarray(classes.astype(np.uint8))
    theirs = np.asarray(picture.resize(after[::-1], Image.Resampling.NEAREST))
    assert np.array_equal(t.resize_nearest(classes, after), theirs)


def test_moments_are_scikit_learns():
    rows = np.random.default_rng(0).normal(5, 3, (40, 4))
    rows[:, 2] = 7
    theirs = StandardScaler().fit(rows)
    ours = t.moments(rows, (0,))
    assert np.allclose(ours["mean"], theirs.mean_)
    assert np.allclose(ours["std"], theirs.scale_)
    assert ours["std"][2] == 1


def test_moments_of_float32_are_taken_in_float64():
    rows = np.full((100_000, 1), 16_777_217.0, np.float32) + np.array([[0.0]])
    assert t.moments(rows.astype(np.float32), (0,))["std"][0] == 1  # nothing varies


def test_standardized_rows_are_scikit_learns_and_lists_from_json_do_as_well():
    rows = np.random.default_rng(0).normal(5, 3, (40, 4))
    moments = t.moments(rows, (0,))
    theirs = StandardScaler().fit_transform(rows)
    assert np.allclose(t.standardize(rows, moments), theirs)
    from_json = {name: values.tolist() for name, values in moments.items()}
    assert np.array_equal(t.standardize(rows, from_json), t.standardize(rows, moments))


def test_each_channel_of_a_picture_has_moments_of_its_own():
    pictures = np.random.default_rng(0).random((5, 3, 4, 6), np.float32)
    moments = t.moments(pictures, (0, 2, 3))
    assert moments["mean"].shape == (3, 1, 1)
    done = t.standardize(pictures, moments)
    assert done.dtype == np.float32
    assert np.allclose(done.mean((0, 2, 3)), 0, atol=1e-6)
    assert np.allclose(done.std((0, 2, 3)), 1, atol=1e-5)


def test_whole_numbers():
    assert t.whole(np.array([1.0, -2.0]), np.int32, "id").dtype == np.int32
    for bad in (0.5, 2.0**31):
        with pytest.raises(DataError, match=r"id, row 2: .* is not a whole number of 32 bits"):
            t.whole(np.array([1.0, bad]), np.int32, "id")
