"""The table of ops, and what every op owes its readers."""

import importlib
import inspect
import json
import re
import subprocess
import sys

import pytest

from dlspec import ops
from dlspec.ops import common
from dlspec.ops.base import Op

ALL = ops.names()


def op(name):
    found = ops.lookup(name)
    assert found is not None
    return found


def test_the_table_holds_every_op_class_that_there_is_and_no_other():
    found = set()
    for module in ops.FAMILIES:
        members = vars(importlib.import_module(f"dlspec.ops.{module}")).items()
        found |= {
            (module, name)
            for name, c in members
            if inspect.isclass(c)
            and issubclass(c, Op)
            and not name.startswith("_")
            and c.__module__ == f"dlspec.ops.{module}"
            and not inspect.isabstract(c)
        }
    found -= {("arithmetic", "Broadcasting"), ("raw", "Raw")}
    table = {(m, n) for m, kinds in ops.FAMILIES.items() for n in kinds.split()}
    assert table == found
    assert len(ALL) == len(set(ALL))


def test_issue_3_is_complete():
    asked = """Dense Conv1D Conv2D DepthwiseConv2D MaxPool1D MaxPool2D AvgPool1D AvgPool2D
        GlobalAvgPool1D GlobalAvgPool2D GlobalMaxPool1D GlobalMaxPool2D BatchNorm LayerNorm Dropout
        Flatten Reshape Concat Embedding LSTM GRU BiLSTM BiGRU ReLU LeakyReLU PReLU Sigmoid Tanh
        Softmax GELU SiLU HardSwish Identity add subtract multiply divide power negative"""
    assert set(asked.split()) <= set(ALL)


def test_an_unknown_name_has_no_op():
    assert ops.lookup("Conv2d") is None
    assert ops.lookup("Broadcasting") is None
    assert ops.lookup("FAMILIES") is None


def test_nothing_is_imported_before_it_is_asked_for():
    code = """
import json, sys
from dlspec import ops
ops.names()
before = sorted(m for m in sys.modules if m.startswith("dlspec.ops.") or m == "pydantic")
ops.lookup("Dense")
heavy = ("dlspec.ops.dense", "dlspec.ops.conv", "numpy", "torch")
after = sorted(m for m in sys.modules if m in heavy)
print(json.dumps([before, after]))
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(run.stdout) == [[], ["dlspec.ops.dense"]]


@pytest.mark.parametrize("name", ALL)
def test_every_op_has_a_page_with_all_its_arguments(name):
    page = inspect.getdoc(op(name))
    assert page is not None and page.split("\n\n")[0].endswith(".")
    parent = {"BiSimpleRNN": "SimpleRNN", "BiLSTM": "LSTM", "BiGRU": "GRU"}.get(name)
    text = page + (inspect.getdoc(op(parent)) or "" if parent else "")
    for argument in op(name).arguments():
        assert f"`{argument}`" in text, f"{name} does not explain {argument}"


@pytest.mark.parametrize("name", ALL)
def test_every_example_fits_and_uses_every_argument_somewhere(name, read, typed):
    used = set()
    for example in op(name).examples:
        made = read(example.layer)
        x = [typed(t) for t in example.inputs]
        named = {k: typed(t) for k, t in example.named.items()}
        assert type(made) is op(name)
        assert list(made.problems(*x, **named)) == []
        assert set(named) <= set(op(name).named)
        used |= made.model_fields_set
    assert op(name).examples
    rare = {"init", "bias_init", "recurrent_init", "dropout"}
    if name.startswith("Bi"):  # LSTM and GRU show the others
        rare |= {"layers", "bias", "reset", "recurrent_dropout"}
        rare |= {"activation", "recurrent_activation", "projection"}
    assert set(op(name).model_fields) - used <= rare


@pytest.mark.parametrize("name", ALL)
def test_names_in_snake_case_are_python_names(name):
    assert re.fullmatch(r"[a-z][a-z0-9_]*", op(name).snake())


def test_abbreviations_are_one_word():
    snakes = {n: op(n).snake() for n in ALL if n[0].isupper()}
    assert {n: s for n, s in snakes.items() if n in ("ReLU", "PReLU", "SiLU", "GELU", "LSTM")} == {
        "ReLU": "relu",
        "PReLU": "prelu",
        "SiLU": "silu",
        "GELU": "gelu",
        "LSTM": "lstm",
    }
    assert snakes["LeakyReLU"] == "leaky_relu"
    assert snakes["BiLSTM"] == "bi_lstm" and snakes["BiGRU"] == "bi_gru"
    assert snakes["DepthwiseConv2D"] == "depthwise_conv2d"
    assert snakes["GlobalAvgPool2D"] == "global_avg_pool2d"
    assert len(set(snakes.values())) == len(snakes)


@pytest.mark.parametrize("name", ALL)
def test_what_has_weights_says_so(name, read, typed):
    cls = op(name)
    arrays = [read(e.layer).weights(*map(typed, e.inputs)) for e in cls.examples]
    assert any(arrays) == cls.has_weights()
    assert cls.has_object() or not cls.has_weights()
    for weights in arrays:
        assert len({w.name for w in weights}) == len(weights)


def test_stateless_ops_are_plain_calls():
    assert op("Dropout").has_object() and not op("Dropout").has_weights()
    assert not op("ReLU").has_object() and not op("MaxPool2D").has_object()


@pytest.mark.parametrize("name", ALL)
def test_sizes_name_axes_that_the_inputs_have(name, read, typed):
    for e in op(name).examples:
        for role, axis in read(e.layer).sizes.items():
            assert role.isidentifier() and typed(e.inputs[0]).shape[axis] >= 1


def test_what_is_alike_with_a_batch_axis_is_named_as_its_classes_are():
    every = (*ops.names(), *ops.of_objectives())
    known = {c.__name__ for name in every for c in ops.lookup(name).__mro__}
    assert known >= common.ALIKE | common.ON_LAST_AXIS | common.LOOKUPS
