"""`weights.py` as it is written for a model: each array starts as its op declares."""

import numpy as np
import pytest
from safetensors.numpy import save_file

from dlspec.ir.recipe import Loaded
from dlspec.ops import init as i
from dlspec.ops.base import Weight
from dlspec.ops.dense import Dense
from dlspec.ops.transposed import ConvTranspose1D
from dlspec.programs.weights import weights_file
from dlspec.tensor import f32


def weight(shape, init, **more):
    return Weight("", shape, init, **more)


def norm(name: str, size: int) -> dict[str, Weight]:
    ones, zeros = weight((size,), i.ones()), weight((size,), i.zeros())
    kinds = {"weight": ones, "bias": zeros, "running_mean": zeros, "running_var": ones}
    return {f"{name}.{kind}": w for kind, w in kinds.items()}


CNN = {
    "conv2d.weight": weight((8, 1, 3, 3), i.glorot_uniform()),
    **norm("batch_norm", 8),
    "logits.weight": weight((10, 8), i.glorot_uniform()),
    "logits.bias": weight((10,), i.zeros()),
}
MIXED = CNN | {
    "embedding.weight": weight((50, 16), i.normal(std=0.02), zero_row=3),
    "depthwise.weight": weight((8, 1, 3, 3), i.glorot_uniform(), groups=8),
    "stem.weight": weight((8, 1, 3, 3), i.glorot_normal(), groups=8),
    "lstm.weight_hh_l0": weight((32, 8), i.orthogonal()),
    "lstm.bias_ih_l0": weight((32,), i.zeros()),
    "prelu.weight": weight((1,), i.constant(value=0.25)),
    "head.bias": weight((4,), i.constant(value=-2)),
    "scale": weight((1, 4), i.ones()),
    "wide.weight": weight((8, 2, 5), i.he_normal(), groups=4),
    "out.weight": weight((64, 8, 3), i.variance_scaling(scale=2, mode="fan_out"), groups=8),
    "even.weight": weight((64, 30), i.variance_scaling(mode="fan_avg", distribution="uniform")),
    "pos": weight((1, 4), i.truncated_normal(std=0.02, mean=1)),
    "low": weight((5, 4), i.uniform(low=1, high=2)),
    "row.weight": weight((7,), i.he_normal()),
    "kept.weight": weight((4, 2, 3), i.dirac(), groups=2),
    "start.weight": weight((4, 4), i.identity(gain=-0.5)),
    "lstm.bias_ih_l1": weight((8,), i.forget_gate(value=1.5)),
    "few.weight": weight((10, 4), i.sparse(sparsity=0.75)),
}


def draw(run, weights):
    module = run(weights=weights_file(weights))
    return {name: module.draw(name, w.shape, 0) for name, w in weights.items()}


@pytest.mark.parametrize("weights", [CNN, MIXED, {}], ids=["cnn", "mixed", "empty"])
def test_every_array_starts_as_declared(run, weights):
    for name, values in draw(run, weights).items():
        w = weights[name]
        assert (values.dtype, values.shape) == (np.float32, w.shape), name
        if w.zero_row is not None:
            assert not values[w.zero_row].any()
            values = np.delete(values, w.zero_row, 0)
        inputs, outputs = w.fans
        size = len(values.ravel()) ** 0.5
        match w.init:
            case i.zeros():
                assert not values.any(), name
            case i.ones():
                assert (values == 1).all(), name
            case i.constant(value=value):
                assert (values == value).all(), name
            case i.orthogonal():
                assert np.allclose(values.T @ values, np.eye(8), atol=1e-5)
            case i.uniform(low=low, high=high):
                assert low <= values.min() < values.max() <= high
            case i.glorot_uniform():
                bound = (6 / (inputs + outputs)) ** 0.5
                assert 0.85 * bound < abs(values).max() <= bound, name
            case i.glorot_normal():
                std = (2 / (inputs + outputs)) ** 0.5
                assert values.std() == pytest.approx(std, rel=2 / size), name
            case i.he_normal():
                assert values.std() == pytest.approx((2 / inputs) ** 0.5, rel=2 / size), name
            case i.variance_scaling(scale=scale, mode=mode):
                fan = outputs if mode == "fan_out" else (inputs + outputs) / 2
                assert values.std() == pytest.approx((scale / fan) ** 0.5, rel=2 / size), name
            case i.dirac():
                assert np.argwhere(values).tolist() == [[0, 0, 1], [1, 1, 1], [2, 0, 1], [3, 1, 1]]
            case i.forget_gate(value=value):
                assert values.tolist() == [0, 0, value, value, 0, 0, 0, 0]  # i, f, g, o
            case i.identity(gain=gain):
                assert np.array_equal(values, gain * np.eye(4, dtype=np.float32))
            case i.sparse():
                assert np.count_nonzero(values, axis=0).tolist() == [2, 2, 2, 2]
            case i.normal(std=std) | i.truncated_normal(std=std):
                assert values.std() == pytest.approx(std, rel=2 / size), name


