"""`generate.py` of a program: what is PyTorch's in it."""

from __future__ import annotations

from dlspec.emit import python as py
from dlspec.programs.generate import Framework, blocks, decoding_file, generate_file
from dlspec_torch.case import Case


def generate_files(case: Case) -> dict[str, str]:
    """`decoding.py` and `generate.py`, where a `generate` block runs the model."""
    found = blocks(case.program, case.name)
    if not found:
        return {}
    own = Framework(
        imports=(py.Import("torch"), py.From("torch", ("nn",)), case.model_import),
        loaded=f"{case.model_class}().eval()",
        outputs=outputs(case),
        kept=lambda value, t: value,
    )
    given = (found, case.model, case.parts, case.train.inputs, case.ragged)
    return {
        "decoding.py": decoding_file(found),
        "generate.py": generate_file(*given, own),
    }


def outputs(case: Case) -> py.Function:
    """What the model gives for arrays, by name."""
    states = case.model.root.states
    inputs = [
        py.call("x.get", name) if name in states else py.Index("x", py.literal(name))
        for name, _, _ in case.inputs
    ]
    call = py.call("model", *inputs)
    y: py.Expr = call
    if len(case.outputs) == 1:
        y = py.Dict(((py.literal(next(iter(case.outputs))), call),))
    body: list[py.Statement] = [
        py.Assign("x", "{name: torch.from_numpy(values) for name, values in given.items()}"),
        py.Assign("y", y),
        py.Return(py.Code("{name: values.numpy() for name, values in y.items()}")),
    ]
    params = (py.Param("model", "nn.Module"), py.Param("given", "Rows"))
    doc = "What the model gives for these inputs, by name."
    return py.Function("outputs", params, body, "Rows", doc, (py.Code("torch.inference_mode()"),))
