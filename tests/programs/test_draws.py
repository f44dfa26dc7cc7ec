"""Initialisers against their definitions."""

import math
from functools import partial

import numpy as np
import pytest
import torch

from dlspec.ops.base import Weight
from dlspec.ops.init import GLOROT
from dlspec.programs.verbatim import draws, grouped

SHAPE = (64, 48, 5, 3)
IN, OUT = 48 * 15, 64 * 15


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize(
    ("draw", "std"),
    [
        (draws.glorot_uniform, math.sqrt(2 / (IN + OUT))),
        (draws.glorot_normal, math.sqrt(2 / (IN + OUT))),
        (draws.he_uniform, math.sqrt(2 / IN)),
        (draws.he_normal, math.sqrt(2 / IN)),
        (draws.lecun_normal, math.sqrt(1 / IN)),
        (draws.lecun_uniform, math.sqrt(1 / IN)),
        (partial(draws.variance_scaling, scale=2, mode="fan_out"), math.sqrt(2 / OUT)),
        (
            partial(draws.variance_scaling, mode="fan_avg", distribution="uniform"),
            math.sqrt(2 / (IN + OUT)),
        ),
        (
            partial(grouped.variance_scaling, groups=4, scale=3, mode="fan_out"),
            math.sqrt(12 / OUT),
        ),
        (
            partial(draws.variance_scaling, scale=2, distribution="truncated_normal"),
            math.sqrt(2 / IN),
        ),
        (
            partial(grouped.variance_scaling, groups=4, distribution="truncated_normal"),
            math.sqrt(1 / IN),
        ),
    ],
)
def test_the_deviation_is_the_published_one(draw, std):
    values = draw(SHAPE, rng())
    assert values.dtype == np.float32
    assert values.shape == SHAPE
    assert values.std() == pytest.approx(std, rel=0.02)
    assert abs(values.mean()) < std / 50


@pytest.mark.parametrize(
    ("draw", "bound"),
    [(draws.glorot_uniform, math.sqrt(6 / (IN + OUT))), (draws.he_uniform, math.sqrt(6 / IN))],
)
def test_uniform_ones_keep_their_bound(draw, bound):
    assert abs(draw(SHAPE, rng())).max() == pytest.approx(bound, rel=1e-3)


@pytest.mark.parametrize("draw", [draws.normal, draws.truncated_normal])
def test_normal_ones_have_their_mean(draw):
    values = draw((100, 1000), rng(), std=0.5, mean=2.0)
    assert values.mean() == pytest.approx(2.0, abs=0.01)


def test_a_truncated_normal_ends_at_two_deviations():
    values = draws.truncated_normal((100, 1000), rng(), std=0.02)
    assert abs(values).max() <= 0.04
    assert values.std() == pytest.approx(0.02 * 0.8796, rel=0.01)  # what the cut leaves


@pytest.mark.parametrize("shape", [(32, 8), (8, 32), (16, 16), (8, 2, 3)])
def test_orthogonal_rows_or_columns(shape):
    matrix = draws.orthogonal(shape, rng(), gain=2.0).reshape(shape[0], -1)
    small = matrix @ matrix.T if matrix.shape[0] <= matrix.shape[1] else matrix.T @ matrix
    assert np.allclose(small, 4 * np.eye(len(small)), atol=1e-5)


def test_orthogonal_matrices_have_no_preferred_sign():
    traces = [np.trace(draws.orthogonal((3, 3), rng(i))) for i in range(500)]
    assert abs(np.mean(traces)) < 0.2  # 0 for the Haar measure; QR alone gives about -1


@pytest.mark.parametrize(
    ("shape", "groups"),
    [((4, 6, 3), 1), ((6, 4, 3, 2), 1), ((6, 2, 3, 3), 3), ((8, 3, 2, 3, 1), 2)],
)
def test_dirac_and_identity_are_those_of_pytorch(shape, groups):
    made = grouped.dirac(shape, rng(), groups=groups)
    assert np.array_equal(made, torch.nn.init.dirac_(torch.empty(shape), groups).numpy())
    if groups == 1:
        assert np.array_equal(made, draws.dirac(shape, rng()))
    matrix = draws.identity(shape[:2], rng(), gain=3.0)
    assert np.array_equal(matrix, 3 * torch.nn.init.eye_(torch.empty(shape[:2])).numpy())


def test_sparse_has_so_many_zeros_in_each_column():
    values = draws.sparse((101, 400), rng(), sparsity=0.3, std=0.5)
    assert (np.count_nonzero(values == 0, axis=0) == 31).all()
    assert len(np.unique(values == 0, axis=1).T) == 400  # drawn for each column
    assert values[values != 0].std() == pytest.approx(0.5, rel=0.02)


@pytest.mark.parametrize(
    ("shape", "groups"), [((64, 32, 3, 3), 1), ((32, 1, 3, 3), 32), ((8, 4, 5), 2), ((10,), 1)]
)
def test_fans_are_those_that_the_op_declares(shape, groups):
    weight = Weight("weight", shape, GLOROT, groups=groups)
    assert grouped.fans(shape, groups) == weight.fans
    if groups == 1:
        assert draws.fans(shape) == weight.fans
