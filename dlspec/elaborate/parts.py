"""What a dot behind a layer reads: `words.transposed`, `Net(...).features`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dlspec.diagnostics import SpecError
from dlspec.diagnostics.uses import Misplaced, NotALayer, NotInThisVersion
from dlspec.elaborate.values import BlockLayer, Instance, OpLayer
from dlspec.ops.base import Op
from dlspec.source import Span
from dlspec.syntax import tree
from dlspec.tensor import Tensor

HINT = "of an Embedding or Dense that `let` named there is `.transposed`"


def part(layer: Any, e: tree.Attribute) -> Instance | BlockLayer:
    """The part of a layer that an attribute names. Raises SpecError where it has none."""
    from dlspec.ops.dense import Dense
    from dlspec.ops.embedding import Embedding

    match layer:
        case BlockLayer(wire=None):
            return replace(layer, wire=e.name)
        case Instance(layer=BlockLayer()):
            what = "a wire of a layer that `let` named"
            instead = "a stage of its own gives one: `x -> Net(...).features`"
            raise SpecError(NotInThisVersion(e.span, what, instead))
        case Instance(layer=OpLayer(op=Embedding() | Dense() as op)) if (
            e.name.id == "transposed" and not layer.transposed
        ):
            if getattr(op, "norm", None) is not None:
                what = "the kernel of its layer is normed"
                raise SpecError(NotALayer(e.span, what, "leave out norm of what is transposed"))
            if getattr(op, "axis", None) is None:
                return replace(layer, transposed=True)
            what = "its layer works on an axis of its own"
            raise SpecError(NotALayer(e.span, what, "what is transposed works on the last axis"))
    raise SpecError(NotALayer(e.span, f"it has no part `{e.name.id}`", HINT))


def transposed(instance: Instance, fed: Tensor | None, span: Span) -> Op:
    """The op of `words.transposed`; `fed` is what the layer itself read last.

    Raises SpecError where it read nothing so far: a layer has its weights from its first use on.
    """
    from dlspec.ops.dense import Dense
    from dlspec.ops.embedding import Embedding
    from dlspec.ops.tied import Transposed

    name = instance.statement.name.id
    if fed is None:
        hint = f"use `{name}` before; its weights are made there"
        raise SpecError(Misplaced(span, f"`{name}.transposed`", f"front of `{name}`", hint))
    assert isinstance(instance.layer, OpLayer)
    match instance.layer.op:
        case Embedding(count=count, dim=dim):
            return Transposed(of="Embedding", reads=dim, gives=count)
        case Dense(units=units):
            return Transposed(of="Dense", reads=units, gives=fed.shape[-1])
    raise TypeError(instance)
