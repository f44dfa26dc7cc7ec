"""Arguments: what is taken, what is refused and in which words, what the defaults are."""

import pytest

from dlspec import ops
from dlspec.declared import BadArguments, written
from dlspec.expr import Ref, Size
from dlspec.ops.init import INITS


def bind(name, *positional, **named):
    return ops.lookup(name).bind(positional, {k.removesuffix("_"): v for k, v in named.items()})


def refused(name, *positional, **named):
    with pytest.raises(BadArguments) as caught:
        bind(name, *positional, **named)
    return [(p.parameter, p.what) for p in caught.value.problems]


@pytest.mark.parametrize(
    ("name", "positional", "named", "what"),
    [
        ("Dense", (), {}, "Dense needs `units`"),
        ("Dense", (0,), {}, "`units`: must be at least 1, got 0"),
        ("Dense", (2.5,), {}, "`units`: must be a whole number, got 2.5"),
        ("Dense", (True,), {}, "`units`: must be a whole number, got true"),
        ("Dense", ("wide",), {}, "`units`: must be a whole number, got wide"),
        ("Dense", (2**40,), {}, "`units`: must lie within ±2147483647, got 1099511627776"),
        ("Dense", (float("inf"),), {}, "`units`: must be a whole number, got inf"),
        ("Dense", (3,), {"bias": 1}, "`bias`: must be true or false, got 1"),
        ("Dense", (3,), {"bias": None}, "`bias`: must be true or false, got none"),
        ("Conv2D", (4, 3), {"stride": 0}, "`stride`: must be at least 1, got 0"),
        ("Conv2D", (4, 3), {"stride": (1, 2, 3)},
         "`stride`: must be one number, or (height, width), got (1, 2, 3)"),
        ("Conv1D", (4, (3, 4)), {}, "`kernel`: must be one number, got (3, 4)"),
        ("Conv2D", (4, (3, 0)), {}, "`kernel`: must be at least 1, got (3, 0)"),
        ("Conv2D", (4, 3), {"padding": "some"},
         "`padding`: must be valid, same, a number, or a tuple of numbers, got some"),
        ("Conv2D", (4, 3), {"padding": "causal"},
         "`padding`: must be valid, same, a number, or a tuple of numbers, got causal"),
        ("Conv2D", (4, 3), {"padding": -1}, "`padding`: must be at least 0, got -1"),
        ("Conv2D", (4, 3), {"padding": (1, 2, 3)},
         "`padding`: must be valid, same, one number, or (height, width), "
         "each a number or (before, after), got (1, 2, 3)"),
        ("Conv1D", (4, 3), {"padding": (1, 2, 3)},
         "`padding`: must be valid, same, one number, or (before, after), got (1, 2, 3)"),
        ("Conv2D", (4, 3), {"padding": ("same", 1)},
         "`padding`: must be valid, same, one number, or (height, width), "
         "each a number or (before, after), got (same, 1)"),
        ("Conv3D", (4, 3), {"stride": (1, 2)},
         "`stride`: must be one number, or (depth, height, width), got (1, 2)"),
        ("ConvTranspose2D", (4, 3), {"output_padding": -1},
         "`output_padding`: must be at least 0, got -1"),
        ("ConvTranspose2D", (4, 3), {"output_padding": (1,)},
         "`output_padding`: must be one number, or (height, width), got (1,)"),
        ("ConvTranspose1D", (4, 3), {"padding": "causal"},
         "`padding`: must be valid, same, a number, or a tuple of numbers, got causal"),
        ("Pad1D", ((1, 2, 3),), {},
         "`padding`: must be one number, or (before, after), got (1, 2, 3)"),
        ("Pad2D", ((1, (2, "same")),), {}, "`padding`: must be a whole number, got (1, (2, same))"),
        ("Crop2D", ((1, 2, 3),), {},
         "`cropping`: must be one number, or (height, width), each a number or (before, after), "
         "got (1, 2, 3)"),
        ("Crop1D", (-1,), {}, "`cropping`: must be at least 0, got -1"),
        ("Upsample3D", (2,), {"mode": "bicubic"},
         "`mode`: must be nearest or trilinear, got bicubic"),
        ("Upsample1D", (2,), {"mode": "bilinear"},
         "`mode`: must be nearest or linear, got bilinear"),
        ("Upsample2D", ((2, 2, 2),), {},
         "`scale`: must be one number, or (height, width), got (2, 2, 2)"),
        ("BatchNorm", (), {"eps": 0}, "`eps`: must be greater than 0, got 0"),
        ("BatchNorm", (), {"momentum": 1.5}, "`momentum`: must be at most 1, got 1.5"),
        ("BatchNorm", (), {"eps": "small"}, "`eps`: must be a number, got small"),
        ("LeakyReLU", (float("nan"),), {}, "`slope`: must be finite, got nan"),
        ("LeakyReLU", (10**400,), {}, None),
        ("Dropout", (1.0,), {}, "`rate`: must be less than 1, got 1.0"),
        ("Dropout", (), {}, "Dropout needs `rate`"),
        ("DropPath", (1,), {}, "`rate`: must be less than 1, got 1"),
        ("GaussianNoise", (-1,), {}, "`std`: must be at least 0, got -1"),
        ("LayerNorm", (), {"axis": ()}, "`axis`: must name at least one axis, got ()"),
        ("LayerNorm", (), {"axis": (1, 1)}, "`axis`: must name each axis once, got (1, 1)"),
        ("GroupNorm", (), {}, "GroupNorm needs `groups`"),
        ("Normalize", (), {"p": 0.5}, "`p`: must be a number, at least 1, or inf, got 0.5"),
        ("norm", ("max",), {}, "`p`: must be a number, at least 1, or inf, got max"),
        ("Reshape", (), {}, "Reshape needs `dims`"),
        ("Reshape", (0, 3), {},
         "`dims`: must be at least 1 each, or -1 for the one that follows from the others, "
         "got (0, 3)"),
        ("Reshape", (-1, -1), {}, "`dims`: can leave only one size open as -1, got (-1, -1)"),
        ("Reshape", (), {"dims": 3},
         "`dims`: must be the sizes of the axes, such as Reshape(1, 28, 28), got 3"),
        ("Rearrange", ("C H -> H C",), {},
         "`pattern`: must be axes before and behind an arrow: [C, H, W] -> [H*W, C], "
         'got "C H -> H C"'),
        ("Rearrange", ("[C, H] -> [C]",), {},
         "`pattern`: must have the same names on both sides: `H` stands only on the left "
         '(mean and sum take an axis away), got "[C, H] -> [C]"'),
        ("Rearrange", ("[C] -> [C, n]",), {"n": 3},
         "`pattern`: must have the same names on both sides: `n` stands only on the right "
         '(a new axis of size 1 is written 1), got "[C] -> [C, n]"'),
        ("Rearrange", ("[C, C] -> [C]",), {},
         "`pattern`: must name each axis once on each side: `C` stands twice on the left, "
         'got "[C, C] -> [C]"'),
        ("Rearrange", ("[C, 3*H] -> [C, H]",), {},
         "`pattern`: must hold names, products of names and 1, not `3`, "
         'got "[C, 3*H] -> [C, H]"'),
        ("Rearrange", ("[C, H] -> [H, C]",), {"H": 0}, "`H`: must be at least 1, got 0"),
        ("Rearrange", ("[C, H] -> [H, C]",), {"p": 2},
         "Rearrange has no argument `p`"),
        ("HardTanh", (), {"low": 2}, "HardTanh needs low below high, got 2 and 1"),
        ("hard_tanh", (), {"low": 2}, "hard_tanh needs low below high, got 2 and 1"),
        ("Maxout", (0,), {}, "`pieces`: must be at least 1, got 0"),
        ("GELU", (), {"approximate": "sigmoid"}, "`approximate`: must be tanh, got sigmoid"),
        ("LSTM", (4,), {"return_": "first"},
         "`return`: must be last, all, state, or several of them, such as (all, state), "
         "got first"),
        ("LSTM", (4,), {"return_": ("all", "all")},
         "`return`: must name each output once, got (all, all)"),
        ("LSTM", (4,), {"layers": 10**9}, "`layers`: must be at most 1000, got 1000000000"),
        ("GRU", (4,), {"reset": "never"}, "`reset`: must be after or before, got never"),
        ("Embedding", (5, 3), {"padding_id": -1}, "`padding_id`: must be at least 0, got -1"),
        ("Dense", (3,), {"init": "zero"},
         f"`init`: must be an initialiser: {', '.join(INITS)}, got zero"),
        ("Dense", (3,), {"init": "normal"}, "`init`: normal needs `std`, got normal"),
        ("Dense", (3,), {"init": 0},
         "`init`: must be an initialiser, such as zeros or normal(std=0.02), got 0"),
    ],
)  # fmt: skip
def test_a_bad_argument_says_what_it_must_be(name, positional, named, what):
    found = refused(name, *positional, **named)
    assert len(found) == 1
    if what is None:
        assert found[0][1].startswith("`slope`: must be a number that a float can hold")
    else:
        assert found[0][1] == what


