"""The `train` block that an `export` or `generate` refers to."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

from dlspec.diagnostics import SpecError, nearest
from dlspec.diagnostics.export import WhichNetwork, WhichTrain
from dlspec.diagnostics.names import UnknownName
from dlspec.elaborate.evaluate import Skip
from dlspec.elaborate.objects import Objects
from dlspec.elaborate.settings import Settings, head
from dlspec.ir import recipe as ir
from dlspec.syntax import tree


def trained(
    block: tree.Declaration,
    settings: Settings,
    objects: Objects,
    trains: Mapping[str, ir.Train | None],
) -> ir.Train:
    """The block that `train` or `model` names, or the only one. Raises SpecError, or Skip where
    it is broken."""
    names = tuple(trains)
    e = settings.get("train")
    if e is not None:
        if not isinstance(e, tree.Name):
            raise objects.wrong("train", e, "the name of a `train` block")
        if e.id not in trains:
            raise SpecError(UnknownName(e.span, e.id, "`train` block", nearest(e.id, names), names))
        return _whole(trains[e.id])
    e = settings.get("model")
    if e is not None:
        if not isinstance(e, tree.Name):
            raise objects.wrong("model", e, "the name of a model")
        _ = [_whole(t) for t in trains.values()]
        names = tuple(n for n, t in trains.items() if t and e.id in (t.model, *t.networks))
        if not names:
            each = (t.networks or (t.model,) for t in trains.values() if t)
            models = tuple(dict.fromkeys(chain.from_iterable(each)))
            near = nearest(e.id, models)
            raise SpecError(UnknownName(e.span, e.id, "trained model", near, models))
    if len(names) != 1:
        span = e.span if e is not None else head(block)
        what = f"`{e.id}`" if isinstance(e, tree.Name) else "the model"
        raise SpecError(WhichTrain(span, names, what, block.kind))
    return _whole(trains[names[0]])


def which_network(
    block: tree.Declaration, settings: Settings, train: ir.Train, does: str = "does this export"
) -> str:
    """Which one of several networks is meant. Raises SpecError."""
    e = settings.get("model")
    if e is None:
        raise SpecError(WhichNetwork(head(block), train.networks, does))
    if not isinstance(e, tree.Name) or e.id not in train.networks:
        near = nearest(e.span.text, train.networks)
        raise SpecError(UnknownName(e.span, e.span.text, "network", near, train.networks))
    return e.id


def _whole(train: ir.Train | None) -> ir.Train:
    """The block, if it has no errors."""
    if train is None:
        raise Skip
    return train
