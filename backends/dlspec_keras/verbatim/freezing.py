"""Weights that stay as they are for some epochs, or for ever."""

from functools import partial
from inspect import signature

import keras

import checkpoint
from recipe import frozen


def freeze(model: keras.Model, epoch: int) -> set[str]:
    """Weights that wait are not updated; what has no others is in evaluation mode."""
    for _, layer in checkpoint.sublayers(model):
        layer.trainable = True
    entries = [e for e in checkpoint.entries(model) if e.variable.trainable]
    waiting = {e.name for e in entries if epoch < frozen(e.name)}
    for entry in entries:
        entry.variable.trainable = entry.name not in waiting
    still: tuple[str, ...] = ()
    for name, layer in checkpoint.sublayers(model):
        path = f"{name}."
        below = {e.name for e in entries if e.name.startswith(path)}
        if below and below <= waiting:
            still += (path,)
        vars(layer).pop("call", None)
        if path.startswith(still):
            layer.trainable = False
            if "training" in signature(layer.call).parameters:
                layer.call = partial(evaluating, layer)
    return waiting


def evaluating(layer: keras.Layer, *args, **kwargs):
    """A layer called as in evaluation."""
    return type(layer).call(layer, *args, **kwargs | {"training": False})
