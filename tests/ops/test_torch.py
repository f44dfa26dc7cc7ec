"""Output shapes and weights of every example, against PyTorch's own layers."""

import functools

import pytest

import dlspec.ops.functional
from dlspec import ops
from dlspec.ops.batch_size import OfBatch
from dlspec.ops.drawing import Draw

torch = pytest.importorskip("torch")
nn, F = torch.nn, torch.nn.functional
parametrizations = torch.nn.utils.parametrizations

DRAWN = {n for n in ops.names() if issubclass(ops.lookup(n), (Draw, OfBatch))}
KINDS = [n for n in ops.names() if n not in DRAWN]
CASES = [(n, e) for n in KINDS for e in ops.lookup(n).examples if e.inputs]
IDS = [f"{e.layer} {' '.join(e.inputs)}" for _, e in CASES]
DTYPES = {"f32": torch.float32, "i32": torch.int32, "i64": torch.int64, "class": torch.int64}
DTYPES |= {"bool": torch.bool}


def sort_of(dtype):
    """PyTorch counts in 64 bits, whatever it counts."""
    return torch.int32 if dtype == torch.int64 else dtype


def padded(x, pads, value=0.0):
    """torch's F.pad counts axes from the last."""
    return F.pad(x, [n for pair in reversed(pads) for n in pair], value=value)


