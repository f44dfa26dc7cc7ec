"""`dlspec ops`: every layer and function, and the manual page of one."""

import json
import re

import pytest

from dlspec import ops
from dlspec.pipeline import check
from dlspec.source import Source

EVERY = [*ops.names(), *ops.of_objectives()]


def test_all_are_listed_with_a_sentence(dlspec):
    out = dlspec("ops").out
    assert re.findall(r"^  (\w+) +\S.*\.$", out, re.MULTILINE) == EVERY
    assert "\nConvolutions\n  Conv1D " in out


@pytest.mark.parametrize("name", EVERY)
def test_every_op_has_a_page(dlspec, name):
    ran = dlspec("ops", name)
    assert ran.status == 0 and ran.err == ""
    assert ran.out.startswith(name)
    for runtime in ("torch", "keras", "ONNX", "TFLite", "TFLite Micro"):
        assert re.search(rf"^{runtime}  +\S", ran.out, re.MULTILINE)


def test_a_page_says_arguments_defaults_shapes_and_runtimes(dlspec):
    out = dlspec("ops", "DepthwiseConv2D").out
    assert out.startswith("DepthwiseConv2D(kernel, padding=valid, stride=1, ")
    assert re.search(r"^kernel +a whole number ≥ 1, one for each axis +required$", out, re.M)
    assert re.search(r"^init +an initialiser +glorot_uniform$", out, re.M)
    assert re.search(
        r"^DepthwiseConv2D\(3\) +f32\[3, 9, 8\] +f32\[3, 7, 6\] +30 +1,134$", out, re.M
    )
    assert re.search(r"^TFLite +DEPTHWISE_CONV_2D$", out, re.M)


def test_a_page_says_what_a_format_cannot_hold(dlspec):
    sentence = "No TFLite file holds it with groups above 1: LiteRT's convolution"
    assert sentence in dlspec("ops", "Conv3D").out
    assert "No TFLite file" not in dlspec("ops", "Conv2D").out
    limits = json.loads(dlspec("ops", "Conv3D", "--json").out)["limits"]
    assert [(one["format"], one["when"]) for one in limits] == [
        ("tflite", "groups above 1"),
        ("tflite", "dilation above 1"),
    ]


def test_a_name_is_found_in_other_letters(dlspec):
    assert dlspec("ops", "conv2d").out == dlspec("ops", "Conv2D").out
    assert dlspec("ops", "layer_norm").out == dlspec("ops", "LayerNorm").out
    assert dlspec("ops", "tanh").out.startswith("tanh")
    assert dlspec("ops", "Tanh").out.startswith("Tanh")


@pytest.mark.parametrize(
    ("asked", "title", "near"),
    [
        ("Conv", "there is no layer or function `Conv`", "Conv1D, Conv2D, Conv3D"),
        ("Densse", "there is no layer or function `Densse`", "Dense"),
        ("xyzzy", "there is no layer or function `xyzzy`", ""),
        ("", "there is no layer or function ``", ""),
    ],
)
def test_a_wrong_name_is_answered_by_near_ones(dlspec, asked, title, near):
    ran = dlspec("ops", asked)
    assert ran.status == 2 and ran.out == ""
    assert title in ran.err
    assert f"did you mean {near}" in ran.err if near else "did you mean" not in ran.err


def spec(e):
    """A model of nothing but an example."""
    types = [re.sub(r"^class\[\d+]$", "i32[]", t) for t in e["inputs"]]
    types = [re.sub(r"^class\[\d+]", "i32", t) for t in types]
    given = "xyz"[: len(types)] if e["layer"].startswith("x[") else [f"x{i}" for i in range(9)]
    inputs = {**dict(zip(given, types, strict=False)), **e["named"]}
    names = [f"out{i}" for i in range(len(e["outputs"]))]
    passed = ", ".join(n if n in given else f"{n}={n}" for n in inputs)
    value = e["layer"] if "x" in inputs else f"({passed}) -> {e['layer']}"
    lines = [f"input {n}: {t}" for n, t in inputs.items()]
    if not inputs:
        value, let = e["layer"], "let " if e["layer"][:1].isupper() else ""
        made = f"{let}out0 = {value}\noutput r: {e['outputs'][0]} = out0"
        return f"model M {{\ninput x: f32[3]\noutput s: f32[3] = x\n{made}\n}}"  # what draws, reads
    lines += [f"{', '.join(names)} = {value}"]
    lines += [f"output r{n}: {t} = {n}" for n, t in zip(names, e["outputs"], strict=True)]
    return "\n".join(["model M {", *lines, "}"])


def test_json_has_what_the_compiler_takes(dlspec):
    """Defaults and examples of the JSON, against the compiler."""
    found = json.loads(dlspec("ops", "--json").out)
    assert [f["name"] for f in found] == EVERY
    for f in found:
        for e in f["examples"]:
            if f["name"] == "Transposed":  # `words.transposed`, never by its name
                continue
            text = spec(e)
            assert not check(Source("m.dls", text)).diagnostics, text
    (one,) = (f for f in found if f["name"] == "Conv2D")
    assert json.loads(dlspec("ops", "Conv2D", "--json").out) == one
    assert one["arguments"][0] == {
        "name": "channels",
        "takes": "a whole number ≥ 1",
        "default": None,
    }
    assert one["backends"] == {"torch": True, "keras": True}
