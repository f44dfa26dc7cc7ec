"""`ConvLSTM2D` of `std.sequence` is the layer of Keras."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import dlspec

pytestmark = pytest.mark.tensorflow
keras = pytest.importorskip("keras")

SPEC = """
from std.sequence import ConvLSTM2D
model M { input film: f32[5, 2, 6, 7]; output y: f32[5, 4, 6, 7] = film -> ConvLSTM2D(4) }
"""


def test_it_computes_what_keras_computes(tmp_path: Path) -> None:
    (tmp_path / "film.dls").write_text(SPEC, encoding="utf-8")
    net = dlspec.load(tmp_path / "film.dls").build("keras")
    rng = np.random.default_rng(0)
    film = rng.normal(size=(3, 5, 2, 6, 7)).astype("float32")
    pictures = film.transpose(0, 1, 3, 4, 2)
    layer = keras.layers.ConvLSTM2D(4, 3, padding="same", return_sequences=True)
    net(film), layer(pictures)
    kernel, bias, recurrent = (0.3 * rng.normal(size=w.shape) for w in net.weights)
    net.set_weights([kernel, bias, recurrent])
    layer.set_weights([kernel, recurrent, bias])
    expected = np.asarray(layer(pictures)).transpose(0, 1, 4, 2, 3)
    found = np.asarray(net(film))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    assert expected.std() > 0.05
