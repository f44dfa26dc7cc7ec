"""Trains Networks on digits.

Stopped at any moment and resumed, a run ends with the same bits.
"""

import argparse
import json
import math
import platform
import signal
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import checkpoint
import data
import objective
from model import Networks
from recipe import ROUND, Run, claimed, ended, log, rates, rewind, write_lock
from weights import CheckpointError

HASH = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"  # of the spec
STEPS = 1000  # rounds of batches
BATCH = 64
CHUNK = 256  # rows at a time in evaluation
LEARNING_RATES = {"critic": 0.001, "generator": 0.001}
SEED = 0
THREADS = 1  # more do not make such small steps faster


def loss_fn(step: str, model: Networks, batch: dict[str, Tensor]) -> Tensor:
    """What a step minimises on a batch."""
    if step == "critic":
        return objective.critic(model.G, model.D, batch["image"])
    return objective.generator(model.G, model.D, batch["image"])


def learned(model: Networks) -> dict[str, list[nn.Parameter]]:
    """The parameters that each step updates."""
    return {
        "critic": list(model.D.parameters()),
        "generator": list(model.G.parameters()),
    }


def optimizers_of(model: Networks) -> dict[str, torch.optim.Optimizer]:
    """The optimizer of each step."""
    parameters = learned(model)
    return {
        "critic": torch.optim.Adam(parameters["critic"], betas=(0.5, 0.9), fused=True),
        "generator": torch.optim.Adam(
            parameters["generator"], betas=(0.5, 0.9), fused=True
        ),
    }


def tensors(rows: data.Rows, device: torch.device) -> dict[str, Tensor]:
    return {name: torch.from_numpy(v).to(device) for name, v in rows.items()}


def per_epoch() -> int:
    """The batches of an epoch."""
    return math.ceil(data.length(data.load()["train"]) / BATCH)


def batches(run: Run, device: torch.device) -> Iterator[dict[str, Tensor]]:
    """The batches of an epoch that the run has not had yet, made some at a time."""
    had = run.step - run.epoch * per_epoch()
    for rows in data.blocks("train", BATCH, run.seed, run.epoch):
        block = tensors(rows, device)
        for start in range(0, data.length(rows), BATCH):
            if had:
                had -= 1
                continue
            yield {name: v[start : start + BATCH] for name, v in block.items()}


def step_seed(run: Run) -> int:
    """The seed of one step, in the 32 bits that PyTorch's CPU generator reads."""
    return (run.seed * 1_000_003 + run.step) % 2**32


