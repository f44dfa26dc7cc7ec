"""Initialisers: their arguments, the fans of kernels, and where each is the default."""

import pytest

from dlspec import ops
from dlspec.declared import BadArguments
from dlspec.ops.init import INITS
from dlspec.tensor import f32


def test_the_family_is_complete_and_each_has_a_formula():
    asked = """zeros ones constant uniform normal truncated_normal glorot_uniform glorot_normal
        he_uniform he_normal lecun_uniform lecun_normal variance_scaling orthogonal identity
        dirac sparse"""
    assert set(INITS) == set(asked.split())
    assert all(i.__doc__ for i in INITS.values())


@pytest.mark.parametrize(
    ("name", "positional", "named", "what"),
    [
        ("constant", (), {}, "constant needs `value`"),
        ("uniform", (0.1, -0.1), {}, "uniform needs low below high, got 0.1 and -0.1"),
        ("normal", (), {"std": 0}, "`std`: must be greater than 0, got 0"),
        ("truncated_normal", (), {}, "truncated_normal needs `std`"),
        ("zeros", (1,), {}, "zeros takes no positional argument, got 1"),
        ("orthogonal", (), {"gain": "big"}, "`gain`: must be a number, got big"),
        ("sparse", (1,), {}, "`sparsity`: must be less than 1, got 1"),
    ],
)
def test_bad_arguments(name, positional, named, what):
    with pytest.raises(BadArguments) as caught:
        INITS[name].bind(positional, named)
    assert [p.what for p in caught.value.problems] == [what]


@pytest.mark.parametrize(
    ("layer", "shape", "fans"),
    [
        ("Dense(5)", (7,), (7, 5)),
        ("Conv2D(4, (3, 2))", (3, 9, 8), (3 * 6, 4 * 6)),
        ("Conv2D(6, 3, groups=3)", (3, 9, 8), (9, 2 * 9)),
        ("DepthwiseConv2D(3, multiplier=2)", (4, 9, 8), (9, 2 * 9)),
        ("Conv1D(4, 5)", (3, 9), (15, 20)),
        ("ConvTranspose2D(8, 3, groups=2)", (6, 4, 5), (4 * 9, 3 * 9)),
        ("SeparableConv1D(5, 3, multiplier=2)", (4, 9), (3, 2 * 3)),
    ],
)
def test_fans_count_what_is_connected(layer, shape, fans, read):
    assert read(layer).weights(f32(*shape))[0].fans == fans


@pytest.mark.parametrize(
    ("layer", "shape", "found"),
    [
        ("Dense(5, init=identity)", (7,), []),
        ("Dense(5, init=dirac)", (7,), [("init", "dirac is for a kernel with places, got [5, 7]")]),
        ("Conv1D(4, 3, init=dirac)", (4, 9), []),
        (
            "Conv1D(4, 3, init=sparse(0.5))",
            (4, 9),
            [("init", "sparse is for a matrix, got [4, 4, 3]")],
        ),
        (
            "SimpleRNN(4, recurrent_init=identity, bias_init=sparse(0.5))",
            (5, 3),
            [("bias_init", "sparse is for a matrix, got [4]")],
        ),
    ],
)
def test_initialisers_are_for_arrays_of_some_axes(layer, shape, found, read):
    problems = read(layer).starting(f32(*shape))
    assert [(p.parameter, p.what) for p in problems] == found


@pytest.mark.parametrize(
    ("layer", "shape", "inits"),
    [
        ("Dense(5)", (7,), ["glorot_uniform", "zeros"]),
        ("Conv2D(5, 3)", (3, 8, 8), ["glorot_uniform", "zeros"]),
        ("BatchNorm", (3, 8, 8), ["ones", "zeros", "zeros", "ones"]),
        ("LayerNorm", (3,), ["ones", "zeros"]),
        ("PReLU", (3,), ["constant"]),
        ("LSTM(4)", (5, 3), ["glorot_uniform", "orthogonal", "zeros"]),
        ("LSTM(4, forget_bias=1)", (5, 3), ["glorot_uniform", "orthogonal", "forget_gate"]),
        ("GRU(4)", (5, 3), ["glorot_uniform", "orthogonal", "zeros", "zeros"]),
        ("LSTM(4, recurrent_init=he_normal)", (5, 3), ["glorot_uniform", "he_normal", "zeros"]),
        ("Dense(5, init=zeros, bias_init=constant(1))", (7,), ["zeros", "constant"]),
        ("BatchNorm(init=zeros, bias_init=ones)", (3,), ["zeros", "ones", "zeros", "ones"]),
    ],
)
def test_where_weights_start(layer, shape, inits, read):
    assert [w.init.kind() for w in read(layer).weights(f32(*shape))] == inits


def test_the_row_of_padding_stays_zero(read):
    (table,) = read("Embedding(7, 3, padding_id=2)").weights(f32(5))
    assert table.zero_row == 2
    (table,) = read("Embedding(7, 3)").weights(f32(5))
    assert table.zero_row is None


@pytest.mark.parametrize("name", ops.names())
def test_every_op_survives_json_with_its_initialisers(name, read):
    for example in ops.lookup(name).examples:
        op = read(example.layer)
        assert type(op).model_validate_json(op.model_dump_json()) == op


def test_initialisers_in_json_have_their_names(read):
    op = read("Dense(4, init=normal(std=0.5))")
    assert op.model_dump(mode="json")["init"] == {"kind": "normal", "mean": 0.0, "std": 0.5}
