"""Writes Networks as ONNX files, with the best weights of a run."""

import argparse
import logging
import sys
import warnings
from pathlib import Path

import onnx
import onnx.utils
import torch

import checkpoint
from model import Networks
from weights import CheckpointError, write_whole

TARGETS = {"digits.onnx": True}  # whether a batch may have any size
# the inputs and outputs of the one in each file
NETWORKS = {"digits.onnx": (["G_code"], ["G_image"])}
OPSET = 20


def export(weights: Path, path: Path, any_batch: bool) -> None:
    """Writes one file; the batch is the first axis of every input and output."""
    model = Networks().eval()
    checkpoint.load(weights, model)
    rows, batch = 2 if any_batch else 1, torch.export.Dim("batch")
    program = torch.onnx.export(
        model,
        (torch.zeros(rows, 8), torch.zeros(rows, 1, 8, 8)),
        input_names=["G_code", "D_image"],
        output_names=["G_image", "D_score"],
        dynamic_shapes=({0: batch}, {0: batch}) if any_batch else None,
        opset_version=OPSET,
        dynamo=True,
        external_data=False,
        verbose=False,
    )
    assert program is not None
    proto = kept_apart(program)
    proto = onnx.utils.Extractor(proto).extract_model(*NETWORKS[path.name])
    strip(proto)
    onnx.checker.check_model(proto)
    write_whole(path, proto.SerializeToString())


def kept_apart(program: torch.onnx.ONNXProgram) -> onnx.ModelProto:
    """The model; what the exporter calls like an input or output gets another name."""
    graph = program.model.graph
    outside = {*graph.inputs, *graph.outputs}
    names = {value.name for value in outside}
    for node in graph.all_nodes():
        for value in node.outputs:
            if value.name in names and value not in outside:
                value.name = f"{value.name}/inner"
    return program.model_proto


def strip(model: onnx.ModelProto) -> None:
    """Drops what the exporter notes for itself: most of a small file."""
    for node in (*model.graph.node, *model.graph.input, *model.graph.output):
        node.doc_string = ""
        node.ClearField("metadata_props")
    model.graph.ClearField("value_info")
    model.graph.ClearField("metadata_props")
    model.ClearField("metadata_props")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "files", nargs="*", metavar="FILE", help="which; all, if none is named"
    )
    parser.add_argument(
        "--run", type=Path, default=Path(__file__).parent, help="folder of the run"
    )
    parser.add_argument("--out", type=Path, help="where to write: RUN/export")
    args = parser.parse_args()
    if not set(args.files) <= set(TARGETS):
        parser.error(f"the files are {', '.join(TARGETS)}")
    warnings.simplefilter("ignore")  # of the exporter, about itself
    logging.disable(logging.WARNING)
    out = args.out or args.run / "export"
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name in args.files or TARGETS:
            export(args.run / "best.safetensors", out / name, TARGETS[name])
            print(out / name)
    except (CheckpointError, OSError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
