"""A backend's functions by op, in modules that are imported where an op of theirs is met."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules

from dlspec.backend.protocol import Emit
from dlspec.ops.base import Op

TOGETHER = {
    "activation": "along_axis smooth piecewise functional",
    "arithmetic": "comparison",
    "attention": "multi_head",
    "choosing": "triangle",
    "conv": "separable",
    "derivatives": "tracked",
    "norm": "group_norm response_norm",
    "pool": "adaptive global_pool lp_pool unpool",
    "raw": "batch",
    "resize": "pixels",
    "shape": "permute",
}
"""Modules of a backend that hold the functions of other families too; the rest is called alike."""
MODULE = {family: module for module, families in TOGETHER.items() for family in families.split()}


class Emitters(Mapping[type[Op], Emit]):
    """The tables `LAYERS` of the modules of a package."""

    def __init__(self, package: str) -> None:
        self.package = package
        self.tables: dict[str, Mapping[type[Op], Emit]] = {}

    def __getitem__(self, op: type[Op]) -> Emit:
        family = op.__module__.rpartition(".")[2]
        module = MODULE.get(family, family)
        if module not in self.tables:
            self.tables[module] = self._table(module)
        return self.tables[module][op]

    def __iter__(self) -> Iterator[type[Op]]:
        folder = import_module(self.package).__path__
        for module in sorted(m.name for m in iter_modules(folder)):
            yield from self._table(module)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _table(self, module: str) -> Mapping[type[Op], Emit]:
        try:
            found = import_module(f"{self.package}.{module}")
        except ModuleNotFoundError as error:
            if error.name == f"{self.package}.{module}":
                return {}
            raise
        table: Mapping[type[Op], Emit] = getattr(found, "LAYERS", {})
        return table
