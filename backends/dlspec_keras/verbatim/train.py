"""Trains DigitsCNN on digits."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # none of TensorFlow's notices

import argparse
import itertools
import json
import math
import signal
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import keras
import numpy as np
import safetensors
import tensorflow as tf
from keras import ops

import checkpoint
import data
from model import DigitsCNN
from recipe import (
    Run,
    claimed,
    differing,
    ended,
    frozen,
    log,
    rates,
    rewind,
    scores,
    write_lock,
)
from weights import CheckpointError

HASH = ""  # fill constants


# if scheduled
class Schedule(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate for each step."""

    def __init__(self, rates: np.ndarray) -> None:
        self.rates = rates.astype(keras.config.floatx())

    def __call__(self, step):
        return ops.take(self.rates, step)


# end
# if not step
loss_fn: Any = ops.mean  # fill loss_fn


class Training(DigitsCNN):  # fill training_class
    """The model with its loss."""

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        return loss_fn(y_pred, y["label"])  # fill compute_loss


# end
# if step
class Training(keras.Model):
    """The model in its objective, which is computed in 32 bits."""

    def __init__(self, net: keras.Model) -> None:
        super().__init__(dtype="float32")
        self.net, self.built = net, True
        # if draws_in_step
        self.seed_generator = keras.random.SeedGenerator()
        # end
        # if continued
        self.state = {
            name: self.add_weight((BATCH, *shape), "zeros", trainable=False)
            for name, shape in STATES.items()
        }
        # end

    def call(self, rows, training=None):
        # if several
        def part(network: keras.Layer) -> Any:
            def called(*x):
                # if floating
                found = network(*x, training=training)
                return keras.tree.map_structure(widened, found)
                # end
                # if not floating
                return network(*x, training=training)
                # end

            return called

        # end
        # if not several
        def model(x):  # fill network
            # if continued
            # if floating
            found = self.network(x, training)
            # end
            # if not floating
            return self.network(x, training)
            # end
            # end
            # if not continued
            # if floating
            found = self.net(x, training=training)
            # end
            # if not floating
            return self.net(x, training=training)
            # end
            # end
            # if floating
            return keras.tree.map_structure(widened, found)
            # end

        # end
        return objective(model, rows["image"], rows["label"])  # fill objective

    # if continued
    def network(self, x, training):
        """The model, whose states go on where they stopped at the last batch."""
        state = self.state if training else {}
        made = self.net({**x, **state}, training=training)
        for name, kept in state.items():
            kept.assign(made[f"next_{name}"])
        return made

    # end
    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        return y_pred  # fill computed_loss


# if floating
def widened(x):
    """What was computed in 16 bits, in 32."""
    return ops.cast(x, "float32") if keras.backend.is_float_dtype(x.dtype) else x


# end
# end
def inputs(rows: data.Rows) -> Any:
    """What the model reads."""  # fill inputs_doc
    return rows["image"].transpose(0, 2, 3, 1)  # fill inputs


def batches(run: Run) -> tf.data.Dataset:
    """The batches of all epochs from the run's on, made some at a time and ahead."""

    # if not step
    def blocks() -> Iterator[tuple[Any, data.Rows]]:
        for epoch in itertools.count(run.epoch):
            for rows in data.blocks("train", BATCH, run.seed, epoch):
                targets = {"label": rows["label"]}  # fill targets
                yield inputs(rows), targets

    # end
    # if step
    def blocks() -> Iterator[tuple[Any]]:
        for epoch in itertools.count(run.epoch):
            for rows in data.blocks("train", BATCH, run.seed, epoch):
                yield (inputs(rows),)

    # end
    def cut(*block: Any) -> tf.data.Dataset:
        return tf.data.Dataset.from_tensors(block).rebatch(BATCH)

    # if not ragged
    def kind(array: np.ndarray) -> tf.TensorSpec:
        return tf.TensorSpec((None, *array.shape[1:]), array.dtype)

    kinds = tf.nest.map_structure(kind, next(blocks()))
    # end
    # if ragged
    differ = {place for places in data.RAGGED.values() for place in places}

    def kind(name: str, array: np.ndarray) -> tf.TensorSpec:
        inner = enumerate(array.shape[1:], start=1)
        shape = (None if (name, axis) in differ else size for axis, size in inner)
        return tf.TensorSpec((None, *shape), array.dtype)

    kinds = ({name: kind(name, array) for name, array in next(blocks())[0].items()},)
    # end
    found = tf.data.Dataset.from_generator(blocks, output_signature=kinds)
    return found.prefetch(1).flat_map(cut)


