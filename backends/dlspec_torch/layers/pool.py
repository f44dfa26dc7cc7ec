"""Pooling. What is padded never wins a maximum, and by default does not count in a mean."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from dlspec.backend.protocol import Emit, Emitted, Slot, Use, X
from dlspec.emit import python as py
from dlspec.expr import Const
from dlspec.ops import adaptive as windows
from dlspec.ops import global_pool as whole
from dlspec.ops import lp_pool as norms
from dlspec.ops import pool
from dlspec.ops import unpool as back
from dlspec.ops.base import Op
from dlspec_torch.layers.common import by_rank, ends, method, own, padded, padding

MINUS_INFINITY = py.call("float", "-inf")


def max_pool(use: Use) -> Emitted:
    apart = use.field("dilation").or_default(1)
    if use.op.returns != ("values",):
        return found(use)
    if _own(use):
        pad = padding(use, _declared(use))
        call = _windows(use, "F.max_pool", X[0], padding=pad, dilation=apart, ceil_mode=_up(use))
        return Emitted(call)
    wide = padded(use, use.op.pads(use.x[0]), MINUS_INFINITY)
    return Emitted(_windows(use, "F.max_pool", wide, dilation=apart))


def found(use: Use) -> Emitted:
    """The greatest and their places in the image as it is, without its padding."""
    pads = use.op.pads(use.x[0])
    call: py.Expr = py.call(
        "max_pool_places",
        X[0],
        use.field("kernel"),
        stride=use.field("stride").or_default(None),
        dilation=use.field("dilation").or_default(1),
        pads=ends(use, pads) if any(map(any, pads)) else use.fixed(()).or_default(()),
    )
    if use.op.returns != ("values", "places"):
        index = py.literal(1) if use.op.returns == ("places",) else py.Slice(step=py.literal(-1))
        call = py.Index(call, index)
    return Emitted(call, helpers=("max_pool_places",))


def unpool(use: Use) -> Emitted:
    size = use.given(use.op.target(use.x[0]), "size")
    call = py.call("max_unpool", X[0], X[1], size)
    return Emitted(call, helpers=("max_unpool",), imports=("import math",))


def avg_pool(use: Use) -> Emitted:
    pads = _declared(use)
    if use.op.divisor is not None:
        return _divided(use)
    counted = use.field("count_include_pad")
    if _own(use) and _fits(use, pads):
        unpadded = not any(before for before, _ in pads)
        counted = counted.or_default(counted.value if unpadded else True)
        pad = padding(use, pads)
        named = {"padding": pad, "ceil_mode": _up(use), "count_include_pad": counted}
        return Emitted(_windows(use, "F.avg_pool", X[0], **named))
    if counted.value and _fits(use, pads) and not use.general:
        return Emitted(_windows(use, "F.avg_pool", padded(use, pads), ceil_mode=_up(use)))
    x: py.Expr = X[0]
    left_out = use.op.pads(use.x[0])
    if counted.value:
        x, left_out = padded(use, pads), tuple((0, n) for n in use.op.overhangs(use.x[0]))
    name = by_rank("avg_pool", use.op.places)
    call = py.call(name, x, use.field("kernel"), _stride(use), ends(use, left_out))
    return Emitted(call, helpers=(name,))


def _fits(use: Use, pads: tuple[tuple[int, int], ...]) -> bool:
    """Whether the padded input is as large as a window, as torch asks on three axes."""
    sizes = zip(use.x[0].shape[1:], pads, use.op.kernels, strict=True)
    return use.op.places < 3 or all(n + sum(p) >= k for n, p, k in sizes)


def _divided(use: Use) -> Emitted:
    """Means over whole windows, brought to what is asked for: ONNX files would lose torch's
    `divisor_override`."""
    pads = use.op.pads(use.x[0])
    x = padded(use, pads) if use.general or any(map(any, pads)) else X[0]
    share = use.given(use.op.share, "share", Const(use.op.share))
    return Emitted(py.Binary(_windows(use, "F.avg_pool", x), "*", share))


def lp_pool(use: Use) -> Emitted:
    """torch's own has no padding, and takes the power of the number as it is."""
    x: py.Expr = X[0]
    if use.op.p % 2:
        x = method(x, "abs")
    pads = use.op.pads(use.x[0])
    if use.general or any(map(any, pads)):
        x = py.call("F.pad", x, ends(use, pads))
    kernel, stride = use.field("kernel"), use.field("stride")
    given = stride.or_default(None if stride.value is None else kernel.value)
    name = by_rank("F.lp_pool", use.op.places)
    return Emitted(py.call(name, x, use.field("p"), kernel, stride=given))


