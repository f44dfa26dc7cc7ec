"""`export.py` of a program: the trained model as an ONNX file."""

from __future__ import annotations

from dlspec.emit import python as py
from dlspec.length import Dynamic
from dlspec.ops.kernel_norm import Normed
from dlspec.passes.padding import lengths_name
from dlspec.tensor import Tensor
from dlspec_torch.case import Case

IMPORTS = (
    py.Import("argparse"),
    py.Import("logging"),
    py.Import("sys"),
    py.Import("tempfile"),
    py.Import("warnings"),
    py.From("pathlib", ("Path",)),
    py.From("typing", ("Any",)),
    py.Import("onnx"),
    py.Import("torch"),
    py.From("torch", ("nn",)),
    py.From("torch.nn.utils", ("parametrize",)),
    py.From("torch.onnx", ("symbolic_helper",)),
    py.Import("checkpoint"),
    py.From("weights", ("CheckpointError", "write_whole")),
)
DTYPES = {
    **{"f16": "torch.float16", "bf16": "torch.bfloat16", "f32": "torch.float32"},
    **{"f64": "torch.float64", "i8": "torch.int8", "i32": "torch.int32", "i64": "torch.int64"},
    **{"bool": "torch.bool", "class": "torch.int64"},
}
OPSET = 20

# what PyTorch documents and does not count to its own names
REGISTERED = """
torch.onnx.register_custom_op_symbolic(  # type: ignore[attr-defined]
    "aten::rms_norm", rms_norm, OPSET
)
"""
APART = """
graph = program.model.graph
outside = {*graph.inputs, *graph.outputs}
names = {value.name for value in outside}
for node in graph.all_nodes():
    for value in node.outputs:
        if value.name in names and value not in outside:
            value.name = f"{value.name}/inner"
return program.model_proto
"""
STRIP = """
for node in (*model.graph.node, *model.graph.input, *model.graph.output):
    node.doc_string = ""
    node.ClearField("metadata_props")
model.graph.ClearField("value_info")
model.graph.ClearField("metadata_props")
model.ClearField("metadata_props")
"""


RMS_NORM = """
squares = g.op("Mul", x, x)
axes = g.op("Constant", value_t=torch.arange(-len(shape), 0))
mean = g.op("ReduceMean", squares, axes, keepdims_i=1)
root = g.op("Sqrt", g.op("Add", mean, g.op("Constant", value_t=torch.tensor(eps))))
y = g.op("Div", x, root)
return y if weight.node().mustBeNone() else g.op("Mul", y, weight)
"""


def export_file(case: Case) -> str:
    """The text of `export.py`."""
    traces = bool(case.train.lengths)
    extractor = [py.Import("onnx.utils")] if case.parts_of_files else []
    spelled = rms_norm() if traces and "RMSNorm" in case.kinds else ()
    body: list[py.Statement] = [
        traced_targets(case) if traces else targets(case),
        *networks(case),
        py.Assign("OPSET", py.literal(OPSET)),
        *spelled,
        traced(case) if traces else export(case),
        *(() if traces else (kept_apart(),)),
        strip(),
        main(),
        py.If('__name__ == "__main__"', [py.Do("main()")]),
    ]
    return py.Module(
        f"Writes {case.model_class} as ONNX files, with the best weights of a run.",
        (*IMPORTS, *extractor, case.model_import),
        body,
    ).render()


def targets(case: Case) -> py.Statement:
    """The files to write, and whether the batch may have any size in each."""
    found = {e.file: "batch" in e.dynamic for e in case.exports} or {"model.onnx": True}
    return py.Assign("TARGETS", py.literal(found), "whether a batch may have any size")


def networks(case: Case) -> list[py.Statement]:
    """What files hold that have one network of several."""
    if not case.parts_of_files:
        return []
    table = py.literal(case.parts_of_files)
    return [py.Assign("NETWORKS", table, "the inputs and outputs of the one in each file")]


def extracted(case: Case) -> list[py.Statement]:
    if not case.parts_of_files:
        return []
    part = "onnx.utils.Extractor(proto).extract_model(*NETWORKS[path.name])"
    return [py.Assign("proto", part)]


