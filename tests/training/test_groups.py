"""Weights with a learning rate, a decay or a beginning of their own, in runs of both backends."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest
from compiled_specs import BACKENDS, imported, program, run
from safetensors.numpy import load_file, save_file

pytestmark = pytest.mark.slow

SPEC = """
data cancer {{
  source = sklearn("breast_cancer")
  field x: f32[30]      = column("data") -> Standardize
  field label: class[2] = column("target")
  split = ordered(train=16 %, test=84 %)
}}
model Net {{
  input x: f32[30]
  h = x -> Dense(16, init=normal(std=0.1)) -> (BatchNorm -> Dense(16) -> Dropout({dropout})) as body
  output logits: f32[2] = h -> ReLU -> Dense(2) as head
}}
train {{
  data      = cancer
  model     = Net()
  loss      = CrossEntropy(logits, label)
  optimizer = {optimizer}
  {weights}
  epochs    = 4
}}
"""


def trained(
    folder: Path,
    backend: str,
    weights: str,
    optimizer: str = "AdamW(lr=1e-2, weight_decay=0.1)",
    epochs: int = 4,
    dropout: float = 0.0,
    resume: bool = False,
) -> dict[str, np.ndarray]:
    """The last checkpoint of a run, with the optimizer's arrays."""
    text = SPEC.format(weights=weights, optimizer=optimizer, dropout=dropout)
    spec = folder / "spec.dls"
    spec.write_text(text)
    if not (folder / "train.py").exists():
        program(spec, folder, backend)
    more = ["--resume"] if resume else ["--overwrite"]
    run(folder, "--out", folder, "--epochs", epochs, *more)
    return load_file(folder / "last.safetensors")


def made(found: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: a for name, a in found.items() if not name.startswith("optimizer.")}


