"""Activations: functions, but for the one that learns and the one that draws."""

from __future__ import annotations

from dlspec.backend.protocol import Emit, Emitted, Slot, Use, X
from dlspec.emit import python as py
from dlspec.ops import activation as a
from dlspec.ops import along_axis, functional, piecewise, smooth
from dlspec.ops.base import Op
from dlspec_torch.layers.common import applied, batched, dim, moved


def plain(function: str) -> Emit:
    """A function of one tensor that takes no arguments."""

    def emit(use: Use) -> Emitted:
        return Emitted(py.call(function, X[0]))

    return emit


def leaky_relu(use: Use) -> Emitted:
    return Emitted(py.call("F.leaky_relu", X[0], use.field("slope").or_default(0.01)))


def prelu(use: Use) -> Emitted:
    axis = use.op.sizes["in_channels"] % use.x[0].rank
    return moved(batched(axis, use.x[0]), 1, applied(py.call("nn.PReLU", use.size("in_channels"))))


def along(function: str) -> Emit:
    """A function of one tensor that works along an axis."""

    def emit(use: Use) -> Emitted:
        return Emitted(py.call(function, X[0], dim=dim(use, -1)))

    return emit


softmax = along("F.softmax")


def glu(use: Use) -> Emitted:
    return Emitted(py.call("F.glu", X[0], dim(use, -1).or_default(-1)))


def sparsemax(use: Use) -> Emitted:
    return Emitted(py.call("sparsemax", X[0], dim(use, -1)), helpers=("sparsemax",))


def maxout(use: Use) -> Emitted:
    call = py.call("maxout", X[0], use.field("pieces"), dim(use, -1))
    return Emitted(call, helpers=("maxout",))


def gelu(use: Use) -> Emitted:
    formula = Slot(use.op.approximate or "none", role="approximate", default="none")
    return Emitted(py.call("F.gelu", X[0], approximate=formula))


def elu(use: Use) -> Emitted:
    return Emitted(py.call("F.elu", X[0], alpha=use.field("alpha").or_default(1.0)))


def celu(use: Use) -> Emitted:
    return Emitted(py.call("F.celu", X[0], alpha=use.field("alpha").or_default(1.0)))


def softplus(use: Use) -> Emitted:
    beta, threshold = use.field("beta").or_default(1.0), use.field("threshold").or_default(20.0)
    return Emitted(py.call("F.softplus", X[0], beta=beta, threshold=threshold))


def rrelu(use: Use) -> Emitted:
    low, high = use.field("low").or_default(1 / 8), use.field("high").or_default(1 / 3)
    return applied(py.call("nn.RReLU", lower=low, upper=high))


def hard_tanh(use: Use) -> Emitted:
    low, high = use.field("low").or_default(-1.0), use.field("high").or_default(1.0)
    return Emitted(py.call("F.hardtanh", X[0], min_val=low, max_val=high))


def shrink(function: str) -> Emit:
    """What becomes 0 below a threshold."""

    def emit(use: Use) -> Emitted:
        return Emitted(py.call(function, X[0], use.field("threshold").or_default(0.5)))

    return emit


def threshold(use: Use) -> Emitted:
    return Emitted(py.call("F.threshold", X[0], use.field("threshold"), use.field("value")))


def log_sigmoid(use: Use) -> Emitted:
    """ONNX files hold PyTorch's own as the logarithm of a Sigmoid, which underflows."""
    return Emitted(py.Unary("-", py.call("F.softplus", py.Unary("-", X[0]))))


def squareplus(use: Use) -> Emitted:
    return Emitted(py.call("squareplus", X[0], use.field("b")), helpers=("squareplus",))


def helped(name: str) -> Emit:
    """A function of one tensor that PyTorch lacks."""

    def emit(use: Use) -> Emitted:
        return Emitted(py.call(name, X[0]), helpers=(name,))

    return emit


def identity(use: Use) -> Emitted:
    return Emitted(X[0])


LAYERS: dict[type[Op], Emit] = {
    a.ReLU: plain("F.relu"),
    a.LeakyReLU: leaky_relu,
    a.PReLU: prelu,
    a.Sigmoid: plain("torch.sigmoid"),
    a.Tanh: plain("torch.tanh"),
    a.GELU: gelu,
    a.SiLU: plain("F.silu"),
    a.HardSwish: plain("F.hardswish"),
    a.Identity: identity,
    along_axis.Softmax: softmax,
    along_axis.LogSoftmax: along("F.log_softmax"),
    along_axis.Softmin: along("F.softmin"),
    along_axis.Sparsemax: sparsemax,
    along_axis.GLU: glu,
    along_axis.Maxout: maxout,
    smooth.ELU: elu,
    smooth.SELU: plain("F.selu"),
    smooth.CELU: celu,
    smooth.Softplus: softplus,
    smooth.Squareplus: squareplus,
    smooth.Softsign: plain("F.softsign"),
    smooth.Mish: plain("F.mish"),
    smooth.LogSigmoid: log_sigmoid,
    smooth.TanhShrink: plain("F.tanhshrink"),
    piecewise.ReLU6: plain("F.relu6"),
    piecewise.HardSigmoid: plain("F.hardsigmoid"),
    piecewise.HardTanh: hard_tanh,
    piecewise.RReLU: rrelu,
    piecewise.HardShrink: shrink("F.hardshrink"),
    piecewise.SoftShrink: shrink("F.softshrink"),
    piecewise.Threshold: threshold,
    piecewise.SparsePlus: helped("sparse_plus"),
    piecewise.SparseSigmoid: helped("sparse_sigmoid"),
}
LAYERS |= functional.as_layers(LAYERS)