def test_a_draw_depends_on_the_name_and_the_seed_and_not_on_the_order(run):
    module = run(weights=weights_file(CNN))
    first = module.draw("conv2d.weight", (8, 1, 3, 3), 0)
    module.draw("logits.weight", (10, 8), 0)
    assert np.array_equal(first, module.draw("conv2d.weight", (8, 1, 3, 3), 0))
    assert not np.array_equal(first, module.draw("conv2d_2.weight", (8, 1, 3, 3), 0))
    assert not np.array_equal(first, module.draw("conv2d.weight", (8, 1, 3, 3), 1))


def test_another_weight_in_the_model_changes_no_draw(run):
    alone = draw(run, CNN)
    among = draw(run, MIXED)
    assert all(np.array_equal(alone[name], among[name]) for name in CNN)


def test_the_usual_way_needs_no_table(run):
    many = {f"layers.{n}.dense.weight": weight((8, 8), i.normal(std=0.02)) for n in range(12)}
    text = weights_file(many | norm("norm", 8))
    assert "INITIAL" not in text
    assert text.count("normal(shape, rng, std=0.02)") == 1


# --- files ------------------------------------------------------------------------------------


LOADED = (
    Loaded(path="body.stem", file="stem.safetensors"),
    Loaded(path="body", file="b.safetensors"),
)


def of_files(run, tmp_path, **arrays):
    save_file(arrays, tmp_path / "b.safetensors")
    save_file({"weight": np.ones((2, 3), np.float16)}, tmp_path / "stem.safetensors")
    weights = {
        "body.head.weight": weight((4, 2), i.zeros()),
        "body.stem.weight": weight((2, 3), i.zeros()),
        "bodyguard.weight": weight((3,), i.zeros()),
    }
    return run(weights=weights_file(weights, LOADED, ".."))


@pytest.mark.parametrize("axis", [0, 1])
def test_what_norms_keep_follows_from_the_first_value_of_the_kernel(run, axis):
    sizes = {"channels": 6, "kernel": 4} if axis else {"units": 6}
    layer = (ConvTranspose1D if axis else Dense)(norm="weight", **sizes)
    x = f32(5, 8) if axis else f32(20)
    own = {w.name: w for w in layer.weights(x)}
    again = {w.name: w for w in layer.model_copy(update={"norm": "spectral"}).weights(x)}
    weights = {f"a.{n}": w for n, w in own.items()} | {f"b.{n}": w for n, w in again.items()}
    found = draw(run, weights)
    v = np.moveaxis(found["a.parametrizations.weight.original1"], axis, 0).reshape(6, -1)
    g = found["a.parametrizations.weight.original0"]
    np.testing.assert_allclose(g.reshape(-1), np.sqrt((v**2).sum(1)), rtol=1e-6)
    rows = np.moveaxis(found["b.parametrizations.weight.original"], axis, 0).reshape(6, -1)
    u, v = (found[f"b.parametrizations.weight.0.{n}"] for n in ("_u", "_v"))
    assert np.linalg.norm(u) == pytest.approx(1) and np.linalg.norm(v) == pytest.approx(1)
    assert u @ rows @ v == pytest.approx(np.linalg.svd(rows)[1][0], rel=0.02)


def test_weights_below_a_path_start_from_its_file(run, tmp_path):
    head = np.arange(8, dtype=np.float32).reshape(4, 2)
    module = of_files(run, tmp_path, **{"head.weight": head, "stem.weight": head, "more": head})
    assert np.array_equal(module.draw("body.head.weight", (4, 2), 0), head)
    stem = module.draw("body.stem.weight", (2, 3), 0)
    assert stem.dtype == np.float32 and (stem == 1).all()
    assert (module.draw("bodyguard.weight", (3,), 0) == 0).all()


def test_a_file_that_does_not_fit_is_named(run, tmp_path):
    module = of_files(run, tmp_path, **{"head.bias": np.zeros(4, np.float32)})
    with pytest.raises(module.CheckpointError, match=r"no weight .head.weight. for body"):
        module.draw("body.head.weight", (4, 2), 0)
    with pytest.raises(module.CheckpointError, match=r"shape \[2, 3\], and .* has \[5\]"):
        module.draw("body.stem.weight", (5,), 0)
    for content, said in ((b"no weights", "no safetensors file"), (None, "cannot be read")):
        module = of_files(run, tmp_path, **{"head.bias": np.zeros(4, np.float32)})
        path = tmp_path / "stem.safetensors"
        path.unlink() if content is None else path.write_bytes(content)
        with pytest.raises(module.CheckpointError, match=said):
            module.draw("body.stem.weight", (2, 3), 0)
