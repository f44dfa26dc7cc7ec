"""`generate.py` of a program: what is Keras's in it."""

from __future__ import annotations

from dlspec.emit import python as py
from dlspec.programs.generate import (
    Framework,
    blocks,
    decoding_file,
    generate_file,
    network_of,
)
from dlspec_keras.case import Case
from dlspec_keras.pieces import program
from dlspec_keras.rows import kept

QUIET = """import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # none of TensorFlow's notices
"""


def generate_files(case: Case) -> dict[str, str]:
    """`decoding.py` and `generate.py`, where a `generate` block runs the model."""
    found = blocks(case.program, case.name)
    if not found:
        return {}
    own = Framework(
        imports=(py.Import("keras"), py.From("keras", ("ops",)), py.From("train", ("built",))),
        loaded="built()",
        outputs=outputs(case),
        networks=[network(case, g) for g in dict.fromkeys(g.network for g in found if g.network)],
        kept=kept,
    )
    return {
        "decoding.py": decoding_file(found),
        "generate.py": quiet(generate_file(found, case, own)),
    }


def quiet(text: str) -> str:
    """The same file, with what TensorFlow reads before it is imported."""
    doc, _, rest = text.partition("\n")
    return program(doc.strip('"'), f"{QUIET}{rest}")


def network(case: Case, name: str) -> py.Function:
    """What takes one of several networks out of the model."""
    model = case.networks[name]
    inputs = (
        py.call("x.get", n) if n in model.root.states else py.item("x", n)
        for n, _ in model.root.inputs
    )
    names = tuple(n or "output" for n, _ in model.root.outputs)
    made = py.call(f"model.{name}", *inputs)
    y: py.Expr = py.call("dict", py.call("zip", names, made, strict=True))
    if len(names) == 1:
        y = py.Dict(((py.literal(names[0]), made),))
    params = (py.Param("model", "keras.Model"),)
    doc = f"The network `{name}`: of its inputs by name, its outputs by name."
    return py.Function(network_of(name), params, [py.Return(py.Lambda(("x",), y))], "Any", doc)


def outputs(case: Case) -> py.Function:
    """What the model gives for arrays, by name."""
    x: py.Expr = py.Code("given")
    if len(case.inputs) == 1:
        x = py.item("given", case.inputs[0][0])
    y: py.Expr = py.call("model", x)
    if case.train.networks:
        y = py.Code("model(given)")
    elif len(case.outputs) == 1:
        y = py.Dict(((py.literal(next(iter(case.outputs))), y),))
    body: list[py.Statement] = [
        py.Assign("y", y),
        py.Return(py.Code("{name: ops.convert_to_numpy(values) for name, values in y.items()}")),
    ]
    kind = "Any" if case.train.networks else "keras.Model"
    params = (py.Param("model", kind), py.Param("given", "Rows"))
    doc = "What the model gives for these inputs, by name."
    return py.Function("outputs", params, body, "Rows", doc)
