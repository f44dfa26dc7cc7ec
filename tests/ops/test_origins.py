"""Sizes of kept axes keep their origin; sums and products have those of their parts."""

import pytest

from dlspec.expr import Const, Ref, Size, Term, origin
from dlspec.tensor import Tensor

C, H, W = (Ref(n) for n in "CHW")


def image(c=6, h=9, w=8):
    return Tensor("f32", (Size(c, C), Size(h, H), Size(w, W)), image=True)


def origins(t):
    return tuple(origin(s) for s in t.shape)


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        ("ReLU", (C, H, W)),
        ("BatchNorm", (C, H, W)),
        ("Dropout(0.1)", (C, H, W)),
        ("Conv2D(4, 3, padding=same)", (None, H, W)),
        ("Conv2D(4, 3, padding=1)", (None, H, W)),
        ("Conv2D(4, 1)", (None, H, W)),
        ("Conv2D(4, 3)", (None, None, None)),
        ("Conv2D(4, (3, 1), stride=(1, 2), padding=1)", (None, H, None)),
        ("DepthwiseConv2D(3, padding=same)", (C, H, W)),
        (
            "ConvTranspose2D(4, 2, stride=2)",
            (None, Term("*", (H, Const(2))), Term("*", (W, Const(2)))),
        ),
        ("ConvTranspose2D(4, 3, padding=1)", (None, H, W)),
        ("ConvTranspose2D(4, 3, stride=2)", (None, None, None)),
        ("MaxPool2D(2)", (C, None, None)),
        ("GlobalAvgPool2D", (C,)),
        ("Dense(4, axis=-1)", (C, H, None)),
        ("Flatten", (Term("*", (Term("*", (C, H)), W)),)),
        ("mean(axis=(1, 2))", (C,)),
    ],
)
def test_kept_axes(layer, expected, read):
    assert origins(read(layer).shape(image())) == expected


def test_concat_adds_along_its_axis(read):
    other = Tensor("f32", (Size(3, Ref("k")), Size(9, H), Size(8, W)), image=True)
    made = read("Concat(axis=0)").shape(image(), other)
    assert origins(made) == (Term("+", (C, Ref("k"))), H, W)
    assert made.image


def test_depthwise_multiplies_channels(read):
    made = read("DepthwiseConv2D(3, multiplier=2)").shape(image())
    assert origins(made)[0] == Term("*", (C, Const(2)))


def test_both_directions_double_the_units(read):
    op = type(read("BiLSTM(4)")).bind((Size(4, Ref("dim")),), {"return": "all"})
    made = op.shape(Tensor("f32", (Size(5, Ref("T")), 3)))
    assert origins(made) == (Ref("T"), Term("*", (Const(2), Ref("dim"))))


def test_arithmetic_takes_the_size_that_is_not_1_and_knows_its_origin(read):
    one = Tensor("f32", (Size(6, C), 1, 1))
    assert origins(read("multiply").shape(one, image())) == (C, H, W)
    plain = Tensor("f32", (6, 9, 8))
    assert origins(read("add").shape(plain, image())) == (C, H, W)


@pytest.mark.parametrize(
    ("layer", "flag"),
    [
        ("ReLU", True), ("GELU", True), ("BatchNorm", True), ("Dropout(0.1)", True),
        ("MaxPool2D(2)", True), ("Conv2D(3, 1)", True), ("exp", True), ("negative", True),
        ("Flatten", False), ("GlobalAvgPool2D", False), ("Reshape(-1, 4)", False),
        ("Dense(3, axis=0)", False), ("mean(axis=0)", False),
    ],
)  # fmt: skip
def test_what_still_counts_as_straight_from_convolution(layer, flag, read):
    assert read(layer).shape(image()).image is flag
    if layer in ("Conv2D(3, 1)", "MaxPool2D(2)"):
        assert read(layer).shape(Tensor("f32", (3, 8, 8))).image


def test_dtypes_pass_through(read):
    half = Tensor("bf16", (4, 8, 8))
    for layer in ("Conv2D(3, 1)", "BatchNorm", "MaxPool2D(2)", "Flatten", "mean", "Dense(2)"):
        assert read(layer).shape(half).dtype == "bf16"
    assert read("Embedding(5, 2)").shape(Tensor("class", (), 5)) == Tensor("f32", (2,))
