"""Elementary functions, of each element."""

from __future__ import annotations

from collections.abc import Mapping

from dlspec.backend.protocol import Emit, Emitted, Use
from dlspec.emit import python as py
from dlspec.ops import elementary as e
from dlspec.ops.base import Op
from dlspec_torch.layers.activation import plain
from dlspec_torch.layers.arithmetic import operands


def atan2(use: Use) -> Emitted:
    return Emitted(py.call("torch.atan2", *operands(use)))


LAYERS: Mapping[type[Op], Emit] = {
    e.exp: plain("torch.exp"),
    e.expm1: plain("torch.expm1"),
    e.log: plain("torch.log"),
    e.log1p: plain("torch.log1p"),
    e.log2: plain("torch.log2"),
    e.log10: plain("torch.log10"),
    e.sqrt: plain("torch.sqrt"),
    e.rsqrt: plain("torch.rsqrt"),
    e.sin: plain("torch.sin"),
    e.cos: plain("torch.cos"),
    e.tan: plain("torch.tan"),
    e.asin: plain("torch.asin"),
    e.acos: plain("torch.acos"),
    e.atan: plain("torch.atan"),
    e.atan2: atan2,
    e.sinh: plain("torch.sinh"),
    e.cosh: plain("torch.cosh"),
    e.asinh: plain("torch.asinh"),
    e.acosh: plain("torch.acosh"),
    e.atanh: plain("torch.atanh"),
    e.erf: plain("torch.erf"),
    e.floor: plain("torch.floor"),
    e.ceil: plain("torch.ceil"),
    e.round: plain("torch.round"),
    e.sign: plain("torch.sign"),
    e.abs: plain("torch.abs"),
}
