"""`export.py` of a program: the trained model as an ONNX file."""

from __future__ import annotations

from dlspec.emit import python as py
from dlspec_torch.case import Case

IMPORTS = (
    py.Import("argparse"),
    py.Import("sys"),
    py.From("pathlib", ("Path",)),
    py.Import("onnx"),
    py.Import("torch"),
    py.Import("checkpoint"),
    py.From("weights", ("CheckpointError", "write_whole")),
)
DTYPES = {
    **{"f16": "torch.float16", "bf16": "torch.bfloat16", "f32": "torch.float32"},
    **{"f64": "torch.float64", "i8": "torch.int8", "i32": "torch.int32", "i64": "torch.int64"},
    **{"bool": "torch.bool", "class": "torch.int64"},
}
OPSET = 20

PLAIN = """
\"\"\"Drops what the exporter writes for its own use, which can be most of a small file.\"\"\"
for node in (*model.graph.node, *model.graph.input, *model.graph.output):
    node.doc_string = ""
    node.ClearField("metadata_props")
model.graph.ClearField("value_info")
model.graph.ClearField("metadata_props")
model.ClearField("metadata_props")
"""


def export_file(case: Case) -> str:
    """The text of `export.py`."""
    body: list[py.Statement] = [
        targets(case),
        py.Assign("OPSET", py.literal(OPSET)),
        export(case),
        plain(),
        main(),
        py.If('__name__ == "__main__"', [py.Do("main()")]),
    ]
    return py.Module(
        f"Writes {case.model_class} as ONNX files, with the best weights of a run.",
        (*IMPORTS, py.From("model", (case.model_class,))),
        body,
    ).render()


def targets(case: Case) -> py.Statement:
    """The files to write, and whether the batch may have any size in each."""
    found = {e.file: "batch" in e.dynamic for e in case.exports} or {"model.onnx": True}
    return py.Assign("TARGETS", py.literal(found), "file: whether a batch may have any size")


def export(case: Case) -> py.Function:
    names = [name for name, _, _ in case.inputs]
    rows = "2 if any_batch else 1"
    inputs = tuple(
        py.call(
            "torch.zeros",
            *(py.Code("rows"), *(int(s) for s in t.shape)),
            **({} if t.dtype == "f32" else {"dtype": py.Code(DTYPES[t.dtype])}),
        )
        for _, _, t in case.inputs
    )
    batch = py.Tuple(tuple(py.Code('{0: "batch"}') for _ in names))
    body: list[py.Statement] = [
        py.Assign("model", f"{case.model_class}().eval()"),
        py.Do("checkpoint.load(weights, model)"),
        py.Assign("rows", rows),
        py.Assign(
            "program",
            py.call(
                "torch.onnx.export",
                py.Code("model"),
                py.Tuple(inputs),
                input_names=names,
                output_names=list(case.outputs),
                dynamic_shapes=py.IfElse(batch, "any_batch", "None"),
                opset_version=py.Code("OPSET"),
                dynamo=True,
                external_data=False,
                verbose=False,
            ),
        ),
        py.Assign("proto", "program.model_proto"),
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


def plain() -> py.Function:
    body = [py.Raw(line) for line in ()]
    lines = PLAIN.strip("\n").split("\n")
    body = [py.Raw("\n".join(lines[1:]))]
    return py.Function(
        "strip", (py.Param("model", "onnx.ModelProto"),), body, "None", lines[0].strip('"')
    )


def main() -> py.Function:
    add = "parser.add_argument"
    here = py.Code("Path(__file__).parent")
    body: list[py.Statement] = [
        py.Assign("parser", "argparse.ArgumentParser(description=__doc__)"),
        py.Do(
            py.call(
                add,
                "files",
                nargs="*",
                metavar="FILE",
                default=py.Code("[*TARGETS]"),
                choices=py.Code("[*TARGETS]"),
                help="which files; all, if none is named",
            )
        ),
        py.Do(py.call(add, "--run", type=py.Code("Path"), default=here, help="folder of the run")),
        py.Do(py.call(add, "--out", type=py.Code("Path"), help="where to write: RUN/export")),
        py.Assign("args", "parser.parse_args()"),
        py.Assign("out", 'args.out or args.run / "export"'),
        py.Block(
            "try",
            [
                py.Do("out.mkdir(parents=True, exist_ok=True)"),
                py.For(
                    "name",
                    "args.files",
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