def trained(case: Case) -> list[py.Statement]:
    """The model with the weights of the run, made of layers that the exporters know."""
    return [
        py.Assign("model", f"{case.model_class}().eval()"),
        py.Do("checkpoint.load(weights, model)"),
        *plain_kernels(case),
        *mean_slopes(case),
    ]


def plain_kernels(case: Case) -> list[py.Statement]:
    """Kernels are normed once, and not whenever the file runs."""
    if not any(isinstance(a.op, Normed) and a.op.norm is not None for a in case.ops):
        return []
    body: list[py.Statement] = [
        py.If(
            "parametrize.is_parametrized(layer)",
            [py.Do('parametrize.remove_parametrizations(layer, "weight")')],
        )
    ]
    return [py.For("layer", "list(model.modules())", body)]


def mean_slopes(case: Case) -> list[py.Statement]:
    """Slopes that training draws are at their mean, in a layer that the exporter knows."""
    if "RReLU" not in case.kinds:
        return []
    plain = "nn.LeakyReLU((layer.lower + layer.upper) / 2)"
    drawn = py.If("isinstance(layer, nn.RReLU)", [py.Do(f"setattr(parent, name, {plain})")])
    layers = py.For("name, layer", "list(parent.named_children())", [drawn])
    return [py.For("parent", "list(model.modules())", [layers])]


def export(case: Case) -> py.Function:
    names = [name for name, _, _ in case.inputs]
    inputs = py.Tuple(tuple(zeros(py.Code("rows"), t) for _, _, t in case.inputs))
    axes = py.Tuple(tuple(py.Code("{0: batch}") for _ in names))
    given = {
        "input_names": names,
        "output_names": list(case.outputs),
        "dynamic_shapes": py.IfElse(axes, "any_batch", "None"),
        "opset_version": py.Code("OPSET"),
        "dynamo": True,
        "external_data": False,
        "verbose": False,
    }
    body: list[py.Statement] = [
        *trained(case),
        py.Assign("rows, batch", '2 if any_batch else 1, torch.export.Dim("batch")'),
        py.Assign("program", py.call("torch.onnx.export", py.Code("model"), inputs, **given)),
        py.Raw("assert program is not None"),
        py.Assign("proto", "kept_apart(program)"),
        *extracted(case),
        py.Do("strip(proto)"),
        py.Do("onnx.checker.check_model(proto)"),
        py.Do("write_whole(path, proto.SerializeToString())"),
    ]
    params = (
        py.Param("weights", "Path"),
        py.Param("path", "Path"),
        py.Param("any_batch", "bool"),
    )
    doc = "Writes one file; the batch is the first axis of every input and output."
    return py.Function("export", params, body, "None", doc)


def traced_targets(case: Case) -> py.Statement:
    """The files to write, and what the axes are called that may have any size in each."""
    every = ("batch", *case.train.lengths)
    found = {e.file: e.dynamic for e in case.exports} or {"model.onnx": every}
    pairs = tuple((py.literal(file), axes(case, names)) for file, names in found.items())
    return py.Assign("TARGETS", py.Dict(pairs), "the axes that may have any size")


def axes(case: Case, dynamic: tuple[str, ...]) -> py.Expr:
    """Of each input and output, the axes whose sizes follow from the dynamic ones."""
    values = {name: t for name, _, t in case.inputs} | case.outputs
    found: dict[str, dict[int, str]] = {}
    for name, t in values.items():
        if "batch" in dynamic:
            found.setdefault(name, {})[0] = "batch"
        for axis, size in enumerate(t.shape, start=1):
            if isinstance(size, Dynamic) and size.length.names <= set(dynamic):
                found.setdefault(name, {})[axis] = str(size)
    return py.literal(found)