def expected_pads(op, x):
    """The padding from the definition: `same` gives ceil(n / stride), surplus at the end."""

    def each(v):
        return v if isinstance(v, tuple) else (v,) * op.places

    kernel, stride = each(op.kernel), each(getattr(op, "stride", None) or op.kernel)
    dilation, pads = each(getattr(op, "dilation", 1)), []
    for i in range(op.places):
        span = (kernel[i] - 1) * dilation[i] + 1
        if op.padding == "valid":
            pads.append((0, 0))
        elif op.padding == "causal":
            pads.append((span - 1, 0))
        elif op.padding == "same":
            n, need = x.shape[1 + i], 0
            while (n + need - span) // stride[i] + 1 < -(-n // stride[i]) or n + need < span:
                need += 1
            pads.append((need // 2, need - need // 2))
        else:
            p = op.padding
            if isinstance(p, tuple) and op.places > 1:
                p = p[i]
            pads.append(p if isinstance(p, tuple) else (p, p))
    return tuple(pads)


def normed(op, m):
    """A module in the norm of its kernel."""
    if op.norm is None:
        return m
    if op.norm == "spectral":
        return parametrizations.spectral_norm(m)
    return parametrizations.weight_norm(m, dim=int("Transpose" in op.kind()))


CONVOLUTIONS = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}


def conv(op, x):
    if op.kind().startswith("Depthwise"):
        out, groups = x.shape[0] * op.multiplier, x.shape[0]
    else:
        out, groups = op.channels, op.groups
    m = CONVOLUTIONS[op.places](
        x.shape[0],
        out,
        op.kernel,
        stride=op.stride,
        dilation=op.dilation,
        groups=groups,
        bias=op.bias,
    )
    assert op.pads(x) == expected_pads(op, x)
    m = normed(op, m)
    return m, lambda t: m(padded(t, expected_pads(op, x)))


class Separable(nn.Module):
    def __init__(self, op, x):
        super().__init__()
        make, c, between = CONVOLUTIONS[op.places], x.shape[0], x.shape[0] * op.multiplier
        steps = {"stride": op.stride, "dilation": op.dilation}
        self.depthwise = make(c, between, op.kernel, groups=c, bias=False, **steps)
        self.pointwise = make(between, op.channels, 1, bias=op.bias)

    def forward(self, t):
        return self.pointwise(self.depthwise(t))


def separable(op, x):
    m = Separable(op, x)
    assert op.pads(x) == expected_pads(op, x)
    return m, lambda t: m(padded(t, expected_pads(op, x)))


def transposed(op, x):
    """What PyTorch gives without padding, cut to the sizes of the manual page."""
    make = {1: nn.ConvTranspose1d, 2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}[op.places]
    m = make(x.shape[0], op.channels, op.kernel, op.stride, 0, op.output_padding, op.groups,
             op.bias, op.dilation)  # fmt: skip
    m = normed(op, m)
    strides = op.stride if isinstance(op.stride, tuple) else (op.stride,) * op.places

    def call(t):
        y = m(t)
        if op.padding == "same":
            wanted = [n * s for n, s in zip(t.shape[2:], strides, strict=True)]
            pads = [(0, w - n) for n, w in zip(y.shape[2:], wanted, strict=True)]
        else:
            pads = [(-before, -after) for before, after in expected_pads(op, x)]
        return padded(y, pads)

    return m, call


def pool(op, x):
    """PyTorch's own padding, where it has one; else the padding of the definition."""
    given = expected_pads(op, x)
    name = {"Max": "max_pool", "Avg": "avg_pool"}[op.kind()[:3]]
    f = getattr(F, f"{name}{op.places}d")
    if getattr(op, "divisor", None):
        return None, lambda t: f(padded(t, op.pads(x)), op.kernel, op.stride) / op.divisor
    more = {"dilation": op.dilation} if name == "max_pool" else {}
    if getattr(op, "returns", ("values",)) != ("values",):
        return None, found(op, given, functools.partial(f, return_indices=True, **more))
    kernel, stride = op.kernel, op.stride or op.kernel
    if not op.ceil_mode:
        assert op.pads(x) == given
        return None, lambda t: f(padded(t, given), kernel, stride, **more)
    assert all(before == after for before, after in given)
    own = [before for before, _ in given]
    return None, lambda t: f(t, kernel, stride, own, ceil_mode=True, **more)


def lp_pool(op, x):
    """PyTorch's own scales a last window that reaches over the end as if it were whole."""
    f = {1: F.lp_pool1d, 2: F.lp_pool2d, 3: F.lp_pool3d}[op.places]
    pads = op.pads(x) if op.ceil_mode else expected_pads(op, x)
    return None, lambda t: f(padded(t.abs(), pads), op.p, op.kernel, op.stride)


def found(op, given, f):
    """What each output of a pool is; what is said of the places is held elsewhere."""

    def call(t):
        y, at = f(padded(t, given), op.kernel, op.stride or op.kernel)
        made = {"values": y, "places": at.int()}
        outputs = tuple(made[r] for r in op.returns)
        return outputs[0] if len(outputs) == 1 else outputs

    return call


def unpooled(op, x):
    make = getattr(nn, op.kind()[:-1] + "d")
    same = [n * s for n, s in zip(x.shape[1:], each(op, op.stride or op.kernel), strict=True)]
    padding = 0 if isinstance(op.padding, str) else op.padding
    f = make(op.kernel, op.stride, padding)
    size = same if op.padding == "same" else op.size and each(op, op.size)
    return None, lambda t, at: f(t, at.long(), size and [*t.shape[:2], *size])


def adaptive(op, x):
    make = getattr(nn, op.kind()[:-1] + "d")
    return None, make(op.size)


def whole(op, x):
    make = getattr(nn, op.kind().replace("Global", "Adaptive")[:-1] + "d")(1)
    return None, lambda t: make(t) if op.keepdims else make(t).flatten(1)


def resized(op, x):
    scale, size = getattr(op, "scale", None), getattr(op, "size", None)
    corners = op.align_corners if op.linear else None
    mode = op.mode if op.linear else "nearest-exact"
    return None, nn.Upsample(size, scale, mode, corners)


def bordered(op, x):
    """PyTorch's layers take the ends of the last axis first; a crop is a negative padding."""
    crops = op.kind().startswith("Crop")
    given = op.cropping if crops else op.padding
    if op.places == 1 or not isinstance(given, tuple):
        given = (given,) * op.places
    sides = [n for p in reversed(given) for n in (p if isinstance(p, tuple) else (p, p))]
    sides = [-n if crops else n for n in sides]
    if crops or op.mode == "constant":
        value = 0 if crops else op.value
        return None, getattr(nn, f"ConstantPad{op.places}d")(sides, value)
    name = {"edge": "Replication", "reflect": "Reflection", "wrap": "Circular"}[op.mode]
    return None, getattr(nn, f"{name}Pad{op.places}d")(sides)


def batch_norm(op, x):
    make = {1: nn.BatchNorm1d, 2: nn.BatchNorm1d, 3: nn.BatchNorm2d}[x.rank]
    axis = (op.axis or 0) % x.rank
    m = make(x.shape[axis], eps=op.eps, momentum=op.momentum, track_running_stats=op.running_stats)
    m = without(m, op)
    return m, lambda t, **lengths: m(t.movedim(1 + axis, 1)).movedim(1, 1 + axis)


def without(m, op):
    """A module without the scale or the shift that an op does without."""
    for name, kept in (("weight", op.scale), ("bias", op.bias)):
        if not kept:
            m.register_parameter(name, None)
    return m


def group_norm(op, x):
    axis = (op.axis or 0) % x.rank
    m = without(nn.GroupNorm(op.groups, x.shape[axis], eps=op.eps), op)
    return m, lambda t: m(t.movedim(1 + axis, 1)).movedim(1, 1 + axis)


def instance_norm(op, x):
    make = {2: nn.InstanceNorm1d, 3: nn.InstanceNorm2d, 4: nn.InstanceNorm3d}[x.rank]
    axis = (op.axis or 0) % x.rank
    m = make(x.shape[axis], eps=op.eps, affine=True, track_running_stats=op.running_stats)
    m = without(m, op)
    return m, lambda t: m(t.movedim(1 + axis, 1)).movedim(1, 1 + axis)


def layer_norm(op, x):
    return without_order(x, op, lambda sizes: without(nn.LayerNorm(sizes, eps=op.eps), op))


def rms_norm(op, x):
    make = lambda sizes: nn.RMSNorm(sizes, eps=op.eps, elementwise_affine=op.scale)  # noqa: E731
    return without_order(x, op, make)


def without_order(x, op, make):
    """A module of the last axes, on those of the op."""
    axes = list(op.axes(x))
    m, last = make([x.shape[a] for a in axes]), list(range(-len(axes), 0))
    there = [1 + a for a in axes]
    return m, lambda t: m(t.movedim(there, last)).movedim(last, there)


def dense(op, x):
    axis = -1 if op.axis is None else op.axis % x.rank + 1
    m = nn.Linear(x.shape[-1 if op.axis is None else op.axis], op.units, bias=op.bias)
    m = normed(op, m)
    return m, lambda t: m(t.movedim(axis, -1)).movedim(-1, axis)


def recurrent(op, x):
    kind = op.kind().removeprefix("Bi")
    make = {"LSTM": nn.LSTM, "GRU": nn.GRU, "SimpleRNN": nn.RNN}[kind]
    two = op.kind().startswith("Bi")
    together = {"sum": torch.add, "mul": torch.mul, "ave": lambda a, b: (a + b) / 2}
    options = {"bias": op.bias, "batch_first": True, "bidirectional": two}
    if kind == "LSTM":
        options["proj_size"] = op.projection or 0
    m = make(x.shape[1], op.units, op.layers, **options)

    def call(t, **named):
        first = tuple(v[:, None] if v.dim() == 2 else v for v in named.values())
        first = tuple(v.transpose(0, 1) for v in first) or None
        y, state = m(t, first[0] if first and len(first) == 1 else first)
        states = state if isinstance(state, tuple) else (state,)
        hidden = states[0].transpose(0, 1)[:, -2 if two else -1 :].flatten(1)
        squeezed = tuple(s.squeeze(0) if s.shape[0] == 1 else s.transpose(0, 1) for s in states)
        outputs = [(hidden,), (y,)]
        if two and op.merge != "concat":
            ways = [o[0].chunk(2, -1) for o in outputs]
            outputs = [w if op.merge is None else (together[op.merge](*w),) for w in ways]
        kinds = {"last": outputs[0], "all": outputs[1], "state": squeezed}
        given = [v for r in op.returns for v in kinds[r]]
        return given[0] if len(given) == 1 else tuple(given)

    return m, call


def embedding(op, x):
    m = nn.Embedding(op.count, op.dim, padding_idx=op.padding_id)
    return m, m


def embedding_bag(op, x):
    m = nn.EmbeddingBag(op.count, op.dim, mode=op.mode, padding_idx=op.padding_id)

    def call(t, weight=None):
        return m(t.flatten(0, -2), per_sample_weights=weight).unflatten(0, t.shape[:-1])

    return m, call


def prelu(op, x):
    axis = op.axis or 0
    m = nn.PReLU(x.shape[axis])
    return m, lambda t: m(t.movedim(1 + axis, 1)).movedim(1, 1 + axis)


def reduce(f):
    """Where the axes stay, their places are put back as PyTorch's unsqueeze does."""

    def call(t, axis, keepdims):
        axes = range(t.dim() - 1) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        at = [1 + a % (t.dim() - 1) for a in axes]
        y = f(t, at)
        return functools.reduce(torch.unsqueeze, sorted(at), y) if keepdims else y

    return call


def reduction(f):
    return lambda op, x: (None, lambda t: reduce(f)(t, op.axis, op.keepdims))


def extreme(all_axes, pairs):
    def made(op, x):
        def call(a, b=None):
            return reduce(all_axes)(a, op.axis, op.keepdims) if b is None else pairs(a, b)

        return None, call

    return made


def maxout(op):
    def call(t):
        axis = t.dim() - 1 if op.axis is None else op.axis + 1
        return torch.stack([p.amax(axis) for p in t.split(op.pieces, axis)], axis)

    return call


def plain(f):
    return lambda op, x: (None, f)


def scalar_last(f):
    """A scalar of each example is [B] in torch: give it the axes of the other operand."""

    def call(a, b):
        rank = max(a.dim(), b.dim())
        return f(*(t.reshape(t.shape + (1,) * (rank - 1)) if t.dim() == 1 else t for t in (a, b)))

    return plain(call)


def brackets(op, x):
    """torch knows no steps backwards: NumPy does."""
    items = [slice(*i) if isinstance(i, tuple) else ... if i == "..." else i for i in op.at]
    return None, lambda t: torch.tensor(t.numpy()[(slice(None), *items)].copy())


def rearrange(op, x):
    """torch.einsum puts the names into another order, each an axis of its own."""
    pattern, sizes = str(op.pattern), dict(op.given)
    sides = [side.strip("[]").split(", ") for side in pattern.split(" -> ")]
    for axis, places in zip(sides[0], x.shape, strict=True):
        open_ = [n for n in axis.split("*") if n not in sizes and n != "1"]
        known = [sizes[n] for n in axis.split("*") if n in sizes]
        sizes |= dict.fromkeys(open_, places // (known[0] if known else 1))
    names = [n for n in "*".join(sides[0]).split("*") if n != "1"]
    letters = {n: "abcdefgh"[i] for i, n in enumerate(names)}
    into = [n for n in "*".join(sides[1]).split("*") if n != "1"]
    text = "".join(letters[n] for n in names) + "->" + "".join(letters[n] for n in into)
    shape = [torch.Size(sizes.get(n, 1) for n in axis.split("*")).numel() for axis in sides[1]]

    def call(t):
        apart = t.reshape(-1, *(sizes[n] for n in names))
        return torch.stack([torch.einsum(text, row) for row in apart]).reshape(-1, *shape)

    return None, call


def along(f):
    def made(op, x):
        return None, lambda t: f(t, -1 if op.axis is None else op.axis % x.rank + 1)

    return made


def place(f):
    return lambda op, x: along(lambda t, axis: f(t, axis, op.keepdims))(op, x)


def attention(op, x):
    """The shape alone: what k has is the heads' own."""

    def call(q, k, v, **named):
        q, k, v = (
            t.unflatten(-1, (n, -1)).transpose(1, 2)
            for t, n in ((q, op.heads), (k, op.groups), (v, op.groups))
        )
        y = F.scaled_dot_product_attention(q, k, v, enable_gqa=True)
        return y.transpose(1, 2).flatten(2)

    return None, call


def multi_head(op, x):
    """For its weights: modules of their own, in their order."""
    each = op.features or x.shape[-1] // op.heads
    read, groups = op.value_features or each, op.kv_heads or op.heads

    class Four(nn.Module):
        def __init__(self):
            super().__init__()
            self.query = nn.Linear(x.shape[-1], op.heads * each, op.bias)
            self.key = nn.LazyLinear(groups * each, op.bias)
            self.value = nn.LazyLinear(groups * read, op.bias)
            if op.gate:
                self.gate = nn.Linear(x.shape[-1], op.heads * read, op.bias)
            self.out = nn.Linear(op.heads * read, op.units or x.shape[-1], op.out_bias)

    four = Four()

    def call(q, k=None, v=None, **named):
        k = q if k is None else k
        v = k if v is None else v
        q, k, v = four.query(q), four.key(k), four.value(v)
        return four.out(attention(op.inner, x)[1](q, k, v))

    return four, call


def clip(op, x):
    return None, lambda t: t.clamp(op.low, op.high).to(t.dtype)


def one_hot(op, x):
    count = op.count or x.classes
    return (
        None,
        lambda t: F.one_hot(t.long(), count).float().movedim(-1, op.axis % (x.rank + 1) + 1),
    )


def first_places(t, n, axis):
    """Row by row: true at the first n places of an axis."""
    rows = []
    for row, count in zip(t, n, strict=True):
        real = torch.arange(row.shape[axis]) < int(count)
        rows.append(real.reshape([-1 if a == axis % row.dim() else 1 for a in range(row.dim())]))
    return torch.stack(rows)


def sequence_mask(op, x):
    def call(t, n):
        real = first_places(t, n, op.axis)
        return real.expand_as(t) if op.whole else real

    return None, call


def mask_padding(op, x):
    def call(t, n):
        return torch.where(first_places(t, n, op.axis), t, torch.tensor(op.value).to(t.dtype))

    return None, call


def lengths(op, x):
    return None, lambda t: torch.full((len(t),), t.shape[op.axis % x.rank + 1], dtype=torch.int32)


def transpose(op, x):
    order = range(x.rank)[::-1] if op.axes is None else op.axes
    return None, lambda t: t.permute(0, *(1 + a for a in order))


def flat(op, t):
    axes = [1, -1] if op.axis is None else [a + 1 if a >= 0 else a for a in op.axis]
    return t.flatten(axes[0], axes[-1])


def pad(op, x):
    axes = op.axis if isinstance(op.axis, tuple) else (op.axis or 0,)
    at = [a % x.rank for a in axes]
    return None, lambda t: padded(t, [op.width if a in at else (0, 0) for a in range(x.rank)])


def each_row(op, t):
    rows = zip(*t, strict=True)
    return torch.stack([torch.einsum(str(op.pattern), *row) for row in rows])


def segments(op, x):
    """Whatever is reduced, the shape is that of a sum."""
    return None, lambda t, i: torch.stack(
        [torch.zeros(op.count, *t.shape[2:]).index_add(0, k, r) for r, k in zip(t, i, strict=True)]
    )


def pair(a, b):
    """Both with the axes of the one that has more."""
    return torch.broadcast_tensors(a, b)


PAIRS = {
    **{"add": "add", "subtract": "sub", "multiply": "mul", "divide": "div", "power": "pow"},
    **{"floor_divide": "floor_divide", "remainder": "remainder", "atan2": "atan2"},
    **{"equal": "eq", "not_equal": "ne", "less": "lt", "less_equal": "le", "greater": "gt"},
    **{"greater_equal": "ge", "logical_and": "logical_and", "logical_or": "logical_or"},
}


def unfolded(op, x):
    """PyTorch has it of images alone, with the places in one axis."""
    f = nn.Unfold(
        images(each(op, op.kernel)), images(each(op, op.dilation)), 0, images(each(op, op.stride))
    )
    given = expected_pads(op, x)

    def call(t):
        t = padded(t, given)
        counts = [(n - (k - 1) * d - 1) // s + 1 for n, k, d, s in zip(
            t.shape[2:], each(op, op.kernel), each(op, op.dilation), each(op, op.stride),
            strict=True,
        )]  # fmt: skip
        return f(t if op.places == 2 else t[..., None, :]).unflatten(2, counts)

    return None, call


def folded(op, x):
    size = each(op, op.size)
    given = expected_pads(op, torch.empty(1, *size))
    ends = [n + sum(p) for n, p in zip(size, given, strict=True)]
    f = nn.Fold(
        images(tuple(ends)),
        images(each(op, op.kernel)),
        images(each(op, op.dilation)),
        0,
        images(each(op, op.stride)),
    )
    back = [(-before, -after) for before, after in given]

    def call(t):
        y = f(t.flatten(2))
        return padded(y if op.places == 2 else y[..., 0, :], back)

    return None, call


def each(op, v):
    return v if isinstance(v, tuple) else (v,) * op.places


def images(v):
    """A size of one axis as that of an image of one row."""
    return (1, *v) if len(v) == 1 else v


ELEMENTS = """negative logical_not exp expm1 log log1p sqrt rsqrt sin cos tan erf floor ceil round
    sign abs log2 log10 asin acos atan sinh cosh asinh acosh atanh""".split()
REDUCTIONS = {n: n for n in ("var", "std", "logsumexp", "any", "all")}


def plain_split(op, x):
    sizes = list(op.parts) if isinstance(op.parts, tuple) else x.shape[op.place] // op.parts
    axis = op.place if op.place < 0 else op.place + 1
    return None, lambda t: torch.split(t, sizes, axis)


REFERENCES = {
    "Dense": dense, "Conv1D": conv, "Conv2D": conv, "Conv3D": conv,
    "DepthwiseConv1D": conv, "DepthwiseConv2D": conv,
    "SeparableConv1D": separable, "SeparableConv2D": separable,
    "ConvTranspose1D": transposed, "ConvTranspose2D": transposed, "ConvTranspose3D": transposed,
    **{f"MaxUnpool{n}D": unpooled for n in (1, 2, 3)},
    "Unfold1D": unfolded, "Unfold2D": unfolded, "Fold1D": folded, "Fold2D": folded,
    "LPPool1D": lp_pool, "LPPool2D": lp_pool, "LPPool3D": lp_pool,
    **{f"{kind}Pool{n}D": pool for kind in ("Max", "Avg") for n in (1, 2, 3)},
    **{f"Adaptive{kind}Pool{n}D": adaptive for kind in ("Max", "Avg") for n in (1, 2, 3)},
    **{f"Global{kind}Pool{n}D": whole for kind in ("Max", "Avg") for n in (1, 2, 3)},
    **{f"{kind}{n}D": resized for kind in ("Upsample", "Resize") for n in (1, 2, 3)},
    **{f"{kind}{n}D": bordered for kind in ("Pad", "Crop") for n in (1, 2, 3)},
    "PixelShuffle": lambda op, x: (None, nn.PixelShuffle(op.factor)),
    "PixelUnshuffle": lambda op, x: (None, nn.PixelUnshuffle(op.factor)),
    "LocalResponseNorm": lambda op, x: (
        None, nn.LocalResponseNorm(op.size, op.alpha, op.beta, op.k)
    ),
    "BatchNorm": batch_norm, "GroupNorm": group_norm, "InstanceNorm": instance_norm,
    "LayerNorm": layer_norm, "RMSNorm": rms_norm, "Normalize": plain(F.normalize),
    "Experts": lambda op, x: (None, lambda x, index, gate: x),
    "Embedding": embedding, "EmbeddingBag": embedding_bag, "PReLU": prelu,
    "LSTM": recurrent, "GRU": recurrent, "BiLSTM": recurrent, "BiGRU": recurrent,
    "SimpleRNN": recurrent, "BiSimpleRNN": recurrent,
    **{n: plain(lambda t: t) for n in dlspec.ops.FAMILIES["regularize"].split()},
    "ReLU": plain(F.relu), "LeakyReLU": lambda op, x: (None, nn.LeakyReLU(op.slope)),
    "Sigmoid": plain(torch.sigmoid), "Tanh": plain(torch.tanh), "SiLU": plain(F.silu),
    "GELU": lambda op, x: (None, nn.GELU(op.approximate or "none")),
    "HardSwish": plain(F.hardswish), "Identity": plain(lambda t: t),
    "Softmax": plain(lambda t: F.softmax(t, -1)),
    "LogSoftmax": plain(lambda t: F.log_softmax(t, -1)),
    "Softmin": plain(lambda t: F.softmin(t, -1)), "Sparsemax": plain(lambda t: t),
    "GLU": lambda op, x: (None, nn.GLU(-1 if op.axis is None else op.axis + 1)),
    "Maxout": lambda op, x: (None, maxout(op)),
    "ELU": lambda op, x: (None, nn.ELU(op.alpha)), "SELU": plain(F.selu),
    "CELU": lambda op, x: (None, nn.CELU(op.alpha)), "Mish": plain(F.mish),
    "Softplus": lambda op, x: (None, nn.Softplus(op.beta, op.threshold)),
    "Squareplus": plain(lambda t: t), "Softsign": plain(F.softsign),
    "LogSigmoid": plain(F.logsigmoid), "TanhShrink": plain(F.tanhshrink),
    "RReLU": lambda op, x: (None, nn.RReLU(op.low, op.high).eval()),
    "ReLU6": plain(F.relu6), "HardSigmoid": plain(F.hardsigmoid),
    "HardTanh": lambda op, x: (None, nn.Hardtanh(op.low, op.high)),
    "HardShrink": lambda op, x: (None, nn.Hardshrink(op.threshold)),
    "SoftShrink": lambda op, x: (None, nn.Softshrink(op.threshold)),
    "Threshold": lambda op, x: (None, nn.Threshold(op.threshold, op.value)),
    "SparsePlus": plain(lambda t: t), "SparseSigmoid": plain(lambda t: t),
    "Sinusoid": lambda op, x: (None, lambda t: torch.zeros(*t.shape, op.units)),
    "Attention": attention, "MultiHeadAttention": multi_head, "Rotary": plain(lambda t, **named: t),
    "Flatten": lambda op, x: (None, lambda t: flat(op, t)),
    "Reshape": lambda op, x: (None, lambda t: t.reshape(t.shape[0], *op.dims)),
    "Rearrange": rearrange,
    "Concat": lambda op, x: (
        None, lambda *t: torch.cat(t, 1 + (op.axis or 0) if (op.axis or 0) >= 0 else op.axis)
    ),
    "Split": plain_split,
    "Transposed": lambda op, x: (None, lambda t: t @ torch.zeros(op.reads, op.gives)),
    "getitem": brackets,
    "gather": plain(lambda t, i: torch.stack([r[k] for r, k in zip(t, i, strict=True)])),
    **{n: scalar_last(getattr(torch, t)) for n, t in PAIRS.items()},
    **{n: plain(getattr(torch, n)) for n in ELEMENTS},
    **{n: reduction(getattr(torch, t)) for n, t in REDUCTIONS.items()},
    "where": plain(lambda c, a, b: torch.where(c, *scalar_last(pair)(0, 0)[1](a, b))),
    "Clip": clip, "clip": clip,
    "zeros_like": lambda op, x: (None, torch.zeros_like),
    "ones_like": lambda op, x: (None, torch.ones_like),
    "full": lambda op, x: (None, lambda t: torch.full((len(t), *op.shape_), op.value)),
    "cast": lambda op, x: (None, lambda t: t.to(DTYPES[op.dtype])),
    "one_hot": one_hot, "stop_gradient": plain(torch.detach),
    "stack": lambda op, x: (None, lambda *t: torch.stack(t, op.axis % (x.rank + 1) + 1)),
    "transpose": transpose, "pad": pad,
    "lengths": lengths, "sequence_mask": sequence_mask, "mask_padding": mask_padding,
    "tril": lambda op, x: (None, lambda t: t.tril(op.offset)),
    "triu": lambda op, x: (None, lambda t: t.triu(op.offset)),
    "roll": lambda op, x: (None, lambda t: t.roll(op.shift, 1 + (op.axis or 0))),
    **{n: along(getattr(torch, n)) for n in ("argsort", "cumsum", "cumprod")},
    **{n: place(getattr(torch, n)) for n in ("argmax", "argmin")},
    "sort": along(lambda t, axis: t.sort(axis).values),
    "topk": lambda op, x: (None, lambda t: tuple(t.topk(op.k, 1 + (op.axis or 0)))),
    "matmul": plain(lambda a, b: torch.stack([p @ q for p, q in zip(a, b, strict=True)])),
    "einsum": lambda op, x: (None, lambda *t: each_row(op, t)),
    **{f"segment_{n}": segments for n in ("sum", "mean", "max", "min")},
    "sum": reduction(lambda t, axes: (t.float() if t.dtype == torch.bool else t).sum(axes)),
    "mean": reduction(lambda t, axes: t.float().mean(axes)),
    "prod": reduction(lambda t, axes: functools.reduce(torch.prod, sorted(axes)[::-1], t)),
    "norm": lambda op, x: reduction(
        lambda t, axes: torch.linalg.vector_norm(t, float(op.p), dim=axes)
    )(op, x),
    "max": extreme(torch.amax, lambda a, b: scalar_last(torch.maximum)(0, 0)[1](a, b)),
    "min": extreme(torch.amin, lambda a, b: scalar_last(torch.minimum)(0, 0)[1](a, b)),
}  # fmt: skip
REFERENCES |= {
    f.__name__: REFERENCES[f.__bases__[0].__name__] for f in dlspec.ops.functional.FUNCTIONS
}


@pytest.mark.parametrize(("name", "example"), CASES, ids=IDS)
def test_shape_and_weights(name, example, read, typed):
    torch.manual_seed(0)
    op, x = read(example.layer), [typed(t) for t in example.inputs]
    named = {k: typed(t) for k, t in example.named.items()}
    module, call = REFERENCES[name](op, x[0])

    least = int(name in ("floor_divide", "remainder"))

    def drawn(t):
        high = t.classes or (op.count if name.startswith("Embedding") else 2)
        draw = (
            torch.randint(least, high, (2, *t.shape))
            if t.dtype != "f32"
            else torch.rand(2, *t.shape)
        )
        return draw.to(DTYPES[t.dtype])

    found = call(*map(drawn, x), **{k: drawn(t) for k, t in named.items()})
    found = found if isinstance(found, tuple) else (found,)
    declared = op.shape(*x, **named)
    declared = declared if isinstance(declared, tuple) else (declared,)
    assert [t.shape for t in declared] == [tuple(f.shape[1:]) for f in found]
    assert [sort_of(DTYPES[t.dtype]) for t in declared] == [sort_of(f.dtype) for f in found]

    arrays = {} if module is None else {k: tuple(v.shape) for k, v in module.state_dict().items()}
    extras = {"num_batches_tracked"}
    if getattr(op, "biases", ()) == ("bias_ih",):  # one in the language, two in torch
        extras |= {k for k in arrays if k.startswith("bias_hh")}
    expected = {k: v for k, v in arrays.items() if k not in extras}
    assert {w.name: tuple(w.shape) for w in op.weights(*x)} == expected
    assert [w.name for w in op.weights(*x)] == list(expected)
    trainable = {k for k, _ in module.named_parameters()} if module is not None else set()
    assert {w.name for w in op.weights(*x) if w.kind == "trainable"} == trainable - extras


def test_every_op_has_a_reference():
    assert set(REFERENCES) == {name for name, _ in CASES}
