"""Every example of every op: the code that is emitted for it computes what its manual says."""

from __future__ import annotations

import sys
from collections import OrderedDict
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from dlspec_torch.helpers import HELPERS
from dlspec_torch.layers import LAYERS, UNSUPPORTED

from dlspec import ops
from dlspec.ops.base import example
from dlspec.ops.batch_size import OfBatch
from dlspec.ops.drawing import Draw

torch = pytest.importorskip("torch")
sys.path[:0] = [str(Path(__file__).parent)]

import noise  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from reference import REFERENCES  # noqa: E402
from torch import nn  # noqa: E402
from written import code, examples, use_of, values  # noqa: E402

torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def doubles():
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


FURTHER = [
    (
        "max pool, more than half padded",
        example("MaxPool2D(3, stride=1, padding=2)", "f32[2, 4, 5]"),
    ),
    ("avg pool, more than half padded", example("AvgPool1D(3, stride=1, padding=2)", "f32[2, 6]")),
    (
        "max pool, padded unevenly and rounded up",
        example("MaxPool2D(3, stride=2, padding=((0, 1), 2), ceil_mode=true)", "f32[2, 6, 5]"),
    ),
    (
        "avg pool, padded unevenly and rounded up",
        example(
            "AvgPool3D(2, stride=3, padding=(0, (1, 0), 0), ceil_mode=true)", "f32[2, 4, 5, 6]"
        ),
    ),
    (
        "avg pool, padded unevenly, counted and rounded up",
        example(
            "AvgPool1D(2, stride=3, padding=(1, 0), count_include_pad=true, ceil_mode=true)",
            "f32[2, 6]",
        ),
    ),
    (
        "avg pool, windows larger than the image",
        example("AvgPool3D((2, 3, 4), ceil_mode=true)", "f32[2, 5, 3, 3]"),
    ),
    (
        "avg pool, counted windows larger than the image",
        example(
            "AvgPool3D(4, padding=1, count_include_pad=true, ceil_mode=true)", "f32[2, 5, 5, 1]"
        ),
    ),
    ("batch norm of many axes", example("BatchNorm(axis=1)", "f32[2, 3, 2, 4, 2]")),
    ("layer norm, axes apart", example("LayerNorm(axis=(0, 2))", "f32[3, 5, 4]")),
    ("a state of layers", example("LSTM(3, layers=2, return=state, dropout=0.5)", "f32[4, 2]")),
    ("state of a GRU", example("GRU(3, return=state)", "f32[4, 2]")),
    ("states of a GRU", example("BiGRU(3, return=state)", "f32[4, 2]")),
    ("last of layers", example("BiLSTM(3, layers=2)", "f32[4, 2]")),
    (
        "states of layers",
        example("LSTM(3, layers=2)", "f32[4, 2]", h="f32[2, 3]", c="f32[2, 3]"),
    ),
    (
        "transposed, cut at one end alone",
        example("ConvTranspose2D(3, 4, stride=2, padding=((2, 0), (0, 3)))", "f32[2, 5, 4]"),
    ),
    (
        "transposed, cut unevenly with output padding",
        example(
            "ConvTranspose1D(4, 5, stride=3, padding=(0, 3), output_padding=2, groups=2)",
            "f32[2, 5]",
        ),
    ),
    (
        "transposed, with gaps between the kernels",
        example("ConvTranspose3D(2, (1, 2, 1), stride=(3, 2, 2), padding=same)", "f32[2, 2, 3, 2]"),
    ),
    ("flatten of a scalar", example("Flatten", "f32[]")),
    ("8-bit ids", example("Embedding(9, 2)", "i8[3]")),
]

KINDS = {
    **{"f32": torch.float64, "class": torch.int64},
    **{"i8": torch.int8, "i32": torch.int32, "i64": torch.int64, "bool": torch.bool},
}


@pytest.mark.parametrize("name", noise.CASES)
def test_random_layers_do_in_training_what_their_manual_says(name):
    use = use_of(noise.CASES[name])
    emitted = LAYERS[type(use.op)](use)
    make, call = code(emitted, use)
    scope = {"nn": nn, "F": F, "Tensor": torch.Tensor, "torch": torch}
    for helper in emitted.helpers:
        exec(HELPERS[helper], scope)
    scope["layer"] = eval(make, scope).train()
    x = noise.sample(noise.CASES[name])
    scope["x0"] = torch.from_numpy(x)
    torch.manual_seed(0)
    y = eval(call, scope)
    noise.check(name, x, y.numpy())
    torch.manual_seed(0)
    assert torch.equal(eval(call, scope), y), "the seed decides"
    assert not torch.equal(eval(call, scope), y)


