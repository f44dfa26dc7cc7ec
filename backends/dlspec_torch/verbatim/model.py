"""What PyTorch lacks: each definition is copied whole where a model needs it."""

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def without(layer: nn.Module, name: str) -> nn.Module:
    """The layer without one of its parameters."""
    layer.register_parameter(name, None)
    return layer


def scan(
    step: Callable[..., tuple[Tensor, ...]],
    sequences: tuple[Tensor, ...],
    states: tuple[Tensor, ...],
) -> tuple[Tensor, ...]:
    """The outputs of a cell at each step: it gives those, then its next states."""
    steps = []
    for x in zip(*(s.unbind(1) for s in sequences), strict=True):
        made = step(*x, *states)
        steps.append(made[: -len(states)])
        states = made[-len(states) :]
    return tuple(torch.stack(y, 1) for y in zip(*steps, strict=True))


class Recurrent(nn.RNNBase):
    """The layers of nn.RNN, nn.LSTM or nn.GRU, which torch.compile refuses.

    Dropout between them is drawn from a seed, also on a GPU, where cuDNN would draw
    it from a state of its own.
    """

    def forward(self, x: Tensor, start: Any = None) -> tuple[Tensor, Any]:
        ways = 2 if self.bidirectional else 1
        starts = self.starts(x, start)
        run = getattr(torch, self.mode.lower())
        count = 1 if self.training and self.dropout else self.num_layers
        ends = []
        for i in range(0, self.num_layers, count):
            if i > 0:
                x = F.dropout(x, self.dropout)
            part = slice(i * ways, (i + count) * ways)
            weights = [w for way in self.all_weights[part] for w in way]
            states = [s[part] for s in starts]
            given = states if self.mode == "LSTM" else states[0]
            options = (self.bias, count, 0.0, self.training, self.bidirectional, True)
            x, *end = run(x, given, weights, *options)
            ends.append(end)
        state = tuple(torch.cat(s) for s in zip(*ends, strict=True))
        return x, state if self.mode == "LSTM" else state[0]

    def starts(self, x: Tensor, start: Any) -> tuple[Tensor, ...]:
        """The first h, and c of an LSTM: 0 where none is given."""
        lstm = self.mode == "LSTM"
        if start is not None:
            return tuple(start) if lstm else (start,)
        count = self.num_layers * (2 if self.bidirectional else 1)
        sizes = (self.proj_size or self.hidden_size, self.hidden_size)[: 1 + lstm]
        return tuple(x.new_zeros(count, x.shape[0], size) for size in sizes)


