"""Trains DigitsCNN on digits.

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
import torch.nn.functional as F
from torch import Tensor, nn

import checkpoint
import data
from model import DigitsCNN
from recipe import Run, claimed, ended, log, rates, rewind, scores, write_lock
from weights import CheckpointError

HASH = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"  # of the spec
EPOCHS = 30
BATCH = 64
CHUNK = 256  # rows at a time in evaluation
LEARNING_RATE = 0.003
SEED = 0
THREADS = 1  # more do not make such small steps faster


def loss_fn(logits: Tensor, label: Tensor) -> Tensor:
    return F.cross_entropy(logits, label, label_smoothing=0.1)


def tensors(rows: data.Rows, device: torch.device) -> dict[str, Tensor]:
    return {name: torch.from_numpy(v).to(device) for name, v in rows.items()}


def batches(run: Run, device: torch.device) -> Iterator[dict[str, Tensor]]:
    """The batches of an epoch, made some at a time."""
    for rows in data.blocks("train", BATCH, run.seed, run.epoch):
        block = tensors(rows, device)
        for start in range(0, data.length(rows), BATCH):
            yield {name: v[start : start + BATCH] for name, v in block.items()}


def step_seed(run: Run) -> int:
    """The seed of one step, in the 32 bits that PyTorch's CPU generator reads."""
    return (run.seed * 1_000_003 + run.step) % 2**32


def train_epoch(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    rate: np.ndarray,
    run: Run,
    device: torch.device,
) -> float:
    """One pass over the training rows; gives the mean of its losses."""
    model.train()
    gpu = device.type == "cuda"
    generator = torch.cuda.default_generators[0] if gpu else torch.default_generator
    bf16 = gpu and torch.cuda.is_bf16_supported()
    autocast = torch.autocast(device.type, torch.bfloat16) if bf16 else nullcontext()
    parameters = list(model.parameters())
    total, count = torch.zeros((), device=device), 0
    for batch in batches(run, device):
        generator.manual_seed(step_seed(run))  # for dropout
        with autocast:
            loss = loss_fn(model(batch["image"]), batch["label"])
        for parameter in parameters:
            parameter.grad = None  # zero_grad() costs more than a small layer
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.param_groups[0]["lr"] = rate[run.step]
        optimizer.step()
        size = len(batch["image"])
        total.add_(loss.detach(), alpha=size)
        count += size
        run.step += 1
    return total.item() / count


@torch.inference_mode()
def evaluate(model: nn.Module, part: str, device: torch.device) -> dict[str, Any]:
    """The loss and the metrics over all rows of a part."""
    model.eval()
    made = []
    for rows in data.chunks(part, CHUNK):
        batch = tensors(rows, device)
        made.append(model(batch["image"]))
    logits = torch.cat(made).cpu()
    rows = data.load()[part]
    loss = loss_fn(logits, torch.from_numpy(rows["label"]))
    return {"loss": loss.item()} | scores({"logits": logits.numpy()}, rows)


def train(
    out: Path, epochs: int, seed: int, device: torch.device, resume: bool
) -> None:
    """Trains to the end of the last epoch, with a checkpoint after each."""
    last, best = out / "last.safetensors", out / "best.safetensors"
    metrics = out / "metrics.jsonl"
    model = DigitsCNN().to(device)
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.01, fused=True)
    if resume and last.exists():
        run = checkpoint.load(last, model, optimizer)
        run.resume()
    else:
        run = Run(seed)
        checkpoint.initialise(model, seed)
    rewind(metrics, run.epoch)
    end, made_of = ended(run, epochs), out / "lock.json"
    if not (end and made_of.exists()):
        write_lock(made_of, lock(run.seed, epochs, device), run.epoch)
    if end:
        print("nothing to train:", end)
        return
    steps = math.ceil(data.length(data.load()["train"]) / BATCH)
    rate = rates(LEARNING_RATE, epochs * steps, steps)
    while not ended(run, epochs):
        loss = train_epoch(model, optimizer, rate, run, device)
        if not math.isfinite(loss):
            place = f"in epoch {run.epoch + 1}"
            sys.exit(f"error: the loss is {loss} {place}; a lower lr may help")
        val = evaluate(model, "val", device)
        improved = run.improved(val["loss"])
        report = {"loss": loss} | {f"val.{name}": v for name, v in val.items()}
        log(metrics, {"epoch": run.epoch, "step": run.step} | report)
        if improved:
            # before `last`, which promises that it is there
            checkpoint.save(best, run, model)
        checkpoint.save(last, run, model, optimizer)
        shown = [f"{n} {v:.4f}" for n, v in report.items() if isinstance(v, float)]
        print(f"epoch {run.epoch}/{epochs}", *shown, sep="  ", flush=True)


def lock(seed: int, epochs: int, device: torch.device) -> dict[str, Any]:
    """What the run is made of."""
    packages = {name: version(name) for name in ("torch", "numpy", "safetensors")}
    onednn = torch.backends.mkldnn
    return {
        "spec": HASH,
        "parameters": {"lr": 0.003, "DigitsCNN.width": 32, "DigitsCNN.classes": 10},
        "data": data.facts(),
        "seed": seed,
        "epochs": epochs,
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
    parser.add_argument("--epochs", type=int, default=EPOCHS)
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
        choices=("train", "val", "test"),
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
            model = DigitsCNN().to(device)
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
            train(args.out, args.epochs, args.seed, device, args.resume)
    except KeyboardInterrupt:
        kept = "last.safetensors keeps the last whole epoch; --resume goes on from it"
        said = kept if last.exists() else "no epoch was whole yet"
        print("stopped:", said, file=sys.stderr)
        sys.exit(130)
    except (data.DataError, CheckpointError, OSError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