@pytest.mark.parametrize("name", noise.STATES)
def test_recurrent_dropout_drops_for_each_gate_and_the_same_at_all_steps(name):
    use = use_of(noise.STATES[name])
    emitted = LAYERS[type(use.op)](use)
    make, call = code(emitted, use)
    scope = {"nn": nn, "F": F, "Tensor": torch.Tensor, "torch": torch}
    for helper in emitted.helpers:
        exec(HELPERS[helper], scope)
    layer = scope["layer"] = eval(make, scope).double().train()
    weights = noise.passing_on(use.op.gates)
    layer.load_state_dict({k: torch.from_numpy(v) for k, v in weights.items()})
    scope["x0"] = torch.zeros(noise.COUNT, 4, 1)
    scope |= {n: torch.ones(noise.COUNT, noise.UNITS) for n in use.named}
    torch.manual_seed(0)
    y = eval(call, scope)
    noise.check_steps(name, y.numpy(force=True))
    torch.manual_seed(0)
    assert torch.equal(eval(call, scope), y), "the seed decides"
    assert not torch.equal(eval(call, scope), y)


def ran(example, eps=1e-9):
    """The outputs of the emitted code and of the definition, and the layer."""
    rng = np.random.default_rng(1)
    use = use_of(example)
    emitted = LAYERS[type(use.op)](use)
    make, call = code(emitted, use)
    scope = {"torch": torch, "nn": nn, "F": F, "Tensor": torch.Tensor, "Any": object}
    scope |= {"OrderedDict": OrderedDict, "self": SimpleNamespace(training=False)}
    for line in emitted.imports:
        exec(line, scope)
    for name in emitted.helpers:
        exec(HELPERS[name], scope)
    kind = use.op.kind()
    arrays = [values(t, rng, kind) for t in use.x]
    scope |= {
        f"x{i}": torch.from_numpy(a).to(KINDS[t.dtype])
        for i, (a, t) in enumerate(zip(arrays, use.x, strict=True))
    }
    states = {n: values(t, rng, kind) for n, t in use.named.items()}
    scope |= {n: torch.from_numpy(a) for n, a in states.items()}
    weights = {
        w.name: rng.uniform(0.2, 1.5, tuple(map(int, w.shape))) for w in use.op.weights(*use.x)
    }
    layer = None
    if make:
        layer = eval(make, scope).double().eval()
        own = {k: v for k, v in layer.state_dict().items() if k != "num_batches_tracked"}
        assert {k: tuple(v.shape) for k, v in own.items()} == {
            k: v.shape for k, v in weights.items()
        }
        layer.load_state_dict({k: torch.from_numpy(v) for k, v in weights.items()}, strict=False)
        scope["layer"] = layer
    with torch.no_grad():
        found = eval(call, scope)
    found = found if isinstance(found, tuple) else (found,)
    expected = REFERENCES[use.op.kind()](use.op, [*arrays, *states.values()], weights)
    expected = expected if isinstance(expected, list) else [expected]
    return use, found, expected, layer


def test_every_op_is_answered():
    for name in ops.names():
        op = ops.lookup(name)
        assert (op in LAYERS) != (op in UNSUPPORTED), name
        assert op in UNSUPPORTED or name in REFERENCES or issubclass(op, (Draw, OfBatch)), name


@pytest.mark.parametrize("example", [pytest.param(e, id=n) for n, e in (*examples(), *FURTHER)])
def test_emitted_code_computes_the_definition(example):
    use, found, expected, _ = ran(example)
    assert len(found) == len(expected) == len(use.y)
    for y, reference, declared in zip(found, expected, use.y, strict=True):
        assert tuple(y.shape[1:]) == reference.shape[1:] == tuple(map(int, declared.shape))
        assert y.dtype == KINDS[declared.dtype]
        np.testing.assert_allclose(y.numpy(), reference, rtol=1e-9, atol=1e-9)


def test_the_lstm_trains_the_weights_of_its_op_and_no_other():
    _, _, _, layer = ran(example("LSTM(4, layers=2)", "f32[5, 3]"))
    assert [n for n, _ in layer.named_parameters()] == [
        f"{kind}_l{i}" for i in (0, 1) for kind in ("weight_ih", "weight_hh", "bias_ih")
    ]
    layer = layer.train()
    layer(torch.randn(2, 5, 3))[0].sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in layer.parameters())
    assert all(torch.equal(b, torch.zeros(16)) for b in layer.buffers())


@pytest.mark.parametrize("each", (False, True))
def test_norms_keep_running_averages_as_their_manuals_say(each):
    """Of the batch, or the mean of what those of each example are."""
    layer = "InstanceNorm(running_stats=true, momentum=0.3)" if each else "BatchNorm(momentum=0.3)"
    use = use_of(example(layer, "f32[2, 3, 3]"))
    make, _ = code(LAYERS[type(use.op)](use), use)
    layer = eval(make, {"nn": nn}).double().train()
    x = np.random.default_rng(0).normal(1.0, 2.0, (4, 2, 3, 3))
    layer(torch.from_numpy(x))
    rows = [x[i : i + 1] for i in range(4)] if each else [x]
    mean = np.mean([r.mean((0, 2, 3)) for r in rows], 0)
    var = np.mean([r.var((0, 2, 3), ddof=1) for r in rows], 0)
    np.testing.assert_allclose(layer.running_mean.numpy(), 0.3 * mean)
    np.testing.assert_allclose(layer.running_var.numpy(), 0.7 + 0.3 * var)