def traced(case: Case) -> py.Function:
    given = {
        "input_names": [name for name, _, _ in case.inputs],
        "output_names": list(case.outputs),
        "dynamic_axes": py.Code("axes"),
        "opset_version": py.Code("OPSET"),
        "dynamo": False,
    }
    inputs = py.Tuple(tuple(traced_input(case, name, t) for name, _, t in case.inputs))
    call = py.call("torch.onnx.export", py.Code("model"), inputs, py.Code("file"), **given)
    registered = [py.Raw(REGISTERED)] if "RMSNorm" in case.kinds else []
    body: list[py.Statement] = [
        *trained(case),
        *registered,
        py.Comment("torch.export would unroll recurrent layers, and fix lengths that it compares"),
        py.Block(
            "with tempfile.TemporaryDirectory() as folder",
            [
                py.Assign("file", 'Path(folder, "traced.onnx")'),
                py.Do(call),
                py.Assign("proto", "onnx.load(file)"),
            ],
        ),
        *extracted(case),
        py.Do("strip(proto)"),
        py.Do("onnx.checker.check_model(proto)"),
        py.Do("write_whole(path, proto.SerializeToString())"),
    ]
    params = (
        py.Param("weights", "Path"),
        py.Param("path", "Path"),
        py.Param("axes", "dict[str, dict[int, str]]"),
    )
    doc = "Writes one file, by tracing; the batch is the first axis of every input and output."
    return py.Function("export", params, body, "None", doc)


def traced_input(case: Case, name: str, t: Tensor) -> py.Expr:
    """An input of this type for one example; lengths are those of no padding."""
    for dim, size in case.train.lengths.items():
        if name == lengths_name(dim):
            return py.call("torch.tensor", py.literal([int(size)]), dtype=py.Code("torch.int32"))
    return zeros(py.literal(1), case.train.fed(t))


def rms_norm() -> tuple[py.Statement, ...]:
    """What tracing makes of PyTorch's function, for which ONNX has an operator from 23 on."""
    kinds = {"g": "Any", "x": "Any", "shape": "list[int]", "weight": "Any", "eps": "float"}
    params = tuple(py.Param(name, kind) for name, kind in kinds.items())
    doc = "Each row through the root of the mean of its squares, in operators of ONNX."
    parsed = py.Code('symbolic_helper.parse_args("v", "is", "v", "f")')
    return (py.Function("rms_norm", params, [py.Raw(RMS_NORM)], "Any", doc, (parsed,)),)


def zeros(size: py.Expr, t: Tensor) -> py.Expr:
    """An input of this type, for so many examples."""
    kind = {} if t.dtype == "f32" else {"dtype": py.Code(DTYPES[t.dtype])}
    return py.call("torch.zeros", size, *(int(s) for s in t.shape), **kind)


def kept_apart() -> py.Function:
    doc = "The model; what the exporter calls like an input or output gets another name."
    params = (py.Param("program", "torch.onnx.ONNXProgram"),)
    return py.Function("kept_apart", params, [py.Raw(APART)], "onnx.ModelProto", doc)


def strip() -> py.Function:
    doc = "Drops what the exporter notes for itself: most of a small file."
    return py.Function(
        "strip", (py.Param("model", "onnx.ModelProto"),), [py.Raw(STRIP)], "None", doc
    )


def main() -> py.Function:
    add = "parser.add_argument"
    here = py.Code("Path(__file__).parent")
    body: list[py.Statement] = [
        py.Assign("parser", "argparse.ArgumentParser(description=__doc__)"),
        py.Do(
            py.call(add, "files", nargs="*", metavar="FILE", help="which; all, if none is named")
        ),
        py.Do(py.call(add, "--run", type=py.Code("Path"), default=here, help="folder of the run")),
        py.Do(py.call(add, "--out", type=py.Code("Path"), help="where to write: RUN/export")),
        py.Assign("args", "parser.parse_args()"),
        py.If(
            "not set(args.files) <= set(TARGETS)",
            [py.Do("parser.error(f\"the files are {', '.join(TARGETS)}\")")],
        ),
        py.Do('warnings.simplefilter("ignore")', "of the exporter, about itself"),
        py.Do("logging.disable(logging.WARNING)"),
        py.Assign("out", 'args.out or args.run / "export"'),
        py.Block(
            "try",
            [
                py.Do("out.mkdir(parents=True, exist_ok=True)"),
                py.For(
                    "name",
                    "args.files or TARGETS",
                    [
                        py.Do('export(args.run / "best.safetensors", out / name, TARGETS[name])'),
                        py.Do("print(out / name)"),
                    ],
                ),
            ],
        ),
        py.Block(
            "except (CheckpointError, OSError) as error",
            [py.Do('sys.exit(f"error: {error}")')],
        ),
    ]
    return py.Function("main", (), body, "None")
