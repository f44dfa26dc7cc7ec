"""Functions that PyTorch lacks: each is copied whole where a model needs it."""

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor


def gradient(y: Tensor, x: Tensor) -> Tensor:
    """How the sum of y changes with x, in a form that can be differentiated again."""
    return torch.autograd.grad(y.sum(), x, create_graph=True)[0]


def one_hot(index: Tensor, count: int, dim: int = -1) -> Tensor:
    """1 at each index along a new axis, if it has that place, and 0 elsewhere."""
    places = torch.arange(count, device=index.device)
    found = index.unsqueeze(-1) == places
    return found.movedim(-1, dim).to(torch.get_default_dtype())


def mixture(made: list[Tensor], index: Tensor, gate: Tensor) -> Tensor:
    """What experts made of tokens, weighted by the gates where a token chose them."""
    share = (one_hot(index, len(made)) * gate.unsqueeze(-1)).sum(-2)
    further = [1] * (made[0].dim() - index.dim() + 1)
    share = share.reshape(*share.shape[:-1], *further, len(made))
    return torch.stack([y * share[..., i] for i, y in enumerate(made)]).sum(0)


def pad(x: Tensor, before: int, after: int, dim: int, mode: str) -> Tensor:
    """More places at the ends of an axis, which hold what `mode` finds within."""
    last = x.shape[dim] - 1
    places = torch.arange(-before, last + 1 + after, device=x.device)
    if mode == "edge":
        places = places.clamp(0, last)
    elif mode == "reflect":
        places = last - (last - places.abs()).abs()
    else:
        places = places % (last + 1)
    return x.index_select(dim, places)


def sequence_mask(x: Tensor, lengths: Tensor, axis: int = 1) -> Tensor:
    """True at the real places of an axis of a batch, false at those that pad it."""
    places = torch.arange(x.shape[axis], device=x.device)
    before, behind = [None] * (axis - 1), [None] * (x.dim() - axis - 1)
    return (places < lengths[:, None])[:, *before, :, *behind]


def masked_norm(norm: Any, x: Tensor, real: Tensor, axis: int = 1) -> Tensor:
    """What a BatchNorm gives whose statistics are those of the real places.

    In training, what is not real becomes 0.
    """
    if not norm.training and norm.track_running_stats:
        kept = norm.running_mean, norm.running_var, norm.weight, norm.bias
        y = x.movedim(axis, 1).contiguous()  # in other strides torch.compile errs
        return F.batch_norm(y, *kept, eps=norm.eps).movedim(1, axis)
    y, there = x.movedim(axis, -1), real.movedim(axis, -1)
    y = y.to(torch.get_default_dtype())
    others = tuple(range(y.dim() - 1))
    count = there.expand(*y.shape[:-1], 1).sum()
    mean = torch.where(there, y, 0).sum(others) / count
    y = torch.where(there, y - mean, 0)
    var = y.square().sum(others) / count
    if norm.track_running_stats:
        with torch.no_grad():
            norm.running_mean.lerp_(mean, norm.momentum)
            unbiased = var * count / (count - 1).clamp(min=1)
            norm.running_var.lerp_(unbiased, norm.momentum)
    y = y * torch.rsqrt(var + norm.eps)
    y = y if norm.weight is None else y * norm.weight
    y = y if norm.bias is None else y + norm.bias
    return torch.where(there, y, 0).to(x.dtype).movedim(-1, axis)


def masked_group_norm(norm: Any, x: Tensor, real: Tensor, axis: int = 1) -> Tensor:
    """What a GroupNorm or InstanceNorm gives of the real places."""
    x = x.movedim(axis, 1)
    groups = getattr(norm, "num_groups", x.shape[1])
    shape = (x.shape[0], groups, -1)
    there = real.movedim(axis, 1).expand_as(x).reshape(shape)
    y = x.reshape(shape)
    count = there.sum(2, keepdim=True)
    y = y - torch.where(there, y, 0).sum(2, keepdim=True) / count
    var = torch.where(there, y, 0).square().sum(2, keepdim=True) / count
    y = (y * torch.rsqrt(var + norm.eps)).reshape(x.shape)
    along = (-1, *(1 for _ in x.shape[2:]))
    y = y if norm.weight is None else y * norm.weight.reshape(along)
    y = y if norm.bias is None else y + norm.bias.reshape(along)
    return y.movedim(1, axis)