def train_epoch(
    model: Networks,
    optimizers: dict[str, torch.optim.Optimizer],
    rate: dict[str, np.ndarray],
    run: Run,
    device: torch.device,
    stop: int,
) -> dict[str, float]:
    """The rest of an epoch, or of the run; gives the mean losses."""
    model.train()
    gpu = device.type == "cuda"
    generator = torch.cuda.default_generators[0] if gpu else torch.default_generator
    bf16 = gpu and torch.cuda.is_bf16_supported()
    autocast = torch.autocast(device.type, torch.bfloat16) if bf16 else nullcontext()
    parameters = learned(model)
    totals = {step: torch.zeros((), device=device) for step in ROUND}
    counts = dict.fromkeys(ROUND, 0)
    for batch in batches(run, device):
        if run.step >= stop:
            break
        generator.manual_seed(step_seed(run))  # for all that is drawn
        step = ROUND[run.step % len(ROUND)]
        own = parameters[step]
        with autocast:
            loss = loss_fn(step, model, batch)
        for parameter in own:
            parameter.grad = None  # zero_grad() costs more than a small layer
        loss.backward(inputs=own)  # no gradient for the other networks
        optimizers[step].param_groups[0]["lr"] = rate[step][run.step // len(ROUND)]
        optimizers[step].step()
        totals[step].add_(loss.detach())
        counts[step] += 1
        run.step += 1
    return {f"{step}.loss": totals[step].item() / n for step, n in counts.items() if n}


def evaluate(model: Networks, part: str, device: torch.device) -> dict[str, Any]:
    """The loss of each step over all rows of a part: the mean over chunks of them."""
    model.eval()
    torch.manual_seed(0)  # the same draws in every evaluation
    totals, count = dict.fromkeys(ROUND, 0.0), 0
    for rows in data.chunks(part, CHUNK):
        batch = tensors(rows, device)
        size = len(rows["image"])
        for step in totals:
            totals[step] += size * loss_fn(step, model, batch).item()
        count += size
    return {f"{step}.loss": total / count for step, total in totals.items()}


def train(out: Path, steps: int, seed: int, device: torch.device, resume: bool) -> None:
    """Trains to the end of the last epoch, with a checkpoint after each."""
    last, best = out / "last.safetensors", out / "best.safetensors"
    metrics = out / "metrics.jsonl"
    model = Networks().to(device)
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizers = optimizers_of(model)
    if resume and last.exists():
        run = checkpoint.load(last, model, optimizers)
    else:
        run = Run(seed)
        checkpoint.initialise(model, seed)
    rewind(metrics, run.epoch)
    end, made_of = ended(run, steps), out / "lock.json"
    if not (end and made_of.exists()):
        write_lock(made_of, lock(run.seed, steps, device), run.epoch)
    if end:
        print("nothing to train:", end)
        return
    epoch = math.ceil(per_epoch() / len(ROUND))  # in rounds
    rate = {step: rates(lr, steps, epoch) for step, lr in LEARNING_RATES.items()}
    while not ended(run, steps):
        losses = train_epoch(model, optimizers, rate, run, device, steps * len(ROUND))
        for loss in losses.values():
            if not math.isfinite(loss):
                place = f"in epoch {run.epoch + 1}"
                sys.exit(f"error: the loss is {loss} {place}; a lower lr may help")
        val = evaluate(model, "val", device)
        run.epoch = run.step // per_epoch()  # whole ones
        report = losses | {f"val.{name}": v for name, v in val.items()}
        log(metrics, {"epoch": run.epoch, "step": run.step} | report)
        # before `last`, which promises that it is there
        checkpoint.save(best, run, model)
        checkpoint.save(last, run, model, optimizers)
        shown = [f"{n} {v:.4f}" for n, v in report.items() if isinstance(v, float)]
        print(f"step {run.step // len(ROUND)}/{steps}", *shown, sep="  ", flush=True)


def lock(seed: int, steps: int, device: torch.device) -> dict[str, Any]:
    """What the run is made of."""
    packages = {name: version(name) for name in ("torch", "numpy", "safetensors")}
    onednn = torch.backends.mkldnn
    return {
        "spec": HASH,
        "parameters": {"G.z": 8, "G.width": 8, "D.width": 16},
        "data": data.facts(),
        "seed": seed,
        "steps": steps,
        "device": device.type,
        "threads": torch.get_num_threads(),
        "onednn": onednn.is_available() and onednn.enabled,
        "versions": {"python": platform.python_version(), **packages},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent, help="folder of the run"
    )
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument(
        "--seed", type=int, default=SEED, help="a resumed run keeps its own"
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--threads", type=int, default=THREADS)
    start = parser.add_mutually_exclusive_group()
    start.add_argument(
        "--resume", action="store_true", help="go on from the last whole epoch"
    )
    start.add_argument(
        "--overwrite", action="store_true", help="start again, whatever is there"
    )
    start.add_argument(
        "--eval",
        choices=("train", "val"),
        help="evaluate the best weights on a part, and stop",
    )
    args = parser.parse_args()
    if args.device == "cuda" and not torch.cuda.is_available():
        parser.error("there is no CUDA device that PyTorch can use")
    gpu = args.device != "cpu" and torch.cuda.is_available()
    device = torch.device("cuda" if gpu else "cpu")
    torch.set_num_threads(args.threads)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stops like Ctrl-C
    last, best = args.out / "last.safetensors", args.out / "best.safetensors"
    try:
        if args.eval:
            model = Networks().to(device)
            model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
            checkpoint.load(best, model)
            print(json.dumps(evaluate(model, args.eval, device), indent=2))
            return
        old = [path for path in (last, best) if path.exists()]
        if old and not (args.resume or args.overwrite):
            sys.exit(
                f"error: {old[0]} is there; --resume goes on, --overwrite starts again"
            )
        with claimed(args.out):
            if args.overwrite:
                for path in old:
                    path.unlink()
            train(args.out, args.steps, args.seed, device, args.resume)
    except KeyboardInterrupt:
        kept = "last.safetensors keeps the last whole epoch; --resume goes on from it"
        said = kept if last.exists() else "no epoch was whole yet"
        print("stopped:", said, file=sys.stderr)
        sys.exit(130)
    except (data.DataError, CheckpointError, OSError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
