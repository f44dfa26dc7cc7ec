"""A model of layers that the specs of the project do not have, to be trained in both backends."""

from __future__ import annotations

from pathlib import Path

import numpy as np

ROWS = 40
CONVOLUTIONS = (
    "a = x -> Conv3D(6, 3, groups=2, stride=2, padding=same, bias=false) -> BatchNorm -> ReLU",
    "b = a -> ConvTranspose3D(4, 3, stride=2, padding=1, output_padding=(1, 0, 1), groups=2)",
    "c = b -> ReLU -> Conv3D(3, 2, dilation=2) -> ReLU -> mean(axis=(1, 2, 3))",
    "d0 = image -> SeparableConv2D(6, 3, stride=2, padding=same, bias=false)",
    "d = d0 -> InstanceNorm(running_stats=true, momentum=0.3) -> ReLU",
    "e0 = d -> ConvTranspose2D(4, 3, stride=2, padding=1, dilation=2, groups=2, bias=false)",
    "e = e0 -> BatchNorm(running_stats=false) -> ReLU",
    "f = e -> ConvTranspose2D(3, (3, 4), stride=2, padding=((1, 0), 1)) -> GlobalAvgPool2D",
    "g = signal -> DepthwiseConv1D(3, padding=causal, stride=2) -> SeparableConv1D(5, 3) -> ReLU",
    "h = g -> ConvTranspose1D(3, 4, stride=2, padding=1) -> GlobalAvgPool1D",
    "convolved = (c, f, h) -> Concat",
)
POOLS = (
    "i = x -> Conv3D(4, 2) -> MaxPool3D(2, stride=1, padding=same) -> AvgPool3D(3, stride=2)",
    "j = i -> Conv3D(3, 1) -> Reshape(6, 2, 1) -> Conv2D(5, 1) -> AdaptiveAvgPool2D((3, 1))",
    "k = d -> MaxPool2D(2, dilation=2, stride=1) -> Conv2D(3, 1) -> AdaptiveMaxPool2D(1)",
    "l = d -> AvgPool2D(2, ceil_mode=true) -> Conv2D(2, 1) -> GlobalMaxPool2D(keepdims=true)",
    "l0 = d -> LPPool2D(2, stride=1, padding=same, p=3) -> Conv2D(2, 1) -> LPPool2D(2)",
    "l1, at = d -> MaxPool2D(2, stride=1, return=(values, places))",
    "l2 = (l1 -> Conv2D(6, 1), at) -> MaxUnpool2D(2, stride=1) -> Unfold2D(2) -> Conv2D(8, 1)",
    "l3 = signal -> Unfold1D(3) -> Conv1D(6, 1) -> Fold1D(30, 3) -> Flatten",
    "l4 = (l2 -> GlobalAvgPool2D, l3) -> Concat",
    "pooled = (j -> Flatten, k -> Flatten, l -> Flatten, l0 -> Flatten, l4) -> Concat",
)
SIZES = (
    "m = d -> Conv2D(4, 1) -> Upsample2D((1, 2)) -> Conv2D(3, 2) -> Upsample2D(2, mode=bilinear)",
    "n = d -> Conv2D(8, 1) -> PixelShuffle(2) -> Conv2D(2, 3) -> Resize2D((5, 3)) -> Flatten",
    "o0 = m -> Conv2D(4, 1) -> LocalResponseNorm(3, alpha=0.5) -> Resize2D(5, mode=bicubic)",
    "o = o0 -> Conv2D(2, 1) -> Resize2D(3, mode=bilinear, align_corners=true) -> Flatten",
    "p = i -> Upsample3D(2, mode=trilinear) -> Conv3D(2, 2) -> Flatten",
    "sized = (n, o, p) -> Concat",
)
STEPS = (
    "q = signal -> Rearrange([C, L] -> [L, C]) -> Dense(5)",
    "r = (q, h=mean(q, axis=0)) -> Scan(Cell(5)) -> GRU(4, reset=before)",
    "s = q[:9] -> BiSimpleRNN(3, merge=sum)",
    "stepped = (r, s) -> Concat",
)
NORMED = (
    "t = image -> Conv2D(4, 3, stride=2, norm=spectral) -> ReLU",
    "u = t -> DepthwiseConv2D(2, multiplier=2, norm=weight) -> ReLU",
    "v0 = u -> ConvTranspose2D(3, 2, norm=weight)",
    "v = v0 -> ConvTranspose2D(2, 2, dilation=2, norm=spectral)",
    "w = signal -> Conv1D(4, 3, groups=2, norm=weight) -> ConvTranspose1D(3, 2, norm=spectral)",
    "normed = (v -> Flatten, w -> GlobalAvgPool1D) -> Concat -> Dense(6, norm=weight) -> ReLU",
    "bound = normed -> Dense(4, norm=spectral)",
)
CELL = """
block Cell(dim: int) {
  input x: f32[D]
  state h: f32[dim] = 0
  state seen: f32[] = 1
  next seen = seen + 1
  next h = h + ((x, h) -> Concat -> Dense(dim) -> Tanh) / seen
  output x * h
}
"""


def spec(folder: Path) -> Path:
    """The spec, with its rows beside it."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(ROWS, 4, 6, 6, 5)).astype("float32")
    np.savez(folder / "rows.npz", x=x, kind=rng.integers(0, 3, ROWS))
    lines = (
        "data rows {",
        '  source = npz("rows.npz"); split = all',
        '  field x: f32[4, 6, 6, 5] = column("x")',
        '  field kind: class[3] = column("kind")',
        "}",
        "model M {",
        "  input x: f32[4, 6, 6, 5]",
        "  image = x -> Reshape(24, 6, 5)",
        "  signal = x -> Reshape(24, 30)",
        *(f"  {line}" for line in CONVOLUTIONS + POOLS + SIZES + STEPS + NORMED),
        "  output y: f32[3] = (convolved, pooled, sized, stepped, bound) -> Concat -> Dense(3)",
        "}",
        "train {",
        "  data = rows; model = M(); loss = CrossEntropy(y, kind); optimizer = Adam(lr=1e-2)",
        "  epochs = 1; batch = 4",
        "}",
        CELL,
    )
    path = folder / "layers.dls"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
