"""`generate.py` of a program: what is PyTorch's in it."""

from __future__ import annotations

from dlspec.emit import python as py
from dlspec.ir.model import ModelIR
from dlspec.programs.generate import (
    Framework,
    blocks,
    decoding_file,
    generate_file,
    network_of,
)
from dlspec_torch.case import Case


def generate_files(case: Case) -> dict[str, str]:
    """`decoding.py` and `generate.py`, where a `generate` block runs the model."""
    found = blocks(case.program, case.name)
    if not found:
        return {}
    names = dict.fromkeys(g.network for g in found if g.network)
    own = Framework(
        imports=(py.Import("torch"), py.From("torch", ("nn",)), case.model_import),
        loaded=f"{case.model_class}().eval()",
        outputs=outputs(case),
        networks=[network(case, name) for name in names],
        kept=lambda value, t: value,
    )
    return {
        "decoding.py": decoding_file(found),
        "generate.py": generate_file(found, case, own),
    }


def called(model: ModelIR, net: str, root: bool) -> py.Expr:
    """The outputs of a model for the inputs `x`, by name; the `root` names several itself."""
    inputs = (
        py.call("x.get", name) if name in model.root.states else py.item("x", name)
        for name, _ in model.root.inputs
    )
    made, names = py.call(net, *inputs), tuple(n or "output" for n, _ in model.root.outputs)
    if len(names) == 1:
        return py.Dict(((py.literal(names[0]), made),))
    return made if root else py.call("dict", py.call("zip", names, made, strict=True))


def network(case: Case, name: str) -> py.Function:
    """What takes one of several networks out of the model."""
    made = py.Lambda(("x",), called(case.networks[name], f"model.{name}", False))
    params = (py.Param("model", case.model_class),)
    doc = f"The network `{name}`: of its inputs by name, its outputs by name."
    return py.Function(network_of(name), params, [py.Return(made)], "Any", doc)


def outputs(case: Case) -> py.Function:
    """What the model gives for arrays, by name."""
    y = py.Code("model(x)") if case.train.networks else called(case.model, "model", True)
    body: list[py.Statement] = [
        py.Assign("x", "{name: torch.from_numpy(values) for name, values in given.items()}"),
        py.Assign("y", y),
        py.Return(py.Code("{name: values.numpy() for name, values in y.items()}")),
    ]
    kind = "Any" if case.train.networks else "nn.Module"
    params = (py.Param("model", kind), py.Param("given", "Rows"))
    doc = "What the model gives for these inputs, by name."
    return py.Function("outputs", params, body, "Rows", doc, (py.Code("torch.inference_mode()"),))