# if step
def evaluate(model: keras.Model, part: str) -> dict[str, Any]:
    """The loss, the mean over chunks of rows, and the metrics over all of a part."""
    # if sampled
    checkpoint.seed_evaluation(model)
    # end
    total, count = 0.0, 0
    # if metrics
    made = []
    # end
    for rows in data.chunks(part, CHUNK):
        # if metrics
        loss, outputs = model.predict_on_batch(inputs(rows))
        made.append(outputs)
        # end
        # if not metrics
        loss = model.predict_on_batch(inputs(rows))
        # end
        size = data.length(rows)
        total += size * float(loss)
        count += size
    # if metrics
    arrays = {name: np.concatenate([m[name] for m in made]) for name in made[0]}
    return {"loss": total / count} | scores(arrays, data.load()[part])
    # end
    # if not metrics
    return {"loss": total / count}
    # end


# end
# if not step
def evaluate(model: keras.Model, part: str) -> dict[str, Any]:
    """The loss and the metrics over all rows of a part."""
    # if sampled
    checkpoint.seed_evaluation(model)
    # end
    chunks = data.chunks(part, CHUNK)
    made = [model.predict_on_batch(inputs(rows)) for rows in chunks]
    logits = np.concatenate(made)  # fill gather
    rows = data.load()[part]
    loss = float(loss_fn(logits, rows["label"]))  # fill evaluate_loss
    # if metrics
    return {"loss": loss} | scores({"logits": logits}, rows)  # fill scores
    # end
    # if not metrics
    return {"loss": loss}
    # end


# end
# if grouped
def grouped(model: keras.Model, steps: int) -> None:
    """Tells the optimizer what differs for some weights."""
    # if not mixed
    optimizer = model.optimizer
    # end
    for entry in checkpoint.entries(model):
        own = differing(entry.name)
        # if rests
        learns = entry.variable.trainable and math.isfinite(frozen(entry.name))
        # end
        # if not rests
        learns = entry.variable.trainable
        # end
        if own and learns:
            # if freezes
            own["start"] = frozen(entry.name) * steps
            # end
            # if mixed
            optimizer = model.optimizer.part(entry.variable)
            # end
            optimizer.own[optimizer._get_variable_index(entry.variable)] = own


# end
# if mixed
def by_variable(model: keras.Model) -> dict[int, str]:
    """The name of each variable's optimizer."""
    entries = checkpoint.entries(model)
    return {id(e.variable): e.name for e in entries}  # fill owner


# end
# if constrained
def constrain(model: keras.Model) -> None:
    """Tells the weights what they are held to after each step."""
    for entry in checkpoint.entries(model):
        for patterns, rule, axes in CONSTRAINTS:
            if any(fnmatchcase(entry.name, pattern) for pattern in patterns):
                made = rule() if axes is None else rule(axis=entry.over(axes))
                entry.variable.constraint = made


# end
freeze: Any = None  # fill freeze


