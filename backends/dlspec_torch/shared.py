"""Parameters that several functions of `train.py` have."""

from __future__ import annotations

from dlspec.emit import python as py
from dlspec_torch.case import Case

Body = list[py.Statement]
MODEL, PART = py.Param("model", "nn.Module"), py.Param("part", "str")
RUN, DEVICE = py.Param("run", "Run"), py.Param("device", "torch.device")


def model_of(case: Case) -> py.Param:
    """The parameter that the model is; several networks are attributes of their own class."""
    return py.Param("model", case.model_class) if case.train.networks or case.rounds else MODEL
