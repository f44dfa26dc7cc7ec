"""Several networks of a `train` block, each as a model."""

from __future__ import annotations

from dlspec.frozen import frozen
from dlspec.ir.model import Bind, Call, ModelIR, Wire, statements


@frozen
class Network:
    """A network, and what its inputs and outputs are called in the model that holds several."""

    model: ModelIR
    takes: tuple[str, ...]
    gives: tuple[str, ...]


def inside(network: str, name: str) -> str:
    """What an input, output or dynamic size of a network is called in the model of several."""
    return f"{network}_{name}"


def held(model: ModelIR) -> dict[str, Network]:
    """The networks that a model of several holds, by their names in the block."""
    return {
        str(s.value.module[0]): Network(
            model.model_copy(update={"instance": s.value.instance}),
            tuple(f.name for f in s.value.inputs if isinstance(f, Wire)),
            s.names,
        )
        for s in statements(model.root.body)
        if isinstance(s, Bind) and isinstance(s.value, Call) and s.value.module
    }