class Stepwise(Recurrent):
    """A recurrent layer that goes from step to step where PyTorch has no kernel.

    A kernel (`fused`) drops nothing of h, of which each gate leaves out features of
    its own, the same at all steps. ONNX has none with a projection.
    """

    step: Callable[..., tuple[Tensor, ...]]

    def __init__(
        self,
        mode: str,
        in_features: int,
        units: int,
        activation: Callable[[Tensor], Tensor] = torch.tanh,
        gate: Callable[[Tensor], Tensor] = torch.sigmoid,
        recurrent_dropout: float = 0.0,
        fused: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(mode, in_features, units, **options)
        self.activation, self.gate = activation, gate
        self.recurrent_dropout, self.fused = recurrent_dropout, fused

    @property
    def steps(self) -> bool:
        """Whether there is no kernel of what it does now."""
        dropping = self.training and self.recurrent_dropout > 0
        exported = self.proj_size > 0 and torch.onnx.is_in_onnx_export()
        return dropping or exported or not self.fused

    def forward(self, x: Tensor, start: Any = None) -> tuple[Tensor, Any]:
        if not self.steps:
            return super().forward(x, start)
        ways = 2 if self.bidirectional else 1
        starts, ends = self.starts(x, start), []
        for i in range(self.num_layers):
            if i > 0:
                x = F.dropout(x, self.dropout, self.training)
            made = []
            for k in range(i * ways, (i + 1) * ways):
                back = k > i * ways
                read, states = x.flip(1) if back else x, [s[k] for s in starts]
                steps = self.run(read, states, self.all_weights[k])
                ends.append([s[:, -1] for s in steps])
                made.append(steps[0].flip(1) if back else steps[0])
            x = torch.cat(made, -1)
        state = tuple(torch.stack(s) for s in zip(*ends, strict=True))
        return x, state if self.mode == "LSTM" else state[0]

    def run(self, x: Tensor, states: Any, weights: Any) -> tuple[Tensor, ...]:
        """The states at all steps, of one layer in one direction."""
        w, u, *rest = weights
        project = rest.pop() if self.proj_size else None
        gates = (len(w) // self.hidden_size, self.hidden_size)
        u = u.view(*gates, -1).transpose(1, 2)
        b, d = (rest[0], rest[1].view(gates)[:, None]) if self.bias else (None, 0.0)
        kept = x.new_ones(gates[0], len(x), u.shape[1])
        kept = F.dropout(kept, self.recurrent_dropout, self.training)
        made = []
        read = F.linear(x, w, b).view(*x.shape[:2], *gates).permute(1, 2, 0, 3)
        for z in read.unbind():
            states = self.step(z, *states, u=u, d=d, kept=kept, project=project)
            made.append(states)
        return tuple(torch.stack(s, 1) for s in zip(*made, strict=True))


class StepwiseRNN(Stepwise):
    """An nn.RNN of any activation."""

    def step(self, x: Tensor, h: Tensor, u: Tensor, kept: Tensor, **_: Any) -> Any:
        return (self.activation(x[0] + (h * kept[0]) @ u[0]),)


class StepwiseLSTM(Stepwise):
    """An nn.LSTM of any activations."""

    def step(
        self,
        x: Tensor,
        h: Tensor,
        c: Tensor,
        u: Tensor,
        kept: Tensor,
        project: Tensor | None,
        **_: Any,
    ) -> Any:
        i, f, g, o = (x + (h * kept) @ u).unbind()
        c = self.gate(f) * c + self.gate(i) * self.activation(g)
        h = self.gate(o) * self.activation(c)
        return h if project is None else F.linear(h, project), c


class StepwiseGRU(Stepwise):
    """An nn.GRU of any activations."""

    def step(
        self, x: Tensor, h: Tensor, u: Tensor, d: Any, kept: Tensor, **_: Any
    ) -> Any:
        r, z, g = x.unbind()
        rh, zh, gh = ((h * kept) @ u + d).unbind()
        z = self.gate(z + zh)
        return ((1 - z) * self.activation(g + self.gate(r + rh) * gh) + z * h,)


class ResetBefore(Stepwise):
    """An nn.GRU whose reset gate acts before the recurrent product."""

    def step(self, x: Tensor, h: Tensor, u: Tensor, kept: Tensor, **_: Any) -> Any:
        r, z = self.gate(x[:2] + (h * kept[:2]) @ u[:2]).unbind()
        g = self.activation(x[2] + (r * h * kept[2]) @ u[2])
        return ((1 - z) * g + z * h,)


def one_bias(lstm: nn.RNNBase) -> nn.RNNBase:
    """The layer with one bias: PyTorch's second is zero and no weight."""
    for name, parameter in list(lstm.named_parameters()):
        if name.startswith("bias_hh"):
            zero = torch.zeros_like(parameter)
            delattr(lstm, name)
            lstm.register_buffer(name, zero, persistent=False)
            setattr(lstm, name, zero)  # also in the layer's own list
    return lstm


def padded_steps(
    layer: Any, x: Tensor, lengths: Tensor, start: Any = None
) -> tuple[Tensor, Any]:
    """All steps of a recurrent layer on padded rows, and its state where each ends.

    Backwards it begins at the end of each row, which is turned around. The kernel of an
    LSTM has one more input, which is 1 behind a row: it shuts the input gate and opens
    the forget gate, so that the cell stays.
    """
    places = torch.arange(x.shape[1], device=x.device)
    turned = (lengths[:, None] - 1 - places).clamp(min=0)
    ways, lstm = 2 if layer.bidirectional else 1, layer.mode == "LSTM"
    starts, stepwise = layer.starts(x, start), getattr(layer, "steps", False)
    behind = (places >= lengths[:, None]).to(x.dtype)[..., None]
    gates = x.new_tensor((-1e4, 1e4, 0, 0)).repeat_interleave(layer.hidden_size)
    kernel = getattr(torch, layer.mode.lower())
    options = (layer.bias, 1, 0.0, layer.training, False, True)
    ends, cells = [], []
    for i in range(layer.num_layers):
        if i > 0:
            x = F.dropout(x, layer.dropout, layer.training)
        made = []
        for k in range(i * ways, (i + 1) * ways):
            back = k > i * ways
            read, weights = taken(x, turned) if back else x, layer.all_weights[k]
            if stepwise:
                y, *steps = layer.run(read, [s[k] for s in starts], weights)
                cells += [taken(c, lengths - 1) for c in steps]
            elif lstm:
                read = torch.cat((read, behind), -1)
                weights = [torch.cat((weights[0], gates[:, None]), 1), *weights[1:]]
                states = [s[k : k + 1] for s in starts]
                y, _, cell = kernel(read, states, weights, *options)
                cells.append(cell[0])
            else:
                y, _ = kernel(read, starts[0][k : k + 1], weights, *options)
            ends.append(taken(y, lengths - 1))
            made.append(taken(y, turned) if back else y)
        x = torch.cat(made, -1)
    h = torch.stack(ends)
    return x, (h, torch.stack(cells)) if lstm else h


def returned(
    result: tuple[Tensor, Any], kinds: tuple[str, ...], directions: int = 1
) -> tuple[Tensor, ...]:
    """`last`, `all` and `state` of what a recurrent layer gives, the batch in front."""
    steps, state = result
    states = state if isinstance(state, tuple) else (state,)  # h and c of an LSTM
    found = {
        "last": (states[0][-directions:].transpose(0, 1).flatten(1),),
        "all": (steps,),
        "state": tuple(s[0] if len(s) == 1 else s.transpose(0, 1) for s in states),
    }
    return tuple(tensor for kind in kinds for tensor in found[kind])


def merged(
    result: tuple[Tensor, Any], kinds: tuple[str, ...], merge: str | None
) -> tuple[Tensor, ...]:
    """The same of two directions: their sum, product or mean, or both of them."""
    made: list[Tensor] = []
    for kind in kinds:
        found = returned(result, (kind,), directions=2)
        if kind != "state":
            forward, backward = found[0].chunk(2, -1)
            both = {
                "sum": (forward + backward,),
                "mul": (forward * backward,),
                "ave": ((forward + backward) / 2,),
                None: (forward, backward),
            }
            found = both[merge]
        made += found
    return tuple(made)


def avg_pool1d(x: Tensor, kernel: int, stride: int, pads: tuple[int, ...]) -> Tensor:
    """The mean of each window over the places that are not padding."""
    inside = F.pad(torch.ones_like(x[:1, :1]), pads)
    share = F.avg_pool1d(inside, kernel, stride)
    return F.avg_pool1d(F.pad(x, pads), kernel, stride) / share


def avg_pool2d(
    x: Tensor,
    kernel: int | tuple[int, int],
    stride: int | tuple[int, int],
    pads: tuple[int, ...],
) -> Tensor:
    """The mean of each window over the places that are not padding."""
    inside = F.pad(torch.ones_like(x[:1, :1]), pads)
    share = F.avg_pool2d(inside, kernel, stride)
    return F.avg_pool2d(F.pad(x, pads), kernel, stride) / share


def avg_pool3d(
    x: Tensor,
    kernel: int | tuple[int, int, int],
    stride: int | tuple[int, int, int],
    pads: tuple[int, ...],
) -> Tensor:
    """The mean of each window over the places that are not padding."""
    inside = F.pad(torch.ones_like(x[:1, :1]), pads)
    share = F.avg_pool3d(inside, kernel, stride)
    return F.avg_pool3d(F.pad(x, pads), kernel, stride) / share


def adaptive_pool(
    x: Tensor, size: tuple[int, ...], reduction: Callable[..., Tensor]
) -> Tensor:
    """So many windows on each axis, overlapping where they do not divide its places."""
    for axis, count in enumerate(size, start=2):
        n = x.shape[axis]
        places = [(i * n // count, -(-(i + 1) * n // count)) for i in range(count)]
        windows = [reduction(x.narrow(axis, a, b - a), axis, True) for a, b in places]
        x = torch.cat(windows, axis)
    return x


def taken(x: Tensor, index: Tensor) -> Tensor:
    """The places of each example that its own index names, along its first axis."""
    example = torch.arange(x.shape[0], device=x.device)
    return x[example.reshape(-1, *[1] * (index.dim() - 1)), index.long()]


def nearest(x: Tensor, size: tuple[int, ...]) -> Tensor:
    """Resized to the nearest places, found in integers: floats would round halves."""
    for axis, m in enumerate(size, start=2):
        middle = (2 * torch.arange(m, device=x.device) + 1) * x.shape[axis]
        x = x.index_select(axis, middle // (2 * m))
    return x


def attention(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    heads: int,
    kv_heads: int | None = None,
    **options: Any,
) -> Tensor:
    """What each place of q reads of v, each head with its own part of the features."""
    groups = kv_heads or heads
    q = q.reshape(*q.shape[:2], heads, -1).transpose(1, 2)  # [B, heads, T, features]
    k, v = (z.reshape(*z.shape[:2], groups, -1).transpose(1, 2) for z in (k, v))
    if kv_heads:
        k, v = (z.repeat_interleave(heads // kv_heads, dim=1) for z in (k, v))
    x = F.scaled_dot_product_attention(q, k, v, **options)
    return x.transpose(1, 2).flatten(2)


def visible(x: Tensor, causal: bool = False, window: int | None = None) -> Tensor:
    """Whether a place of a sequence, the row, reads another, the column."""
    place = torch.arange(x.shape[1], device=x.device)
    behind = place[:, None] - place
    near = behind.abs() < (x.shape[1] if window is None else window)
    return near & (behind >= 0) if causal else near


def alibi(x: Tensor, heads: int) -> Tensor:
    """What each head takes from a score for the distance: [heads, T, T]."""
    whole = 2 ** int(math.log2(heads))
    slopes = [2 ** (-8 * (i + 1) / whole) for i in range(whole)]
    slopes += [2 ** (-4 * (2 * i + 1) / whole) for i in range(heads - whole)]
    place = torch.arange(x.shape[1], device=x.device)
    distance = (place[:, None] - place).abs()
    return -distance * torch.tensor(slopes, device=x.device)[:, None, None]


def rotary(
    x: Tensor,
    heads: int,
    theta: float = 10000.0,
    features: int | None = None,
    interleaved: bool = False,
    positions: Tensor | None = None,
) -> Tensor:
    """Pairs of features of each head, turned by angles that grow with the position."""
    if positions is None:
        positions = torch.arange(x.shape[1], device=x.device)
    x = x.reshape(*x.shape[:2], heads, -1)  # [B, T, heads, features]
    n = x.shape[-1] if features is None else features
    angle = positions[..., None, None] * theta ** (
        -torch.arange(0, n, 2, device=x.device) / n
    )
    cos, sin = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
    if interleaved:
        a, b = x[..., 0:n:2], x[..., 1:n:2]
        pairs = (a * cos - b * sin, a * sin + b * cos)
        turned = torch.stack(pairs, dim=-1).flatten(-2)
    else:
        a, b = x[..., : n // 2], x[..., n // 2 : n]
        turned = torch.cat((a * cos - b * sin, a * sin + b * cos), dim=-1)
    return torch.cat((turned, x[..., n:]), dim=-1).flatten(2)


class DropPath(nn.Module):
    """Drops whole examples (stochastic depth)."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        whole = x.new_ones(len(x), *[1] * (x.dim() - 1))
        return x * F.dropout(whole, self.rate)


class GaussianDropout(nn.Module):
    """Multiplies by noise of the variance that dropout has."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.std = (rate / (1 - rate)) ** 0.5

    def forward(self, x: Tensor) -> Tensor:
        return x * (1 + self.std * torch.randn_like(x)) if self.training else x


class GaussianNoise(nn.Module):
    """Adds noise."""

    def __init__(self, std: float) -> None:
        super().__init__()
        self.std = std

    def forward(self, x: Tensor) -> Tensor:
        return x + self.std * torch.randn_like(x) if self.training else x


class MultiHeadAttention(nn.Module):
    """Attention with a projection of each input and of what it gives."""

    def __init__(
        self,
        in_features: int,
        heads: int,
        kdim: int | None = None,
        vdim: int | None = None,
        features: int | None = None,
        value_features: int | None = None,
        units: int | None = None,
        kv_heads: int | None = None,
        gate: bool = False,
        bias: bool = True,
        out_bias: bool = True,
        dropout: float = 0.0,
        theta: float | None = None,
    ) -> None:
        super().__init__()
        self.heads, self.kv_heads = heads, kv_heads
        self.dropout, self.theta = dropout, theta
        features = features or in_features // heads
        read, groups = value_features or features, kv_heads or heads
        self.query = nn.Linear(in_features, heads * features, bias=bias)
        self.key = nn.Linear(kdim or in_features, groups * features, bias=bias)
        self.value = nn.Linear(vdim or in_features, groups * read, bias=bias)
        self.gate = nn.Linear(in_features, heads * read, bias=bias) if gate else None
        self.out = nn.Linear(heads * read, units or in_features, bias=out_bias)

    def forward(
        self,
        q: Tensor,
        k: Tensor | None = None,
        v: Tensor | None = None,
        **options: Any,
    ) -> Tensor:
        k = q if k is None else k
        opened = None if self.gate is None else torch.sigmoid(self.gate(q))
        q, k, v = self.query(q), self.key(k), self.value(k if v is None else v)
        if self.theta is not None:
            q = rotary(q, self.heads, self.theta)
            k = rotary(k, self.kv_heads or self.heads, self.theta)
        options["dropout_p"] = self.dropout if self.training else 0.0
        read = attention(q, k, v, self.heads, self.kv_heads, **options)
        return self.out(read if opened is None else read * opened)


class EmbeddingBag(nn.Embedding):
    """The rows of each bag together. PyTorch's own becomes a loop in ONNX files."""

    def __init__(
        self, count: int, dim: int, mode: str = "mean", padding_idx: int | None = None
    ) -> None:
        super().__init__(count, dim, padding_idx)
        self.mode = mode

    def forward(self, ids: Tensor, weight: Tensor | None = None) -> Tensor:
        rows = super().forward(ids)
        if weight is not None:
            rows = rows * weight[..., None]
        if self.padding_idx is None:
            return rows.amax(-2) if self.mode == "max" else getattr(rows, self.mode)(-2)
        real = (ids != self.padding_idx)[..., None]
        if self.mode == "max":
            most = rows.masked_fill(~real, -torch.inf).amax(-2)
            return most.masked_fill(~real.any(-2), 0.0)
        total = (rows * real).sum(-2)
        return total / real.sum(-2).clamp(min=1) if self.mode == "mean" else total
