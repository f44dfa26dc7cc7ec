"""Parameters and multiply-accumulates, against the published figures of MLPerf Tiny."""

import pytest

from dlspec.tensor import f32


class Count:
    """Runs chains and adds up what their ops declare."""

    def __init__(self, read):
        self.read = read
        self.macs = self.trainable = self.statistics = 0

    def __call__(self, x, *layers):
        for text in layers:
            op = self.read(text)
            assert list(op.problems(x)) == []
            self.macs += op.macs(x)
            for w in op.weights(x):
                if w.kind == "statistics":
                    self.statistics += w.size
                else:
                    self.trainable += w.size
            x = op.shape(x)
        return x


@pytest.fixture
def count(read):
    return Count(read)


def test_resnet_8(count):
    x = count(f32(3, 32, 32), "Conv2D(16, 3, padding=same)", "BatchNorm", "ReLU")
    for c, s in ((16, 1), (32, 2), (64, 2)):
        y = count(x, f"Conv2D({c}, 3, stride={s}, padding=same)", "BatchNorm", "ReLU")
        y = count(y, f"Conv2D({c}, 3, padding=same)", "BatchNorm")
        x = x if s == 1 else count(x, f"Conv2D({c}, 1, stride={s}, padding=same)")
        assert x.shape == y.shape
    x = count(x, "ReLU", "AvgPool2D(8)", "Flatten", "Dense(10)", "Softmax")
    assert x.shape == (10,)
    assert count.trainable == 78_186
    assert count.trainable + count.statistics == 78_666
    assert round(count.macs / 1e6, 2) == 12.50


def test_ds_cnn(count):
    x = count(f32(1, 49, 10), "Conv2D(64, (10, 4), stride=2, padding=same)", "BatchNorm", "ReLU")
    for _ in range(4):
        x = count(x, "DepthwiseConv2D(3, padding=same)", "BatchNorm", "ReLU")
        x = count(x, "Conv2D(64, 1)", "BatchNorm", "ReLU")
    x = count(x, "Dropout(0.4)", "AvgPool2D((24, 5))", "Flatten", "Dense(12)")
    assert x.shape == (12,)
    assert count.trainable == 23_756
    assert count.trainable + count.statistics == 24_908
    assert round(count.macs / 1e6, 3) == 2.657


def test_mobilenet_quarter(count):
    x = count(f32(3, 96, 96), "Conv2D(8, 3, stride=2, padding=same)", "BatchNorm")
    strides = {32: 2, 64: 2, 128: 2, 256: 2}
    for c in (16, 32, 32, 64, 64, 128, *(128,) * 5, 256, 256):
        s = strides.pop(c, 1)
        x = count(x, f"DepthwiseConv2D(3, stride={s}, padding=same)", "BatchNorm")
        x = count(x, f"Conv2D({c}, 1)", "BatchNorm", "ReLU")
    x = count(x, "AvgPool2D(3)", "Flatten", "Dense(2)")
    assert count.trainable == 216_322
    assert count.trainable + count.statistics == 221_794
    assert round(count.macs / 1e6, 3) == 7.490


def test_autoencoder(count):
    x = f32(640)
    for units in (128, 128, 128, 128, 8, 128, 128, 128, 128):
        x = count(x, f"Dense({units})", "BatchNorm", "ReLU")
    x = count(x, "Dense(640)")
    assert count.trainable == 267_928
    assert count.trainable + count.statistics == 269_992
    assert round(count.macs / 1e6, 3) == 0.264


def test_word_language_model_has_one_bias_for_each_gate(count):
    """references.md: 7,330,478 in all, of which 33,278 words of 200 and a bias for each word."""
    read = count.read
    lstm = sum(w.size for w in read("LSTM(200, layers=2, dropout=0.2)").weights(f32(35, 200)))
    table = sum(w.size for w in read("Embedding(33278, 200)").weights(f32(35)))
    assert lstm + table + 33_278 == 7_330_478


@pytest.mark.parametrize(
    ("layer", "shape", "macs"),
    [
        ("Dense(5)", (7,), 35),
        ("Dense(5)", (3, 7), 105),
        ("Dense(6, axis=0)", (4, 3), 72),
        ("Conv1D(6, 3, groups=2)", (4, 8), 6 * 6 * 2 * 3),
        ("DepthwiseConv2D(3, multiplier=2)", (3, 6, 7), 4 * 5 * 6 * 9),
        ("Conv3D(6, (1, 2, 3), groups=2)", (4, 5, 6, 7), 5 * 5 * 5 * 6 * 2 * 6),
        ("SeparableConv2D(5, 3, multiplier=2)", (3, 6, 7), 4 * 5 * (6 * 9 + 6 * 5)),
        ("ConvTranspose2D(6, 4, stride=2, padding=1, groups=2)", (4, 3, 5), 3 * 5 * 4 * 3 * 16),
        ("LSTM(4)", (5, 3), 5 * 4 * 4 * (3 + 4)),
        ("LSTM(4, projection=2)", (5, 3), 5 * (4 * 4 * (3 + 2) + 2 * 4)),
        ("BiLSTM(4, projection=2, layers=2)", (5, 3), 5 * 2 * (16 * (3 + 2) + 16 * (4 + 2) + 16)),
        ("GRU(4)", (5, 3), 5 * 3 * 4 * (3 + 4)),
        ("BiGRU(4, layers=2)", (5, 3), 5 * 2 * 3 * 4 * ((3 + 4) + (8 + 4))),
        ("BatchNorm", (3, 4, 5), 0),
        ("AvgPool2D(2)", (3, 4, 4), 0),
    ],
)
def test_macs_by_hand(layer, shape, macs, read):
    assert read(layer).macs(f32(*shape)) == macs
