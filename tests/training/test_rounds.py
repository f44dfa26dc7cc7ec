"""Trainings of several networks in turn: each step against the same updates written by hand."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from compiled_specs import BACKENDS, SPECS, imported, log, program, run
from safetensors.numpy import load_file

pytestmark = pytest.mark.slow

GAN = """
data digits {
  source = sklearn("digits")
  field image: f32[1, 8, 8] = column("image") -> Scale(1 / 8, offset=-1)
  split = random(train=30 %, val=20 %, test=50 %, seed=0)
}
model Generator(z: int) {
  input code: f32[z]
  output image: f32[1, 8, 8] = code -> Dense(32, bias=false) -> BatchNorm -> ReLU
    -> Reshape(8, 2, 2) -> ConvTranspose2D(4, 4, stride=2, padding=1) -> ReLU
    -> ConvTranspose2D(1, 4, stride=2, padding=1) -> Tanh
}
model Critic {
  input image: f32[1, 8, 8]
  output score: f32[1] = image -> Conv2D(8, 3, stride=2, padding=1) -> LeakyReLU(0.2)
    -> Flatten -> Dense(1)
}
train {
  data = digits
  batch = 64; steps = 8
  let G = Generator(z=6)
  let D = Critic()
  step discriminator updates D times 3 {
    fake = stop_gradient(G(normal(6)))
    loss = mean(max(1 - D(image), 0)) + mean(max(1 + D(fake), 0))
    optimizer = Adam(lr=1e-3, betas=(0.5, 0.9))
  }
  step generator updates G {
    loss = -D(G(normal(6)))
    optimizer = SGD(lr=1e-2, momentum=0.9)
  }
  clip_norm = 1.0
  schedule = warmup(25 %) -> cosine(to=0)
}
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "gan.dls"
    path.write_text(GAN)
    return path


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_checkpoint_holds_every_network_and_optimizer(
    spec: Path, backend: str, tmp_path: Path
) -> None:
    folder = program(spec, tmp_path / "program", backend)
    run(folder, "--out", tmp_path / "whole")
    before = load_file(tmp_path / "whole" / "last.safetensors")
    assert {name.split(".")[0] for name in before} == {"G", "D", "optimizer"}
    assert "optimizer.discriminator.D.conv2d.weight.square" in before
    assert "optimizer.generator.G.dense.weight.momentum" in before
    rows = log(tmp_path / "whole")
    assert rows[-1]["step"] == 32
    assert {"discriminator.loss", "val.generator.loss"} <= rows[0].keys()
    told = json.loads(run(folder, "--out", tmp_path / "whole", "--eval", "val"))
    assert told["generator.loss"] == pytest.approx(rows[-1]["val.generator.loss"], rel=1e-5)


@pytest.mark.parametrize("backend", BACKENDS)
def test_more_steps_go_on_from_the_middle_of_an_epoch(
    spec: Path, backend: str, tmp_path: Path
) -> None:
    # the rate of a step is a share of all steps: a run of fewer has another
    spec.write_text(GAN.replace("  schedule = warmup(25 %) -> cosine(to=0)\n", ""))
    folder = program(spec, tmp_path / "constant", backend)
    run(folder, "--out", tmp_path / "whole")
    run(folder, "--out", tmp_path / "parts", "--steps", 3)
    assert log(tmp_path / "parts")[-1]["step"] == 12
    run(folder, "--out", tmp_path / "parts", "--resume")
    whole, parts = (tmp_path / n / "last.safetensors" for n in ("whole", "parts"))
    assert whole.read_bytes() == parts.read_bytes()


