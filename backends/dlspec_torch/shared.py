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


def seeded(case: Case) -> Body:
    """The generator of a step, where it draws."""
    if not case.draws:
        return []
    drawn = "for all that is drawn" if case.samples(training=False) else "for dropout"
    return [py.Do("generator.manual_seed(step_seed(run))", drawn)]


def backward(
    case: Case, learned: str, inputs: str = "", why: str = "", waits: bool = False
) -> Body:
    """The gradients of `learned`, of `loss`; `inputs` are the only ones that get any, and where all
    may wait for a later epoch there are none."""
    clear = py.Assign("parameter.grad", "None", "zero_grad() costs more than a small layer")
    cleared = py.For("parameter", learned, [clear])
    scaled = case.train.precision == "fp16"
    loss = "(LOSS_SCALE * loss)" if scaled else "loss"
    made: py.Statement = py.Do(f"{loss}.backward({inputs})", "" if scaled else why)
    made = py.If(learned, [made]) if waits else made
    if not scaled:
        return [cleared, made]
    unscale = py.Assign("parameter.grad", "LOSS_SCALE", op="/")
    return [
        cleared,
        made,
        py.For("parameter", learned, [py.If("parameter.grad is not None", [unscale])]),
    ]


def held(case: Case) -> Body:
    """Puts weights back to what they are held to."""
    if not case.model.constraints:
        return []
    return [py.For("weight, rule", "held", [py.Do("weight.data.copy_(rule(weight.data))")])]
