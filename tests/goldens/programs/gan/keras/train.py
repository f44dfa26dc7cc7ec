"""Trains Networks on digits.

Stopped at any moment and resumed, a run ends with the same bits.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # none of TensorFlow's notices

import argparse
import json
import math
import platform
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import safetensors
import tensorflow as tf
from keras import ops
from tensorflow.python.util._pywrap_util_port import IsMklEnabled as onednn

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


class Training(keras.Model):
    """The networks in what each step minimises, which is computed in 32 bits."""

    def __init__(self, net: keras.Model) -> None:
        super().__init__(dtype="float32")
        self.net, self.built = net, True
        self.seed_generator = keras.random.SeedGenerator()
        self.evaluated = compiled(self.each, self.variables)

    def call(self, rows, step, training=None):
        if step == "critic":
            return objective.critic(
                wide(self.net.G), wide(self.net.D), rows["image"], self.seed_generator
            )
        return objective.generator(
            wide(self.net.G), wide(self.net.D), rows["image"], self.seed_generator
        )

    def each(self, rows):
        """The loss of each step, in evaluation."""
        return {s: self(rows, step=s, training=False) for s in dict.fromkeys(ROUND)}

    def minimised(self, rows, step):
        """What a step minimises on a batch."""
        return self(rows, step=step, training=True)


def wide(network: keras.Model) -> Callable[..., Any]:
    """A network whose outputs are in 32 bits, whatever it computes in."""
    return lambda *x: keras.tree.map_structure(widened, network(*x))


def widened(x):
    """What was computed in 16 bits, in 32."""
    return ops.cast(x, "float32") if keras.backend.is_float_dtype(x.dtype) else x


def learned(model: keras.Model) -> dict[str, list[keras.Variable]]:
    """The variables that each step updates."""
    return {
        "critic": model.D.trainable_variables,
        "generator": model.G.trainable_variables,
    }


def optimizers_of(model: keras.Model) -> dict[str, keras.optimizers.Optimizer]:
    """The optimizer of each step."""
    found = {
        "critic": keras.optimizers.Adam(0.001, beta_1=0.5, beta_2=0.9, epsilon=1e-8),
        "generator": keras.optimizers.Adam(0.001, beta_1=0.5, beta_2=0.9, epsilon=1e-8),
    }
    for step, variables in learned(model).items():
        found[step].build(variables)
    return found


def inputs(rows: data.Rows) -> Any:
    """What the steps read."""
    return {"image": rows["image"]}


def per_epoch() -> int:
    """The batches of an epoch."""
    return math.ceil(data.length(data.load()["train"]) / BATCH)


def batches(run: Run) -> tf.data.Dataset:
    """The batches of an epoch that the run has not had yet, made some at a time."""

    def blocks() -> Iterator[Any]:
        for rows in data.blocks("train", BATCH, run.seed, run.epoch):
            yield inputs(rows)

    def cut(block: Any) -> tf.data.Dataset:
        return tf.data.Dataset.from_tensors(block).rebatch(BATCH)

    def kind(array: np.ndarray) -> tf.TensorSpec:
        return tf.TensorSpec((None, *array.shape[1:]), array.dtype)

    kinds = tf.nest.map_structure(kind, next(blocks()))
    found = tf.data.Dataset.from_generator(blocks, output_signature=kinds)
    had = run.step - run.epoch * per_epoch()
    return found.prefetch(1).flat_map(cut).skip(had)


def update_of(
    training: Training, step: str, optimizer: keras.optimizers.Optimizer
) -> Callable[[Any], Any]:
    """One update of a step, compiled: from a batch, it gives the loss."""
    own = learned(training.net)[step]
    variables = training.variables

    def losses(rows):
        return training.minimised(rows, step)

    def update(rows):
        loss, gradients = derived(lambda: losses(rows), own, variables)
        optimizer.apply(gradients, own)
        return loss

    return compiled(update, [*variables, *optimizer.variables])


def derived(
    loss_of: Callable[[], Any],
    own: list[keras.Variable],
    variables: list[keras.Variable],
) -> tuple[Any, Any]:
    """A loss, and its gradients with respect to `own`; it may move the variables."""
    if keras.backend.backend() != "jax":
        with tf.GradientTape() as tape:
            loss = loss_of()
        return loss, tape.gradient(loss, own)
    import jax

    def pure(values):
        given = zip(own, values, strict=True)
        with keras.StatelessScope([*before, *given]) as scope:
            loss = loss_of()
        return loss, [scope.get_current_value(v) for v in variables]

    before = [(v, v.value) for v in variables]
    found = jax.value_and_grad(pure, has_aux=True)([v.value for v in own])
    (loss, values), gradients = found
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
    return loss, gradients


def compiled(
    work: Callable[[Any], Any], variables: list[keras.Variable]
) -> Callable[[Any], Any]:
    """The same on rows, as a function of the framework; it may move the variables."""
    if keras.backend.backend() != "jax":
        return tf.function(work, reduce_retracing=True)
    import jax

    @jax.jit
    def pure(values, rows):
        before = zip(variables, values, strict=True)
        with keras.StatelessScope([*before]) as scope:
            made = work(rows)
        return made, [scope.get_current_value(v) for v in variables]

    def run(rows):
        rows = keras.tree.map_structure(ops.convert_to_tensor, rows)
        made, values = pure([v.value for v in variables], rows)
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
        return made

    return run


def train_epoch(
    training: Training,
    updates: dict[str, Callable[[Any], Any]],
    optimizers: dict[str, keras.optimizers.Optimizer],
    run: Run,
    rate: dict[str, np.ndarray],
    stop: int,
) -> dict[str, float]:
    """The rest of an epoch, or of the run; gives the mean losses."""
    totals, counts = dict.fromkeys(ROUND, 0.0), dict.fromkeys(ROUND, 0)
    for rows in batches(run):
        if run.step >= stop:
            break
        step = ROUND[run.step % len(ROUND)]
        checkpoint.seed_dropout(training, run)
        optimizers[step].learning_rate.assign(rate[step][run.step // len(ROUND)])
        totals[step] += float(updates[step](rows))
        counts[step] += 1
        run.step += 1
    return {f"{step}.loss": totals[step] / n for step, n in counts.items() if n}


def evaluate(training: Training, part: str) -> dict[str, Any]:
    """The loss of each step over all rows of a part: the mean over chunks of them."""
    checkpoint.seed_evaluation(training)
    totals, count = dict.fromkeys(ROUND, 0.0), 0
    for rows in data.chunks(part, CHUNK):
        size = data.length(rows)
        found = training.evaluated(
            keras.tree.map_structure(ops.convert_to_tensor, inputs(rows))
        )
        for step, loss in found.items():
            totals[step] += size * float(loss)
        count += size
    return {f"{step}.loss": total / count for step, total in totals.items()}


def built() -> keras.Model:
    """The networks with their variables, which a call on symbols makes."""
    model = Networks()
    model(
        {
            "G_code": keras.KerasTensor((None, 8)),
            "D_image": keras.KerasTensor((None, 8, 8, 1)),
        }
    )
    return model


def train(out: Path, steps: int, seed: int, resume: bool) -> None:
    """Trains to the end of the last epoch, with a checkpoint after each."""
    last, best = out / "last.safetensors", out / "best.safetensors"
    metrics = out / "metrics.jsonl"
    model = built()
    training, optimizers = Training(model), optimizers_of(model)
    if resume and last.exists():
        run = checkpoint.load(last, model, optimizers)
    else:
        run = Run(seed)
        checkpoint.initialise(model, seed)
    rewind(metrics, run.epoch)
    end = ended(run, steps)
    made_of = out / "lock.json"
    if not (end and made_of.exists()):
        write_lock(made_of, lock(run.seed, steps), run.epoch)
    if end:
        print("nothing to train:", end)
        return
    epoch = math.ceil(per_epoch() / len(ROUND))  # in rounds
    rate = {s: rates(lr, steps, epoch) for s, lr in LEARNING_RATES.items()}
    updates = {s: update_of(training, s, own) for s, own in optimizers.items()}
    while not ended(run, steps):
        losses = train_epoch(
            training, updates, optimizers, run, rate, steps * len(ROUND)
        )
        for loss in losses.values():
            if not math.isfinite(loss):
                place = f"in epoch {run.epoch + 1}"
                sys.exit(f"error: the loss is {loss} {place}; a lower lr may help")
        report: dict[str, Any] = losses
        val = evaluate(training, "val")
        report = losses | {f"val.{name}": v for name, v in val.items()}
        run.epoch = run.step // per_epoch()  # whole ones
        log(metrics, {"epoch": run.epoch, "step": run.step} | report)
        # before `last`, which promises that it is there
        checkpoint.save(best, run, model)
        checkpoint.save(last, run, model, optimizers)
        shown = [f"{n} {v:.4f}" for n, v in report.items() if isinstance(v, float)]
        print(f"step {run.step // len(ROUND)}/{steps}", *shown, sep="  ", flush=True)


def lock(seed: int, steps: int) -> dict[str, Any]:
    """What the run is made of."""
    packages = {m.__name__: m.__version__ for m in (keras, tf, np, safetensors)}
    return {
        "spec": HASH,
        "parameters": {"G.z": 8, "G.width": 8, "D.width": 16},
        "data": data.facts(),
        "seed": seed,
        "steps": steps,
        "device": "cuda" if tf.config.get_visible_devices("GPU") else "cpu",
        "threads": tf.config.threading.get_intra_op_parallelism_threads(),
        "backend": keras.backend.backend(),
        "onednn": onednn(),
        "versions": {"python": platform.python_version(), **packages},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    folder = Path(__file__).parent
    parser.add_argument("--out", help="folder of the run", type=Path, default=folder)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument(
        "--seed", help="a resumed run keeps its own", type=int, default=SEED
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--threads", type=int, default=THREADS)
    start = parser.add_mutually_exclusive_group()
    start.add_argument(
        "--resume", help="go on from the last whole epoch", action="store_true"
    )
    start.add_argument(
        "--overwrite", help="start again, whatever is there", action="store_true"
    )
    start.add_argument(
        "--eval",
        help="evaluate the best weights on a part, and stop",
        choices=("train", "val"),
    )
    args = parser.parse_args()
    gpus = tf.config.list_physical_devices("GPU")
    if args.device == "cuda" and not gpus:
        parser.error("there is no CUDA device that TensorFlow can use")
    if args.device == "cpu":
        gpus = []
        tf.config.set_visible_devices(gpus, "GPU")
    tf.config.threading.set_intra_op_parallelism_threads(args.threads)
    tf.config.threading.set_inter_op_parallelism_threads(args.threads)
    if gpus and all(bfloat16(gpu) for gpu in gpus):
        keras.config.set_dtype_policy("mixed_bfloat16")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stops like Ctrl-C
    last, best = args.out / "last.safetensors", args.out / "best.safetensors"
    try:
        if args.eval:
            model = built()
            checkpoint.load(best, model)
            model = Training(model)
            print(json.dumps(evaluate(model, args.eval), indent=2))
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
            train(args.out, args.steps, args.seed, args.resume)
    except KeyboardInterrupt:
        kept = "last.safetensors keeps the last whole epoch; --resume goes on from it"
        said = kept if last.exists() else "no epoch was whole yet"
        print("stopped:", said, file=sys.stderr)
        sys.exit(130)
    except (data.DataError, CheckpointError, OSError) as error:
        sys.exit(f"error: {error}")


def bfloat16(gpu: Any) -> bool:
    """Whether a device computes in bfloat16."""
    details = tf.config.experimental.get_device_details(gpu)
    return details.get("compute_capability", (0, 0)) >= (8, 0)


if __name__ == "__main__":
    main()