def _declared(use: Use) -> tuple[tuple[int, int], ...]:
    """The pads as they are written, without what last windows reach over the end."""
    over = use.op.overhangs(use.x[0])
    pairs = zip(use.op.pads(use.x[0]), over, strict=True)
    return tuple((before, after - more) for (before, after), more in pairs)


def _up(use: Use) -> Slot:
    """torch's `ceil_mode`, where it makes a difference."""
    return use.given(any(use.op.overhangs(use.x[0])), "ceil_mode").or_default(False)


def _own(use: Use) -> bool:
    """Whether torch's own padding will do: at both ends alike, at most half of the kernel."""
    pads = _declared(use)
    half = all(p <= k // 2 for (p, _), k in zip(pads, use.op.kernels, strict=True))
    return half and own(use, pads)


def _stride(use: Use) -> Slot:
    """The stride, which torch too takes from the kernel where none is given."""
    stride = use.field("stride")
    return use.field("kernel") if stride.value is None else stride


def _windows(use: Use, name: str, value: py.Expr, **more: Slot) -> py.Call:
    kernel, stride = use.field("kernel"), use.field("stride")
    given = stride.or_default(None if stride.value is None else kernel.value)
    return py.call(by_rank(name, use.op.places), value, kernel, stride=given, **more)


def adaptive_avg(use: Use) -> Emitted:
    """torch's own, but for three axes, which no ONNX file can hold."""
    even = use.op.even(use.x[0])
    if use.op.places < 3:
        return _adaptive(use, "F.adaptive_avg_pool")
    if even is not None:
        return Emitted(py.call("F.avg_pool3d", X[0], use.given(even, "kernel")))
    return _uneven(use, "torch.mean")


def adaptive_max(use: Use) -> Emitted:
    """torch's own where the size divides the places, since no ONNX file can hold the others."""
    if use.op.even(use.x[0]) is not None:
        return _adaptive(use, "F.adaptive_max_pool")
    return _uneven(use, "torch.amax")


def _adaptive(use: Use, name: str) -> Emitted:
    return Emitted(py.call(by_rank(name, use.op.places), X[0], use.field("size")))


def _uneven(use: Use, reduction: str) -> Emitted:
    counts = use.given(use.op.counts, "size")
    call = py.call("adaptive_pool", X[0], counts, py.Code(reduction))
    imports = ("from collections.abc import Callable",)
    return Emitted(call, helpers=("adaptive_pool",), imports=imports)


def global_avg(use: Use) -> Emitted:
    return _reduced("mean", use)


def _reduced(name: str, use: Use) -> Emitted:
    axes = tuple(range(2, use.op.places + 2))
    kept = use.field("keepdims").or_default(False)
    return Emitted(method(X[0], name, py.literal(axes if len(axes) > 1 else 2), keepdim=kept))


LAYERS: Mapping[type[Op], Emit] = {
    **dict.fromkeys((pool.MaxPool1D, pool.MaxPool2D, pool.MaxPool3D), max_pool),
    **dict.fromkeys((pool.AvgPool1D, pool.AvgPool2D, pool.AvgPool3D), avg_pool),
    **dict.fromkeys((norms.LPPool1D, norms.LPPool2D, norms.LPPool3D), lp_pool),
    **dict.fromkeys((back.MaxUnpool1D, back.MaxUnpool2D, back.MaxUnpool3D), unpool),
    windows.AdaptiveAvgPool1D: adaptive_avg,
    windows.AdaptiveAvgPool2D: adaptive_avg,
    windows.AdaptiveAvgPool3D: adaptive_avg,
    windows.AdaptiveMaxPool1D: adaptive_max,
    windows.AdaptiveMaxPool2D: adaptive_max,
    windows.AdaptiveMaxPool3D: adaptive_max,
    whole.GlobalAvgPool1D: global_avg,
    whole.GlobalAvgPool2D: global_avg,
    whole.GlobalAvgPool3D: global_avg,
    whole.GlobalMaxPool1D: partial(_reduced, "amax"),
    whole.GlobalMaxPool2D: partial(_reduced, "amax"),
    whole.GlobalMaxPool3D: partial(_reduced, "amax"),
}
