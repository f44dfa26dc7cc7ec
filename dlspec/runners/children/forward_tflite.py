"""Runs a TFLite file in LiteRT on arrays, row by row.

A task names the `file` and two NPZ files: `inputs` and `outputs`.
`names` are the outputs', `takes` the inputs of a file that has not all of the model's; `last` are
the inputs that the file takes channels-last.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from serving import Task, Unfit, same_rows, serve


def forward(task: Task) -> Task:
    """Writes the outputs, under the names that the file's signature has; counts the operators."""
    interpreter = opened(task["file"])
    inputs, outputs = signature(interpreter)
    arrays = np.load(task["inputs"])
    given = {
        name: np.moveaxis(arrays[name], 1, -1) if name in task["last"] else arrays[name]
        for name in arrays.files
        if name in task.get("takes", arrays.files)
    }
    if len(given) == len(inputs) == 1:  # the only one may have any name
        given = {next(iter(inputs)): next(iter(given.values()))}
    if given.keys() != inputs.keys():
        raise Unfit(f"its inputs are {', '.join(inputs)}, those of the model {', '.join(given)}")
    for name, x in inputs.items():
        same_rows(list(map(int, x["shape_signature"]))[1:], given[name].shape[1:])
    single = len(task["names"]) == len(outputs) == 1
    found: dict[str, list[np.ndarray]] = {name: [] for name in task["names"]}
    for row in range(len(next(iter(given.values())))):
        before = places(interpreter, inputs)
        for name, x in given.items():
            fed = quantized(x[row : row + 1], inputs[name])
            interpreter.set_tensor(inputs[name]["index"], fed)
        interpreter.invoke()
        for name, rows in found.items():
            own = outputs[next(iter(outputs)) if single else name]
            rows.append(real(interpreter.get_tensor(own["index"]), own))
        if places(interpreter, inputs) != before:
            # XNNPACK can go on reading an input where it lay, with the row of then (LiteRT 2.3.0)
            interpreter = opened(task["file"])
    np.savez(task["outputs"], **{name: np.concatenate(rows) for name, rows in found.items()})
    operators = Counter(op["op_name"] for op in interpreter._get_ops_details())
    operators.pop("DELEGATE", None)  # stands beside the operators that it takes over
    return {"outputs": task["outputs"], "operators": operators}


def opened(file: str) -> Interpreter:
    """A file, ready for its first row. Raises Unfit."""
    try:
        interpreter = Interpreter(model_path=file, num_threads=1)
    except ValueError:
        raise Unfit("it is not TFLite") from None
    interpreter.allocate_tensors()
    return interpreter


def signature(interpreter: Interpreter) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the inputs and the outputs are, by name. Raises Unfit."""
    if len(interpreter.get_signature_list()) != 1:
        raise Unfit("it has no signature, or several")
    (name,) = interpreter.get_signature_list()
    runner = interpreter.get_signature_runner(name)
    return runner.get_input_details(), runner.get_output_details()


def places(interpreter: Interpreter, inputs: dict[str, Any]) -> list[int]:
    """Where the inputs lie: tensors whose size a loop decides move all others."""
    return [interpreter.tensor(x["index"])().ctypes.data for x in inputs.values()]


def quantized(x: np.ndarray, details: dict[str, Any]) -> np.ndarray:
    """What an input of the file takes: integers where it is quantized."""
    scale, zero = details["quantization"]
    if scale and x.dtype.kind == "f" and np.dtype(details["dtype"]).kind in "iu":
        limits = np.iinfo(details["dtype"])
        x = np.clip(np.round(x / scale) + zero, limits.min, limits.max)
    return x.astype(details["dtype"])


def real(y: np.ndarray, details: dict[str, Any]) -> np.ndarray:
    """The numbers that a quantized output stands for."""
    scale, zero = details["quantization"]
    if scale and y.dtype.kind in "iu":
        return (y.astype(np.float32) - zero) * np.float32(scale)
    return y


if __name__ == "__main__":
    serve(forward)
