"""docs/frameworks.md: every layer of both frameworks has a row, and its pieces compute what the
layers compute that they stand for."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import dlspec
from dlspec import ops

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "frameworks.md").read_text(encoding="utf-8")
PIECES = re.findall(r"^```dls\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
TABLES = {
    section.partition("\n")[0]: [
        [cell.strip() for cell in line[1:-1].split("|")]
        for line in re.findall(r"^\|[^\n]*\|$", section, re.MULTILINE)
        if not line.startswith(("|---", "| PyTorch |", "| Keras |"))
    ]
    for section in re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:]
}
ROWS = [row for rows in TABLES.values() for row in rows]
FUNCTIONS = "Functions of keras.ops"
APART = ("Losses", "Optimizers", "Metrics", "Initialisers", FUNCTIONS)
"""The tables that are of other modules than those of layers and activations."""
LAYERS = [title for title in TABLES if title not in APART]
RECIPE = ("losses", "transforms", "augmentations", "optimizers", "metrics")
INITIALISERS = "dlspec.ops.init"
KERAS = importlib.util.find_spec("keras")


def words(column: int, *titles: str) -> list[str]:
    """The names in a column of some tables."""
    return [word for title in titles for row in TABLES[title] for word in row[column].split()]


def published(module: str) -> set[str]:
    """The names of a module of Keras, whose file is a list of imports."""
    assert KERAS is not None and KERAS.submodule_search_locations is not None
    path = Path(KERAS.submodule_search_locations[0]) / module / "__init__.py"
    body = ast.parse(path.read_text(encoding="utf-8")).body
    lines = (node for node in body if isinstance(node, ast.ImportFrom))
    return {name.asname or name.name for line in lines for name in line.names}


def test_every_layer_and_loss_of_pytorch_has_a_row_and_no_other_name():
    nn = pytest.importorskip("torch.nn")
    layers = {n for n, c in vars(nn).items() if inspect.isclass(c) and issubclass(c, nn.Module)}
    assert sorted(words(0, *LAYERS, "Losses")) == sorted(layers)


def test_every_optimizer_of_pytorch_has_a_row_and_no_other_name():
    optim = pytest.importorskip("torch.optim")
    kinds = {
        n for n, c in vars(optim).items() if inspect.isclass(c) and issubclass(c, optim.Optimizer)
    }
    assert sorted(words(0, "Optimizers")) == sorted(kinds)


def test_every_initialiser_of_pytorch_has_a_row_and_no_other_name():
    init = pytest.importorskip("torch.nn.init")
    drawn = {n for n in vars(init) if re.fullmatch(r"[a-z]\w*_", n)}
    assert sorted(words(0, "Initialisers")) == sorted(drawn)


@pytest.mark.skipif(KERAS is None, reason="needs keras")
def test_every_layer_and_activation_of_keras_has_a_row_and_no_other_name():
    assert {*words(1, *LAYERS)} == published("layers") | published("activations")


@pytest.mark.skipif(KERAS is None, reason="needs keras")
@pytest.mark.parametrize(
    ("title", "module", "column"),
    [
        ("Losses", "losses", 1),
        ("Optimizers", "optimizers", 1),
        ("Metrics", "metrics", 0),
        ("Initialisers", "initializers", 1),
    ],
)
def test_every_name_of_a_module_of_keras_has_one_row(title: str, module: str, column: int):
    rows = words(column, title)
    assert {*rows} <= published(module) and len(rows) == len({*rows})
    classes = {name.lower() for name in rows}
    left = published(module) - {*rows}  # functions that do what a class does
    assert sorted(n for n in left if n.replace("_", "") not in classes) == []


@pytest.mark.skipif(KERAS is None, reason="needs keras")
def test_every_function_of_keras_has_a_row_or_its_name_in_the_language():
    rows = words(0, FUNCTIONS)
    assert {*rows} <= published("ops")
    own = {name.lower().replace("_", "") for name in ops.names()}
    left = published("ops") - published("activations") - {*rows}
    assert sorted(n for n in left if n.replace("_", "") not in own) == []


def defined() -> Iterator[str]:
    """What a spec may name: of the language, of the standard library, and the pieces."""
    yield from (*ops.names(), "Scan", "ctc_beam")
    for module in RECIPE:
        yield from vars(import_module(f"dlspec.recipe.{module}"))
    yield from vars(import_module(INITIALISERS))
    shipped = (ROOT / "dlspec" / "std").glob("*.dls")
    for text in (*PIECES, *(path.read_text(encoding="utf-8") for path in shipped)):
        yield from re.findall(r"^(?:block|model|fn) (\w+)", text, re.MULTILINE)


def test_what_a_row_names_there_is():
    known = {*defined()}
    for *_, here in ROWS:
        assert here
        unlinked = re.sub(r"\[[^]]*\]\(#[^)]*\)", "", here)  # that links lead somewhere is tested
        for code in re.findall(r"`([^`]*)`", unlinked):
            name = re.fullmatch(r"([A-Z]\w*)(\(.*\))?|(\w+_\w+)", code)
            assert name is None or (name[1] or name[3]) in known, code


def test_rows_that_say_no_say_why():
    for *_, here in ROWS:
        assert here.startswith(("no: ", "not yet: ")) or re.search(r"`|\w{4}", here)


# --- numbers ----------------------------------------------------------------------------------

INPUTS = {
    "a": (4,), "b": (5,), "other": (5,), "third": (5,), "positive": (5,),
    "steps": (3, 4), "query": (2, 4), "image": (6, 4, 5),
    "video": (3, 2, 4, 5),
}  # fmt: skip
USES = {
    "bilinear": "(a, b) -> Bilinear(3) as bilinear",
    "sink": "steps -> SinkAttention(2) as sink",
    "einsum_dense": "steps -> EinsumDense(2, 3) as einsum_dense",
    "conv_lstm": "video -> Scan(ConvLSTM(3)) as conv_lstm",
    "additive": "(query, steps) -> AdditiveScores as additive",
    "shuffled": "image -> ChannelShuffle(3)",
    "repeated": "a -> RepeatVector(3)",
    "cosine": "cosine_similarity(b, other)",
    "distance": "pairwise_distance(b, other)",
    "distance_3": "pairwise_distance(b, other, p=3)",
    "distributed": "[video[i] -> layer for i in range(3)] -> stack(axis=0)",
    "bins": "b -> Discretization([-1.0, 0.0, 0.5])",
    "gaussian_nll": "gaussian_nll(b, other, positive)",
    "poisson_nll": "poisson_nll(b, other)",
    "soft_margin": "soft_margin(b, sign(other))",
    "hinge_embedding": "hinge_embedding(b, sign(other), margin=0.7)",
    "margin_ranking": "margin_ranking(b, other, sign(third), margin=0.2)",
    "cosine_embedding": "cosine_embedding(b, other, sign(sum(third)), margin=0.1)",
    "multi_margin": "multi_margin(b, argmax(other))",
    "triplet_margin": "triplet_margin(b, other, third)",
    "hinge": "hinge(b, sign(other))",
    "squared_hinge": "squared_hinge(b, sign(other))",
    "categorical_hinge": "categorical_hinge(b, argmax(other))",
    "log_cosh": "log_cosh(b, other)",
    "poisson": "poisson(positive, abs(other))",
    "percentage_error": "percentage_error(b, other)",
    "squared_log_error": "squared_log_error(b, other)",
    "binary_focal": "binary_focal(b, 0.5 + 0.5 * sign(other))",
    "categorical_focal": "categorical_focal(b, argmax(other))",
    "generalized": "generalized_cross_entropy(b, argmax(other), q=0.7)",
    "dice": "dice(sigmoid(b), 0.5 + 0.5 * sign(other))",
    "tversky": "tversky(sigmoid(b), 0.5 + 0.5 * sign(other), alpha=0.3, beta=0.7)",
}
Outputs = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Outputs, Outputs, Outputs]:
    """Inputs, weights and outputs of the pieces, in the program for PyTorch."""
    torch = pytest.importorskip("torch")
    lines = [f"  input {name}: f32{list(shape)}" for name, shape in INPUTS.items()]
    lines += ["  let layer = Conv2D(4, 3)"]
    lines += [f"  output y_{name} = {use}" for name, use in USES.items()]
    text = "\n".join([*PIECES, "model All {", *lines, "}\n"])
    path = tmp_path_factory.mktemp("frameworks") / "all.dls"
    path.write_text(text, encoding="utf-8")
    net = dlspec.load(path).build(model="All").eval()
    rng = np.random.default_rng(0)
    x = {n: rng.normal(size=(3, *shape)).astype(np.float32) for n, shape in INPUTS.items()}
    x["positive"] = np.abs(x["positive"]) + 0.1
    with torch.no_grad():
        for weight in net.parameters():
            weight.copy_(torch.from_numpy(rng.normal(size=weight.shape)))
        found = net(**{n: torch.from_numpy(v) for n, v in x.items()})
    weights = {n: v.numpy() for n, v in net.state_dict().items()}
    return x, weights, {n.removeprefix("y_"): v.numpy() for n, v in found.items()}


def theirs(x: Outputs, weights: Outputs) -> dict[str, Callable[[], object]]:
    """What PyTorch's own layers make of the same."""
    import torch
    import torch.nn.functional as F
    from torch import nn

    t = {n: torch.from_numpy(v) for n, v in x.items()}
    b, other, third = t["b"], t["other"], t["third"]
    bilinear = nn.Bilinear(4, 5, 3)
    own = {n: torch.from_numpy(weights[f"bilinear.{n}"]) for n in ("weight", "bias")}
    bilinear.load_state_dict(own)

    sink = nn.MultiheadAttention(4, 2, add_bias_kv=True, batch_first=True)
    ours = {n.removeprefix("sink."): torch.from_numpy(w) for n, w in weights.items()}
    three = ("query", "keys", "values")
    joined = {
        f"in_proj_{kind}": torch.cat([ours[f"{name}.{kind}"] for name in three])
        for kind in ("weight", "bias")
    }
    behind = {f"out_proj.{kind}": ours[f"out.{kind}"] for kind in ("weight", "bias")}
    extra = {"bias_k": ours["key"][None], "bias_v": ours["value"][None]}
    sink.load_state_dict({**joined, **behind, **extra})

    def each(loss: Callable[..., object], *values: object, **options: float) -> object:
        rows = zip(*values, strict=True)  # type: ignore[call-overload]
        return torch.stack([loss(*(v[None] for v in row), **options) for row in rows])

    return {
        "bilinear": lambda: bilinear(t["a"], b),
        "sink": lambda: sink(t["steps"], t["steps"], t["steps"])[0],
        "shuffled": lambda: nn.ChannelShuffle(3)(t["image"]),
        "cosine": lambda: nn.CosineSimilarity()(b, other),
        "distance": lambda: nn.PairwiseDistance()(b, other),
        "distance_3": lambda: nn.PairwiseDistance(3)(b, other),
        "gaussian_nll": lambda: each(F.gaussian_nll_loss, b, other, t["positive"]),
        "poisson_nll": lambda: each(F.poisson_nll_loss, b, other),
        "soft_margin": lambda: each(F.soft_margin_loss, b, other.sign()),
        "hinge_embedding": lambda: each(F.hinge_embedding_loss, b, other.sign(), margin=0.7),
        "margin_ranking": lambda: each(F.margin_ranking_loss, b, other, third.sign(), margin=0.2),
        "cosine_embedding": lambda: each(
            F.cosine_embedding_loss, b, other, third.sum(-1).sign(), margin=0.1
        ),
        "multi_margin": lambda: each(F.multi_margin_loss, b, other.argmax(-1)),
        "triplet_margin": lambda: each(F.triplet_margin_loss, b, other, third),
    }


