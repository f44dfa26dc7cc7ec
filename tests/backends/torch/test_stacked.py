"""Layers of an LSTM or GRU with dropout between them: a step's seed decides what is dropped."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import dlspec_torch
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

torch.set_num_threads(1)
KINDS = [("LSTM", nn.LSTM), ("GRU", nn.GRU)]


@pytest.fixture(scope="module")
def helpers() -> ModuleType:
    path = Path(dlspec_torch.__file__).parent / "verbatim" / "model.py"
    spec = importlib.util.spec_from_file_location("torch_helpers", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("two_ways", [False, True])
@pytest.mark.parametrize(("mode", "theirs"), KINDS)
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("given", [False, True])
def test_on_a_cpu_it_is_pytorchs_own_to_the_bit(helpers, mode, theirs, two_ways, training, given):
    size = {"num_layers": 3, "dropout": 0.5, "bidirectional": two_ways, "batch_first": True}
    torch.manual_seed(0)
    reference = theirs(5, 7, **size).train(training)
    stacked = helpers.Stacked(mode, 5, 7, **size).train(training)
    stacked.load_state_dict(reference.state_dict())
    x, start = torch.randn(4, 6, 5), None
    if given:
        h, c = torch.randn(2, 3 * (1 + two_ways), 4, 7)
        start = (h, c) if mode == "LSTM" else h
    torch.manual_seed(1)
    y, ends = reference(x, start)
    torch.manual_seed(1)
    z, own = stacked(x, start)
    assert torch.equal(y, z)
    pairs = zip(ends, own, strict=True) if mode == "LSTM" else [(ends, own)]
    assert all(torch.equal(a, b) for a, b in pairs)


@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize("mode", ["LSTM", "GRU"])
def test_a_seed_draws_the_same_again_and_another_draws_otherwise(helpers, mode, device):
    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("needs a GPU")
    layer = helpers.Stacked(mode, 5, 7, num_layers=2, dropout=0.5, batch_first=True).to(device)
    x = torch.randn(4, 6, 5, device=device)

    def drawn(seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        return layer(x)[0]

    first = drawn(1)
    assert not torch.equal(drawn(2), first)
    assert torch.equal(drawn(1), first)


def test_gradients_reach_every_weight(helpers):
    layer = helpers.Stacked("LSTM", 5, 7, num_layers=2, dropout=0.5, batch_first=True)
    helpers.one_bias(layer)(torch.randn(4, 6, 5))[0].sum().backward()
    grads = {name: p.grad for name, p in layer.named_parameters()}
    assert set(grads) == {
        f"{w}_l{i}" for i in (0, 1) for w in ("weight_ih", "weight_hh", "bias_ih")
    }
    assert all(g is not None and g.abs().sum() > 0 for g in grads.values())
