"""Published models as one graph of PyTorch: nothing in a generated program breaks it."""

from __future__ import annotations

from typing import Any

import pytest
from small_settings import SMALL, SPECS

import dlspec

torch = pytest.importorskip("torch")

QUICK = ("llama", "vit")
NAMES = [
    pytest.param(name, marks=pytest.mark.slow if name in QUICK else pytest.mark.proof)
    for name in SMALL
]


def inputs(spec: Any) -> tuple[Any, ...]:
    """Two examples of what the model reads; the greatest length of a dynamic size."""
    (model,) = spec.program.models.values()
    types = [t for _, t in model.root.inputs]
    return tuple(
        torch.randn(2, *map(int, t.shape))
        if t.dtype == "f32"
        else torch.randint(1, 7, (2, *map(int, t.shape)), dtype=torch.int32)
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