@pytest.mark.parametrize("backend", BACKENDS)
def test_frozen_weights_wait_in_evaluation_mode(backend: str, tmp_path: Path) -> None:
    weights = "weights body { frozen = until(2 epochs) }"
    first = made(trained(tmp_path, backend, weights, epochs=1))
    second = made(trained(tmp_path, backend, weights, epochs=2))
    third = made(trained(tmp_path, backend, weights, epochs=3))
    body = [n for n in first if n.startswith("body.")]
    assert "body.batch_norm.running_mean" in body
    assert np.all(first["body.batch_norm.running_mean"] == 0), "its statistics stand still too"
    for name in body:
        np.testing.assert_array_equal(first[name], second[name], err_msg=name)
        assert not np.array_equal(second[name], third[name]), name
    for name in set(first) - set(body):
        assert not np.array_equal(first[name], second[name]), name


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_dropout_of_frozen_weights_rests(backend: str, tmp_path: Path) -> None:
    """With it, an epoch would end elsewhere than without."""
    found = []
    for i, rate in enumerate((0.0, 0.5)):
        folder = tmp_path / str(i)
        folder.mkdir()
        weights = "weights body { frozen = true }"
        found.append(made(trained(folder, backend, weights, epochs=1, dropout=rate)))
    for name, array in found[0].items():
        np.testing.assert_allclose(array, found[1][name], rtol=0, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_scaled_rate_scales_the_first_step(backend: str, tmp_path: Path) -> None:
    """With plain SGD a step is the rate times the gradient, which is the same for both."""
    moved = []
    for i, scale in enumerate((1, 0.25)):
        folder = tmp_path / str(i)
        folder.mkdir()
        text = SPEC.replace("epochs    = 4", "epochs    = 4; batch = 1000")
        spec = folder / "spec.dls"
        weights = f"weights head {{ lr_scale = {scale} }}"
        spec.write_text(text.format(optimizer="SGD(lr=0.1)", weights=weights, dropout=0))
        program(spec, folder, backend)
        run(folder, "--out", folder, "--epochs", 1)
        ends = made(load_file(folder / "last.safetensors"))
        draw = runpy.run_path(str(folder / "weights.py"))["draw"]
        moved.append({n: a - draw(n, a.shape, 0) for n, a in ends.items()})
    for name in ("head.weight", "head.bias"):
        np.testing.assert_allclose(moved[1][name], 0.25 * moved[0][name], rtol=1e-3, atol=1e-7)
    np.testing.assert_allclose(moved[1]["dense.bias"], moved[0]["dense.bias"], rtol=1e-4, atol=1e-8)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_resumed_run_thaws_like_a_whole_one(backend: str, tmp_path: Path) -> None:
    weights = (
        "weights *.bias { weight_decay = 0 }\n"
        "  weights body { frozen = until(2 epochs); lr_scale = 0.5 }\n"
        "  weights head { optimizer = SGD(lr=0.05, momentum=0.9) }"
    )
    (tmp_path / "whole").mkdir()
    (tmp_path / "parts").mkdir()
    whole = trained(tmp_path / "whole", backend, weights)
    trained(tmp_path / "parts", backend, weights, epochs=1)
    trained(tmp_path / "parts", backend, weights, epochs=3, resume=True)
    parts = trained(tmp_path / "parts", backend, weights, resume=True)
    assert whole.keys() == parts.keys()
    for name, array in whole.items():
        np.testing.assert_array_equal(array, parts[name], err_msg=name)


OWN = """
  weights *.bias     { weight_decay = 0 }
  weights head       { optimizer = SGD(lr=0.2, momentum=0.9) }
  weights body       { optimizer = RMSprop(lr=2e-3, weight_decay=0.1) }
  weights body.dense { lr_scale = 0.5 }
  schedule  = warmup(1 epoch) -> cosine
  clip_norm = 0.5
"""


def test_optimizers_of_their_own_are_those_of_a_loop_by_hand(tmp_path: Path) -> None:
    """Each is PyTorch's own; one schedule is a share of each rate, one norm is of all gradients."""
    torch = pytest.importorskip("torch")
    found = trained(tmp_path, "torch", OWN)
    with imported(tmp_path, ("weights", "data")) as (weights, data):
        shapes = {n: a.shape for n, a in made(found).items()}
        w = {n: torch.tensor(weights.draw(n, shape, 0)) for n, shape in shapes.items()}
        blocks = [rows for epoch in range(4) for rows in data.blocks("train", 32, 0, epoch)]
    learned = {n: t.requires_grad_() for n, t in w.items() if "running" not in n}
    body = [learned[f"body.dense.{end}"] for end in ("weight", "bias")]
    norm = [learned[f"body.batch_norm.{end}"] for end in ("weight", "bias")]
    adamw = torch.optim.AdamW([{"params": [w["dense.weight"]], "weight_decay": 0.1}], lr=1e-2)
    adamw.add_param_group({"params": [w["dense.bias"]], "weight_decay": 0})
    sgd = torch.optim.SGD([w["head.weight"], w["head.bias"]], lr=0.2, momentum=0.9)
    rmsprop = torch.optim.RMSprop(norm, lr=2e-3, alpha=0.9, weight_decay=0.1)
    rmsprop.add_param_group({"params": body, "lr": 1e-3})
    optimizers = (adamw, sgd, rmsprop)
    peaks = [group["lr"] for optimizer in optimizers for group in optimizer.param_groups]
    groups = [group for optimizer in optimizers for group in optimizer.param_groups]
    F = torch.nn.functional

    def logits(x):
        h = x @ w["dense.weight"].T + w["dense.bias"]
        mean, var = (w[f"body.batch_norm.running_{name}"] for name in ("mean", "var"))
        h = F.batch_norm(h, mean, var, *norm, True, 0.1) @ body[0].T + body[1]
        return h.relu() @ w["head.weight"].T + w["head.bias"]

    starts = [(rows, i) for rows in blocks for i in range(0, len(rows["x"]), 32)]
    shares = [(i + 1) / 3 if i < 3 else (1 + np.cos(np.pi * (i - 3) / 9)) / 2 for i in range(12)]
    for share, (rows, i) in zip(shares, starts, strict=True):
        x, label = (torch.tensor(rows[name][i : i + 32]) for name in ("x", "label"))
        for weight in learned.values():
            weight.grad = None
        F.cross_entropy(logits(x), label).backward()
        torch.nn.utils.clip_grad_norm_(list(learned.values()), 0.5)
        for group, peak in zip(groups, peaks, strict=True):
            group["lr"] = peak * share
        for optimizer in optimizers:
            optimizer.step()
    # a bias before BatchNorm has no gradient but rounding, which Adam makes steps of
    for name in w.keys() - {"dense.bias", "body.batch_norm.running_mean"}:
        expected = w[name].detach().numpy()
        np.testing.assert_allclose(found[name], expected, rtol=1e-5, atol=1e-7, err_msg=name)
    momentum = sgd.state[w["head.weight"]]["momentum_buffer"].numpy()
    kept = found["optimizer.head.weight.momentum"]
    np.testing.assert_allclose(kept, momentum, rtol=1e-3, atol=1e-6)
    assert {n for n in found if n.startswith("optimizer.head")} == {
        "optimizer.head.weight.momentum",
        "optimizer.head.bias.momentum",
    }


FINE = """
data cancer {{
  source = sklearn("breast_cancer")
  field x: f32[30]      = column("data") -> Standardize
  field label: class[2] = column("target")
  split = ordered(train=16 %, test=84 %)
}}
block Body {{
  input x: f32[D]
  features = x -> Dense(8) -> BatchNorm -> ReLU -> Dropout(0.5)
  output features -> Dense(2)
}}
model Net {{
  input x: f32[30]
  output logits: f32[2] = x -> Body({kept}){part}
}}
train {{
  data = cancer; model = Net(); loss = CrossEntropy(logits, label)
  optimizer = Adam(lr=1e-2); epochs = 2
}}
"""


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_frozen_backbone_stays_as_its_file_has_it(tmp_path: Path, backend: str) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    kept = 'weights="body.safetensors", frozen=true'
    for folder in (before, after):
        folder.mkdir()
    made_of = {before: ("", ""), after: (kept, ".features -> Dense(2) as head")}
    body: dict[str, np.ndarray] = {}
    for folder, (given, part) in made_of.items():
        (folder / "spec.dls").write_text(FINE.format(kept=given, part=part))
        program(folder / "spec.dls", folder, backend)
        if body:
            save_file(body, folder / "body.safetensors")
        run(folder, "--out", folder)
        found = made(load_file(folder / "last.safetensors"))
        body = body or {name.removeprefix("logits."): a for name, a in found.items()}
    names = [name for name in found if not name.startswith("head.")]
    assert len(names) == 6
    for name in names:
        assert np.array_equal(found[name], body[name.partition(".")[2]])


ENCODER = """
block Layer { input x: f32[D]; output x + (x -> LayerNorm -> Dense(D) -> ReLU -> Dropout(0.2)) }
model Encoder {
  input x: f32[30]
  h = x -> Dense(8) -> Layer * 2
  output found = h -> Dense(2)
  weights Dense.weight { init = normal(std=0.3) }
}
data cancer {
  source = sklearn("breast_cancer")
  field x: f32[30]      = column("data") -> Standardize
  field label: class[2] = column("target")
  split = ordered(train=16 %, test=84 %)
}
train {
  data = cancer; model = Encoder(); loss = CrossEntropy(found, label)
  optimizer = Adam(lr=1e-2); epochs = 1
}
"""
TUNED = """
from "encoder.dls" import Encoder
data cancer {
  source = sklearn("breast_cancer")
  field x: f32[30]      = column("data") -> Standardize
  field label: class[2] = column("target")
  split = ordered(train=16 %, test=84 %)
}
model Net {
  input x: f32[30]
  output logits: f32[2] = x -> Encoder(weights="encoder.safetensors").h as body -> Dense(2) as head
}
train {
  data = cancer; model = Net(); loss = CrossEntropy(logits, label)
  optimizer = AdamW(lr=1e-2, weight_decay=0.01)
  weights *.bias, LayerNorm { weight_decay = 0 }
  weights body              { frozen = until(1 epoch); lr_scale = 0.5 ** 3 }
  for i in range(2) { weights body.layers[i] { lr_scale = 0.5 ** (2 - i) } }
  schedule = warmup(1 epoch) -> constant
  epochs   = 3
}
"""


@pytest.mark.proof
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_fine_tuned_run_goes_on_across_its_thaw(tmp_path: Path, backend: str) -> None:
    """A model of another file, from weights of its own run."""
    (tmp_path / "encoder.dls").write_text(ENCODER)
    (tmp_path / "tuned.dls").write_text(TUNED)
    program(tmp_path / "encoder.dls", tmp_path / "encoder", backend)
    run(tmp_path / "encoder", "--out", tmp_path / "encoder")
    encoder = made(load_file(tmp_path / "encoder" / "last.safetensors"))
    save_file(encoder, tmp_path / "encoder.safetensors")
    ends = {}
    for name, stops in (("whole", (3,)), ("parts", (1, 2, 3))):
        folder = program(tmp_path / "tuned.dls", tmp_path / name, backend)
        for stop in stops:
            resume = ["--resume"] if stop > 1 and name == "parts" else []
            run(folder, "--out", folder, "--epochs", stop, *resume)
            ends[name, stop] = load_file(folder / "last.safetensors")
    begun = ends["parts", 1]
    for weight, array in encoder.items():
        if not weight.startswith("found."):
            np.testing.assert_array_equal(begun[f"body.{weight}"], array, err_msg=weight)
    assert not np.array_equal(ends["parts", 2]["body.dense.weight"], encoder["dense.weight"])
    for name, array in ends["whole", 3].items():
        np.testing.assert_array_equal(ends["parts", 3][name], array, err_msg=name)