def masked_instance_norm(norm: Any, x: Tensor, real: Tensor, axis: int = 1) -> Tensor:
    """What an InstanceNorm gives that keeps running averages, of the real places."""
    if not norm.training:
        return masked_norm(norm, x, real, axis)
    with torch.no_grad():
        y = x.movedim(axis, 1).to(torch.get_default_dtype())
        there = real.movedim(axis, 1).expand_as(y).flatten(2)
        y, count = y.flatten(2), there.sum(2)
        mean = torch.where(there, y, 0).sum(2) / count
        off = torch.where(there, y - mean[..., None], 0)
        var = off.square().sum(2) / (count - 1).clamp(min=1)
        norm.running_mean.lerp_(mean.mean(0), norm.momentum)
        norm.running_var.lerp_(var.mean(0), norm.momentum)
    return masked_group_norm(norm, x, real, axis)


def masked_var(
    x: Tensor,
    real: Tensor,
    dim: int | tuple[int, ...],
    correction: int = 1,
    keepdim: bool = False,
) -> Tensor:
    """The variance over some axes of the real places alone."""
    real = real.expand_as(x)
    mean = torch.where(real, x, 0).sum(dim, True) / real.sum(dim, True)
    far = torch.where(real, x - mean, 0).square().sum(dim, keepdim)
    return far / (real.sum(dim, keepdim) - correction)


def mask_padding(x: Tensor, lengths: Tensor, value: float, axis: int = 1) -> Tensor:
    """A batch with one number at the places that pad an axis."""
    return torch.where(sequence_mask(x, lengths, axis), x, value)


def ctc_loss(
    logits: Tensor,
    text: Tensor,
    blank: int,
    frames: Tensor | None = None,
    labels: Tensor | None = None,
    zero_infinity: bool = False,
) -> Tensor:
    """CTC of each example; `frames` and `labels` are the lengths of padded rows.

    A text that has no place in its frames is infinitely bad, or counts as 0.
    """
    size = text.new_ones(len(text))
    frames = logits.shape[1] * size if frames is None else frames
    labels = text.shape[1] * size if labels is None else labels
    log_p = logits.log_softmax(-1).transpose(0, 1)
    loss = F.ctc_loss(log_p, text, frames, labels, blank, "none", zero_infinity=True)
    twice = text[:, 1:] == text[:, :-1]  # with a blank between
    real = torch.arange(1, text.shape[1], device=text.device) < labels[:, None]
    fits = labels + (twice & real).sum(1) <= frames
    return torch.where(fits, loss, 0 if zero_infinity else torch.inf)


def segments(x: Tensor, index: Tensor, count: int, reduction: str) -> Tensor:
    """The places of axis 1 that have one index in one place; 0 where none has it."""
    places = index.long().reshape(*index.shape, *[1] * (x.dim() - 2)).expand_as(x)
    empty = x.new_zeros(x.shape[0], count, *x.shape[2:])
    if reduction != "mean":
        return empty.scatter_reduce(1, places, x, reduction, include_self=False)
    number = empty.scatter_reduce(1, places, torch.ones_like(x), "sum")
    return empty.scatter_reduce(1, places, x, "sum") / number.clamp(min=1)


def topk(x: Tensor, k: int, dim: int = -1) -> tuple[Tensor, Tensor]:
    """The k greatest on an axis, and their places in 32 bits."""
    values, places = x.topk(k, dim)
    return values, places.int()