class AfterEpoch(keras.callbacks.Callback):
    """The log and the checkpoints."""  # fill after_doc

    # if steps
    def __init__(self, out: Path, run: Run, steps: int, per_epoch: int) -> None:
        super().__init__()
        self.steps, self.per_epoch = steps, per_epoch

    # end
    # if not steps
    def __init__(self, out: Path, run: Run) -> None:
        super().__init__()
        # end
        self.last, self.best = out / "last.safetensors", out / "best.safetensors"
        self.metrics, self.run = out / "metrics.jsonl", run
        # if freezes
        self.waiting: set[str] = set()
        # end

    # if begins
    def on_epoch_begin(self, epoch: int, logs: dict[str, float]) -> None:
        # if dropout
        checkpoint.seed_dropout(self.model, self.run)
        # end
        # if continued
        # if first
        for name, state in self.model.state.items():
            state.assign(ops.full(state.shape, FIRST[name]))
        # end
        # if not first
        for state in self.model.state.values():
            state.assign(ops.zeros(state.shape))
        # end
        # end
        # if freezes
        # if step
        waiting = freeze(self.model.net, epoch)
        # end
        # if not step
        waiting = freeze(self.model, epoch)
        # end
        if waiting != self.waiting:  # a step is compiled anew
            self.model.make_train_function(force=True)
        self.waiting = waiting
        # end

    # end
    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        # if step
        run, model, loss = self.run, self.model.net, logs["loss"]
        # end
        # if not step
        run, model, loss = self.run, self.model, logs["loss"]
        # end
        run.step += self.params["steps"]
        if not math.isfinite(loss):
            place = f"in epoch {run.epoch + 1}"
            sys.exit(f"error: the loss is {loss} {place}; a lower lr may help")
        # if validated
        # if step
        val = evaluate(self.model, "val")
        # end
        # if not step
        val = evaluate(model, "val")
        # end
        improved = run.improved(val["loss"])  # fill improved
        report = {"loss": loss} | {f"val.{name}": v for name, v in val.items()}
        # end
        # if not validated
        # if not steps
        run.epoch += 1
        # end
        report = {"loss": loss}
        # end
        # if steps
        run.epoch = run.step // self.per_epoch  # whole ones
        # end
        log(self.metrics, {"epoch": run.epoch, "step": run.step} | report)
        # if validated
        if improved:
            # before `last`, which promises that it is there
            checkpoint.save(self.best, run, model)
        # end
        # if not validated
        # before `last`, which promises that it is there
        checkpoint.save(self.best, run, model)
        # end
        checkpoint.save(self.last, run, model, whole=True)
        shown = [f"{n} {v:.4f}" for n, v in report.items() if isinstance(v, float)]
        # if steps
        print(f"step {run.step}/{self.steps}", *shown, sep="  ", flush=True)
        # end
        # if not steps
        epochs = self.params["epochs"]
        print(f"epoch {run.epoch}/{epochs}", *shown, sep="  ", flush=True)
        # if patient
        # if step
        self.model.stop_training = bool(ended(run, epochs))
        # end
        # if not step
        model.stop_training = bool(ended(run, epochs))
        # end
        # end
        # end


def built() -> keras.Model:
    """The model with its variables, which a call on symbols makes."""
    # if step
    model = DigitsCNN()  # fill made
    # end
    # if not step
    model = Training()
    # end
    model(keras.KerasTensor((None, 8, 8, 1)))  # fill build
    return model


