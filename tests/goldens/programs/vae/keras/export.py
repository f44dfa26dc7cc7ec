"""Writes VAE as TFLite files, with the best weights of a run."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # none of TensorFlow's notices
os.environ.update(KERAS_BACKEND="tensorflow")  # which writes TFLite, whatever trained

import argparse
import sys
import tempfile
from pathlib import Path

import keras
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import (
    convert_variables_to_constants_v2 as frozen,
)

import checkpoint
import data
from train import built
from weights import CheckpointError, write_whole

TARGETS = {"phone.tflite": None}
INPUTS = {"image": tf.TensorSpec((1, 1, 8, 8))}
OUTPUTS = ["logvar", "mu", "reconstruction"]
OPTIONS = tf.saved_model.SaveOptions(experimental_custom_gradients=False)  # SiLU's


def serving(model: keras.Model) -> tf.types.experimental.ConcreteFunction:
    """The model for one example, with its weights as constants."""

    def call(**given: tf.Tensor) -> dict[str, tf.Tensor]:
        return model(given["image"])

    traced = tf.function(call).get_concrete_function(**INPUTS)
    whole = frozen(traced, lower_control_flow=False)  # the converter reads whole loops

    def named(**given: tf.Tensor) -> dict[str, tf.Tensor]:
        ordered = [given[tensor.name.removesuffix(":0")] for tensor in whole.inputs]
        return dict(zip(OUTPUTS, whole(*ordered), strict=True))

    return tf.function(named).get_concrete_function(**INPUTS)


def convert(model: keras.Model) -> bytes:
    """The model as a TFLite file. The converter can end the process: run it in one."""
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(tf.Module(), folder, serving(model), OPTIONS)
        return tf.lite.TFLiteConverter.from_saved_model(folder).convert()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    which = "which; all, if none is named"
    parser.add_argument("files", nargs="*", metavar="FILE", help=which)
    folder = Path(__file__).parent
    parser.add_argument("--run", help="folder of the run", type=Path, default=folder)
    parser.add_argument("--out", help="where to write: RUN/export", type=Path)
    args = parser.parse_args()
    if not set(args.files) <= set(TARGETS):
        parser.error(f"the files are {', '.join(TARGETS)}")
    out = args.out or args.run / "export"
    try:
        out.mkdir(parents=True, exist_ok=True)
        model = built()
        checkpoint.load(args.run / "best.safetensors", model)
        for name in args.files or TARGETS:
            write_whole(out / name, convert(model))
            print(out / name)
    except (data.DataError, CheckpointError, OSError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