def test_all_bad_arguments_are_reported_at_once():
    found = refused("Conv2D", 0, 3, 1, stride=0, colour=1, kernel=2)
    assert found == [
        ("2", "Conv2D takes 2 positional arguments, got 3"),
        ("kernel", "`kernel` is given twice"),
        ("colour", "Conv2D has no argument `colour`"),
        ("stride", "`stride`: must be at least 1, got 0"),
        ("channels", "`channels`: must be at least 1, got 0"),
    ]


def test_an_op_without_arguments_says_so():
    assert refused("ReLU", 1) == [("0", "ReLU takes no positional argument, got 1")]


def test_a_keyword_of_python_is_an_argument_like_any_other():
    made = bind("LSTM", 4, return_="all")
    assert made.return_ == "all"
    assert "return" in ops.lookup("LSTM").arguments()
    assert refused("GRU", 4, **{"return__": "all"})[0][0] == "return_"
    assert bind("LSTM", 4).defaults_taken()["return"] == "last"


def test_positional_arguments_stand_in_the_order_of_the_language():
    layers = [n for n in ops.names() if n[0].isupper()]
    order = {n: ops.lookup(n).positional for n in layers if ops.lookup(n).positional}
    assert order == {
        "Dense": ("units",),
        "Conv1D": ("channels", "kernel"),
        "Conv2D": ("channels", "kernel"),
        "Conv3D": ("channels", "kernel"),
        "DepthwiseConv1D": ("kernel",),
        "DepthwiseConv2D": ("kernel",),
        "SeparableConv1D": ("channels", "kernel"),
        "SeparableConv2D": ("channels", "kernel"),
        "ConvTranspose1D": ("channels", "kernel"),
        "ConvTranspose2D": ("channels", "kernel"),
        "ConvTranspose3D": ("channels", "kernel"),
        "MaxPool1D": ("kernel",),
        "MaxPool2D": ("kernel",),
        "AvgPool1D": ("kernel",),
        "AvgPool2D": ("kernel",),
        "MaxPool3D": ("kernel",),
        "AvgPool3D": ("kernel",),
        "LPPool1D": ("kernel",),
        "LPPool2D": ("kernel",),
        "LPPool3D": ("kernel",),
        **{f"MaxUnpool{n}D": ("kernel",) for n in (1, 2, 3)},
        **{f"Unfold{n}D": ("kernel",) for n in (1, 2)},
        **{f"Fold{n}D": ("size", "kernel") for n in (1, 2)},
        **{f"Pad{n}D": ("padding",) for n in (1, 2, 3)},
        **{f"Crop{n}D": ("cropping",) for n in (1, 2, 3)},
        **{f"Upsample{n}D": ("scale",) for n in (1, 2, 3)},
        **{f"Resize{n}D": ("size",) for n in (1, 2, 3)},
        "LocalResponseNorm": ("size",),
        "PixelShuffle": ("factor",),
        "PixelUnshuffle": ("factor",),
        "AdaptiveAvgPool1D": ("size",),
        "AdaptiveAvgPool2D": ("size",),
        "AdaptiveAvgPool3D": ("size",),
        "AdaptiveMaxPool1D": ("size",),
        "AdaptiveMaxPool2D": ("size",),
        "AdaptiveMaxPool3D": ("size",),
        "LeakyReLU": ("slope",),
        "Maxout": ("pieces",),
        "ELU": ("alpha",),
        "CELU": ("alpha",),
        "Softplus": ("beta",),
        "Squareplus": ("b",),
        "HardShrink": ("threshold",),
        "SoftShrink": ("threshold",),
        "Threshold": ("threshold", "value"),
        "Clip": ("low", "high"),
        "Dropout": ("rate",),
        "SpatialDropout": ("rate",),
        "AlphaDropout": ("rate",),
        "DropPath": ("rate",),
        "GaussianDropout": ("rate",),
        "GaussianNoise": ("std",),
        "RReLU": ("low", "high"),
        "GroupNorm": ("groups",),
        "Rearrange": ("pattern",),
        "Embedding": ("count", "dim"),
        "EmbeddingBag": ("count", "dim"),
        "Experts": ("layer",),
        "SimpleRNN": ("units",),
        "BiSimpleRNN": ("units",),
        "LSTM": ("units",),
        "GRU": ("units",),
        "BiLSTM": ("units",),
        "BiGRU": ("units",),
        "Sinusoid": ("units",),
        "Split": ("parts",),
        "Attention": ("heads",),
        "Rotary": ("heads",),
        "MultiHeadAttention": ("heads",),
        "Transposed": ("of", "reads", "gives"),
        "Parameter": ("type",),
        "Buffer": ("value",),
    }
    assert bind("Reshape", 1, 28, 28).dims == (1, 28, 28)


