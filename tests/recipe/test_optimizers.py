"""The formulas in the manual are what PyTorch's optimizers do, and the slots are what they keep."""

import math

import pytest

from dlspec.declared import BadArguments
from dlspec.recipe.optimizers import SGD, Adam, AdamW, RMSprop

torch = pytest.importorskip("torch")

GRADIENTS = [0.3, -1.2, 0.05, 2.0, -0.4, 0.7, 0.0, -0.9, 1.1, 0.2]
CASES = [
    (SGD(lr=0.1), lambda p: torch.optim.SGD(p, 0.1)),
    (
        SGD(lr=0.1, momentum=0.9, weight_decay=0.01),
        lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, weight_decay=0.01),
    ),
    (
        SGD(lr=0.1, momentum=0.9, nesterov=True),
        lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, nesterov=True),
    ),
    (Adam(), lambda p: torch.optim.Adam(p)),
    (
        Adam(lr=0.01, betas=(0.5, 0.9), eps=1e-3, weight_decay=0.1),
        lambda p: torch.optim.Adam(p, 0.01, (0.5, 0.9), 1e-3, 0.1),
    ),
    (AdamW(lr=0.01), lambda p: torch.optim.AdamW(p, 0.01)),
    (RMSprop(lr=0.01), lambda p: torch.optim.RMSprop(p, 0.01, alpha=0.9)),
    (
        RMSprop(lr=0.01, rho=0.8, eps=0.03, momentum=0.9, weight_decay=0.1, centered=True),
        lambda p: torch.optim.RMSprop(p, 0.01, 0.8, 0.03, 0.1, 0.9, centered=True),
    ),
]


def by_formula(optimizer, start):
    """The weight after each gradient, by the lines of the formula and nothing else."""
    names = {"w": start, "mean": 0.0, "square": 0.0, "velocity": 0.0, "sqrt": math.sqrt}
    names |= optimizer.model_dump()
    weights = []
    for t, gradient in enumerate(GRADIENTS, 1):
        names |= {"t": t, "gradient": gradient}
        exec("\n".join(optimizer.formula), names)
        weights.append(names["w"])
    return weights, names


def by_torch(make, start):
    weight = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    optimizer = make([weight])
    weights = []
    for gradient in GRADIENTS:
        weight.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.step()
        weights.append(weight.item())
    return weights, optimizer.state[weight]


@pytest.mark.parametrize(("ours", "theirs"), CASES, ids=lambda c: str(getattr(c, "lr", "")))
def test_the_formula_is_the_update(ours, theirs):
    assert by_formula(ours, 0.8)[0] == pytest.approx(by_torch(theirs, 0.8)[0], rel=1e-12)


@pytest.mark.parametrize(("ours", "theirs"), CASES, ids=lambda c: str(getattr(c, "lr", "")))
def test_the_slots_are_the_arrays_that_are_kept(ours, theirs):
    values = by_formula(ours, 0.8)[1]
    state = by_torch(theirs, 0.8)[1]
    own = {
        "mean": ("exp_avg", "grad_avg"),
        "square": ("exp_avg_sq", "square_avg"),
        "momentum": ("momentum_buffer",),
    }
    arrays = {k: v for k, v in state.items() if k != "step" and v is not None}
    assert len(ours.slots()) == len(arrays)
    for slot in ours.slots():
        kept = next(arrays[name] for name in own[slot] if name in arrays)
        value = values["velocity" if slot == "momentum" else slot]
        assert value == pytest.approx(kept.item(), rel=1e-12)


@pytest.mark.parametrize(
    ("cls", "arguments", "says"),
    [
        (SGD, {}, "SGD needs `lr`"),
        (SGD, {"lr": 0.1, "momentum": 1.0}, "must be less than 1"),
        (SGD, {"lr": 0.1, "nesterov": True}, "`nesterov` looks ahead by the momentum"),
        (SGD, {"lr": True}, "must be a number, got true"),
        (Adam, {"lr": 0}, "must be greater than 0"),
        (Adam, {"betas": 0.9}, "must be two numbers"),
        (Adam, {"beta": 0.9}, "Adam has no argument `beta`"),
        (RMSprop, {"centered": 1}, "must be true or false, got 1"),
    ],
)
def test_what_an_optimizer_refuses(cls, arguments, says):
    with pytest.raises(BadArguments) as error:
        cls.bind((), arguments)
    assert any(says in p.what for p in error.value.problems)