def max_pool_places(
    x: Tensor,
    size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    dilation: int | tuple[int, ...] = 1,
    pads: tuple[int, ...] = (),
) -> tuple[Tensor, Tensor]:
    """The greatest of each window, and its place among those of its channel."""
    pool = (F.max_pool1d, F.max_pool2d, F.max_pool3d)[x.dim() - 3]
    wide = F.pad(x, pads, value=float("-inf"))
    y, at = pool(wide, size, stride, dilation=dilation, return_indices=True)
    places, each = torch.zeros_like(at), 1
    for axis in range(x.dim() - 1, 1, -1):
        n = wide.shape[axis]
        before = pads[2 * (x.dim() - 1 - axis)] if pads else 0
        places = places + (at % n - before) * each
        at, each = at // n, each * x.shape[axis]
    return y, places.int()


def max_unpool(x: Tensor, places: Tensor, size: tuple[int, ...]) -> Tensor:
    """Each value at its place among those of its channel, 0 elsewhere.

    Several values of one place are brought to their mean.
    """
    at, values = places.long().flatten(2), x.flatten(2)
    empty = x.new_zeros(*x.shape[:2], math.prod(size))
    number = empty.scatter_add(2, at, torch.ones_like(values))
    y = empty.scatter_add(2, at, values) / number.clamp(min=1)
    return y.unflatten(2, size)


def cumprod(x: Tensor, dim: int) -> Tensor:
    """The product of all places up to each, in steps that ONNX has."""
    size, step = x.shape[dim], 1
    while step < size:
        before = x.narrow(dim, 0, size - step)
        ones = torch.ones_like(x.narrow(dim, 0, step))
        x = x * torch.cat((ones, before), dim)
        step *= 2
    return x


def sinusoid(x: Tensor, units: int) -> Tensor:
    """Sines and cosines of each number, at frequencies from 1 to 1 / 10000."""
    angle = x[..., None] * 10000 ** -torch.linspace(0, 1, units // 2, device=x.device)
    return torch.cat((angle.sin(), angle.cos()), -1)


def squareplus(x: Tensor, b: float) -> Tensor:
    """A smooth ReLU of roots."""
    return (x + (x.square() + b).sqrt()) / 2


def sparse_plus(x: Tensor) -> Tensor:
    """A smooth ReLU: 0 below -1, x above 1, and a parabola between them."""
    return torch.where(x < 1, (x.clamp(min=-1) + 1).square() / 4, x)


def sparse_sigmoid(x: Tensor) -> Tensor:
    """A Sigmoid of three lines."""
    return ((x + 1) / 2).clamp(0, 1)


def sparsemax(x: Tensor, dim: int) -> Tensor:
    """The numbers that add to 1 along an axis and are closest to x; many are 0."""
    ranked = x.sort(dim, descending=True).values
    excess = ranked.cumsum(dim) - 1
    rank = torch.ones_like(x).cumsum(dim)
    count = (rank * ranked > excess).sum(dim, keepdim=True)  # those above 0
    return (x - excess.gather(dim, count - 1) / count).clamp(min=0)


def maxout(x: Tensor, pieces: int, dim: int) -> Tensor:
    """The greatest of each group of neighbours on an axis."""
    dim %= x.ndim
    return x.reshape(*x.shape[:dim], -1, pieces, *x.shape[dim + 1 :]).amax(dim + 1)


def split_axis(x: Tensor, dim: int, sizes: tuple[int, ...]) -> Tensor:
    """Like `unflatten`, which would fix the other axes of a graph that is traced."""
    return x.reshape(*x.shape[:dim], *sizes, *x.shape[dim + 1 :])


def draw_beta(a: float, b: float, *size: int, device: torch.device) -> Tensor:
    """Numbers of the beta distribution, drawn by the generator of the device."""
    ones = torch.ones(size, device=device)
    return torch.distributions.Beta(a * ones, b * ones).sample()
