"""Net."""

import keras
from keras import layers, ops


class ConvAct(layers.Layer):
    def __init__(self, c: int, act: type[layers.Layer] = layers.ReLU) -> None:
        super().__init__()
        self.conv2d = layers.Conv2D(c, 3, padding="same")
        self.act = act()

    def call(self, x):
        return self.act(self.conv2d(x))


class Net(keras.Model):
    """widths=[4, 8, 6]."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_acts = [ConvAct(c) for c in (4, 8, 6)]
        self.conv2ds = [layers.Conv2D(c, 1) for c in (4, 8, 6)]
        self.conv2ds_2 = [layers.Conv2D(c, 1) for c in (6, 8, 4)]
        self.conv_acts_2 = [ConvAct(c) for c in (6, 8, 4)]
        self.y = layers.Conv2D(2, 1)

    def call(self, image):
        x = image
        skips = []
        for conv_act, conv2d in zip(self.conv_acts, self.conv2ds, strict=True):
            x = conv_act(x)
            skips.append(x)
            x = conv2d(x)
        for conv2d, conv_act, skip in zip(
            self.conv2ds_2, self.conv_acts_2, reversed(skips), strict=True
        ):
            x = conv_act(ops.concatenate((skip, conv2d(x)), axis=-1))
        for c, skip in zip((4, 8, 6), skips, strict=True):
            x = ops.concatenate((x, skip * c), axis=-1)
        kept = list(skips)
        skips = skips[1:] + [image]
        ps = [x, image]
        for i, p in enumerate(ps):
            skips.append(p * i)
        # [B, 2, 8, 6]
        y = ops.transpose(self.y(ops.concatenate(skips, axis=-1)), (0, 3, 1, 2))
        parts = [ops.mean(k, axis=(1, 2, 3)) for k in kept]
        z = sum(parts[1:], parts[0]) + ops.max(kept[0] * 2, axis=(1, 2, 3))  # [B]
        w = ops.transpose(kept[-1] + kept[2], (0, 3, 1, 2))  # [B, 6, 8, 6]
        return {"y": y, "z": z, "w": w}
