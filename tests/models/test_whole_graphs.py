"""Published models as one graph of PyTorch: nothing in a generated program breaks it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from small_settings import SMALL, SPECS

import dlspec
from dlspec.length import Dynamic

torch = pytest.importorskip("torch")

SHORT = 20
QUICK = ("gpt2", "t5")
NAMES = [
    pytest.param(name, marks=pytest.mark.slow if name in QUICK else pytest.mark.proof)
    for name in SMALL
]


@pytest.fixture(scope="module")
def specs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The specs, whose weights all start as they are drawn."""
    folder = tmp_path_factory.mktemp("specs")
    for path in SPECS.glob("*.dls"):
        text = re.sub(r'(, )?weights="[^"]*"', "", path.read_text(encoding="utf-8"))
        (folder / path.name).write_text(text, encoding="utf-8")
    return folder


def loaded(folder: Path, name: str) -> tuple[Any, list[str]]:
    """A spec in a small setting, and its models."""
    spec = dlspec.load(folder / f"{name}.dls", set=list(SMALL[name]))
    return spec, list(spec.program.models)


def inputs(spec: Any, model: str) -> tuple[Any, ...]:
    """Two examples of what the model reads; every table has two rows.

    Rows of any length are short, and the second shorter: a graph holds each step of a GRU.
    """
    given = []
    for name, t in spec.program.models[model].root.inputs:
        shape = [min(int(n), SHORT) if isinstance(n, Dynamic) else int(n) for n in t.shape]
        if name.endswith("_lengths"):
            x = torch.tensor([SHORT, SHORT // 2 + 1], dtype=torch.int32)
        elif t.dtype == "f32":
            x = torch.randn(2, *shape)
        else:
            x = torch.randint(0, 2, (2, *shape), dtype=torch.int32)
        given.append(x)
    return tuple(given)


def tensors(y: Any) -> list[Any]:
    return list(y.values()) if isinstance(y, dict) else [y]


@pytest.mark.parametrize("name", NAMES)
def test_a_model_is_one_graph(name: str, specs: Path) -> None:
    spec, models = loaded(specs, name)
    for model in models:
        net, x = spec.build(model=model).eval(), inputs(spec, model)
        with torch.no_grad():
            expected = tensors(net(*x))
            compiled = tensors(torch.compile(net, fullgraph=True, backend="aot_eager")(*x))
            exported = tensors(torch.export.export(net, x).module()(*x))
        for found in (compiled, exported):
            for a, b in zip(found, expected, strict=True):
                torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_so_is_its_training_step(name: str, specs: Path) -> None:
    spec, models = loaded(specs, name)
    for model in models:
        net, x = spec.build(model=model).train(), inputs(spec, model)
        y = tensors(torch.compile(net, fullgraph=True, backend="aot_eager")(*x))
        sum(t.sum() for t in y if t.is_floating_point()).backward()
        assert all(p.grad is not None for p in net.parameters())


@pytest.mark.parametrize("name", ["gpt2", "llama"])
def test_words_of_any_number_are_read_and_none_ahead(name: str, specs: Path) -> None:
    spec, (model,) = loaded(specs, name)
    net, (x,) = spec.build().eval(), inputs(spec, model)
    with torch.no_grad():
        whole, part = net(x), net(x[:, :5])
    torch.testing.assert_close(part, whole[:, :5], rtol=1e-4, atol=1e-5)