def train(out: Path, epochs: int, seed: int, resume: bool) -> None:  # fill train
    # if steps
    """Trains to the last step, with a checkpoint after each epoch."""
    # end
    # if not steps
    """Trains to the end of the last epoch, with a checkpoint after each."""
    # end
    last = out / "last.safetensors"
    # if steps
    per_epoch = math.ceil(data.length(data.load()["train"]) / BATCH)
    # end
    # if not steps
    # if continued
    steps = data.length(data.load()["train"]) // BATCH
    # end
    # if not continued
    steps = math.ceil(data.length(data.load()["train"]) / BATCH)
    # end
    # end
    model = built()
    # if constrained
    constrain(model)
    # end
    # if scheduled
    schedule = Schedule(rates(LEARNING_RATE, epochs * steps, steps))  # fill schedule
    # end
    # if mixed
    optimizers = {"adam": keras.optimizers.Adam()}  # fill optimizers
    # end
    optimizer = keras.optimizers.Adam()  # fill optimizer
    # if together
    together = max(n for n in range(1, 51) if steps % n == 0)
    # end
    # if step
    training = Training(model)
    training.compile(optimizer)  # fill compile_step
    model.compile(optimizer)  # fill compile_kept
    # end
    # if not step
    model.compile(optimizer)  # fill compile
    # end
    # if rests
    entries = checkpoint.entries(model)
    still = {id(e.variable) for e in entries if math.isinf(frozen(e.name))}
    optimizer.build([v for v in model.trainable_variables if id(v) not in still])
    # end
    # if not rests
    optimizer.build(model.trainable_variables)
    # end
    # if grouped
    grouped(model, steps)  # fill grouped
    # end
    if resume and last.exists():
        run = checkpoint.load(last, model, whole=True)
        # if validated
        run.resume()
        # end
    else:
        run = Run(seed)
        checkpoint.initialise(model, seed)
    rewind(out / "metrics.jsonl", run.epoch)
    end, made_of = ended(run, epochs), out / "lock.json"  # fill end
    if not (end and made_of.exists()):
        write_lock(made_of, lock(run.seed, epochs), run.epoch)  # fill write_lock
    if end:
        print("nothing to train:", end)
        return
    # if steps
    after = AfterEpoch(out, run, steps, per_epoch)
    while not ended(run, steps):
        had = run.step - run.epoch * per_epoch  # by a run that ended within an epoch
        model.fit(  # fill fit
            batches(run).skip(had),
            steps_per_epoch=min(per_epoch - had, steps - run.step),
            epochs=run.epoch + 1,
            initial_epoch=run.epoch,
            shuffle=False,
            verbose=0,
            callbacks=[after],
        )
    # end
    # if not steps
    # if step
    training.fit(
        batches(run),
        steps_per_epoch=steps,
        epochs=epochs,
        initial_epoch=run.epoch,
        shuffle=False,
        verbose=0,
        callbacks=[AfterEpoch(out, run)],
    )
    # end
    # if not step
    model.fit(
        batches(run),
        steps_per_epoch=steps,
        epochs=epochs,
        initial_epoch=run.epoch,
        shuffle=False,
        verbose=0,
        callbacks=[AfterEpoch(out, run)],
    )
    # end
    # end


def lock(seed: int, epochs: int) -> dict[str, Any]:  # fill lock_head
    """What the run is made of."""
    packages = {m.__name__: m.__version__ for m in (keras, tf, np, safetensors)}
    return packages  # fill lock


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    folder = Path(__file__).parent
    parser.add_argument("--out", help="folder of the run", type=Path, default=folder)
    # if folder
    parser.add_argument(
        "--data",
        help="where the paths of the data begin",
        type=Path,
        default=data.FOLDER,
    )
    # end
    parser.add_argument("--epochs", type=int, default=EPOCHS)  # fill length
    parser.add_argument(
        "--seed", help="a resumed run keeps its own", type=int, default=SEED
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    # if small
    parser.add_argument("--threads", type=int, default=THREADS)
    # end
    # if not small
    parser.add_argument("--threads", type=int, default=processors())
    # end
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
        choices=("train", "val", "test"),  # fill parts
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
    # if auto
    if gpus and all(bfloat16(gpu) for gpu in gpus):
        keras.config.set_dtype_policy("mixed_bfloat16")
    # end
    # if bf16
    keras.config.set_dtype_policy("mixed_bfloat16")
    # end
    # if fp16
    keras.config.set_dtype_policy("mixed_float16")
    # end
    # if folder
    data.FOLDER = args.data.resolve()
    # end
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stops like Ctrl-C
    last, best = args.out / "last.safetensors", args.out / "best.safetensors"
    try:
        if args.eval:
            model = built()
            checkpoint.load(best, model)
            # if step
            model = Training(model)
            # end
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
            train(args.out, args.epochs, args.seed, args.resume)  # fill run
    except KeyboardInterrupt:
        kept = "last.safetensors keeps the last whole epoch; --resume goes on from it"
        said = kept if last.exists() else "no epoch was whole yet"
        print("stopped:", said, file=sys.stderr)
        sys.exit(130)
    except (data.DataError, CheckpointError, OSError) as error:
        sys.exit(f"error: {error}")


# if not small
def processors() -> int:
    """Those that this process may use, where the system tells."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


# end
# if auto
def bfloat16(gpu: Any) -> bool:
    """Whether a device computes in bfloat16."""
    details = tf.config.experimental.get_device_details(gpu)
    return details.get("compute_capability", (0, 0)) >= (8, 0)


# end
if __name__ == "__main__":
    main()
