"""ResNet."""

import keras
from keras import layers, ops


def padded2d(x, by):
    """Zeros on all four sides."""
    return ops.pad(x, ((0, 0), (by, by), (by, by), (0, 0)))


class ConvBN(layers.Layer):
    def __init__(
        self, c: int, k: int, stride: int = 1, act: type[layers.Layer] = layers.ReLU
    ) -> None:
        super().__init__()
        self.k = k
        self.conv2d = layers.Conv2D(c, k, strides=stride, use_bias=False)
        self.batch_norm = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.act = act()

    def call(self, x):
        return self.act(self.batch_norm(self.conv2d(padded2d(x, self.k // 2))))


class Residual(layers.Layer):
    def __init__(self, in_channels: int, channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv_bn = ConvBN(channels, 3, stride=stride)
        self.conv_bn_2 = ConvBN(channels, 3, act=layers.Identity)
        self.shortcut = None
        if stride != 1 or in_channels != channels:
            self.shortcut = keras.Sequential(
                [
                    layers.Conv2D(
                        channels, 1, strides=stride, use_bias=False, name="conv2d"
                    ),
                    layers.BatchNormalization(
                        momentum=0.9, epsilon=1e-5, name="batch_norm"
                    ),
                ]
            )

    def call(self, x):
        y = self.conv_bn_2(self.conv_bn(x))
        if self.shortcut is not None:
            x = self.shortcut(x)
        return ops.relu(x + y)


class ResNet(keras.Model):
    """depths=[2, 2, 2, 2], widths=[64, 128, 256, 512], classes=10."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_bn = ConvBN(64, 3)
        self.residuals = [
            Residual(in_channels, channels, stride=stride)
            for in_channels, channels, stride in (
                *[(64, 64, 1)] * 2,
                (64, 128, 2),
                (128, 128, 1),
                (128, 256, 2),
                (256, 256, 1),
                (256, 512, 2),
                (512, 512, 1),
            )
        ]
        self.logits = layers.Dense(10)

    def call(self, image, training=None):  # [B, 32, 32, 3] -> [B, 10]
        x = self.conv_bn(image, training=training)  # [B, 32, 32, 64]
        for residual in self.residuals:
            x = residual(x, training=training)
        return self.logits(ops.mean(x, axis=(1, 2)))
