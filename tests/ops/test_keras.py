"""Parameter counts and output shapes, against Keras's own layers, in a process of their own."""

import importlib.util
import json
import os
import subprocess
import sys

import pytest

from dlspec.tensor import f32

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("keras") is None or importlib.util.find_spec("torch") is None,
    reason="needs keras, here on torch",
)

# layer | input of an example, channels first | Keras's layer | input of an example in Keras
CASES = """
GRU(4) | 5 3 | layers.GRU(4, reset_after=True) | 5 3
LSTM(4) | 5 3 | layers.LSTM(4) | 5 3
LSTM(4, return=all, bias=false) | 5 3 | layers.LSTM(4, return_sequences=True, use_bias=False) | 5 3
BiLSTM(4) | 5 3 | layers.Bidirectional(layers.LSTM(4)) | 5 3
BiGRU(4, return=all) | 5 3 | layers.Bidirectional(layers.GRU(4, return_sequences=True)) | 5 3
DepthwiseConv2D(3, multiplier=2) | 3 9 8 | layers.DepthwiseConv2D(3, depth_multiplier=2) | 9 8 3
Conv2D(6, 3, groups=3, dilation=2) | 3 9 8 | layers.Conv2D(6, 3, groups=3, dilation_rate=2) | 9 8 3
Conv2D(5, (3, 2), stride=2, padding=same) | 3 9 8 | layers.Conv2D(5, (3, 2), strides=2, padding="same") | 9 8 3
Conv2D(5, 3, stride=(3, 2), padding=same) | 3 10 7 | layers.Conv2D(5, 3, strides=(3, 2), padding="same") | 10 7 3
Conv1D(5, 3, padding=causal, dilation=2) | 3 9 | layers.Conv1D(5, 3, padding="causal", dilation_rate=2) | 9 3
Conv3D(4, (1, 3, 2), stride=2, padding=same) | 2 5 6 7 | layers.Conv3D(4, (1, 3, 2), strides=2, padding="same") | 5 6 7 2
DepthwiseConv1D(3, multiplier=2, bias=false) | 3 9 | layers.DepthwiseConv1D(3, depth_multiplier=2, use_bias=False) | 9 3
SeparableConv1D(5, 3, stride=2, padding=same) | 3 9 | layers.SeparableConv1D(5, 3, strides=2, padding="same") | 9 3
SeparableConv2D(5, 3, multiplier=2) | 3 9 8 | layers.SeparableConv2D(5, 3, depth_multiplier=2) | 9 8 3
ConvTranspose1D(5, 3, stride=2, padding=same) | 3 9 | layers.Conv1DTranspose(5, 3, strides=2, padding="same") | 9 3
ConvTranspose2D(5, 4, stride=(2, 3)) | 3 5 6 | layers.Conv2DTranspose(5, 4, strides=(2, 3)) | 5 6 3
ConvTranspose2D(5, (1, 5), stride=(3, 2), padding=same) | 3 5 6 | layers.Conv2DTranspose(5, (1, 5), strides=(3, 2), padding="same") | 5 6 3
ConvTranspose3D(5, 3, stride=2, output_padding=1, bias=false) | 3 2 3 4 | layers.Conv3DTranspose(5, 3, strides=2, output_padding=1, use_bias=False) | 2 3 4 3
MaxPool2D(3, stride=2, padding=same) | 3 10 7 | layers.MaxPooling2D(3, strides=2, padding="same") | 10 7 3
AvgPool1D(4, stride=3, padding=same) | 3 10 | layers.AveragePooling1D(4, strides=3, padding="same") | 10 3
GlobalMaxPool1D | 3 10 | layers.GlobalMaxPooling1D() | 10 3
BatchNorm | 3 9 8 | layers.BatchNormalization() | 9 8 3
BatchNorm(scale=false) | 3 9 8 | layers.BatchNormalization(scale=False) | 9 8 3
LayerNorm(axis=(1, 2)) | 4 3 2 | layers.LayerNormalization(axis=(2, 3)) | 4 3 2
GroupNorm(3) | 6 9 8 | layers.GroupNormalization(3) | 9 8 6
InstanceNorm | 6 9 8 | layers.GroupNormalization(-1) | 9 8 6
RMSNorm | 4 3 2 | layers.RMSNormalization() | 4 3 2
Normalize | 4 3 | layers.UnitNormalization() | 4 3
PReLU | 3 9 8 | layers.PReLU(shared_axes=(1, 2)) | 9 8 3
Dense(4, bias=false) | 5 3 | layers.Dense(4, use_bias=False) | 5 3
"""  # noqa: E501
ROWS = [[c.strip() for c in line.split(" | ")] for line in CASES.strip().splitlines()]

SCRIPT = """
import json, sys
from keras import layers, KerasTensor
found = []
for text, shape in json.load(sys.stdin):
    layer = eval(text)
    y = layer(KerasTensor((None, *shape)))
    found.append([layer.count_params(), list(y.shape[1:])])
print(json.dumps(found))
"""


def sizes(text):
    return [int(n) for n in text.split()]


@pytest.fixture(scope="module")
def keras_says():
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        input=json.dumps([[r[2], sizes(r[3])] for r in ROWS]),
        env={**os.environ, "KERAS_BACKEND": "torch"},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(run.stdout.splitlines()[-1])


@pytest.mark.parametrize("row", range(len(ROWS)), ids=[r[0] for r in ROWS])
def test_as_many_parameters_and_the_same_shape(row, keras_says, read):
    text, shape, _, theirs = ROWS[row]
    op, x = read(text), f32(*sizes(shape))
    parameters, output = keras_says[row]
    assert sum(w.size for w in op.weights(x)) == parameters
    ours = list(op.shape(x).shape)
    if shape != theirs and len(ours) > 1:  # channels last there
        ours = [*ours[1:], ours[0]]
    assert ours == output
