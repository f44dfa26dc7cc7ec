"""Models whose classes are hard to get right."""

BLOCKS = """
block Mlp(sizes: list[int], drop: float = 0.0) {
  input x: f32[D]
  for n in sizes { x = x -> Dense(n) -> ReLU -> Dropout(drop) }
  output x
}
block Deep(c: int, depth: int) {
  input x: f32[C, H, W]
  x = x -> Conv2D(c, 3, padding=same) -> Bend(c) * depth
  output x
}
block Bend(c: int, e: int = 2) {
  input x: f32[C, H, W]
  y = x -> (Conv2D(c * e, 1) -> ReLU -> Conv2D(C, 3, padding=1)) as inner
  output x + 0.5 * y
}
block Two(a: int) {
  input x: f32[D]
  input t: f32[E]
  output ((x -> Dense(a)) + (t -> Dense(a))) -> Tanh
}
block ConvAct(c: int, act: layer = ReLU) = Conv2D(c, 3, padding=same) -> act
block Gate(c: int) {
  input x: f32[C, H, W]
  if c == C { x = x * 2 } else { x = x -> Conv2D(c, 1) }
  output x
}
block Ends(c: int) {
  input x: f32[D]
  output x -> Dense(c)
  output x -> Dense(c + 1)
}
fn half(n: int) -> int = n // 2
## x times a sigmoid.
fn swish(x: f32[...], beta: float = 1.0) -> f32[...] = x * sigmoid(beta * x)
fn rescaled(x: f32[C, H, W], s: f32[C], power: int = 1, centred: bool = false) {
  if centred { x = x - mean(x, axis=(1, 2))[:, none, none] }
  for i in range(power) { x = x * s[:, none, none] }
  output x / half(C)
}
fn pieces_of(x: f32[D], n: int) {
  pieces = [x * i for i in range(1, n + 1)]
  total = sum(pieces)
  output total
  output last = pieces[-1] - x
}
fn mixed(a: f32[D], b: f32[D], way: str = "sum") -> f32[D] {
  output max(a, b) if way == "max" else a + swish(b, beta=0.5)
}
fn relu6ish(x: f32[...]) {
  value = relu(x)
  output -relu(6 - value) + 6
}
fn print(torch: f32[D], len_: int = 3, self: int = 4) {
  mask = torch * len_
  inputs = mask + self
  output inputs -> relu
}
block Unit(n: int, act: layer = ReLU) {
  input x: f32[D]
  output x + (x -> Dense(n) -> act -> Dense(D))
}
"""

