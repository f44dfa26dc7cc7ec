"""Splits in a program: the call that makes the parts, and the words that say it."""

from __future__ import annotations

from dlspec.emit import python as py
from dlspec.programs.words import percent
from dlspec.recipe.splits import Ordered, Random, Split, Stratified


def split_text(split: Split) -> str:
    """`train 60 %, val 15 %, test 25 %, stratified by label, seed 0`."""
    shares = ", ".join(f"{part} {percent(share)}" for part, share in split.shares().items())
    match split:
        case Stratified(by=by, seed=seed):
            return f"{shares}, stratified by {by}, seed {seed}"
        case Random(seed=seed):
            return f"{shares}, at random, seed {seed}"
        case Ordered():
            return f"{shares}, in order"
    return "all rows for training"


def split_call(split: Split, label: py.Expr, count: py.Expr) -> py.Expr:
    """The rows of each part, by the labels or the number of all rows."""
    shares = split.shares()
    match split:
        case Stratified(seed=seed):
            return py.call("stratified", label, shares, seed=seed)
        case Random(seed=seed):
            return py.call("random", count, shares, seed=seed)
        case Ordered():
            return py.call("ordered", count, shares)
    return py.Dict(((py.literal("train"), py.call("np.arange", count)),))
