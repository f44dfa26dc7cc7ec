"""A whole spec in the IR: what `dlspec ir --json` prints and backends read."""

from typing import Literal

from dlspec.ir.model import ModelIR, Node
from dlspec.ir.recipe import Data, Export, Generate, Train
from dlspec.ir.values import Value

FORMAT = 1
"""The version of the published format; raised when a reader of the old one would be misled."""
COUNTED = "classes"
"""The parameter of a model that is the class count of the data, where both are left open."""


class Space(Node):
    """Where a search may look for a parameter: some values, or the least and the greatest."""

    kind: Literal["choice", "log", "uniform"]
    values: tuple[Value, ...]


class Program(Node):
    """A checked spec. Trains, exports and generates without a name have the name `""`."""

    format: int = FORMAT
    name: str
    doc: str = ""
    parameters: dict[str, Value] = {}
    """The file's `param`s with the values that they have in this program."""
    spaces: dict[str, Space] = {}
    """The search spaces, by the names that `--set` takes: `lr`, `DigitsCNN.width`."""
    data: dict[str, Data] = {}
    models: dict[str, ModelIR] = {}
    """Each model with the arguments that its defaults (or `--set`) give it."""
    trains: dict[str, Train] = {}
    trained: dict[str, ModelIR] = {}
    """The model of each train block, with the arguments that the block gives it."""
    exports: dict[str, Export] = {}
    generates: dict[str, Generate] = {}
    unused: dict[str, str] = {}
    """A digest of each block and model that no model here uses."""

    def standing_in(self, train: str) -> dict[str, str]:
        """Of a train's model the parameters that are a class count which only the data tells: the
        number that they have here stands in its place. By parameter, the field."""
        used = self.trains[train]
        open_ = {f.name for f in self.data[used.data].fields if f.type.classes is None}
        return {name: field for name, field in used.counted.items() if field in open_}

    def counts_given(self, train: str) -> dict[str, dict[str, int]]:
        """The class count that the data of a train leaves open and a parameter of its model gives
        (`--set Net.classes=3`), by data and field; empty where there is none, or several fields
        are open."""
        used = self.trains[train]
        open_ = self.data[used.data].unknown_classes
        model = self.trained.get(train)
        count = model.root.arguments.get(COUNTED) if model is not None else None
        if len(open_) != 1 or used.counted or type(count) is not int:
            return {}
        return {used.data: {open_[0]: count}}