MODELS = {
    "inputs, sharing, loops": """
model Net(n: int = 3) {
  input image: f32[3, 16, 12]
  input t: f32[5]
  let shared = Dense(7)
  a = image -> Deep(8, 2) -> Deep(8, 3) -> Deep(4, 1) -> GlobalAvgPool2D
  b = (a, t=t) -> Two(6)
  c = (b, t) -> Two(6) -> Mlp([8, 9]) -> Mlp([4, 5], drop=0.1)
  for i in range(n) {
    c = c -> Dense(5 + i) -> ReLU
    if i > 0 { c = c -> Dense(11) -> LayerNorm }
  }
  d = (t -> shared) + (t -> shared)
  e = c -> (Dense(4) -> Sigmoid) * 2
  output one = (c, d) -> Concat -> Dense(3)
  output two: f32[1] = e -> Dense(1)
}
""",
    "lists of different lengths": """
model Ragged {
  input x: f32[4]
  output y = x -> Mlp([8, 9, 3]) -> Mlp([4, 5], drop=0.1)
}
""",
    "defaults of every kind": """
block Placed(places: int) {
  input x: f32[T, D]
  output x + (range(T) -> Embedding(places, D))
}
block Scales(
  width: int, kernels: list[int] = [1, 3],
  act: layer = GELU(approximate=tanh), norm: layer = LayerNorm,
) {
  input x: f32[T, D]
  c = x -> norm -> Rearrange([T, D] -> [D, T])
  parts = [c -> Conv1D(width, k, padding=k // 2) for k in kernels]
  output parts -> Concat(axis=0) -> Rearrange([D, T] -> [T, D]) -> norm -> act
}
model Defaults {
  input x: f32[6, 12]
  h = x -> Placed(12) -> Scales(6) -> Scales(4, kernels=[1, 3, 5]) -> Scales(6, act=LeakyReLU(0.2))
  output y = h / norm(h)
}
""",
    "layers as arguments": """
model Acts {
  input image: f32[3, 8, 8]
  x = image -> ConvAct(4) -> ConvAct(5, act=LeakyReLU(0.2)) -> ConvAct(6, act=PReLU)
  x = x -> ConvAct(4, act=Identity) -> ConvAct(4, act=BatchNorm)
  output y = x -> GlobalMaxPool2D
}
""",
    "branches without layers": """
model Branches {
  input image: f32[3, 8, 6]
  x = image -> Gate(3) -> Gate(4) -> Gate(4)
  output y = x -> Flatten -> Dense(2)
}
""",
    "several outputs of a block": """
model Several {
  input x: f32[3]
  a, b = x -> Ends(4)
  output y = (a, b) -> Concat -> Dense(2)
}
""",
    "sequences": """
model Seq {
  input tokens: i32[12]
  h, s = tokens -> Embedding(100, 16) -> LSTM(8, return=(all, last))
  z = h -> BiGRU(4, return=last)
  output y = (z, s) -> Concat -> Dense(3)
}
""",
    "images and axes": """
model Mixed {
  input image: f32[3, 9, 7]
  x = image -> Conv2D(8, (3, 5), stride=2, padding=same) -> PReLU -> MaxPool2D(2)
  y = x -> Flatten -> Dense(10) -> GELU
  z = x -> Reshape(8, 4) -> LayerNorm
  output a = y
  output b = -z ** 2 / 3 -> Flatten -> Dense(2)
}
""",
    "skips over a stack": """
model Net(ch: int = 4, mult: list[int] = [1, 2, 2], repeats: int = 2) {
  input image: f32[3, 8, 6]
  x = image -> Conv2D(ch, 3, padding=1)
  skips = [x]
  for level, m in enumerate(mult) {
    for i in range(repeats) {
      x = x -> ConvAct(ch * m)
      skips = skips + [x]
    }
    if level < len(mult) - 1 {
      x = x -> Conv2D(ch * m, 3, padding=same)
      skips = skips + [x]
    }
  }
  x = x -> Bend(ch * mult[-1])
  for level, m in reversed(enumerate(mult)) {
    for i in range(repeats + 1) {
      x = (x, skips[-1]) -> Concat(axis=0) -> ConvAct(ch * m, act=Tanh)
      skips = skips[:-1]
    }
    if level > 0 { x = x -> Conv2D(ch * m, 3, padding=1) }
  }
  output noise = x -> Conv2D(3, 3, padding=1)
}
""",
    "loops over tensors": """
model Net(widths: list[int] = [4, 8, 6]) {
  input image: f32[3, 8, 6]
  x = image
  skips = []
  for c in widths {
    x = x -> ConvAct(c)
    skips = skips + [x]
    x = x -> Conv2D(c, 1)
  }
  for c, skip in reversed(zip(widths, skips)) {
    x = (skip, x -> Conv2D(c, 1)) -> Concat(axis=0) -> ConvAct(c)
  }
  for c, skip in zip(widths, skips) { x = (x, skip * c) -> Concat(axis=0) }
  kept = skips
  skips = skips[1:] + [image]
  for i, p in enumerate([x, image]) { skips = skips + [p * i] }
  output y = skips -> Concat(axis=0) -> Conv2D(2, 1)
  output z = sum([mean(k) for k in kept]) + max(kept[0] * 2, axis=(0, 1, 2))
  output w = kept[-1] + kept[2]
}
""",
    "lists of vectors": """
block Sum(n: int) {
  input x: f32[D]
  parts = [x]
  for i in range(n) { parts = parts + [parts[-1] -> Dense(D)] }
  output sum(parts)
}
model Net {
  input a: f32[4]
  input b: f32[4]
  xs = [a, b, a + b]
  ys = []
  for i, x in enumerate(xs) { ys = ys + [x -> Dense(8)] }
  z = sum(ys)
  for p in [a, b] { z = z + (p -> Dense(8)) }
  output y = ys[:2] + [z] -> Concat -> Dense(2)
  output w = ys -> Concat
  output v = sum([a, b]) * 2 -> Sum(2) -> Sum(3)
  output u = xs[1:][0] + xs[-1]
}
""",
    "weights of blocks' own": """
block Tokens(dim: int) {
  input x: f32[C, H, W]
  let cls = Parameter(f32[1, dim], init=zeros)
  let pos = Parameter(f32[H * W + 1, dim], init=normal(std=0.02))
  t = x -> Rearrange([C, H, W] -> [H*W, C]) -> Dense(dim)
  output ((cls, t) -> Concat(axis=0)) + pos
}
block Scaled(c: int, start: int = 0) {
  input x: f32[C, H, W]
  let scale = Parameter(f32[C], init=ones)
  let factors = Buffer([0.5, 1.0, 2.0])
  if start > 0 {
    let shift = Parameter(f32[C, H, 1], init=zeros)
    x = x + shift * factors[start]
  }
  output x * scale[:, none, none] -> Conv2D(c, 1)
}
model Net(dim: int = 8) {
  input image: f32[3, 8, 6]
  let average = Buffer([0.485, 0.456, 0.406])
  let noise = Buffer(f32[dim], init=normal(std=0.1))
  let gain = Parameter(f32[], init=ones)
  x = image - average[:, none, none] -> Scaled(4) -> ReLU
  x = x -> Scaled(6, start=1) -> Scaled(5, start=2)
  t = x -> Tokens(dim)
  output y = t[0] * gain + noise -> Dense(2)
  output p = noise
  output q = x -> Flatten -> Dense(48) -> Reshape(2, 4, 6) -> Tokens(4)
}
""",
    "tied weights": """
block Auto(d: int) {
  input x: f32[D]
  let code = Dense(d)
  output x -> code -> Tanh -> code.transposed
}
model Net(vocab: int = 50, dim: int = 8) {
  input tokens: i32[7]
  let words = Embedding(vocab, dim)
  x = tokens -> words -> Dense(dim) -> GELU -> LayerNorm
  output logits: f32[7, vocab] = x -> words.transposed
  output code = x[-1] -> Auto(3) -> Auto(4)
}
""",
    "functions of tensors": """
model Net(depth: int = 2) {
  input image: f32[4, 8, 6]
  input v: f32[6]
  h = image -> Conv2D(6, 3) -> swish -> Conv2D(6, 3, padding=same) -> swish(beta=0.3)
  s = h -> GlobalAvgPool2D -> swish(1.5)
  h = rescaled(h, s) + rescaled(h, s=s, power=2) + rescaled(s=s, x=h, centred=true)
  g = image -> rescaled(s[:4], 3)
  a, b = pieces_of(v, 3)
  c, d = v -> pieces_of(2)
  e = mixed(a, b) + mixed(c, d, way="max") + mixed(b=c, a=d, way="max")
  for i in range(depth) { e = (e, e * i) -> mixed("sum") -> relu6ish }
  e = e -> Unit(4, act=swish) -> Unit(5, act=swish(beta=2)) -> Unit(3)
  e = e -> (Dense(6) -> swish) as tail -> print(self=2)
  output y = (h -> Flatten, e, g -> Flatten) -> Concat -> Dense(3)
}
""",
    "dynamic sizes": """
block Heads(heads: int) {
  input x: f32[T, D]
  h = x -> Reshape(T, heads, D // heads)
  x = x -> Dense(D) -> Tanh
  output x + (h -> Rearrange([T, h, d] -> [T, h*d]))
  output h -> Rearrange([T, h, d] -> [h, T, d]) -> Reshape(heads * 2, T, -1)
}
model Lengths(dim: int = 8) {
  input tokens: i32[T <= 12]
  input sound: f32[2, S <= 9]
  input table: f32[12, dim]
  x = (tokens -> Embedding(9, dim)) + (range(T) -> Embedding(12, dim))
  x, parts = x + table[:T] -> Heads(2)
  s = sound -> Conv1D(dim, 3, stride=2, padding=1) -> ReLU -> Rearrange([C, L] -> [L, C])
  s, _ = s -> Heads(4)
  output both = (mean(x, axis=0), s[-1]) -> Concat -> Dense(3)
  output grouped = x -> Rearrange([T, D*h] -> [h, D, T], h=2)
  output shifted: f32[T - 1, dim] = x[1:] * x[:-1]
  output parts
}
""",
    "recurrences of one's own": """
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
block Paired(dim: int) {
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
model Recurrences(dim: int = 5) {
  input x: f32[7, 4]
  input z: f32[dim]
  input m: f32[3, 6]
  k = m -> Dense(2)
  output gated = (x, memory=m, keys=k, h=z) -> Scan(Gated(5, 2))
  output read = (x, start=z) -> Reader(5)
  p, q = (x, x[:, :3]) -> Scan(Paired(4))
  output p
  output q
  output deep = x -> Scan(Cell(5)) * 2
  let own = Scan(Cell(3))
  output shared = (x -> own) + (x * 2 -> own)
}
""",
    "kernels in norms": """
block Down(c: int, stride: int = 1)
  = Conv2D(c, 3, stride=stride, padding=1, norm=spectral) -> LeakyReLU
block Up(c: int) {
  input x: f32[C, H, W]
  y = x -> ConvTranspose2D(c, 4, stride=2, padding=1, norm=weight) -> ReLU
  output y -> DepthwiseConv2D(3, padding=same, multiplier=2, norm=weight)
}
model Norms {
  input image: f32[3, 8, 8]
  x = image -> Down(4) -> Down(8, stride=2) * 2 -> Up(6) -> Up(3)
  output y = x -> Flatten -> Dense(5, norm=weight) -> Tanh -> Dense(1, norm=spectral)
}
""",
    "a repeat that is given a value": """
block Layer(dim: int) {
  input x: f32[dim]
  input memory: f32[E]
  output x + ((x, memory) -> Concat -> Dense(dim))
}
model Beside {
  input x: f32[4]
  input m: f32[3]
  output y = (x, memory=(m -> Dense(5) -> Tanh)) -> Layer(4) * 3
}
""",
    "lists of repeats": """
block Beside(counts: list[int]) {
  input x: f32[D]
  parts = [x -> (Dense(D) -> Tanh) * n -> Dense(D) * n -> Dense(3) for n in counts]
  output parts -> Concat
}
model Several {
  input x: f32[4]
  powers = [x -> Dense(4) * i for i in range(3)]
  output y = sum(powers) -> Beside([2, 1]) -> Beside([2, 1]) -> Beside([1, 3])
}
""",
    "lists of lists, and of layers": """
block Nest(rows: list[list[int]]) {
  input x: f32[D]
  for row in rows { for n in row { x = x -> Dense(n) -> ReLU } }
  output x
}
block Tower(acts: list[layer]) {
  input x: f32[D]
  for act in acts { x = x -> Dense(4) -> act }
  output x
}
model Lists {
  input x: f32[4]
  x = x -> Nest([[1, 2], [3]]) -> Nest([[4]])
  output y = x -> Tower([ReLU, LeakyReLU(0.1)]) -> Tower([Tanh])
}
""",
    "loops of no rounds, and outputs of outputs": """
block Stack(sizes: list[int], act: layer = Identity, last: layer = Tanh) {
  input x: f32[D]
  for n in sizes { x = x -> Dense(n) -> act -> last }
  output x
}
model Empty {
  input x: f32[4]
  output y = x -> Stack([]) -> Stack([4, 3], last=ReLU) -> Stack([], act=SiLU)
  output z = y
  output twice = z * 2
  z = z + 1
  output again = z
}
""",
    "windows laid out, and the greatest put back": """
block Segment(c: int) {
  input x: f32[C, H, W]
  y, places = x -> Conv2D(c, 3, padding=1) -> MaxPool2D(2, return=(values, places))
  output (y -> Conv2D(c, 1) -> ReLU, places) -> MaxUnpool2D(2, size=(H, W)) -> Conv2D(c, 1)
}
block Smooth(k: int) {
  input x: f32[C, H, W]
  y = x -> Unfold2D(k, padding=k // 2) -> Conv2D(C * k ** 2, 1)
  output y -> Fold2D((H, W), k, padding=k // 2)
}
model Windows {
  input image: f32[2, 8, 6]
  x = image -> Segment(4) -> Segment(3)
  output y = x -> Smooth(3) -> Smooth(2) -> Flatten -> Dense(2)
}
""",
}
