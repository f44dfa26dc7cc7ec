"""Models in memory: the classes of the compiled program, with the weights that a training starts
with."""

from __future__ import annotations

import importlib.util
import inspect
import pickle
import sys

import numpy as np
import pytest
from safetensors.numpy import save_file

import dlspec

NET = """
model Net(width: int = 6) {
  input image: f32[3, 8, 8]
  input extra: f32[2]
  x = image -> Conv2D(width, 3) -> BatchNorm -> ReLU -> Flatten
  output y = (x, extra) -> Concat -> Dense(4, init=normal(std=0.5))
  output z = x -> Dense(1)
}
model Other { input x: f32[5]; output y = x -> Dense(3) }
"""
WHOLE = "model Whole { input x: f32[5]; output y = x -> argmax }"


def weights_of(folder, name="weights"):
    """A file of a compiled folder, on its own."""
    found = importlib.util.spec_from_file_location(f"compiled_{name}", folder / f"{name}.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_a_module_starts_as_its_program_does(digits, here):
    torch = pytest.importorskip("torch")
    net = digits.build()
    assert isinstance(net, torch.nn.Module) and type(net).__name__ == "DigitsCNN"
    draw = weights_of(digits.compile("torch", here / "run")).draw
    state = {n: t for n, t in net.state_dict().items() if "num_batches" not in n}
    assert len(state) == 12
    for name, tensor in state.items():
        assert np.array_equal(tensor.numpy(), draw(name, tuple(tensor.shape), 0))
    other = digits.build(seed=7).state_dict()["conv2d.weight"]
    assert np.array_equal(other.numpy(), draw("conv2d.weight", (32, 1, 3, 3), 7))


def test_a_module_runs_and_trains(digits):
    torch = pytest.importorskip("torch")
    net = digits.build()
    y = net(torch.zeros(2, 1, 8, 8))
    assert y.shape == (2, 10)
    y.sum().backward()
    assert all(p.grad is not None for p in net.parameters())


def test_its_source_can_be_read_and_its_weights_pickled(digits):
    torch = pytest.importorskip("torch")
    net = digits.build()
    source = inspect.getsource(type(net))
    assert source.startswith("class DigitsCNN(nn.Module):") and "def forward(" in source
    again = pickle.loads(pickle.dumps(net))
    assert torch.equal(again.logits.weight, net.logits.weight)


def test_two_models_do_not_get_into_each_other_or_in_the_way(digits, spec, monkeypatch):
    pytest.importorskip("torch")
    mine = object()
    monkeypatch.setitem(sys.modules, "weights", mine)
    first, second = digits.build(), spec(NET).build(model="Other")
    assert sys.modules["weights"] is mine and "checkpoint" not in sys.modules
    assert type(first).__module__ != type(second).__module__
    assert sum(p.numel() for p in digits.build().parameters()) == 19562


def test_a_spec_without_training_is_built(spec, here):
    torch = pytest.importorskip("torch")
    net = spec(NET, set={"Net.width": 5}).build(model="Net")
    made = net(torch.ones(3, 3, 8, 8), torch.ones(3, 2))
    assert {n: tuple(y.shape) for n, y in made.items()} == {"y": (3, 4), "z": (3, 1)}
    assert 0.4 < float(net.y.weight.detach().std()) < 0.6
    assert not list(here.glob("none*"))
    with pytest.raises(dlspec.SpecError, match="this spec has several models"):
        spec(NET).build()


LENGTHS = """
model Reader {
  input tokens: i32[T <= 64]
  output y = tokens -> Embedding(50, 4) -> LSTM(3, return=all) -> Dense(2)
}
"""


def test_sizes_that_differ_from_batch_to_batch(spec):
    torch = pytest.importorskip("torch")
    net = spec(LENGTHS).build()
    for length in (7, 64):
        assert net(torch.zeros(2, length, dtype=torch.long)).shape == (2, length, 2)


@pytest.mark.tensorflow
def test_sizes_that_differ_from_batch_to_batch_in_keras(spec):
    pytest.importorskip("keras")
    net = spec(LENGTHS).build("keras")
    for length in (7, 64):
        assert net(np.zeros((2, length), "int32")).shape == (2, length, 2)


UNCOUNTED = """
model Net(classes: int) { input x: f32[4]; output y = x -> Dense(classes) }
data rows {
  source = npz("rows.npz"); split = all
  field x: f32[4] = column("x"); field z: class = column("z")
}
train { data = rows; model = Net(); loss = CrossEntropy(y, z); optimizer = SGD(lr=1); epochs = 1 }
"""


def test_a_count_that_only_the_data_tells_is_a_setting(spec):
    torch = pytest.importorskip("torch")
    with pytest.raises(dlspec.SpecError, match=r'set=\{"Net.classes": 10\}'):
        spec(UNCOUNTED).build()
    assert spec(UNCOUNTED, set={"Net.classes": 7}).build()(torch.zeros(2, 4)).shape == (2, 7)


PICTURE = """
model Net {
  input x: f32[3, 8, 6]
  output y = x -> Conv2D(4, 3, padding=same) -> ReLU
}
"""


@pytest.mark.tensorflow
def test_a_picture_that_keras_gives_has_the_axes_of_the_spec(spec):
    pytest.importorskip("keras")
    assert spec(PICTURE).build("keras")(np.zeros((2, 8, 6, 3), "float32")).shape == (2, 4, 8, 6)


def test_what_cannot_be_built_is_said(spec, digits):
    with pytest.raises(dlspec.SpecError, match="cannot be built without a `train` block"):
        spec(WHOLE).build()
    with pytest.raises(dlspec.SpecError, match="there is no backend `jax`"):
        digits.build("jax")
    with pytest.raises(dlspec.SpecError, match="there is no `train gan`"):
        digits.build(train="gan")


def test_a_missing_framework_is_named_with_what_brings_it(digits, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError) as raised:
        digits.build()
    assert raised.value.__notes__ == ['to build models: pip install "dlspec[torch]"']


@pytest.mark.tensorflow
def test_a_keras_model_starts_as_its_program_does(digits, here):
    keras = pytest.importorskip("keras")
    net = digits.build("keras")
    assert isinstance(net, keras.Model)
    draw = weights_of(digits.compile("keras", here / "run")).draw
    kernel = draw("conv2d.weight", (32, 1, 3, 3), 0).transpose(2, 3, 1, 0)
    assert np.array_equal(keras.ops.convert_to_numpy(net.conv2d.kernel), kernel)
    assert net(np.zeros((2, 8, 8, 1), "float32")).shape == (2, 10)
    assert net.count_params() == 19754


@pytest.mark.tensorflow
def test_a_keras_model_of_several_inputs_without_training(spec):
    pytest.importorskip("keras")
    net = spec(NET).build("keras", model="Net")
    given = {"image": np.ones((3, 8, 8, 3), "float32"), "extra": np.ones((3, 2), "float32")}
    assert {n: tuple(y.shape) for n, y in net(given).items()} == {"y": (3, 4), "z": (3, 1)}


def test_weights_of_a_file_lie_beside_the_spec(spec, here):
    pytest.importorskip("torch")
    first = {"dense.weight": np.ones((3, 5), "f4"), "dense.bias": np.full(3, 2, "f4")}
    save_file(first, here / "start.safetensors")
    net = spec(
        "block B { input x: f32[D]; output x -> ReLU -> Dense(3) }\n"
        'model M { input x: f32[5]; output y = x -> B(weights="start.safetensors") }'
    ).build()
    found = {n.removeprefix("y."): t.detach().numpy() for n, t in net.named_parameters()}
    assert found.keys() == first.keys()
    assert all(np.array_equal(found[n], first[n]) for n in first)
