"""Writes DigitsCNN as TFLite files."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # none of TensorFlow's notices
os.environ.update(KERAS_BACKEND="tensorflow")  # which writes TFLite, whatever trained

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from tensorflow.lite.python.convert_phase import ConverterError
from tensorflow.python.framework.convert_to_constants import (
    convert_variables_to_constants_v2 as frozen,
)

import checkpoint
import data
from train import built
from weights import CheckpointError, write_whole


# if int8
@dataclass(frozen=True)
class Int8:
    """Integers everywhere inside, by the ranges that these rows show."""

    part: str
    start: int = 0
    stop: int | None = None
    io: str = "float32"  # inputs and outputs


# end
TARGETS = {}  # fill targets
INPUTS = {"image": tf.TensorSpec((1, 8, 8, 1))}  # fill inputs
# if not networks
OUTPUTS = ["logits"]  # fill outputs
# end
# if networks
# the inputs and outputs of the network in each file
NETWORKS = {"G.tflite": (["G_code"], ["G_image"])}  # fill networks
# end
# if nested
# recurrent layers in loops: the converter takes most loops within loops
NESTED = ["scan.lstm"]  # fill nested
# end
OPTIONS = tf.saved_model.SaveOptions(experimental_custom_gradients=False)  # SiLU's


# if networks
def serving(model: keras.Model, file: str) -> tf.types.experimental.ConcreteFunction:
    """The network of a file for one example, with its weights as constants."""
    takes, gives = NETWORKS[file]
    inputs_ = {name: INPUTS[name] for name in takes}

    def call(**given: tf.Tensor) -> dict[str, tf.Tensor]:
        rest = {n: tf.zeros(s.shape, s.dtype) for n, s in INPUTS.items()}
        made = model(rest | given)
        return {name: made[name] for name in gives}

    traced = tf.function(call).get_concrete_function(**inputs_)
    whole = frozen(traced, lower_control_flow=False)  # the converter reads whole loops

    def named(**given: tf.Tensor) -> dict[str, tf.Tensor]:
        ordered = [given[tensor.name.removesuffix(":0")] for tensor in whole.inputs]
        return dict(zip(sorted(gives), whole(*ordered), strict=True))

    return tf.function(named).get_concrete_function(**inputs_)


# end
# if not networks
def serving(model: keras.Model) -> tf.types.experimental.ConcreteFunction:
    """The model for one example, with its weights as constants."""

    def call(**given: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"logits": model(given["image"])}  # fill call

    traced = tf.function(call).get_concrete_function(**INPUTS)
    whole = frozen(traced, lower_control_flow=False)  # the converter reads whole loops

    def named(**given: tf.Tensor) -> dict[str, tf.Tensor]:
        ordered = [given[tensor.name.removesuffix(":0")] for tensor in whole.inputs]
        return dict(zip(OUTPUTS, whole(*ordered), strict=True))

    return tf.function(named).get_concrete_function(**INPUTS)


# end


# if int8
def examples(target: Int8) -> Iterator[dict[str, np.ndarray]]:
    """Rows by which the ranges are found, one at a time."""
    every = data.load()[target.part].items()
    rows = {name: values[target.start : target.stop] for name, values in every}
    given = {"image": rows["image"]}  # fill given
    for i in range(data.length(rows)):
        yield {
            name: given[name][i : i + 1].astype(spec.dtype.as_numpy_dtype)
            for name, spec in INPUTS.items()
        }


def convert(model: keras.Model, target: Int8 | None) -> bytes:
    """The model as a TFLite file. The converter can end the process: run it in one."""
    # if recurrent
    for layer in model._flatten_layers():
        if isinstance(layer, layers.RNN):
            layer.unroll = target is not None  # loops cannot be quantized
    # end
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(tf.Module(), folder, serving(model), OPTIONS)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        if target is not None:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.representative_dataset = lambda: examples(target)
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
            io = tf.as_dtype(target.io)
            converter.inference_input_type = converter.inference_output_type = io
        return converter.convert()


# end
# if nested
def or_unrolled(convert: Callable[..., bytes]) -> Callable[..., bytes]:
    """The same, which writes out the steps of `NESTED` where it fails as they are."""

    def converted(model: keras.Model, *which: str) -> bytes:
        try:
            return convert(model, *which)
        except ConverterError:
            for name, layer in checkpoint.sublayers(model):
                for part in layer._flatten_layers() if name in NESTED else ():
                    if isinstance(part, layers.RNN):
                        part.unroll = True
            return convert(model, *which)

    return converted


# end
# if not int8
# if networks
# if nested
@or_unrolled
# end
def convert(model: keras.Model, file: str) -> bytes:
    """A network as a TFLite file. The converter can end the process: run it in one."""
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(tf.Module(), folder, serving(model, file), OPTIONS)
        return tf.lite.TFLiteConverter.from_saved_model(folder).convert()


# end
# if not networks
# if nested
@or_unrolled
# end
def convert(model: keras.Model) -> bytes:
    """The model as a TFLite file. The converter can end the process: run it in one."""
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(tf.Module(), folder, serving(model), OPTIONS)
        return tf.lite.TFLiteConverter.from_saved_model(folder).convert()


# end


# end
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    which = "which; all, if none is named"
    parser.add_argument("files", nargs="*", metavar="FILE", help=which)
    folder = Path(__file__).parent
    parser.add_argument("--run", help="folder of the run", type=Path, default=folder)
    parser.add_argument("--out", help="where to write: RUN/export", type=Path)
    # if folder
    where = "where the paths of the data begin"
    parser.add_argument("--data", help=where, type=Path, default=data.FOLDER)
    # end
    args = parser.parse_args()
    if not set(args.files) <= set(TARGETS):
        parser.error(f"the files are {', '.join(TARGETS)}")
    # if folder
    data.FOLDER = args.data.resolve()
    # end
    out = args.out or args.run / "export"
    try:
        out.mkdir(parents=True, exist_ok=True)
        model = built()
        checkpoint.load(args.run / "best.safetensors", model)
        # if state_dropout
        for layer in model._flatten_layers():
            if isinstance(layer, layers.RNN):
                layer.cell.recurrent_dropout = 0.0  # it would draw in evaluation too
        # end
        for name in args.files or TARGETS:
            # if int8
            write_whole(out / name, convert(model, TARGETS[name]))
            # end
            # if networks
            write_whole(out / name, convert(model, name))
            # end
            # if plain
            write_whole(out / name, convert(model))
            # end
            print(out / name)
    except (data.DataError, CheckpointError, OSError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
