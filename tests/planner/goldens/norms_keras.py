"""Norms."""

import keras
from keras import layers, ops


def other_axes(kernel, axes):
    """The axes of a kernel beside these."""
    rank = len(kernel.shape)
    these = axes if isinstance(axes, tuple) else (axes,)
    return tuple(a for a in range(rank) if a not in {b % rank for b in these})


def with_kernel(layer, kernel, x):
    """What a layer makes of x with another kernel."""
    others = [(v, v.value) for v in layer.variables if v is not layer.kernel]
    with keras.StatelessScope([*others, (layer.kernel, kernel)]):
        return layer(x)


class WeightNorm(layers.Layer):
    """A layer whose kernel is scale * kernel / |kernel|, for each output.

    Salimans and Kingma 2016.
    """

    def __init__(self, layer, outputs=-1, **kwargs) -> None:
        super().__init__(**kwargs)
        self.layer, self.outputs = layer, outputs

    def build(self, input_shape) -> None:
        self.layer.build(input_shape)
        shape = list(self.layer.kernel.shape)
        self.axes = other_axes(self.layer.kernel, self.outputs)
        for axis in self.axes:
            shape[axis] = 1
        self.scale = self.add_weight(shape, initializer="ones", name="scale")

    def call(self, x):
        kernel = ops.cast(self.layer.kernel, self.variable_dtype)
        square = ops.sum(ops.square(kernel), axis=self.axes, keepdims=True)
        return with_kernel(self.layer, self.scale * kernel / ops.sqrt(square), x)


class SpectralNorm(layers.Layer):
    """A layer whose kernel is divided by its greatest singular value.

    Each step of training is one of the power iteration. Miyato et al. 2018.
    """

    def __init__(self, layer, outputs=-1, **kwargs) -> None:
        super().__init__(**kwargs)
        self.layer, self.outputs = layer, outputs

    def build(self, input_shape) -> None:
        self.layer.build(input_shape)
        kernel = self.layer.kernel
        self.axes = other_axes(kernel, self.outputs)
        u = [1 if a in self.axes else n for a, n in enumerate(kernel.shape)]
        v = [n if a in self.axes else 1 for a, n in enumerate(kernel.shape)]
        fixed = {"initializer": "ones", "trainable": False}
        self.u = self.add_weight(u, name="u", **fixed)
        self.v = self.add_weight(v, name="v", **fixed)

    def call(self, x, training=False):
        kernel = ops.cast(self.layer.kernel, self.variable_dtype)
        if training:
            now = ops.stop_gradient(kernel)
            self.u.assign(self.unit(now * self.v, self.axes))
            self.v.assign(self.unit(now * self.u, self.outputs))
        greatest = ops.sum(self.u * kernel * self.v)
        return with_kernel(self.layer, kernel / greatest, x)

    def unit(self, products, axis):
        """The sum over some axes, brought to length 1."""
        vector = ops.sum(products, axis=axis, keepdims=True)
        return vector / ops.maximum(ops.sqrt(ops.sum(ops.square(vector))), 1e-12)


class Down(layers.Layer):
    def __init__(self, c: int, stride: int = 1) -> None:
        super().__init__()
        self.conv2d = SpectralNorm(layers.Conv2D(c, 3, strides=stride))

    def call(self, x):
        return ops.leaky_relu(
            self.conv2d(ops.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))),
            negative_slope=0.01,
        )


class Up(layers.Layer):
    def __init__(self, c: int) -> None:
        super().__init__()
        self.y = WeightNorm(
            layers.Conv2DTranspose(c, 4, strides=2, padding="same"), outputs=-2
        )
        self.depthwise_conv2d = WeightNorm(
            layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2),
            outputs=(-2, -1),
        )

    def call(self, x):
        y = ops.relu(self.y(x))
        return self.depthwise_conv2d(y)


class Norms(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.down = Down(4)
        self.downs = [Down(8, stride=2) for _ in range(2)]
        self.up = Up(6)
        self.up_2 = Up(3)
        self.dense = WeightNorm(layers.Dense(5))
        self.dense_2 = SpectralNorm(layers.Dense(1))

    def call(self, image, training=None):  # [B, 8, 8, 3] -> [B, 1]
        x = self.down(image, training=training)  # [B, 8, 8, 4]
        for down in self.downs:
            x = down(x, training=training)
        x = self.up(x)  # [B, 4, 4, 12]
        x = self.up_2(x)  # [B, 8, 8, 6]
        x = self.dense(ops.reshape(ops.transpose(x, (0, 3, 1, 2)), (-1, 384)))  # [B, 5]
        return self.dense_2(ops.tanh(x), training=training)