def test_the_updates_are_those_of_a_loop_by_hand(spec: Path, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    folder = program(spec, tmp_path / "program", "torch")
    run(folder, "--out", tmp_path / "run")
    found = load_file(tmp_path / "run" / "last.safetensors")
    start, batches = _beginning(folder)
    wanted = _by_hand(torch, start, batches)
    for name, value in wanted.items():
        np.testing.assert_allclose(found[name], value, rtol=2e-4, atol=2e-6, err_msg=name)
    moved = [n for n in start if np.abs(start[n] - found[n]).max() > 1e-4]
    assert {n.split(".")[0] for n in moved} == {"G", "D"}


@pytest.mark.proof
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_generator_learns_what_digits_look_like(backend: str, tmp_path: Path) -> None:
    folder = program(SPECS / "gan.dls", tmp_path / "gan", backend)
    run(folder, "--steps", 1)
    first = _apart(folder, backend)
    run(folder, "--steps", 160, "--overwrite")
    last = _apart(folder, backend)
    assert last < first / 2


def _apart(folder: Path, backend: str) -> float:
    """How far drawn digits are from those of the validation rows: the Frechet distance of normal
    distributions with the means and covariances of their pixels."""
    with imported(folder, ("model", "checkpoint", "data")) as (model, checkpoint, data):
        wanted = data.load()["val"]["image"].reshape(-1, 64)
        networks = model.Networks()
        code = np.random.default_rng(0).normal(size=(len(wanted), 8)).astype("f4")
        if backend == "keras":
            networks({"G_code": code, "D_image": np.zeros((len(code), 8, 8, 1), "f4")})
            checkpoint.load(folder / "best.safetensors", networks)
            made = np.asarray(networks.G(code)).reshape(-1, 64)
        else:
            torch = pytest.importorskip("torch")
            checkpoint.load(folder / "best.safetensors", networks)
            made = networks.eval().G(torch.from_numpy(code)).detach().numpy().reshape(-1, 64)
    means = made.mean(0) - wanted.mean(0)
    a, b = np.cov(made.T), np.cov(wanted.T)
    roots = np.sqrt(np.linalg.eigvals(a @ b).real.clip(min=0))
    return float(means @ means + np.trace(a + b) - 2 * roots.sum())


def _beginning(folder: Path) -> tuple[dict[str, np.ndarray], list[np.ndarray]]:
    """The first weights and the batches of a run, as the program's own files tell them."""
    with imported(folder, ("weights", "data", "model")) as (weights, data, module):
        model = module.Networks()
        state = {n: t for n, t in model.state_dict().items() if "tracked" not in n}
        start = {n: weights.draw(n, tuple(t.shape), 0) for n, t in state.items()}
        batches = []
        for epoch in range(4):
            for rows in data.blocks("train", 64, 0, epoch):
                image = rows["image"]
                batches += [image[i : i + 64] for i in range(0, len(image), 64)]
    return start, batches[:32]


def _by_hand(torch, start, batches):
    """8 rounds of three updates of the critic and one of the generator."""
    F = torch.nn.functional
    w = {n: torch.tensor(v) for n, v in start.items()}
    learned = {net: [n for n in w if n[0] == net and "running" not in n] for net in ("G", "D")}
    for name in (*learned["G"], *learned["D"]):
        w[name].requires_grad_()

    def G(z):
        h = z @ w["G.dense.weight"].T
        mean, var = w["G.batch_norm.running_mean"], w["G.batch_norm.running_var"]
        h = F.batch_norm(h, mean, var, w["G.batch_norm.weight"], w["G.batch_norm.bias"], True, 0.1)
        h = h.relu().reshape(-1, 8, 2, 2)
        for name in ("conv_transpose2d", "conv_transpose2d_2"):
            kernel, bias = w[f"G.{name}.weight"], w[f"G.{name}.bias"]
            h = F.conv_transpose2d(h, kernel, bias, stride=2, padding=1)
            h = h.relu() if name == "conv_transpose2d" else h.tanh()
        return h

    def D(x):
        h = F.conv2d(x, w["D.conv2d.weight"], w["D.conv2d.bias"], stride=2, padding=1)
        return F.leaky_relu(h, 0.2).flatten(1) @ w["D.dense.weight"].T + w["D.dense.bias"]

    critic = torch.optim.Adam([w[n] for n in learned["D"]], lr=1e-3, betas=(0.5, 0.9))
    generator = torch.optim.SGD([w[n] for n in learned["G"]], lr=1e-2, momentum=0.9)
    share = [(i + 1) / 2 if i < 2 else (1 + np.cos(np.pi * (i - 2) / 6)) / 2 for i in range(8)]
    for number, image in enumerate(map(torch.tensor, batches)):
        torch.manual_seed(number)
        code = torch.randn(len(image), 6)
        if number % 4 < 3:
            fake = G(code).detach()
            loss = (1 - D(image)).relu().mean() + (1 + D(fake)).relu().mean()
            net, optimizer, lr = "D", critic, 1e-3
        else:
            loss, net, optimizer, lr = -D(G(code)).mean(), "G", generator, 1e-2
        own = [w[n] for n in learned[net]]
        for weight, gradient in zip(own, torch.autograd.grad(loss, own), strict=True):
            weight.grad = gradient
        torch.nn.utils.clip_grad_norm_(own, 1.0)
        optimizer.param_groups[0]["lr"] = lr * share[number // 4]
        optimizer.step()
    return {n: t.detach().numpy() for n, t in w.items()}


TOGETHER = """
data cancer {
  source = sklearn("breast_cancer")
  field x: f32[30]      = column("data") -> Standardize
  field label: class[2] = column("target")
  split = ordered(train=45 %, val=20 %, test=35 %)
}
model Net(width: int) {
  input x: f32[30]
  h = x -> Dense(width) -> Tanh
  penalty 0.1 * mean(h ** 2)
  output logits: f32[2] = h -> Dense(2)
}
model Critic {
  input p: f32[2]
  h = p -> Dense(8) -> Tanh
  penalty 0.2 * mean(h ** 2)
  output score: f32[1] = h -> Dense(1)
}
train {
  data = cancer; batch = 64; epochs = 3; precision = fp32; numerics = exact
  let T = Net(8)
  let S = Net(4)
  let D = Critic()
  step teacher updates T {
    t         = T(x)
    loss      = CrossEntropy(t, label)
    optimizer = AdamW(lr=1e-2, weight_decay=0.1)
    metrics   = [Accuracy(t, label)]
  }
  step student updates S {
    s         = S(x)
    choice    = argmax(T(x))
    loss      = KL(stop_gradient(softmax(T(x))), softmax(s)) - 0.1 * mean(D(softmax(s)))
    optimizer = SGD(lr=0.1, momentum=0.9)
    metrics   = [Accuracy(s, label), F1(s, choice)]
  }
  step critic updates D times 2 {
    loss      = mean(D(stop_gradient(softmax(S(x))))) - mean(D(stop_gradient(softmax(T(x)))))
    optimizer = Adam(lr=1e-3)
  }
  weights *.bias   { weight_decay = 0 }
  weights T.h      { frozen = until(1 epoch) }
  weights D        { frozen = until(1 epoch); lr_scale = 0.5 }
  weights S.logits { frozen = true }
  early_stop = patience(9 epochs, on=val.student.accuracy)
}
"""


def test_metrics_penalties_and_groups_of_several_steps(tmp_path: Path) -> None:
    """Against the first epoch by hand: only the teacher's head and the student's body learn."""
    torch = pytest.importorskip("torch")
    metrics = pytest.importorskip("sklearn.metrics")
    spec = tmp_path / "together.dls"
    spec.write_text(TOGETHER)
    folder = program(spec, tmp_path / "program", "torch")
    run(folder, "--out", tmp_path / "one", "--epochs", 1)
    with imported(folder, ("weights", "data", "model")) as (weights, data, module):
        state = module.Networks().state_dict()
        w = {n: torch.tensor(weights.draw(n, tuple(t.shape), 0)) for n, t in state.items()}
        blocks = list(data.blocks("train", 64, 0, 0))
        val = {n: torch.tensor(v) for n, v in data.load()["val"].items()}
    start = {n: t.clone() for n, t in w.items()}
    batches = [
        (torch.tensor(b["x"][i : i + 64]), torch.tensor(b["label"][i : i + 64]))
        for b in blocks
        for i in range(0, len(b["x"]), 64)
    ]

    def net(name, x, head="logits"):
        h = torch.tanh(x @ w[f"{name}.h.weight"].T + w[f"{name}.h.bias"])
        return h, h @ w[f"{name}.{head}.weight"].T + w[f"{name}.{head}.bias"]

    learned = {"T": ["T.logits.weight", "T.logits.bias"], "S": ["S.h.weight", "S.h.bias"]}
    for names in learned.values():
        for name in names:
            w[name].requires_grad_()
    groups = [
        {"params": [w["T.logits.weight"]], "weight_decay": 0.1},
        {"params": [w["T.logits.bias"]], "weight_decay": 0.0},
    ]
    teacher = torch.optim.AdamW(groups, lr=1e-2)
    student = torch.optim.SGD([w[n] for n in learned["S"]], lr=0.1, momentum=0.9)
    for number, (x, label) in enumerate(batches):
        if number % 4 == 0:  # what is frozen is in evaluation mode, and adds no penalty
            h, t = net("T", x)
            loss = torch.nn.functional.cross_entropy(t, label) + 0.1 * (h**2).mean()
            teacher.zero_grad()
            loss.backward()
            teacher.step()
        elif number % 4 == 1:
            h, s = net("S", x)
            soft, own = net("T", x)[1].softmax(1).detach(), s.softmax(1)
            loss = (soft * (soft.log() - own.log())).sum(1).mean() + 0.1 * (h**2).mean()
            loss = loss - 0.1 * net("D", own, head="score")[1].mean()
            student.zero_grad()
            loss.backward()
            student.step()
    found = load_file(tmp_path / "one" / "last.safetensors")
    for name in w:
        value = w[name].detach().numpy()
        np.testing.assert_allclose(found[name], value, rtol=1e-4, atol=1e-6, err_msg=name)
        moved = not np.array_equal(found[name], start[name].numpy())
        assert moved == (name in (*learned["T"], *learned["S"])), name
    (row,) = log(tmp_path / "one")
    t, s = (net(name, val["x"])[1].detach().argmax(1) for name in ("T", "S"))
    assert row["val.teacher.accuracy"] == pytest.approx((t == val["label"]).float().mean().item())
    assert row["val.student.accuracy"] == pytest.approx((s == val["label"]).float().mean().item())
    assert row["val.student.f1"] == pytest.approx(metrics.f1_score(t, s))


@pytest.mark.proof
def test_twelve_rounds_of_several_networks_are_the_same_in_both_backends(tmp_path: Path) -> None:
    """Run by run, too: in parts, the bits of a whole one."""
    spec = tmp_path / "together.dls"
    spec.write_text(TOGETHER)
    made = {}
    for backend in ("torch", "keras"):
        folder = program(spec, tmp_path / backend, backend)
        for out, *words in (("whole",), ("parts", "--epochs", "2"), ("parts", "--resume")):
            command = [sys.executable, str(folder / "train.py"), "--out", str(folder / out), *words]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr[-2000:]
        whole, parts = (folder / n / "last.safetensors" for n in ("whole", "parts"))
        assert whole.read_bytes() == parts.read_bytes()
        made[backend] = load_file(whole), log(folder / "whole")
    (torch, first), (keras, second) = made.values()
    assert torch.keys() == keras.keys()
    for name, value in torch.items():
        np.testing.assert_allclose(keras[name], value, rtol=1e-3, atol=2e-5, err_msg=name)
    for a, b in zip(first, second, strict=True):
        assert a == pytest.approx(b, rel=1e-4)
