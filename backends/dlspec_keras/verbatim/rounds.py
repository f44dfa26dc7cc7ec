"""Trains networks on digits."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # none of TensorFlow's notices

import math
import sys
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import keras
import numpy as np
import objective
import safetensors
import tensorflow as tf
from keras import ops

import checkpoint
import data
from recipe import (
    ROUND,
    Run,
    differing,
    ended,
    frozen,
    log,
    rates,
    rewind,
    scores,
    updates_of,
    write_lock,
)

HASH = ""  # fill constants


class Training(keras.Model):
    """The networks in what each step minimises, which is computed in 32 bits."""

    def __init__(self, net: keras.Model) -> None:
        super().__init__(dtype="float32")
        self.net, self.built = net, True
        # if draws_in_step
        self.seed_generator = keras.random.SeedGenerator()
        # end
        self.evaluated = compiled(self.each, self.variables)

    def call(self, rows, step, training=None):
        return objective.critic(self.net.G, self.net.D, rows["image"])  # fill losses

    # if watched
    def each(self, rows):
        """The loss of each step and what its metrics read, in evaluation."""
        losses, read = {}, {}
        for step in dict.fromkeys(ROUND):
            losses[step], outputs = self(rows, step=step, training=False)
            read |= {f"{step}.{name}": output for name, output in outputs.items()}
        return losses, read

    # end
    # if not watched
    def each(self, rows):
        """The loss of each step, in evaluation."""
        return {s: self(rows, step=s, training=False) for s in dict.fromkeys(ROUND)}

    # end
    def minimised(self, rows, step):
        """What a step minimises on a batch."""
        # if plain
        return self(rows, step=step, training=True)
        # end
        # if watched
        loss, _ = self(rows, step=step, training=True)
        # end
        # if penalised
        # if not watched
        loss = self(rows, step=step, training=True)
        # end
        # if several
        for name in UPDATED[step]:
            loss += sum(getattr(self.net, name).losses)
        # end
        # if not several
        loss += sum(self.net.losses)
        # end
        # end
        # if not plain
        return loss
        # end


# if floating
def wide(network: keras.Model) -> Callable[..., Any]:
    """A network whose outputs are in 32 bits, whatever it computes in."""
    return lambda *x: keras.tree.map_structure(widened, network(*x))


def widened(x):
    """What was computed in 16 bits, in 32."""
    return ops.cast(x, "float32") if keras.backend.is_float_dtype(x.dtype) else x


# end
def learned(model: keras.Model) -> dict[str, list[keras.Variable]]:
    """The variables that each step updates."""
    return {"critic": model.D.trainable_variables}  # fill learned


def optimizers_of(model: keras.Model) -> dict[str, keras.optimizers.Optimizer]:
    """The optimizer of each step."""
    found = {"critic": keras.optimizers.Adam()}  # fill optimizers
    # if rests
    entries = checkpoint.entries(model)
    still = {id(e.variable) for e in entries if math.isinf(frozen(e.name))}
    # end
    for step, variables in learned(model).items():
        # if rests
        found[step].build([v for v in variables if id(v) not in still])
        # end
        # if not rests
        found[step].build(variables)
        # end
    return found


# if grouped
def grouped(
    model: keras.Model, optimizers: dict[str, keras.optimizers.Optimizer]
) -> None:
    """Tells the optimizers what differs for some weights."""
    # if freezes
    for step, optimizer in optimizers.items():
        known = {id(variable) for variable in optimizer._trainable_variables}
        for entry in checkpoint.entries(model):
            own = differing(entry.name)
            if own and id(entry.variable) in known:
                own["start"] = updates_of(step, frozen(entry.name) * per_epoch())
                optimizer.own[optimizer._get_variable_index(entry.variable)] = own
    # end
    # if not freezes
    for optimizer in optimizers.values():
        known = {id(variable) for variable in optimizer._trainable_variables}
        for entry in checkpoint.entries(model):
            own = differing(entry.name)
            if own and id(entry.variable) in known:
                optimizer.own[optimizer._get_variable_index(entry.variable)] = own
    # end


# end
freeze: Any = None  # fill freeze


def inputs(rows: data.Rows) -> Any:
    """What the steps read."""
    return {"image": rows["image"]}  # fill inputs


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

    kinds = {name: kind(name, array) for name, array in next(blocks()).items()}
    # end
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
        # if fp16
        return optimizer.scale_loss(training.minimised(rows, step))
        # end
        # if not fp16
        return training.minimised(rows, step)
        # end

    def update(rows):
        loss, gradients = derived(lambda: losses(rows), own, variables)
        # if waits
        applied(optimizer, gradients, own)
        # end
        # if not waits
        optimizer.apply(gradients, own)
        # end
        # if fp16
        return loss / optimizer.loss_scale_factor
        # end
        # if not fp16
        return loss
        # end

    return compiled(update, [*variables, *optimizer.variables])


# if waits
def applied(optimizer: keras.optimizers.Optimizer, gradients: Any, own: Any) -> None:
    """An update, which is counted too where all weights wait."""
    if own:
        optimizer.apply(gradients, own)
    else:
        optimizer.iterations.assign_add(1)


# end
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
        # if penalised
        scope = keras.StatelessScope([*before, *given], collect_losses=True)
        with scope:
            loss = loss_of()
        # end
        # if not penalised
        with keras.StatelessScope([*before, *given]) as scope:
            loss = loss_of()
        # end
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
    # if scheduled
    rate: dict[str, np.ndarray],
    # end
    # if steps
    stop: int,
    # end
) -> dict[str, float]:
    """The rest of an epoch, or of the run; gives the mean losses."""
    totals, counts = dict.fromkeys(ROUND, 0.0), dict.fromkeys(ROUND, 0)
    for rows in batches(run):
        # if steps
        if run.step >= stop:
            break
        # end
        step = ROUND[run.step % len(ROUND)]
        # if dropout
        checkpoint.seed_dropout(training, run)
        # end
        # if scheduled
        optimizers[step].learning_rate.assign(rate[step][run.step // len(ROUND)])
        # end
        totals[step] += float(updates[step](rows))
        counts[step] += 1
        run.step += 1
    return {f"{step}.loss": totals[step] / n for step, n in counts.items() if n}


# if watched
def evaluate(training: Training, part: str) -> dict[str, Any]:
    """The losses of steps, the means over chunks of rows, and the metrics over all."""
    # if sampled
    checkpoint.seed_evaluation(training)
    # end
    totals, count, made = dict.fromkeys(ROUND, 0.0), 0, []
    for rows in data.chunks(part, CHUNK):
        size = data.length(rows)
        losses, read = training.evaluated(
            keras.tree.map_structure(ops.convert_to_tensor, inputs(rows))
        )
        for step, loss in losses.items():
            totals[step] += size * float(loss)
        made.append({n: ops.convert_to_numpy(output) for n, output in read.items()})
        count += size
    arrays = {name: np.concatenate([m[name] for m in made]) for name in made[0]}
    losses = {f"{step}.loss": total / count for step, total in totals.items()}
    return losses | scores(arrays, data.load()[part])


# end
# if not watched
def evaluate(training: Training, part: str) -> dict[str, Any]:
    """The loss of each step over all rows of a part: the mean over chunks of them."""
    # if sampled
    checkpoint.seed_evaluation(training)
    # end
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
def built() -> keras.Model:
    """The networks with their variables, which a call on symbols makes."""
    model = Networks()  # fill made
    model(keras.KerasTensor((None, 8, 8, 1)))  # fill build
    return model


def train(out: Path, steps: int, seed: int, resume: bool) -> None:  # fill train
    """Trains to the end of the last epoch, with a checkpoint after each."""
    last, best = out / "last.safetensors", out / "best.safetensors"
    metrics = out / "metrics.jsonl"
    model = built()
    # if constrained
    constrain(model)
    # end
    training, optimizers = Training(model), optimizers_of(model)
    # if grouped
    grouped(model, optimizers)
    # end
    if resume and last.exists():
        run = checkpoint.load(last, model, optimizers)
        # if validated
        run.resume()
        # end
    else:
        run = Run(seed)
        checkpoint.initialise(model, seed)
    rewind(metrics, run.epoch)
    end = ended(run, steps)  # fill end
    made_of = out / "lock.json"
    if not (end and made_of.exists()):
        write_lock(made_of, lock(run.seed, steps), run.epoch)  # fill write_lock
    if end:
        print("nothing to train:", end)
        return
    # if scheduled
    epoch = math.ceil(per_epoch() / len(ROUND))  # in rounds
    rate = {s: rates(lr, steps, epoch) for s, lr in LEARNING_RATES.items()}  # fill rate
    # end
    # if freezes
    waiting: set[str] | None = None
    # end
    # if not freezes
    updates = {s: update_of(training, s, own) for s, own in optimizers.items()}
    # end
    while not ended(run, steps):  # fill while
        # if freezes
        before, waiting = waiting, freeze(model, run.epoch)
        if waiting != before:  # updates are compiled anew
            updates = {s: update_of(training, s, own) for s, own in optimizers.items()}
        # end
        losses = train_epoch(training, updates, optimizers, run)  # fill epoch
        for loss in losses.values():
            if not math.isfinite(loss):
                place = f"in epoch {run.epoch + 1}"
                sys.exit(f"error: the loss is {loss} {place}; a lower lr may help")
        report: dict[str, Any] = losses
        # if val
        val = evaluate(training, "val")
        report = losses | {f"val.{name}": v for name, v in val.items()}
        # end
        # if validated
        improved = run.improved(val["loss"])  # fill improved
        # end
        # if not validated
        # if not steps
        run.epoch += 1
        # end
        # end
        # if steps
        run.epoch = run.step // per_epoch()  # whole ones
        # end
        log(metrics, {"epoch": run.epoch, "step": run.step} | report)
        # if validated
        if improved:
            # before `last`, which promises that it is there
            checkpoint.save(best, run, model)
        # end
        # if not validated
        # before `last`, which promises that it is there
        checkpoint.save(best, run, model)
        # end
        checkpoint.save(last, run, model, optimizers)
        shown = [f"{n} {v:.4f}" for n, v in report.items() if isinstance(v, float)]
        # if steps
        print(f"step {run.step // len(ROUND)}/{steps}", *shown, sep="  ", flush=True)
        # end
        # if not steps
        print(f"epoch {run.epoch}/{epochs}", *shown, sep="  ", flush=True)
        # end


def lock(seed: int, steps: int) -> dict[str, Any]:  # fill lock_head
    """What the run is made of."""
    packages = {m.__name__: m.__version__ for m in (keras, tf, np, safetensors)}
    return packages  # fill lock
