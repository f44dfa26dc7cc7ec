"""Trains a Keras program in float64. A task names the `program`, the folder `out`, the `epochs`
and whether to `resume`."""

from importlib import import_module
from pathlib import Path

import keras
from serving import Task, enter, serve


def train(task: Task) -> Task:
    enter(task["program"])
    keras.backend.set_floatx("float64")
    keras.utils.clear_session()
    module = import_module("train")
    out = Path(task["out"])
    out.mkdir(exist_ok=True)
    module.train(out, task["epochs"], 0, task["resume"])
    return {}


if __name__ == "__main__":
    serve(train)
