"""Specs whose structure is the point: blocks, repeats, scopes, shared weights, loops, layouts."""

from __future__ import annotations

from cases import Input, Spec, whole

Lines = tuple[tuple[str, ...], tuple[str, ...], str]
"""Inputs as `name: type`, the statements of the model, and blocks before it."""

RESNET = """
block ConvBN(c: int, k: int, stride: int = 1, act: layer = ReLU)
  = Conv2D(c, k, stride=stride, padding=k // 2, bias=false) -> BatchNorm -> act
block Residual(channels: int, stride: int = 1) {
  input x: f32[C, H, W]
  y = x -> ConvBN(channels, 3, stride=stride) -> ConvBN(channels, 3, act=Identity)
  if stride != 1 or C != channels {
    x = x -> (Conv2D(channels, 1, stride=stride, bias=false) -> BatchNorm) as shortcut
  }
  output x + y -> ReLU
}
"""

STRUCTURES: dict[str, Lines] = {
    "resnet": (
        ("image: f32[3, 10, 12]",),
        (
            "x = image -> ConvBN(4, 3)",
            "for i, n in enumerate([2, 2, 1]) {",
            "  x = x -> Residual([4, 6, 8][i], stride=1 if i == 0 else 2)",
            "        -> Residual([4, 6, 8][i]) * (n - 1)",
            "}",
            "output logits = x -> GlobalAvgPool2D -> Dense(5)",
        ),
        RESNET,
    ),
    "one block at two shapes, two strides and in a repeat": (
        ("image: f32[3, 9, 12]",),
        (
            "x = image -> Residual(4, stride=2) -> Residual(4) * 3 -> Residual(6, stride=2)",
            "output y = x",
        ),
        RESNET,
    ),
    "a decoder of transposed convolutions": (
        ("image: f32[6, 3, 4]", "other: f32[6, 4, 3]"),
        (
            "y = image -> Up(5, 4, padding=1) -> Up(4, 4, padding=1) -> Up(3, 3, step=1)",
            "z = other -> Up(5, 5, padding=2, more=1) -> Up(4, 3, step=3) -> Up(4, 2)",
            "z = z -> ConvTranspose2D(4, 3, stride=2, padding=same, groups=2)",
            "output y = y -> SeparableConv2D(2, 3, stride=2, padding=same) -> Flatten -> Dense(4)",
            "output z = z -> GlobalMaxPool2D",
        ),
        """
block Up(c: int, k: int, step: int = 2, padding: int = 0, more: int = 0) {
  input x: f32[C, H, W]
  y = x -> ConvTranspose2D(c, k, stride=step, padding=padding, output_padding=more, bias=false)
  output y -> BatchNorm -> ReLU
}
""",
    ),
    "three axes, and back to two": (
        ("volume: f32[2, 5, 6, 4]",),
        (
            "x = volume -> Conv3D(4, 3, padding=same, bias=false) -> BatchNorm -> ReLU",
            "x = x + (x -> Conv3D(4, (1, 3, 3), padding=(0, 1, 1)) -> Sigmoid)",
            "y = x -> Conv3D(3, 3, stride=2, padding=1) -> ConvTranspose3D(3, 2, stride=2)",
            "output y = y -> BatchNorm -> mean(axis=1) -> Conv2D(2, 3) -> Flatten -> Dense(3)",
            "output z = x -> Reshape(20, 24) -> DepthwiseConv1D(3, padding=causal)",
        ),
        "",
    ),
    "pools of every kind": (
        ("image: f32[4, 13, 11]", "volume: f32[2, 6, 5, 7]"),
        (
            "x = image -> Pooled(2, 3) -> Pooled(3, 2) -> Gate",
            "y = image -> Conv2D(4, 3, padding=1) -> MaxPool2D(2, ceil_mode=true) -> Gate",
            "output x = x -> AdaptiveAvgPool2D((2, 1)) -> Flatten",
            "output y = y -> AdaptiveMaxPool2D(3) -> Conv2D(2, 2) -> GlobalAvgPool2D",
            "z = volume -> Conv3D(3, 2) -> MaxPool3D(2, stride=1, padding=1) -> AvgPool3D(2)",
            "output z = z -> Conv3D(4, 1) -> AdaptiveAvgPool3D(1) -> Flatten -> Dense(3)",
        ),
        """
block Pooled(k: int, s: int) {
  input x: f32[C, H, W]
  y = x -> AvgPool2D(k, stride=1, padding=same, count_include_pad=true)
  y = y -> AvgPool2D(3, stride=s, padding=1, ceil_mode=true) -> Conv2D(C, 1)
  output y -> MaxPool2D(2, stride=1, dilation=k, padding=1)
}
block Gate {
  input x: f32[C, H, W]
  output x * (x -> GlobalMaxPool2D(keepdims=true) -> Conv2D(C, 1) -> Sigmoid)
}
""",
    ),
    "windows laid out, and the greatest put back": (
        ("image: f32[2, 8, 7]", "signal: f32[3, 12]"),
        (
            "x = image -> Segment(4) -> Segment(3)",
            "output x = x -> GlobalAvgPool2D",
            "y = image -> Conv2D(3, 1) -> Mean(3) -> Mean(2)",
            "output y = y -> Flatten -> Dense(3)",
            "z = signal -> Unfold1D(4, stride=2) -> Conv1D(8, 1) -> Fold1D(12, 4, stride=2)",
            "output z = z -> Flatten -> Dense(3)",
        ),
        """
block Segment(c: int) {
  input x: f32[C, H, W]
  y, places = x -> Conv2D(c, 3, padding=1) -> MaxPool2D(2, return=(values, places))
  y = y -> Conv2D(c, 3, padding=1) -> BatchNorm -> ReLU
  output (y, places) -> MaxUnpool2D(2, size=(H, W)) -> Conv2D(c, 1)
}
block Mean(k: int) {
  input x: f32[C, H, W]
  y = x -> Unfold2D(k, padding=k // 2) -> Conv2D(C * k ** 2, 1)
  output y -> Fold2D((H, W), k, padding=k // 2)
}
""",
    ),
    "borders put on and cut off": (
        ("image: f32[3, 7, 6]", "signal: f32[4, 5]"),
        (
            "x = image -> Cut(2) -> Cut(1)",
            "y = image -> Pad2D((0, (1, 2)), mode=wrap) -> Conv2D(2, 3) -> Sigmoid -> Crop2D(1)",
            "output x = x -> Flatten -> Dense(4)",
            "output y = y -> GlobalMaxPool2D",
            "output z = signal -> Pad1D((3, 1), mode=edge) -> Conv1D(2, 3) -> Crop1D((2, 0))",
        ),
        """
block Cut(k: int) {
  input x: f32[C, H, W]
  y = x -> Pad2D(k, mode=reflect) -> Conv2D(4, 3) -> Pad2D((k, 0), mode=edge) -> ReLU
  z = x -> Crop2D((0, k - 1)) -> Pad2D((0, k - 1), value=0.5)
  output (z, y -> Resize2D((H, W))) -> Concat(axis=0) -> Crop2D((k - 1, 0))
}
""",
    ),
    "images made larger": (
        ("image: f32[8, 3, 4]", "signal: f32[4, 5]"),
        (
            "x = image -> Conv2D(8, 3, padding=1) -> Larger(2) -> Larger(3) -> PixelUnshuffle(6)",
            "output x = x -> Conv2D(4, 1) -> Resize2D((5, 2)) -> Flatten -> Dense(3)",
            "y = image -> Upsample2D(2) -> Conv2D(4, 3) -> Upsample2D((1, 3)) -> PixelShuffle(2)",
            "output y = y -> Resize2D(4, mode=bilinear, align_corners=true) -> GlobalMaxPool2D",
            "output z = signal -> Upsample1D(3) -> Conv1D(2, 3) -> Resize1D(7) -> Flatten",
        ),
        """
block Larger(k: int) {
  input x: f32[C, H, W]
  y = x -> Conv2D(2 * k ** 2, 3, padding=1) -> PixelShuffle(k) -> BatchNorm -> ReLU
  z = x -> Resize2D((H * k, W * k), mode=bilinear, align_corners=true) -> Conv2D(2, 1)
  output (y, z, x -> Upsample2D(k)) -> Concat(axis=0)
}
""",
    ),
    "two inputs joined": (
        ("image: f32[2, 6, 5]", "table: f32[7]"),
        (
            "a = image -> Conv2D(3, 3) -> ReLU -> Flatten",
            "b = table -> Dense(4) -> Tanh",
            "output y: f32[2] = (a, b) -> Concat -> Dense(6) -> ReLU -> Dense(2)",
        ),
        "",
    ),
    "shared weights": (
        ("left: f32[4, 7, 5]", "right: f32[4, 7, 5]"),
        (
            "let tower = Conv2D(4, 3, padding=same)",
            "let normed = BatchNorm()",
            "a = left -> tower -> normed -> ReLU -> tower",
            "b = right -> tower -> normed",
            "output apart = a - b -> GlobalAvgPool2D -> Dense(3)",
        ),
        "",
    ),
    "repeats of one instance and of copies": (
        ("x: f32[6]",),
        (
            "let step = Dense(6)",
            "a = x -> step * 3 -> Tanh",
            "b = x -> (Dense(6) -> Tanh) * 2 -> (Dense(8) -> ReLU -> Dense(6)) as head",
            "c = [x -> (Dense(6) -> Tanh) * n -> Dense(4) * n for n in (2, 1)]",
            "output y = a + b",
            "output z = c -> Concat",
        ),
        "",
    ),
    "loops with branches": (
        ("x: f32[3, 8, 6]",),
        (
            "for i in range(4) {",
            "  if i % 2 == 0 { x = x -> Conv2D(3 + i, 3, padding=same) -> ReLU }",
            "  else { x = x -> DepthwiseConv2D(3, padding=1) -> BatchNorm }",
            "  if i == 2 { x = x -> MaxPool2D(2) }",
            "}",
            "output y = x -> Flatten -> Dense(4)",
        ),
        "",
    ),
    "flatten, norm, dense": (
        ("image: f32[2, 5, 7]",),
        ("output y = image -> Conv2D(3, 2) -> Flatten -> BatchNorm -> Dense(4)",),
        "",
    ),
    "flatten and concat": (
        ("image: f32[2, 5, 7]", "table: f32[3]"),
        (
            "c = image -> Conv2D(3, 3, padding=same)",
            "output y = (c -> Flatten, table, c -> GlobalMaxPool2D) -> Concat -> Dense(4)",
        ),
        "",
    ),
    "reshape to tokens and back": (
        ("image: f32[4, 3, 5]",),
        (
            "t = image -> Conv2D(6, 1) -> Reshape(6, 15) -> Dense(15) -> Tanh",
            "u = t -> Reshape(6, 3, 5) -> Conv2D(2, 3, padding=same)",
            "output y = u",
            "output z = image + (u -> Reshape(1, 2, 15) -> Reshape(2, 3, 5)"
            " -> Conv2D(4, 1) -> BatchNorm)",
        ),
        "",
    ),
    "windows of an image, and tokens of a convolution, by names of axes": (
        ("image: f32[3, 6, 8]",),
        (
            "x = image -> Conv2D(4, 3, padding=1) -> Windows(3)",
            "x = x -> Conv2D(6, 2, stride=2) -> Windows(1)",
            "output y = x",
            "t = x -> Rearrange([C, H, W] -> [H*W, C]) -> LayerNorm",
            "output z = (t -> Rearrange([H*W, C] -> [1, H, W*C], H=3) -> Conv2D(2, 3)) -> Flatten",
            "output u = image -> Rearrange([C, H*a, W*b] -> [C*a*b, H, W], a=2, b=4) -> Flatten",
        ),
        """
block Windows(p: int) {
  input x: f32[C, H, W]
  t = x -> Rearrange([C, h*p, w*q] -> [h*w, p*q, C], p=p, q=2) -> Dense(C) -> Tanh
  output x + (t -> Rearrange([h*w, p*q, C] -> [C, h*p, w*q], h=H // p, p=p))
}
""",
    ),
    "indices into and out of regions, in blocks and loops": (
        ("image: f32[4, 9, 7]", "tokens: i32[9]", "cell: i32[2, 3]"),
        (
            "x = image -> Conv2D(6, 3) -> Excite -> Conv2D(8, 3) -> Excite",
            "h = tokens -> Embedding(7, 5)",
            "output a = (h -> Half(2)) + (h -> Dense(3) -> Half(1) -> Dense(5))",
            "output b = x[0] -> Flatten",
            "output c = x[:, 1:, none, ::-1]",
            "output d = (x -> Rearrange([C, H, W] -> [H*W, C]))[cell]",
            "output e = image[0, ..., :2] - image[-1, ..., -2:]",
            "for i in range(4) {",
            "  x = x[:, :-1] -> Conv2D(8 - i, 1) -> Tanh",
            "  if i == 2 { third = x[i] }",
            "}",
            "output f = third",
            "output g = x[1:4:2, -1:, :] -> Conv2D(3, 1)",
        ),
        """
block Excite {
  input x: f32[C, H, W]
  s = x -> GlobalAvgPool2D -> Dense(C // 2) -> ReLU -> Dense(C) -> Sigmoid
  output x * s[:, none, none]
}
block Half(n: int) {
  input x: f32[T, D]
  output (x[0, n:], x[-1, :-n]) -> Concat -> Dense(D)
}
""",
    ),
    "positions, in blocks of several lengths": (
        ("tokens: i32[7]", "v: f32[6]"),
        (
            "h = tokens -> Embedding(9, 6) -> Placed(20)",
            "h = h[1:6] -> Placed(9) -> Biased(6) -> Placed(7) * 2",
            "output a = h",
            "p = range(7)",
            "output b = tokens * p - range(1, 8) + p[::-1]",
            "table = range(10, 0, -1)",
            "output c = table[tokens]",
            "output d = v * (range(3, 9) -> Embedding(9, 6) -> mean(axis=0))",
            "for i in range(2) { h = h + (range(5) -> Embedding(5 + i, 6)) * 0.5 }",
            "output e = (range(5) -> Embedding(9, 2), h -> Dense(2)) -> Concat(axis=0)",
        ),
        """
block Placed(n: int) {
  input x: f32[T, D]
  output x + (range(T) -> Embedding(n, D))
}
block Biased(dim: int) {
  input x: f32[T, D]
  gap = range(T)[none, :] - range(T)[:, none]
  bias = abs(gap) -> Embedding(9, D) -> Dense(dim)
  output (x[none] + bias -> mean(axis=0)) -> Tanh
}
""",
    ),
    "axes in parts, and several outputs on their way": (
        ("v: f32[4, 6]", "image: f32[3, 9, 8]"),
        (
            "output a = v -> Qkv(5) -> Qkv(2)",
            "output b = v -> Split(2) -> Concat(axis=0)",
            "l, r = image -> Conv2D(6, 3) -> ReLU -> Split((2, 4), axis=0)",
            "output c = r -> Conv2D(2, 1) -> Flatten",
            "output d = l",
            "output e = v -> LSTM(4, return=(last, all), layers=2) -> Beside",
            "output f = (v -> LSTM(3, return=(state, all)), v) -> Last",
            "t, m, e = l -> Split(3, axis=-1)",
            "output g = t * m + e",
        ),
        """
block Qkv(d: int) {
  input x: f32[T, D]
  q, k, v = x -> Dense(3 * d) -> Split(3)
  output (q * k, v) -> Concat(axis=-1) -> Dense(D)
}
block Beside { input a: f32[D]; input b: f32[T, E]; output (a[none], b) -> Concat(axis=0) }
block Last {
  input h: f32[D]
  input c: f32[D]
  input every: f32[T, D]
  input v: f32[T, E]
  output (every + h[none] * c[none], v) -> Concat(axis=1)
}
""",
    ),
    "common tensors through blocks and functions": (
        ("tokens: i32[7]", "v: f32[6]"),
        (
            "h = tokens -> Embedding(9, 6)",
            "output a = sum(h -> Bias(3), axis=(0, 2)) + (v[:1] -> Dense(7))",
            "output b = (h -> Bias(2)) * v[0]",
            "let pos = Parameter(f32[4, 6], init=ones)",
            "z = pos -> Mlp(2)",
            "output c = v[:3] * z",
            "output d = (z, v) -> Concat",
            "l, r = pos -> Halves",
            "output e = (l + r)[0] * v[3:]",
        ),
        """
fn bucket(gap: i32[T, S], far: int = 4) -> i32[T, S] {
  d = min(abs(gap), far)
  output where(gap > 0, d + far + 1, d)
}
block Bias(heads: int) {
  input x: f32[T, D]
  gap = range(T)[none, :] - range(T)[:, none]
  output bucket(gap) -> Embedding(20, heads) -> transpose((2, 0, 1))
}
block Mlp(d: int) {
  input p: f32[N, D]
  h = (p -> Dense(d) -> Tanh, p) -> Concat(axis=1) -> Conv1D(3, 2)
  output h -> Rearrange([N, D] -> [D, N]) -> mean(axis=0)
}
block Halves {
  input p: f32[N, D]
  output p -> Dense(D) -> Split(2)
}
""",
    ),
    "wires of blocks": (
        ("image: f32[3, 12, 9]",),
        (
            "output a = image -> Net(3).features -> Dense(2)",
            "output b = image -> Net.x -> Conv2D(2, 1)",
            "output c = image -> Net.h as third",
            "l, m = image -> Net(1)",
            "output d = m + (image -> Net.logits)",
            "x = image",
            "for i in range(2) { x = x -> Net(i).x }",
            "output e = x",
        ),
        """
block Net(depth: int = 2) {
  input x: f32[C, H, W]
  x = x -> Conv2D(4, 3)
  for i in range(depth) { x = x -> Conv2D(4 + i, 1) -> ReLU }
  output features = x -> GlobalAvgPool2D
  h = features -> Dense(7)
  output logits = h -> Dense(10)
}
""",
    ),
    "tied heads and autoencoders": (
        ("tokens: i32[7]", "v: f32[6]", "image: f32[3, 6, 5]"),
        (
            "let words = Embedding(9, 6, padding_id=0)",
            "let bias = Parameter(f32[9], init=zeros)",
            "let idle = Embedding(8, 6)",
            "unread = tokens -> idle",
            "h = tokens -> words -> LayerNorm -> Dense(6) -> Tanh",
            "output a = (h -> words.transposed) + bias[none]",
            "output b = v -> words.transposed",
            "output c = v -> idle.transposed",
            "output d = v -> Auto(3) -> Auto(4)",
            "x = image -> Conv2D(4, 1) -> Rearrange([C, H, W] -> [H, W, C]) -> Auto(2)",
            "output e = x -> Rearrange([H, W, C] -> [C, H, W]) -> Conv2D(2, 3)",
            "for i in range(2) { h = h -> Auto(i + 2) * 2 }",
            "output f = h -> Dense(2)",
            "output g = (bias[:6] -> words.transposed) + (v -> Dense(9))",
        ),
        """
block Auto(d: int) {
  input x: f32[..., D]
  let code = Dense(d)
  z = x -> code -> Tanh
  output (z -> code.transposed) + x
}
""",
    ),
    "weights of blocks' own, of one example and of all": (
        ("image: f32[3, 12, 9]", "gain: f32[]", "word: i32[5]"),
        (
            "let cls = Parameter(f32[1, 6], init=zeros)",
            "let pos = Parameter(f32[13, 6], init=normal(std=0.02))",
            "let table = Buffer([[1, 0, 2], [3, 5, 4], [2, 2, 1], [0, 1, 5], [9, 8, 7],",
            "  [12, 3, 6], [6, 6, 0]])",
            "let scale = Parameter(f32[], init=ones)",
            "x = image -> Conv2D(6, 3, stride=3)",
            "x = x -> Scaled -> ReLU -> Scaled(2) -> Conv2D(6, 1)",
            "t = x -> Rearrange([C, H, W] -> [H*W, C])",
            "t = ((cls, t) -> Concat(axis=0)) + pos",
            "for i in range(2) { t = (t, bias=pos * scale) -> Mixed(i + 1) * 2 }",
            "output a = t[0] + t[-1] -> Dense(3)",
            "output b = gain * scale * pos[:2] - pos[1:3]",
            "output c = pos[table[word]] -> mean(axis=1)",
            "output d = gain * (pos -> Dense(4) -> LayerNorm -> Tanh)",
            "output e = (pos[0] -> Dense(5)) * gain",
            "output f = max(pos) + max(t, pos)",
        ),
        """
block Scaled(by: int = 1) {
  input x: f32[C, H, W]
  let scale = Parameter(f32[C], init=ones)
  let shift = Parameter(f32[C, 1, W], init=zeros)
  let noise = Buffer(f32[H, 1], init=normal(std=1))
  let factor = Buffer([0.5, 1.5, 2.5])
  output x * scale[:, none, none] + shift * factor[by] + noise[none]
}
block Mixed(n: int) {
  input x: f32[T, D]
  input bias: f32[T, D]
  let gate = Parameter(f32[n, D], init=ones)
  y = (x + bias) * gate[n - 1:] -> Dense(D) -> Tanh
  output x + y * gate[:1]
}
""",
    ),
    "concat, norms and reductions on every axis of an image": (
        ("image: f32[2, 6, 5]",),
        (
            "a = image -> Conv2D(3, 3, padding=same)",
            "b = image -> MaxPool2D(3, stride=1, padding=1)",
            "c = (a, b) -> Concat(axis=0) -> LayerNorm(axis=0)",
            "d = (c, c) -> Concat(axis=1) -> AvgPool2D(2) -> LayerNorm(axis=(0, 1, 2))",
            "e = (d, d) -> Concat(axis=-1) -> PReLU -> BatchNorm",
            "output y = e",
            "output widths = mean(e, axis=2)",
            "output channels = max(e, axis=0)",
            "output heights = min(e, axis=(0, 2)) - max(e, axis=(0, 2))",
            "s = (max(e, axis=0, keepdims=true), mean(e, axis=0, keepdims=true)) -> Concat(axis=0)",
            "s = s -> Conv2D(1, 3, padding=1) -> InstanceNorm(running_stats=true) -> Sigmoid",
            "output gated = e * s / norm(e, p=1, axis=(1, 2), keepdims=true)",
            "output rows = e * s -> Flatten(axis=(0, 1))",
        ),
        "",
    ),
    "norms of groups, instances and vectors in and out of regions": (
        ("image: f32[2, 6, 5]",),
        (
            "x = image -> Conv2D(6, 3, padding=same) -> GroupNorm(3) -> SiLU -> Normed(4)",
            "y = x -> Rearrange([C, H, W] -> [H*W, C]) -> RMSNorm -> GroupNorm(2, axis=1)",
            "output flat = y -> Normalize -> Flatten -> Normed(5)",
            "output image_ = x -> Normalize(axis=0) -> RMSNorm(axis=(0, 1, 2)) -> Conv2D(2, 2)",
        ),
        """
block Normed(c: int) {
  input x: f32[C, ...]
  if C > 6 { x = x -> Dense(c) -> GroupNorm(1) } else {
    x = x -> Conv2D(c, 3) -> InstanceNorm(eps=1e-3) -> RMSNorm(axis=0)
  }
  output x
}
""",
    ),
    "arithmetic in and out of a region": (
        ("image: f32[3, 6, 5]", "scale: f32[3, 1, 1]", "shift: f32[]"),
        (
            "x = image * scale + 2 * shift - 1",
            "g = x -> Conv2D(3, 3, padding=same) -> Sigmoid",
            "y = x * g / (1 + abs(x)) - 0.5 ** 2",
            "output y = y",
            "output z = max(y, x - 1) -> Flatten -> Dense(2)",
        ),
        "",
    ),
    "comparisons and logic, of images too": (
        ("image: f32[3, 6, 5]", "level: f32[]", "n: i32[4]"),
        (
            "x = image -> Conv2D(4, 3)",
            "far = x > 0.2 or not (x >= level - 1)",
            "output share = mean(far, axis=(1, 2))",
            "output some = sum(any(far and x > 0.9, axis=0), axis=1) -> Dense(2)",
            "output y = max(x, -0.1) * min(0.5, x) // 0.25 -> Conv2D(2, 1) -> GlobalMaxPool2D",
            "output few = (n == 2) and n % 3 < 3",
            "output spread = std(x, axis=(1, 2), unbiased=true) + norm(x, axis=(1, 2))",
        ),
        "",
    ),
    "positions, products and segments, of each example and common to all": (
        ("x: f32[6, 8]", "image: f32[3, 4, 5]", "kind: i32[6]"),
        (
            "p = x + (range(6) -> Embedding(6, 8))",
            "a = where(range(6)[none] <= range(6)[:, none], p @ transpose(p), -9)",
            "kept = cumprod(1 - linspace(0.1, 0.5, 8))",
            "b = p -> Bias(2)",
            "output z = softmax(a) @ p * kept[none]",
            'output heads = einsum("hqk,kd->qhd", b, p) * kept[none, none]',
            "output sums = segment_max(p, kind, 7) - segment_mean(p, kind, 7)",
            "output level = max(b) + sum(kept[kind])",
            "c = image -> Conv2D(8, 2)",
            "output y = c * kept[:, none, none] -> Conv2D(2, 1) -> Flatten",
            "output v = (x @ kept) @ (x @ kept)",
            "output bias = b * x[0, 0]",
        ),
        """
block Bias(heads: int) {
  input x: f32[T, D]
  gap = abs(range(T)[none, :] - range(T)[:, none])
  far = 3 + cast(log(cast(max(gap, 1), f32) / 3) * 2, i32)
  output where(gap < 3, gap, min(far, 5)) -> Embedding(6, heads) -> transpose((2, 0, 1))
}
""",
    ),
    "elements chosen, moved and put into order, of images too": (
        ("image: f32[3, 6, 5]", "t: f32[4, 5]", "n: i32[4]"),
        (
            "x = image -> Conv2D(4, 3) -> pad((1, 2), axis=-1, mode=edge) -> Conv2D(3, 2)",
            "x = where(x > max(x, axis=0)[none] - 0.1, x, 0) -> roll(1, axis=1) -> Conv2D(4, 1)",
            "output y = x -> cumsum(axis=1) -> transpose((1, 2, 0)) -> Dense(2) -> Flatten",
            "output at = argmax(x, axis=0) -> Flatten",
            "top, places = t -> Flatten -> topk(5)",
            "output top",
            "output places",
            "output sides = stack([t, t -> Mix(axis=0)], axis=1) -> sort(axis=-1, descending=true)",
            "output mixed = t -> Mix(axis=1)",
            "output which = cast(where(n > 2, 1, 0) + where(n == 3, 5, n), f32) -> Dense(2)",
            "output one = one_hot(n % 3, 3, axis=0) -> clip(0, 0.5)",
        ),
        """
block Mix(axis: int) {
  input x: f32[T, D]
  output x - (x -> pad(1, axis=axis, mode=reflect) -> AvgPool1D(3, stride=1) -> Fit(T, D))
}
block Fit(n: int, d: int) {
  input x: f32[A, B]
  output x -> Flatten -> Dense(n * d) -> Reshape(n, d)
}
""",
    ),
    "squeeze and excite": (
        ("image: f32[4, 7, 6]",),
        (
            "s = image -> GlobalAvgPool2D -> Dense(2) -> ReLU -> Dense(4) -> Sigmoid",
            "output y = image * (s -> Reshape(4, 1, 1)) -> Conv2D(3, 3, stride=2, padding=same)",
        ),
        "",
    ),
    "1-D convolutions and recurrence": (
        ("signal: f32[3, 12]", "tokens: i32[6]"),
        (
            "c = signal -> Conv1D(4, 3, padding=causal) -> BatchNorm -> ReLU -> MaxPool1D(2)",
            "h, s = tokens -> Embedding(7, 5) -> BiGRU(3, return=(all, state))",
            "u = h -> LayerNorm -> LSTM(4, layers=2)",
            "output y = (c -> Flatten, u, s -> Flatten) -> Concat -> Dense(3)",
        ),
        "",
    ),
    "outputs that are read, and whose names are written again": (
        ("image: f32[2, 6, 5]",),
        (
            "output y = image -> Conv2D(3, 3) -> ReLU",
            "output z = y -> Conv2D(3, 1) -> GlobalAvgPool2D",
            "y = y -> Conv2D(2, 2)",
            "u = y -> Sigmoid",
            "output u",
            "u = u * y",
            "output v = u",
        ),
        "",
    ),
    "blocks of blocks with layers as arguments": (
        ("x: f32[5]",),
        (
            "y = x -> Tower(3) -> Tower(3, act=GELU(approximate=tanh)) -> Tower(2) * 2",
            "output y",
        ),
        """
block Unit(n: int, act: layer = ReLU) {
  input x: f32[D]
  output x + (x -> LayerNorm -> Dense(n) -> act -> Dense(D))
}
block Tower(depth: int, act: layer = Tanh) {
  input x: f32[D]
  for i in range(depth) { x = x -> Unit(D + i, act=act) }
  output x
}
""",
    ),
    "activations as arguments of blocks": (
        ("x: f32[6]",),
        (
            "y = x -> Unit(act=ELU(0.5)) -> Unit(act=CELU) -> Unit(act=CELU(2)) -> Unit(act=Mish)",
            "y = y -> Unit(act=SELU) -> Unit(act=ReLU6) -> Unit(act=HardTanh(low=-2))",
            "y = y -> Unit(act=Threshold(-0.5, 0)) -> Unit(act=LogSoftmax) -> Unit(act=Softmin)",
            "output y = y -> Unit(act=GLU) -> Unit(act=Softsign) -> Unit",
        ),
        """
block Unit(act: layer = SoftShrink(0.1)) {
  input x: f32[D]
  output x + (x -> Dense(6) -> act -> Dense(D))
}
""",
    ),
    "activations as functions": (
        ("image: f32[4, 6, 5]", "x: f32[6]", "y: f32[6]"),
        (
            "a = image -> Conv2D(4, 3)",
            "output gated = silu(a) * hard_sigmoid(-a) -> glu(axis=0) -> Conv2D(2, 1)",
            "output mixed = softplus(x, 2) * log_softmax(y) + elu(x, alpha=0.5)",
            "output smallest = (softmin(maxout(x * y, 2)), glu(y)) -> Concat",
        ),
        "",
    ),
    "functions of tensors, in and out of regions": (
        ("image: f32[4, 7, 6]", "x: f32[6]"),
        (
            "h = image -> Conv2D(6, 3) -> swish -> Conv2D(4, 2) -> swish(beta=0.4)",
            "s = h -> GlobalAvgPool2D -> swish(2)",
            "h = gated(h, s) - gated(s=s * 0.5, x=h, power=2, centred=true)",
            "g = gated(image, s, 3, centred=true) -> Conv2D(2, 1)",
            "a, b = x -> ends(2)",
            "c, d = ends(a -> Dense(6), 3)",
            "e = least(a, b) + least(c, d, soft=true)",
            "let own = Parameter(f32[6], init=normal(std=1))",
            "e = e -> Unit(swish) -> Unit -> Unit(swish(beta=3))",
            "e = least(e, swish(own), soft=true) * centred(own) + centred(e)[turned(range(6))]",
            "output y = (h -> Flatten, tokens(g, 2), e) -> Concat -> Dense(3)",
            "output z = tokens(h, n=6)",
        ),
        """
fn swish(x: f32[...], beta: float = 1.0) -> f32[...] = x * sigmoid(beta * x)
fn gated(x: f32[C, H, W], s: f32[C], power: int = 1, centred: bool = false) -> f32[C, H, W] {
  side = mean(x) if centred else 0
  scale = sqrt(C * power)
  x = side + x * log(scale + 1) if power > 1 else x - side
  for i in range(power) { x = x * swish(s, beta=i + 1)[:, none, none] }
  output side * 2 + x / scale
}
fn ends(x: f32[D], n: int) {
  parts = [x * i for i in range(1, n + 1)]
  output sum(parts)
  output parts[-1] - x
}
fn centred(x: f32[D]) = x - mean(x)
fn turned(at: i32[T]) -> i32[T] = T - 1 - (at * 2 - range(T))
fn least(a: f32[D], b: f32[D], soft: bool = false) = min(a, b) if not soft else (a + b) / 2
fn tokens(x: f32[C, H, W], n: int) = mean(x -> Reshape(n, C * H * W // n), axis=1)
block Unit(act: layer = Tanh) {
  input x: f32[D]
  output x + (x -> Dense(5) -> act -> Dense(D))
}
""",
    ),
    "attention with masks and biases, of each example and common": (
        ("x: f32[5, 8]", "y: f32[4, 6]", "far: f32[5, 4]"),
        (
            "let rows = Parameter(f32[3, 8], init=normal(std=1))",
            "let lean = Parameter(f32[2, 5, 5], init=normal(std=1))",
            "at = range(5)",
            "near = at[none, :] - at[:, none] < 2",
            "x = x -> Encoder(2) -> Encoder(4, groups=2, drop=0.3) -> Encoder(1)",
            "q, k, v = x -> Dense(24) -> Split(3)",
            "output a = (q, k, v, mask=near, bias=lean) -> Attention(2, causal=true)",
            "output b = (q, k, v, bias=far[:, :1] * far[:, 0][none])",
            "  -> Attention(2, alibi=true, dropout=0.1)",
            "output c = (rows, k, v) -> Attention(4)",
            "output d = (q, y -> Dense(8), y, mask=(far > -1.9)) -> Attention(2)",
            "output e = (x, positions=at[none, :][0] * 2) -> Rotary(2)",
        ),
        """
block Encoder(heads: int, groups: int = 1, drop: float = 0.0) {
  input x: f32[T, D]
  q = x -> Dense(D) -> Rotary(heads)
  k, v = x -> Dense(2 * D // heads * groups) -> Split(2)
  x = x + ((q, k -> Rotary(groups), v)
    -> Attention(heads, kv_heads=groups, causal=true, dropout=drop) -> Dense(D))
  output x
}
""",
    ),
    "layers of transformers and positions of the library": (
        ("x: f32[6, 8]", "y: f32[5, 8]"),
        (
            "m = x -> SinusoidalPositions -> PostEncoderLayer(2, 16, dropout=0.1, act=SiLU) * 2",
            "y = y -> LearnedPositions(9)",
            "  -> EncoderLayer(2, 9, causal=true, act=Tanh, norm=RMSNorm)",
            "z = (y, memory=m) -> DecoderLayer(2, 12, act=SiLU) * 2 -> LlamaLayer(4, 10, 2)",
            "q, k, v = z -> Dense(24) -> Split(3)",
            "output z = (q, k, v, bias=(z -> RelativeBias(2))) -> Attention(2)",
            "output m = (m, memory=y) -> PostDecoderLayer(4, 5, act=ReLU)",
        ),
        "from std.transformer import PostEncoderLayer, EncoderLayer, DecoderLayer\n"
        "from std.transformer import PostDecoderLayer, LlamaLayer, LearnedPositions\n"
        "from std.transformer import SinusoidalPositions, RelativeBias\n",
    ),
    "parts of sequences and of pictures of the library": (
        ("x: f32[9, 6]", "q: f32[5]", "image: f32[8, 4, 6]", "t: i32[]"),
        (
            "c = x -> Rearrange([T, D] -> [D, T])",
            "a, s = c -> TCN([4, 5]) -> WaveNetLayer(3, 7, dilation=2)",
            "output a",
            "output s",
            "output text = x -> TextCNN(5, widths=[2, 3])",
            "output read = (q, memory=(x -> Highway * 2)) -> AdditiveAttention(4)",
            "output pool = x -> AttentionPool(3)",
            "z, mu, logvar = q -> Gaussian(3)",
            "output drawn = z + logvar",
            "code, index = x -> VectorQuantizer(12)",
            "output code = code + cast(index, f32)[:, none]",
            "y = (image, time=(t -> TimeEmbedding(4, 8))) -> TimedResidual(12, groups=4)",
            "output y = y -> PixelAttention(groups=4)",
            "output u = (y -> UNetDown(5), skip=y) -> UNetUp(3)",
        ),
        "from std.sequence import TCN, WaveNetLayer, TextCNN, Highway\n"
        "from std.sequence import AdditiveAttention, AttentionPool\n"
        "from std.generative import Gaussian, VectorQuantizer, TimeEmbedding\n"
        "from std.generative import TimedResidual, PixelAttention\n"
        "from std.vision import UNetDown, UNetUp\n",
    ),
    "recurrences of one's own": (
        ("x: f32[7, 4]", "z: f32[5]", "m: f32[3, 6]"),
        (
            "k = m -> Dense(2)",
            "output gated = (x, memory=m, keys=k, h=z) -> Scan(Gated(5, 2))",
            "output read = (x, start=z) -> Reader(5)",
            "p, q = (x, x[:, :3]) -> Scan(Two(4))",
            "output p",
            "output q",
            "output deep = x -> Scan(Cell(5)) * 2",
            "let own = Scan(Cell(3))",
            "output shared = (x -> own) + (x * 2 -> own)",
            "output single = x[:1] -> Scan(Cell(2))",
        ),
        """
block Cell(dim: int) {
  input x: f32[D]
  state h: f32[dim] = 0
  u = (x, h) -> Concat -> Dense(dim) -> Sigmoid
  new = u * h + (1 - u) * ((x, h) -> Concat -> Dense(dim) -> Tanh)
  next h = new
  output new
}
block Reader(dim: int) {
  input x: f32[T, D]
  input start: f32[dim]
  output (x, h=start) -> Scan(Cell(dim))
}
block Gated(dim: int, align: int) {
  input y: f32[E]
  input memory: f32[S, M]
  input keys: f32[S, align]
  state h: f32[dim] = 0
  e = keys + (h -> Dense(align, bias=false))[none] -> Tanh -> Dense(1, bias=false)
  c = sum(softmax(e, axis=0) * memory, axis=0)
  new = (y, h, c) -> Concat -> Dense(dim) -> Tanh
  next h = 0.5 * (h + new)
  output (h, y, c) -> Concat -> Dense(4) -> Maxout(2)
}
block Two(dim: int) {
  input a: f32[D]
  input b: f32[E]
  state count: f32[] = 1
  state c: f32[dim, 2] = 0.5
  seen = count + 1
  next count = seen
  seen = seen * 2
  next c = c * 0.5 + (a -> Dense(2 * dim) -> Reshape(dim, 2)) / seen
  output sum(c, axis=1) + sum(b)
  output b * count
}
""",
    ),
    "experts": (
        ("x: f32[6, 4]", "image: f32[3, 5, 4]", "z: f32[4]"),
        (
            "output deep = x -> Sparse(5, 2) * 2 -> Sparse(3, 1, make=Dense(4) -> Tanh)",
            "for i in range(2) { x = (x, index=(x -> Routed(3))[:, :1], gate=x[:, 2:3])",
            "  -> Experts(Gated(3), count=3) }",
            "output looped = x",
            "first, place = topk(z, 2)",
            "y = (image -> Conv2D(4, 3, padding=1), index=place, gate=first)",
            "  -> Experts(Conv2D(4, 3, padding=1, bias=false) -> BatchNorm -> ReLU, count=4)",
            "output pooled = y -> MaxPool2D(2) -> Flatten",
            "let shared = Experts(Scaled, count=2)",
            "one = (x, by=z, index=place % 2, gate=first) -> shared",
            "output again = (one, by=2 * z, index=place % 3, gate=first) -> shared",
        ),
        """
block Routed(n: int) {
  input x: f32[T, D]
  best, index = topk(x -> Dense(n), 2)
  output index
}
block Gated(hidden: int) {
  input x: f32[..., D]
  output (x -> Dense(hidden) -> SiLU) * (x -> Dense(hidden)) -> Dense(D)
}
block Sparse(experts: int, k: int, make: layer = Gated(6)) {
  input x: f32[T, D]
  best, index = topk(x -> Dense(experts), k)
  output x + ((x -> LayerNorm, index=index, gate=softmax(best)) -> Experts(make, count=experts))
}
block Scaled {
  input x: f32[T, D]
  input by: f32[D]
  output (x -> Dense(D)) * by[none]
}
""",
    ),
    "a model within a model, with several inputs and outputs": (
        ("x: f32[5]", "s: f32[5]"),
        (
            "a, b = (x, other=s) -> Pair(3)",
            "c, d = (b, other=a) -> Pair(4)",
            "output y = (a, c, d) -> Concat -> Dense(2)",
        ),
        """
model Pair(n: int) {
  input x: f32[D]
  input other: f32[E]
  h = x -> Dense(n) -> BatchNorm -> Tanh
  output first  = h * (other -> Dense(n))
  output second = h -> LayerNorm
  weights Dense.weight { init = normal(std=0.5) }
}
""",
    ),
    "layers as arguments of blocks": (
        ("x: f32[5]",),
        ("output y = x -> Unit(3, act=GELU(approximate=tanh)) -> Unit(4) * 2",),
        """
block Unit(n: int, act: layer = Tanh) {
  input x: f32[D]
  output x + (x -> LayerNorm -> Dense(n) -> act -> Dense(D))
}
""",
    ),
    "windows whose padding is even in some uses only": (
        ("image: f32[4, 12, 9]",),
        (
            "x = image -> Same(3, 1) -> Same(3, 2) -> Same(2, 1)",
            "y = image -> Pools(3, 1) -> Pools(3, 2) -> Pools(2, 2)",
            "output x = x -> Flatten -> Dense(3)",
            "output y = y -> Flatten -> Dense(3)",
        ),
        """
block Same(k: int, s: int) {
  input x: f32[C, H, W]
  x = x -> Conv2D(5, k, stride=s, padding=same, bias=false) -> BatchNorm -> ReLU
  x = x -> DepthwiseConv2D(k, padding=same)
  output x -> SeparableConv2D(4, k, padding=same)
}
block Pools(k: int, s: int) {
  input x: f32[C, H, W]
  a = x -> MaxPool2D(k, stride=s, padding=same)
  b = x -> AvgPool2D(k, stride=s, padding=same)
  output (a + b) / 2 -> Unfold2D(k, padding=same) -> Conv2D(C, 1)
}
""",
    ),
    "lists of as many tensors as a parameter says": (
        ("image: f32[3, 8, 6]", "x: f32[5]"),
        (
            "y = image -> Wide([4, 3], 2) -> Wide([3, 4, 5], 3)",
            "output y = y -> GlobalAvgPool2D -> Dense(2)",
            "output z = x -> Many(1) -> Many(3) -> Many(2)",
        ),
        """
block Wide(widths: list[int], n: int) {
  input x: f32[C, H, W]
  parts = [x -> Conv2D(w, 3, padding=same) for w in widths]
  bent  = [p -> Conv2D(4, 1) -> ReLU for p in parts]
  x = bent + [x] -> Concat(axis=0) -> Conv2D(4, 1)
  for i in range(n) { x = x + bent[n - 1 - i] * 0.5 }
  output ([tanh(p) * i for i, p in enumerate(bent)] -> Concat(axis=0)) if n > 2 else x
}
block Many(n: int) {
  input x: f32[D]
  parts = [x -> Dense(6) for i in range(n)]
  y = sum([p * q for p, q in zip(parts, reversed(parts))]) + parts[0]
  for w, p in zip(range(2, n + 2), parts) { y = y * 0.5 + p / w }
  output y + sum(parts[:n])
}
""",
    ),
    "recurrent layers in cells of recurrences": (
        ("x: f32[4, 3, 2]",),
        (
            "output mixed = x -> Scan(Mixed(4))",
            "output single = x[:, :1] -> Scan(Mixed(4))",
            "output carried = x -> Scan(Carried(3))",
            "output within = x -> Scan(Within(4))",
        ),
        """
block Mixed(dim: int) {
  input x: f32[T, D]
  state h: f32[dim] = 0
  state c: f32[dim] = 0
  both = x -> GRU(3, return=all) -> BiLSTM(2)
  new, cell = (both[none], h=h, c=c) -> LSTM(dim, return=state)
  next h = new
  next c = cell
  output new + (x[::-1] -> LSTM(dim, projection=3) -> Dense(dim))
}
block Carried(dim: int) {
  input x: f32[T, D]
  state h: f32[2, dim] = 0
  y, new = (x, h=h) -> BiGRU(dim, return=(all, state))
  next h = new
  output mean(y, axis=0) + (x -> SimpleRNN(2 * dim, activation=softsign))
}
block Within(dim: int) {
  input x: f32[T, D]
  state g: f32[dim] = 0
  new = g + (x -> Scan(Step(dim)))[-1]
  next g = new
  output new
}
block Step(dim: int) {
  input x: f32[D]
  state h: f32[dim] = 0
  new = (x[none], h=h) -> GRU(dim, return=state)
  next h = new
  output new
}
""",
    ),
}


def structures(exact: bool) -> list[Spec]:
    """Every structure as a whole spec."""
    specs = []
    for given, lines, blocks in STRUCTURES.values():
        inputs = tuple(Input(*line.split(": "), high=7 if "i32" in line else 2.0) for line in given)
        specs.append(Spec(whole(inputs, lines, blocks, exact), inputs))
    return specs
