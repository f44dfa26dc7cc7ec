"""Recurrent layers are PyTorch's own, in one graph of torch.compile, with dropout from a seed."""

from __future__ import annotations

import importlib.util
from functools import partial
from pathlib import Path
from types import ModuleType

import dlspec_torch
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

torch.set_num_threads(1)
KINDS = [
    ("LSTM", nn.LSTM),
    ("GRU", nn.GRU),
    ("RNN_TANH", nn.RNN),
    ("RNN_RELU", partial(nn.RNN, nonlinearity="relu")),
]


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
    layer = helpers.Recurrent(mode, 5, 7, **size).train(training)
    layer.load_state_dict(reference.state_dict())
    x, start = torch.randn(4, 6, 5), None
    if given:
        h, c = torch.randn(2, 3 * (1 + two_ways), 4, 7)
        start = (h, c) if mode == "LSTM" else h
    torch.manual_seed(1)
    y, ends = reference(x, start)
    torch.manual_seed(1)
    z, own = layer(x, start)
    assert torch.equal(y, z)
    pairs = zip(ends, own, strict=True) if mode == "LSTM" else [(ends, own)]
    assert all(torch.equal(a, b) for a, b in pairs)


STEPWISE = [("LSTM", "StepwiseLSTM"), ("GRU", "StepwiseGRU"), ("RNN_TANH", "StepwiseRNN")]


@pytest.mark.parametrize("two_ways", [False, True])
@pytest.mark.parametrize(("mode", "name"), [*STEPWISE, ("projected", "StepwiseLSTM")])
def test_step_by_step_it_is_what_its_kernel_computes(helpers, mode, name, two_ways):
    size = {"num_layers": 2, "bidirectional": two_ways, "batch_first": True}
    if mode == "projected":
        mode, size = "LSTM", size | {"proj_size": 3}
    torch.manual_seed(0)
    layer = helpers.one_bias(helpers.Recurrent(mode, 5, 7, **size)).double()
    steps = helpers.one_bias(getattr(helpers, name)(mode, 5, 7, **size)).double()
    fused = helpers.one_bias(getattr(helpers, name)(mode, 5, 7, fused=True, **size)).double()
    x = torch.randn(4, 6, 5, dtype=torch.float64)
    expected, ends = layer(x)
    for other in (steps, fused):
        other.load_state_dict(layer.state_dict())
        y, own = other(x)
        torch.testing.assert_close(y, expected)
        torch.testing.assert_close(own, ends)
    if layer.proj_size:
        theirs = nn.LSTM(5, 7, bias=False, dtype=torch.float64, **size)
        plain = helpers.Recurrent("LSTM", 5, 7, bias=False, **size).double()
        plain.load_state_dict(theirs.state_dict())
        assert torch.equal(plain(x)[0], theirs(x)[0])


@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize("mode", ["LSTM", "GRU"])
def test_a_seed_draws_the_same_again_and_another_draws_otherwise(helpers, mode, device):
    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("needs a GPU")
    layer = helpers.Recurrent(mode, 5, 7, num_layers=2, dropout=0.5, batch_first=True).to(device)
    x = torch.randn(4, 6, 5, device=device)

    def drawn(seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        return layer(x)[0]

    first = drawn(1)
    assert not torch.equal(drawn(2), first)
    assert torch.equal(drawn(1), first)


def test_gradients_reach_every_weight(helpers):
    layer = helpers.Recurrent("LSTM", 5, 7, num_layers=2, dropout=0.5, batch_first=True)
    helpers.one_bias(layer)(torch.randn(4, 6, 5))[0].sum().backward()
    grads = {name: p.grad for name, p in layer.named_parameters()}
    assert set(grads) == {
        f"{w}_l{i}" for i in (0, 1) for w in ("weight_ih", "weight_hh", "bias_ih")
    }
    assert all(g is not None and g.abs().sum() > 0 for g in grads.values())


ONE_GRAPH = [*((mode, "Recurrent", {}) for mode, _ in KINDS)]
ONE_GRAPH += [("LSTM", "StepwiseLSTM", {"gate": torch.nn.functional.hardsigmoid})]
ONE_GRAPH += [("LSTM", "StepwiseLSTM", {"fused": True, "proj_size": 3})]


@pytest.mark.parametrize(("mode", "name", "options"), ONE_GRAPH)
def test_it_is_one_graph(helpers, mode, name, options):
    make = getattr(helpers, name)
    layer = helpers.one_bias(make(mode, 5, 7, num_layers=2, batch_first=True, **options))
    # oneDNN's LSTM has no compiled derivative where its input has none (torch 2.13)
    x = torch.randn(4, 6, 5, requires_grad=True)
    compiled = torch.compile(layer, fullgraph=True, backend="aot_eager")(x)
    exported = torch.export.export(layer, (x,)).module()(x)
    for y in (compiled[0], exported[0]):
        torch.testing.assert_close(y, layer(x)[0])
