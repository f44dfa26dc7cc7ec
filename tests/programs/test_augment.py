"""Random affine maps against SciPy's resampling."""

import numpy as np
import pytest
from scipy import ndimage

from dlspec.programs.verbatim import augment as a

IMAGES = np.random.default_rng(0).random((6, 2, 9, 12), np.float32)  # height ≠ width


def by_scipy(image: np.ndarray, pull: np.ndarray, order: int) -> np.ndarray:
    """One channel by an affine transform about the centre, zeros outside."""
    centre = (np.array(image.shape) - 1) / 2
    matrix = pull[:2, :2].astype(np.float64)
    offset = centre + pull[:2, 2] - matrix @ centre
    return ndimage.affine_transform(
        image, matrix, offset, order=order, mode="grid-constant", cval=0
    )


def maps(count: int = 6) -> np.ndarray:
    rng = np.random.default_rng(3)
    turn = a.turns(count, 180, rng) @ a.flips(count, 0.5, 1, rng)
    return turn @ a.shifts(count, 0.4, (9, 12), rng)


def test_bilinear_resampling_is_scipys():
    pull = maps()
    ours = a.resample(IMAGES, pull)
    theirs = [[by_scipy(c, p, 1) for c in image] for image, p in zip(IMAGES, pull, strict=True)]
    assert ours.dtype == np.float32
    assert np.allclose(ours, theirs, atol=1e-5)


def test_class_maps_keep_their_classes_and_go_where_the_image_goes():
    classes = np.random.default_rng(1).integers(1, 5, (6, 9, 12))
    ours = a.resample_nearest(classes, maps())
    theirs = np.array([by_scipy(c, p, 0) for c, p in zip(classes, maps(), strict=True)])
    assert ours.dtype == np.int64
    assert (ours != theirs).mean() < 0.01  # rounding of places half-way


def test_no_motion_gives_the_same_bits():
    pull = a.turns(6, 0, np.random.default_rng(0))
    assert np.array_equal(a.resample(IMAGES, pull), IMAGES)


def test_a_flip_is_exact():
    pull = a.flips(6, 1, 1, np.random.default_rng(0))
    assert np.array_equal(a.resample(IMAGES, pull), IMAGES[..., ::-1])
    pull = a.flips(6, 1, 0, np.random.default_rng(0))
    assert np.array_equal(a.resample(IMAGES, pull), IMAGES[..., ::-1, :])


def test_a_quarter_turn_is_exact_up_to_rounding():
    square = IMAGES[..., :9]
    pull = a.turns(6, 0, np.random.default_rng(0))
    pull[:, :2, :2] = [[0, -1], [1, 0]]
    turned = a.resample(square, pull)
    assert np.allclose(turned, np.rot90(square, -1, axes=(2, 3)), atol=1e-6) or np.allclose(
        turned, np.rot90(square, 1, axes=(2, 3)), atol=1e-6
    )


def test_a_map_after_another_is_their_product():
    rng = np.random.default_rng(0)
    turn, shift = a.turns(6, 10, rng), a.shifts(6, 0.0, (9, 12), rng)
    shift[:, :2, 2] = [2, -3]  # whole pixels: no interpolation of its own
    at_once = a.resample(IMAGES, turn @ shift)
    one_by_one = a.resample(a.resample(IMAGES, turn), shift)
    assert np.allclose(at_once[..., :-2, 3:], one_by_one[..., :-2, 3:], atol=1e-5)


def test_shifts_are_shares_of_the_height_and_of_the_width():
    pull = a.shifts(10_000, 0.1, (20, 50), np.random.default_rng(0))
    most = abs(pull[:, :2, 2]).max(0)
    assert most == pytest.approx([2, 5], rel=0.01)


def test_turns_stay_within_their_degrees():
    pull = a.turns(10_000, 10, np.random.default_rng(0))
    degrees = np.rad2deg(np.arctan2(pull[:, 1, 0], pull[:, 0, 0]))
    assert degrees.min() == pytest.approx(-10, rel=0.01)
    assert degrees.max() == pytest.approx(10, rel=0.01)


def test_flips_have_their_chance():
    pull = a.flips(10_000, 0.3, 1, np.random.default_rng(0))
    assert (pull[:, 1, 1] < 0).mean() == pytest.approx(0.3, abs=0.02)