def test_bare_words():
    assert ops.lookup("Conv2D").words("padding") == ("valid", "same")
    assert ops.lookup("Conv1D").words("padding") == ("valid", "same", "causal")
    assert ops.lookup("SeparableConv1D").words("padding") == ("valid", "same", "causal")
    assert ops.lookup("ConvTranspose1D").words("padding") == ("valid", "same")
    assert ops.lookup("LSTM").words("return") == ("last", "all", "state")
    assert ops.lookup("GRU").words("reset") == ("after", "before")
    assert ops.lookup("GELU").words("approximate") == ("tanh",)
    assert ops.lookup("Dense").words("init") == tuple(INITS)
    assert ops.lookup("Dense").words("units") == ()
    assert ops.lookup("Dense").words("nothing") == ()


def test_defaults_that_people_rely_on():
    norm = bind("BatchNorm")
    assert (norm.eps, norm.momentum, norm.scale, norm.bias) == (1e-5, 0.1, True, True)
    assert bind("LayerNorm").eps == bind("GroupNorm", 2).eps == bind("InstanceNorm").eps == 1e-5
    assert (bind("RMSNorm").eps, bind("Normalize").p, bind("Normalize").eps) == (1e-6, 2, 1e-12)
    assert bind("LeakyReLU").slope == 0.01
    assert bind("GELU").approximate is None
    assert (bind("ELU").alpha, bind("Softplus").beta, bind("Softplus").threshold) == (1, 1, 20)
    assert (bind("HardShrink").threshold, bind("Squareplus").b) == (0.5, 4)
    assert bind("Conv2D", 4, 3).padding == "valid"
    assert bind("MaxPool2D", (3, 2)).strides == (3, 2)
    assert bind("AvgPool2D", 2).count_include_pad is False
    assert bind("GRU", 4).reset == "after"
    kernel, bias = bind("Dense", 4).init, bind("Dense", 4).bias_init
    assert (kernel.kind(), bias.kind()) == ("glorot_uniform", "zeros")
    assert bind("PReLU").init.value == 0.25
    assert bind("LSTM", 4).recurrent_init.kind() == "orthogonal"


def test_a_whole_float_is_an_integer_and_a_size_keeps_its_origin():
    assert type(bind("Dense", 8 / 2).units) is int
    made = bind("Conv2D", Size(8, Ref("width")), 3)
    assert made.channels.origin == Ref("width")


def test_values_are_written_as_a_spec_writes_them():
    assert written(bind("Dense", 3, init=INITS["normal"].bind((), {"std": 0.5}))) == (
        "Dense(units=3, init=normal(std=0.5))"
    )
    assert written((None, True, "same", [1, "a b"])) == '(none, true, same, [1, "a b"])'
    assert written((1,)) == "(1,)"
    made = bind("Rearrange", "[h*p, C] -> [C, 1, h, p]", p=2)
    assert written(made) == "Rearrange(pattern=[h*p, C] -> [C, 1, h, p], p=2)"
