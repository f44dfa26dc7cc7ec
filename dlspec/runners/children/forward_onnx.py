"""Runs an ONNX file in ONNX Runtime on arrays.

A task names the `file` and two NPZ files: `inputs` and `outputs`.
`names` are the outputs', `takes` the inputs of a file that has not all of the model's.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import onnx
import onnxruntime
from google.protobuf.message import DecodeError
from serving import Task, Unfit, same_rows, serve

KINDS = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(float16)": np.float16,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(int8)": np.int8,
    "tensor(uint8)": np.uint8,
    "tensor(bool)": np.bool_,
}


def forward(task: Task) -> Task:
    """Writes the outputs, in the order and under the names of the task; counts the operators."""
    try:
        graph = onnx.load(task["file"], load_external_data=False).graph
    except DecodeError:
        raise Unfit("it is not ONNX") from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(task["file"], options, ["CPUExecutionProvider"])
    arrays = np.load(task["inputs"])
    given = [arrays[name] for name in arrays.files if name in task.get("takes", arrays.files)]
    wanted = session.get_inputs()
    if len(wanted) != len(given):
        raise Unfit(f"it has {len(wanted)} inputs, the model {len(given)}")
    for array, w in zip(given, wanted, strict=True):
        same_rows(w.shape[1:], array.shape[1:])
    if len(session.get_outputs()) != len(task["names"]):
        raise Unfit(f"it has {len(session.get_outputs())} outputs, the model {len(task['names'])}")
    rows, fixed = len(given[0]), wanted[0].shape[0]
    size = fixed if isinstance(fixed, int) else rows
    parts = []
    for start in range(0, rows, size):
        fed = {
            w.name: array[start : start + size].astype(KINDS[w.type])
            for w, array in zip(wanted, given, strict=True)
        }
        parts.append(session.run(None, fed))
    found = {
        name: np.concatenate([part[i] for part in parts]) for i, name in enumerate(task["names"])
    }
    np.savez(task["outputs"], **found)
    return {"outputs": task["outputs"], "operators": Counter(n.op_type for n in graph.node)}


if __name__ == "__main__":
    serve(forward)
