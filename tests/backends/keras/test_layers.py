"""Every example of every op: the code for Keras computes what its manual says, in both layouts, and
its arrays go into Keras's variables and back."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from dlspec_keras.layers import LAYERS, UNSUPPORTED
from dlspec_keras.pieces import template
from dlspec_keras.style import helpers

from dlspec import ops
from dlspec.elaborate.reserved import ATTRIBUTES
from dlspec.emit import python as py
from dlspec.ops.base import example
from dlspec.passes.roles import keeps_channels, role

keras = pytest.importorskip("keras")
sys.path[:0] = [str(Path(__file__).parents[1] / "torch")]

import noise  # noqa: E402
from reference import REFERENCES  # noqa: E402
from written import code, examples, use_of, values  # noqa: E402

FEATURES = {
    *(
        "slots",
        "shaped",
        "gru",
        "plain",
        "before",
        "recurrent",
        "single",
        "two_ways",
        "stacked",
        "projected",
        "state_dropout",
        "lists",
    ),
    *("sequential", "dropout", "Dense", "Conv1D", "Conv2D", "DepthwiseConv2D", "BatchNorm"),
    *("LayerNorm", "GroupNorm", "RMSNorm", "WeightNorm", "SpectralNorm", "normed"),
    *("PReLU", "Embedding", "Conv3D", "DepthwiseConv1D", "SeparableConv1D"),
    *("SeparableConv2D", "ConvTranspose1D", "ConvTranspose2D", "ConvTranspose3D", "spread"),
}
KINDS = {"f32": "float64", "bool": "bool", "i8": "int8", "i32": "int32", "i64": "int64"}
KINDS |= {"class": "int64"}
FURTHER = [
    example("MaxPool2D(3, stride=1, padding=2)", "f32[2, 4, 5]"),
    example("AvgPool1D(3, stride=1, padding=2)", "f32[2, 6]"),
    example("MaxPool2D(3, stride=2, padding=((0, 1), 2), ceil_mode=true)", "f32[2, 6, 5]"),
    example("MaxPool3D(3, stride=2, padding=2, dilation=2, ceil_mode=true)", "f32[2, 4, 6, 5]"),
    example("AvgPool1D(3, stride=2, count_include_pad=true, ceil_mode=true)", "f32[2, 6]"),
    example(
        "AvgPool3D(2, stride=3, padding=(0, (1, 0), 0), count_include_pad=true, ceil_mode=true)",
        "f32[2, 4, 5, 6]",
    ),
    example("Conv2D(4, 3, stride=2, dilation=2, padding=2)", "f32[3, 9, 8]"),
    example("Conv2D(4, 3, stride=(2, 3), dilation=(2, 1), padding=same)", "f32[3, 9, 8]"),
    example("DepthwiseConv2D(3, stride=(1, 2), padding=same)", "f32[3, 9, 8]"),
    example("DepthwiseConv2D(3, stride=2, dilation=2, padding=same)", "f32[3, 9, 8]"),
    example("Conv2D(4, 4, padding=2)", "f32[3, 9, 8]"),
    example("Conv1D(4, 3, padding=causal, stride=2)", "f32[2, 10]"),
    example("Conv3D(4, 3, stride=(1, 2, 1), dilation=2, padding=2, groups=2)", "f32[2, 5, 6, 4]"),
    example("Conv3D(4, 2, stride=(3, 4, 3), padding=same)", "f32[3, 3, 4, 2]"),
    example("DepthwiseConv1D(3, stride=2, dilation=2, padding=causal)", "f32[2, 9]"),
    example("SeparableConv1D(4, 3, stride=2, dilation=2, padding=1)", "f32[3, 8]"),
    example("SeparableConv2D(4, 3, stride=(1, 2), padding=same)", "f32[3, 7, 8]"),
    example("ConvTranspose2D(3, 4, stride=2, padding=((2, 0), (0, 3)))", "f32[2, 5, 4]"),
    example(
        "ConvTranspose1D(4, 5, stride=3, padding=(0, 3), output_padding=2, groups=2)", "f32[2, 5]"
    ),
    example("ConvTranspose3D(2, (1, 2, 1), stride=(3, 2, 2), padding=same)", "f32[2, 2, 3, 2]"),
    example("ConvTranspose3D(2, (1, 2, 1), stride=(3, 2, 2))", "f32[2, 2, 3, 2]"),
    example(
        "ConvTranspose3D(4, (1, 2, 1), stride=(3, 2, 2), padding=same, groups=2, bias=false)",
        "f32[2, 2, 3, 2]",
    ),
    example("LayerNorm(axis=(0, 2))", "f32[3, 5, 4]"),
    example("RMSNorm(axis=(0, 2))", "f32[3, 5, 4]"),
    example("RMSNorm(axis=(0, 2), scale=false)", "f32[3, 5, 4]"),
    example("LSTM(3, layers=2, return=state, dropout=0.5)", "f32[4, 2]"),
    example("GRU(3, return=state)", "f32[4, 2]"),
    example("BiGRU(3, return=state)", "f32[4, 2]"),
    example("LSTM(3, layers=2)", "f32[4, 2]", h="f32[2, 3]", c="f32[2, 3]"),
    example("LSTM(3)", "f32[4, 2]", h="f32[3]", c="f32[3]"),
    example("Flatten", "f32[]"),
    example("BiLSTM(3, return=(state, all))", "f32[4, 2]", h="f32[2, 3]", c="f32[2, 3]"),
    example("Embedding(9, 2)", "i8[3]"),
]


@pytest.fixture(scope="module", autouse=True)
def doubles():
    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx(before)
    keras.config.set_dtype_policy(before)


@pytest.fixture(scope="module")
def scope():
    import math

    found = {"keras": keras, "layers": keras.layers, "ops": keras.ops, "math": math}
    found["partial"] = partial
    for text in helpers().values():
        exec(text, found)
    return found


@pytest.fixture(scope="module")
def arrays(scope):
    """`arrays` of a `checkpoint.py` for every kind of layer."""
    stubs = {name: ModuleType(name) for name in ("weights", "recipe", "model")}
    stubs["weights"].CheckpointError = ValueError
    for name in ("Run", "restored", "updates_of"):
        setattr(stubs["recipe"], name, object)
    for name in ("Recurrent", "ConvTranspose", "WeightNorm", "SpectralNorm"):
        setattr(stubs["model"], name, scope[name])
    found = ModuleType("checkpoint")
    with pytest.MonkeyPatch.context() as patch:
        for name, stub in (*stubs.items(), ("checkpoint", found)):
            patch.setitem(sys.modules, name, stub)
        fills = {"slots": [py.Assign("SLOTS", py.literal({}))], "calls": [py.Raw("calls = 0")]}
        exec(template("checkpoint", FEATURES, fills), found.__dict__)

    def arrays(layer):
        own = list(found.arrays(layer))
        yield from own
        for path, part in () if own else found.sublayers(layer):
            for entry in found.arrays(part):
                yield replace(entry, name=f"{path}.{entry.name}")

    return arrays


def orders(use):
    """The layouts in which a use may stand."""
    widest = max(use.x, key=lambda t: t.rank)
    kind = role(use.op, widest)
    if kind == "free":
        for into, out in product((False, True), repeat=2):
            x = tuple(replace(t, last=into and t.rank > 1) for t in use.x)
            y = tuple(replace(t, last=out and t.rank > 1) for t in use.y)
            yield replace(use, x=x, y=y)
        return
    if widest.rank > 1 and kind in ("last", "likes last", "either"):
        last = tuple(replace(t, last=t.rank > 1) for t in use.x)
        keeps = keeps_channels(use.op, widest, len(use.x))
        y = tuple(replace(t, last=keeps and t.rank > 1) for t in use.y)
        yield replace(use, x=last, y=y, channels_last=True)
    if kind == "either" and widest.rank == 1 and use.y[0].rank > 1:
        yield replace(use, y=tuple(replace(t, last=True) for t in use.y), channels_last=True)
    if kind != "last":
        yield use


CASES = [*(e for _, e in examples()), *FURTHER]


@pytest.mark.parametrize("exact", [False, True], ids=["native", "exact"])
@pytest.mark.parametrize("case", [pytest.param(e, id=f"{e.layer} {e.inputs}") for e in CASES])
def test_emitted_code_computes_the_definition(case, exact, scope, arrays):
    rng = np.random.default_rng(1)
    for use in orders(use_of(case, exact)):
        emitted = LAYERS[type(use.op)](use)
        make, call = code(emitted, use)
        kind = use.op.kind()
        given = [values(t, rng, kind) for t in use.x]
        states = {n: values(t, rng, kind) for n, t in use.named.items()}
        kept = [stored(a, t.last) for a, t in zip(given, use.x, strict=True)]
        here = scope | {
            f"x{i}": keras.ops.convert_to_tensor(a, KINDS[t.dtype])
            for i, (a, t) in enumerate(zip(kept, use.x, strict=True))
        }
        here |= {n: keras.ops.convert_to_tensor(a) for n, a in states.items()}
        weights = {
            w.name: rng.uniform(0.2, 1.5, tuple(map(int, w.shape))) for w in use.op.weights(*use.x)
        }
        if make:
            layer = here["layer"] = eval(make, here)
            eval(call, here)  # makes its variables
            put(arrays(layer), weights)
        found = eval(call, here)
        found = found if isinstance(found, tuple | list) else [found]
        expected = REFERENCES[use.op.kind()](use.op, [*given, *states.values()], weights)
        expected = expected if isinstance(expected, list) else [expected]
        assert len(found) == len(expected) == len(use.y)
        for y, reference, declared in zip(found, expected, use.y, strict=True):
            assert keras.backend.standardize_dtype(y.dtype) == KINDS[declared.dtype]
            value = logical(np.asarray(y), use, reference.ndim)
            native = 1e-6 if use.op.kind().upper() == "GELU" else 1e-9
            native = 1e-5 if getattr(use.op, "linear", False) else native
            tolerance = 1e-9 if exact else native
            np.testing.assert_allclose(value, reference, rtol=1e-7, atol=tolerance)


def stored(value, last):
    return np.moveaxis(value, 1, -1) if last and value.ndim > 2 else value


def logical(value, use, rank):
    x = max(use.x, key=lambda t: t.rank)
    kept = (use.channels_last and keeps_channels(use.op, x, len(use.x))) or use.y[0].last
    return np.moveaxis(value, -1, 1) if kept and rank > 2 else value


def put(entries, weights):
    """Every array into its variable, and back unchanged."""
    own = [e for e in entries if e.variable is not None]
    assert {e.name for e in own} == set(weights)
    for e in own:
        e.put(weights[e.name])
    for e in own:
        np.testing.assert_array_equal(e.get(), weights[e.name])


def test_every_op_is_answered():
    for name in ops.names():
        assert (ops.lookup(name) in LAYERS) != (ops.lookup(name) in UNSUPPORTED), name


def test_a_padding_row_gets_no_gradient(scope):
    import tensorflow as tf

    layer = scope["PaddedEmbedding"](5, 3, padding_id=2)
    with tf.GradientTape() as tape:
        loss = keras.ops.sum(layer(np.array([[0, 2, 2, 4]])))
    gradient = tf.convert_to_tensor(tape.gradient(loss, layer.embeddings.value)).numpy()
    assert gradient[2].tolist() == [0, 0, 0]
    assert gradient[0].tolist() == gradient[4].tolist() == [1, 1, 1]


@pytest.mark.parametrize("name", noise.CASES)
def test_random_layers_do_in_training_what_their_manual_says(name, scope):
    for use in orders(use_of(noise.CASES[name])):
        emitted = LAYERS[type(use.op)](use)
        make, call = code(emitted, use)
        layer = eval(make, scope)
        x = noise.sample(noise.CASES[name])
        here = scope | {"x0": stored(x, use.x[0].last), "layer": partial(layer, training=True)}
        made = []
        for step in (0, 1, 0):
            layer.seed_generator.state.assign([7, step])
            made.append(np.asarray(eval(call, here)))
        noise.check(name, x, logical(made[0], use, x.ndim))
        assert np.array_equal(made[0], made[2]), "the seed decides"
        assert not np.array_equal(made[0], made[1])


@pytest.mark.parametrize("name", noise.STATES)
def test_recurrent_dropout_drops_for_each_gate_and_the_same_at_all_steps(name, scope, arrays):
    use = use_of(noise.STATES[name])
    make, call = code(LAYERS[type(use.op)](use), use)
    layer = eval(make, scope)
    here = scope | {"x0": np.zeros((noise.COUNT, 4, 1)), "layer": partial(layer, training=True)}
    here |= {n: np.ones((noise.COUNT, noise.UNITS)) for n in use.named}
    eval(call, here)
    put(arrays(layer), noise.passing_on(use.op.gates))
    made = []
    for step in (0, 1, 0):
        layer.cell.seed_generator.state.assign([7, step])
        made.append(np.asarray(eval(call, here)))
    noise.check_steps(name, made[0])
    assert np.array_equal(made[0], made[2]), "the seed decides"
    assert not np.array_equal(made[0], made[1])


def test_exact_batch_norm_keeps_the_unbiased_variance(scope):
    layer = scope["ExactBatchNormalization"](momentum=0.7, epsilon=1e-5)
    x = np.random.default_rng(0).normal(1.0, 2.0, (4, 3, 3, 2))
    layer(x, training=True)
    over = (0, 1, 2)
    np.testing.assert_allclose(np.asarray(layer.moving_mean), 0.3 * x.mean(over), rtol=1e-9)
    expected = 0.7 + 0.3 * x.var(over, ddof=1)
    np.testing.assert_allclose(np.asarray(layer.moving_variance), expected, rtol=1e-9)


class Trained(keras.Model):
    def call(self, x):
        return x * self.scale

    def build(self, shape):
        self.scale = self.add_weight(shape=())


def test_no_attribute_of_a_trained_model_is_free_for_a_name_of_a_spec() -> None:
    model = Trained()
    model.compile(keras.optimizers.SGD(), loss="mse")
    model.fit(np.ones((2, 3)), np.ones((2, 3)), verbose=0)
    found = {n for n in {*dir(model), *vars(model)} if not n.startswith("_")}
    assert found - ATTRIBUTES == {"scale"}
