"""`export.py` of a program: the trained model as TFLite files."""

from __future__ import annotations

from typing import Any

from dlspec.emit import python as py
from dlspec.ir.model import layers
from dlspec.ir.recipe import Export
from dlspec.ops.recurrence import Recurrent
from dlspec.tensor import Tensor
from dlspec_keras.case import Case
from dlspec_keras.pieces import Fills, program, template
from dlspec_keras.rows import kept

DTYPES = {"bool": "tf.bool", "i8": "tf.int8", "i32": "tf.int32", "i64": "tf.int32"}
DTYPES |= {"class": "tf.int32"}
"""Integers have 32 bits in the file: no interpreter for small devices reads 64."""


def export_file(case: Case) -> str:
    """The text of `export.py`."""
    doc = f"Writes {case.model_class} as TFLite files, with the best weights of a run."
    return program(doc, template("export", features(case), fills(case)))


def features(case: Case) -> set[str]:
    words = {
        "int8": any(e.quantize is not None for e in case.exports),
        "recurrent": any(isinstance(apply.op, Recurrent) for apply in case.ops),
        "state_dropout": any(getattr(a.op, "recurrent_dropout", 0) for a in case.ops),
        "folder": case.folder,
        "networks": bool(case.parts_of_files),
        "nested": bool(nested(case)),
    }
    words["plain"] = not (words["int8"] or words["networks"])
    return {word for word, holds in words.items() if holds}


def nested(case: Case) -> list[str]:
    """The paths of the recurrent layers that a loop of the program calls."""
    found = (layer for layer in layers(case.model, training=False) if layer.steps > 1)
    return list(dict.fromkeys(x.name for x in found if isinstance(x.apply.op, Recurrent)))


def fills(case: Case) -> Fills:
    specs = tuple((py.literal(name), spec(case.train.fed(t))) for name, _, t in case.inputs)
    names = sorted(case.outputs)
    single = [name for name, _, _ in case.inputs] if len(case.inputs) == 1 else []
    x = py.item("given", single[0]) if single else py.Code("given")
    outputs: py.Expr = py.call("model", x)
    if len(names) == 1:
        outputs = py.Dict(((py.literal(names[0]), outputs),))
    rows = tuple((py.literal(name), kept(py.item("rows", f), t)) for name, f, t in case.inputs if f)
    return {
        "targets": [py.Assign("TARGETS", targets(case))],
        "networks": [py.Assign("NETWORKS", py.literal(case.parts_of_files))],
        "nested": [py.Assign("NESTED", py.literal(nested(case)))],
        "inputs": [py.Assign("INPUTS", py.Dict(specs))],
        "outputs": [py.Assign("OUTPUTS", py.literal(names))],
        "call": [py.Return(outputs)],
        "given": [py.Assign("given", py.Dict(rows))],
    }


def targets(case: Case) -> py.Expr:
    """The files to write, and how each is quantized."""
    if not case.exports:
        return py.literal({"model.tflite": None})
    return py.Dict(tuple((py.literal(e.file), quantized(e)) for e in case.exports))


def quantized(export: Export) -> py.Expr:
    if export.quantize is None:
        return py.literal(None)
    rows = export.quantize.calibrate
    given: dict[str, Any] = {"start": rows.start} if rows.start else {}
    given |= {"stop": rows.stop} if rows.stop is not None else {}
    given |= {"io": export.quantize.io} if export.quantize.io != "float32" else {}
    return py.call("Int8", rows.part, **given)


def spec(t: Tensor) -> py.Expr:
    given = (py.Code(DTYPES[t.dtype]),) if t.dtype in DTYPES else ()
    return py.call("tf.TensorSpec", (1, *(int(n) for n in t.stored)), *given)
