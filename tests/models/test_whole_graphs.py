"""Published models as one graph of PyTorch: nothing in a generated program breaks it."""

from __future__ import annotations

from typing import Any

import pytest
from small_settings import SMALL, SPECS

import dlspec

torch = pytest.importorskip("torch")

QUICK = ("gpt2", "t5")
NAMES = [
    pytest.param(name, marks=pytest.mark.slow if name in QUICK else pytest.mark.proof)
    for name in SMALL
]


def inputs(spec: Any) -> tuple[Any, ...]:
    """Two examples of what the model reads, of the greatest length; every table has two rows."""
    (model,) = spec.program.models.values()
    types = [t for _, t in model.root.inputs]
    return tuple(
        torch.randn(2, *map(int, t.shape))
        if t.dtype == "f32"
        else torch.randint(0, 2, (2, *map(int, t.shape)), dtype=torch.int32)
        for t in types
    )


def tensors(y: Any) -> list[Any]:
    return list(y.values()) if isinstance(y, dict) else [y]


@pytest.mark.parametrize("name", NAMES)
def test_a_model_is_one_graph(name: str) -> None:
    spec = dlspec.load(SPECS / f"{name}.dls", set=list(SMALL[name]))
    net, x = spec.build().eval(), inputs(spec)
    with torch.no_grad():
        expected = tensors(net(*x))
        compiled = tensors(torch.compile(net, fullgraph=True, backend="aot_eager")(*x))
        exported = tensors(torch.export.export(net, x).module()(*x))
    for found in (compiled, exported):
        for a, b in zip(found, expected, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_so_is_its_training_step(name: str) -> None:
    spec = dlspec.load(SPECS / f"{name}.dls", set=list(SMALL[name]))
    net, x = spec.build().train(), inputs(spec)
    y = tensors(torch.compile(net, fullgraph=True, backend="aot_eager")(*x))
    sum(t.sum() for t in y).backward()
    assert all(p.grad is not None for p in net.parameters())


@pytest.mark.parametrize("name", ["gpt2", "llama"])
def test_words_of_any_number_are_read_and_none_ahead(name: str) -> None:
    spec = dlspec.load(SPECS / f"{name}.dls", set=list(SMALL[name]))
    net, (x,) = spec.build().eval(), inputs(spec)
    with torch.no_grad():
        whole, part = net(x), net(x[:, :5])
    torch.testing.assert_close(part, whole[:, :5], rtol=1e-4, atol=1e-5)