def test_pieces_compute_what_layers_of_pytorch_do(made: tuple[Outputs, Outputs, Outputs]) -> None:
    x, weights, found = made
    for name, run in theirs(x, weights).items():
        expected = run().detach().numpy()
        np.testing.assert_allclose(found[name], expected, rtol=2e-5, atol=1e-5, err_msg=name)


KERAS_SAYS = """
import sys, numpy as np
from keras import layers, losses, ops
x = dict(np.load(sys.argv[1]))
last = lambda v: np.moveaxis(v, 2, -1)
first = lambda v: np.moveaxis(np.asarray(ops.convert_to_numpy(v)), -1, 2)
def weighted(layer, weights, *inputs):
    given = inputs[0] if len(inputs) == 1 else list(inputs)
    layer(given)
    layer.set_weights(weights)
    return layer(given)
kernel = lambda w: np.transpose(w, (2, 3, 1, 0))
video, conv, lstm = x["video"], x["w:layer.weight"], x["w:conv_lstm.gates.weight"]
y = {
    "einsum_dense": weighted(
        layers.EinsumDense("btd,dhk->bthk", (None, 2, 3), bias_axes="hk"),
        [x["w:einsum_dense.kernel"], x["w:einsum_dense.bias"]], x["steps"],
    ),
    "conv_lstm": first(weighted(
        layers.ConvLSTM2D(3, 3, padding="same", return_sequences=True),
        [kernel(lstm[:, :2]), kernel(lstm[:, 2:]), x["w:conv_lstm.gates.bias"]], last(video),
    )),
    "additive": weighted(
        layers.AdditiveAttention(), [x["w:additive.scale"]], x["query"], x["steps"]
    ),
    "repeated": layers.RepeatVector(3)(x["a"]),
    "distributed": first(weighted(
        layers.TimeDistributed(layers.Conv2D(4, 3)), [kernel(conv), x["w:layer.bias"]], last(video)
    )),
}
b, other = x["b"], x["other"]
signs, labels = np.sign(other), (np.sign(other) + 1) / 2
chances, right = 1 / (1 + np.exp(-b)), np.argmax(other, -1)
softmax = np.asarray(ops.convert_to_numpy(ops.softmax(b)))
y |= {
    "hinge": losses.hinge(signs, b),
    "squared_hinge": losses.squared_hinge(signs, b),
    "categorical_hinge": losses.categorical_hinge(np.eye(5)[right], b),
    "log_cosh": losses.log_cosh(other, b),
    "poisson": losses.poisson(np.abs(other), x["positive"]),
    "percentage_error": losses.mean_absolute_percentage_error(other, b),
    "squared_log_error": losses.mean_squared_logarithmic_error(other, b),
    "binary_focal": losses.binary_focal_crossentropy(labels, b, from_logits=True),
    "categorical_focal": losses.categorical_focal_crossentropy(np.eye(5)[right], softmax),
    "generalized": losses.categorical_generalized_cross_entropy(
        right, ops.convert_to_tensor(softmax), q=0.7
    ),
    "dice": losses.dice(labels, chances, axis=1),
    "tversky": losses.tversky(labels, chances, 0.3, 0.7, axis=1),
}
np.savez(sys.argv[2], **{n: np.asarray(ops.convert_to_numpy(v)) for n, v in y.items()})
"""


@pytest.mark.proof
@pytest.mark.skipif(KERAS is None, reason="needs keras")
def test_pieces_compute_what_layers_of_keras_do(
    made: tuple[Outputs, Outputs, Outputs], tmp_path: Path
) -> None:
    x, weights, found = made
    given, said = tmp_path / "x.npz", tmp_path / "y.npz"
    np.savez(given, **x, **{f"w:{n}": v for n, v in weights.items()})
    subprocess.run(
        [sys.executable, "-c", KERAS_SAYS, str(given), str(said)],
        env={**os.environ, "KERAS_BACKEND": "torch"},
        check=True,
    )
    for name, expected in np.load(said).items():
        np.testing.assert_allclose(found[name], expected, rtol=2e-5, atol=1e-5, err_msg=name)


def test_discretization_counts_the_bounds_that_are_not_above(
    made: tuple[Outputs, Outputs, Outputs],
) -> None:
    x, _, found = made
    np.testing.assert_array_equal(found["bins"], np.digitize(x["b"], [-1.0, 0.0, 0.5]))
