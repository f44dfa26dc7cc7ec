"""Layers as values: passed on through blocks, kept in lists, chosen by conditions and loops."""

from __future__ import annotations

import pytest
from build import layer_names, model, problems

from dlspec.ir import model as ir

TAKES = "block Takes(f: layer) { input x: f32[D]\noutput x -> f }\n"
IN = "block In(f: layer) = f -> ReLU\n"


def net(body: str, blocks: str = "") -> str:
    """A model with these statements, which an `output` ends."""
    return f"{blocks}model M {{\ninput x: f32[8]\n{body}\n}}\n"


def chain(stages: str, blocks: str = "") -> str:
    return net(f"output y = x -> {stages}", blocks)


NAMES = {
    "a parameter handed on under its own name": (
        chain("B(Dense(8))", f"{TAKES}block B(f: layer) = Takes(f)\n"),
        ["b.takes.f"],
    ),
    "through three blocks, with defaults": (
        chain("C", f"{TAKES}block B(f: layer) = Takes(f)\nblock C(f: layer = Dense(8)) = B(f)\n"),
        ["c.b.takes.f"],
    ),
    "a chain of a parameter, in which that parameter names the stages": (
        chain("B(Dense(8))", f"{TAKES}block B(f: layer) = Takes(f -> f)\n"),
        ["b.takes.f.f", "b.takes.f.f_2"],
    ),
    "a chain of a chain": (
        chain(
            "C(Dense(8))", f"{IN}block B(f: layer) = In(f -> f)\nblock C(f: layer) = B(f -> f)\n"
        ),
        [f"c.b.in_.f.{n}" for n in ("f.f", "f.f_2", "f_2.f", "f_2.f_2")],
    ),
    "in a repeat and in a loop": (
        chain(
            "B(Dense(8)) * 2",
            "block B(f: layer) { input x: f32[D]\n"
            "for i in range(2) { x = x -> f -> (f -> ReLU) as q }\noutput x }\n",
        ),
        [f"bs.{b}.{n}" for b in (0, 1) for n in ("f.0", "q.0.f", "f.1", "q.1.f")],
    ),
    "a block in itself, as an argument": (chain("In(In(Dense(8)))", IN), ["in_.f.f"]),
    "two blocks in each other": (
        chain("In(Takes(Dense(8))) -> Takes(In(Dense(8)))", IN + TAKES),
        ["in_.f.f", "takes.f.f"],
    ),
    "a list that is passed on": (
        chain(
            "B([Dense(8), ReLU, Dense(4)])",
            "block L(fs: list[layer]) { input x: f32[D]\nfor f in fs { x = x -> f }\noutput x }\n"
            "block B(fs: list[layer]) = L(fs[:2]) -> L([fs[0] -> fs[1], fs[2]])\n",
        ),
        ["b.l.fs.0", "b.l_2.fs.0.fs", "b.l_2.fs.1"],
    ),
    "a parameter of the file": (
        "param f: layer = Dense(8)\n" + chain("f -> ReLU -> f"),
        ["f", "f_2"],
    ),
    "a wire that is a layer": (
        net("g = Dense(8) -> ReLU\noutput y = x -> g -> g"),
        ["g.dense", "g_2.dense"],
    ),
    "the variable of a loop": (
        net("for f in [Dense(8), ReLU, Dense(4)] { x = x -> f }\noutput y = x"),
        ["fs.0", "fs.1"],
    ),
    "a list of tensors": (
        net("ys = [t -> Dense(4) -> ReLU for t in [x, x -> Dense(8)]]\noutput y = ys -> Concat"),
        ["denses.0", "dense", "denses.1"],
    ),
    "an element of a list": (
        net("fs = [Dense(8), ReLU -> Dense(4)]\noutput y = x -> fs[0] -> fs[1]"),
        ["fs", "fs_2.dense"],
    ),
    "what a condition chooses": (
        chain("(ReLU if false else Dense(8)) -> (Dense(4) if false else (Dense(2) -> ReLU))"),
        ["dense", "dense_2.dense"],
    ),
    "a chain that begins without weights is named like one that begins with them": (
        net("a = x -> (Dense(8) -> ReLU) * 2\nb = a -> (ReLU -> Dense(8)) * 2\noutput b"),
        ["a.0.dense", "a.1.dense", "b.0.dense", "b.1.dense"],
    ),
    "what an argument holds is no stage of the statement": (
        net("y = x -> Takes(ReLU -> Dense(8))\noutput y -> ReLU", TAKES),
        ["takes.f.dense"],
    ),
    "an instance in a chain that has no layer of its own": (
        net("let h = Dense(8)\nlet g = h -> ReLU\noutput y = x -> g -> (h -> Tanh) * 2 -> h"),
        ["h"],
    ),
    "a wire with a capital letter": (
        net("Wide = x -> Dense(8)\noutput y = Wide -> Dense(4)"),
        ["Wide", "y"],
    ),
}


@pytest.mark.parametrize("case", NAMES)
def test_names_of_layers_that_are_values(case: str) -> None:
    text, expected = NAMES[case]
    assert layer_names(model(text)) == expected


def test_chains_of_one_text_differ_where_their_values_do() -> None:
    blocks = f"{TAKES}block B(n: int) = Takes(Dense(n) -> ReLU) -> Dense(8)\n"
    made = model(chain("B(4) -> B(5)", blocks))
    units = [layer.apply.op.units for layer in ir.layers(made) if layer.apply.module]
    assert units == [4, 8, 5, 8]


def test_a_chain_has_the_values_of_the_place_where_it_is_written() -> None:
    made = model(net("n = 4\nlet g = Dense(n) -> ReLU\nn = 5\noutput y = x -> g"))
    assert str(made.root.outputs[0][1]) == "f32[4]"


def test_a_layer_that_is_handed_on_is_an_argument_of_each_class() -> None:
    text = chain("B(Tanh)", f"{TAKES}block B(f: layer) = Takes(f) -> Takes(f -> ReLU)\n")
    calls = [
        f
        for i in model(text).instances
        for s in ir.statements(i.body)
        for f in ir.flows(s.value)
        if isinstance(f, ir.Call) and f.block == "Takes"
    ]
    origins = [call.arguments["f"].origin for call in calls]
    assert [getattr(o, "name", None) for o in origins] == ["f", None]


REFUSED = {
    "a block whose body uses it": (chain("A", "block A = Dense(8) -> A\n"), "DLS110"),
    "a block whose argument uses it": (
        chain("A", f"{IN}block A = In(ReLU -> A)\n"),
        "DLS110",
    ),
    "a block that is its own default": (chain("A", "block A(f: layer = A) = f\n"), "DLS110"),
    "a block that uses itself and is not used": (chain("ReLU", "block A = A\n"), "DLS110"),
    "an instance that is passed": (
        net("let h = Dense(8)\noutput y = x -> Takes(h)", TAKES),
        "DLS106",
    ),
    "a chain with an instance that is passed": (
        net("let h = Dense(8)\noutput y = x -> Takes(h -> ReLU)", TAKES),
        "DLS106",
    ),
    "an instance and a layer in a chain with a name": (
        net("let h = Dense(8)\noutput y = x -> (h -> Dense(8)) as q"),
        "DLS107",
    ),
    "a `let` in a loop": (
        net("for i in range(2) { let f = Dense(8)\nx = x -> f }\noutput y = x"),
        "DLS107",
    ),
    "two `let`s of one name": (
        net("let f = Dense(8)\nlet f = Dense(8)\noutput y = x -> f"),
        "DLS102",
    ),
    "a `let` with the name of a wire": (net("let x = Dense(8)\noutput y = x"), "DLS102"),
    "a `let` that is another": (
        net("let f = Dense(8)\nlet g = f\noutput y = x -> g"),
        "DLS102",
    ),
    "a wire with the name of a layer": (net("Tanh = x\noutput y = x"), "DLS102"),
    "a loop over the name of a wire": (
        net("for x in [1, 2] { y = x }\noutput z = x -> ReLU"),
        "DLS102",
    ),
    "an input twice": (net("input x: f32[9]\noutput y = x"), "DLS101"),
    "an input with the name of a parameter": (
        chain("A(Dense(3))", "block A(x: layer) { input x: f32[D]\noutput x }\n"),
        "DLS102",
    ),
    "a parameter twice": (chain("A(3)", "block A(n: int, n: int = 2) = Dense(n)\n"), "DLS101"),
    "an output in a loop": (
        net(
            "a, b = x -> E\noutput y = a",
            "block E { input x: f32[D]\nfor i in range(2) { output x -> Dense(3) } }\n",
        ),
        "DLS108",
    ),
    "a number in a list of layers": (
        chain("A([3] + [4])", "block A(fs: list[layer]) = fs[0]\n"),
        "DLS300",
    ),
    "named inputs of a chain": (
        net(
            "output y = (x, t=x) -> (C -> ReLU) * 2",
            "block C { input x: f32[D]\ninput t: f32[D]\noutput x + t }\n",
        ),
        "DLS203",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str) -> None:
    text, code = REFUSED[case]
    assert code in [d.code for d in problems(text)]


def test_a_repeat_at_the_head_of_a_chain() -> None:
    repeated = "block B(n: int) = Dense(n) * 2\n"
    assert layer_names(model(chain("B(4)", repeated))) == ["y.denses.0", "y.denses.1"]
    assert layer_names(model(chain("(Dense(8) * 2 -> ReLU)"))) == ["y.0", "y.1"]
    assert layer_names(model(chain("Takes(ReLU -> Dense(8) * 2)", TAKES)))[-1] == "takes.f.denses.1"
    assert layer_names(model(chain("Takes(Dense(8) * 2)", TAKES)))[-1] == "takes.f.denses.1"


def test_arithmetic_is_no_layer() -> None:
    (found,) = problems(net("output y = x -> (ReLU + ReLU)"))
    assert (found.code, found.label) == ("DLS106", "this is arithmetic")


def test_the_variable_of_a_loop_may_have_the_name_of_a_function() -> None:
    made = model(net("for exp in [3, 4] { x = exp(x) -> Dense(exp) }\noutput y = x"))
    kinds = [
        f.op.kind()
        for s in ir.statements(made.root.body)
        for f in ir.flows(s.value)
        if isinstance(f, ir.Apply)
    ]
    assert kinds == ["exp", "Dense", "exp", "Dense"]
    assert str(made.root.outputs[0][1]) == "f32[4]"


def test_a_size_of_a_block_may_have_the_name_of_a_model_that_uses_it() -> None:
    text = "block B { input x: f32[M]\noutput x -> Dense(2 * M) }\n"
    text += "model M { input x: f32[3]\noutput y = x -> B }"
    assert problems(text) == []


def test_a_repeat_at_the_head_of_a_block_is_the_same_in_every_use() -> None:
    text = chain("Two(4) -> ReLU -> Two(8) -> Two(6)", "block Two(n: int) = Dense(n) * 2\n")
    sites = {
        f.site
        for i in model(text).instances
        for s in ir.statements(i.body)
        for f in ir.flows(s.value)
        if isinstance(f, ir.Repeat)
    }
    assert len(sites) == 1, "else each use gets a class of its own"


def test_functions_of_numbers_written_apart_keep_their_own() -> None:
    lines = [f"y{i} = clip(x, {i}, {i + 1})" for i in range(50)]
    made = model(net("\n".join([*lines, "output y = y0 + y49"])))
    found = [
        f.op.low
        for s in ir.statements(made.root.body)
        for f in ir.flows(s.value)
        if isinstance(f, ir.Apply) and f.op.kind() == "clip"
    ]
    assert found == [float(i) for i in range(50)]


@pytest.mark.parametrize(
    "units",
    [
        f"{'abs(' * 60}3{')' * 60}",
        f"{'[' * 60}3{']' * 60}{'[0]' * 60}",
        f"3 if {' and '.join(['not false'] * 60)} else 4",
    ],
)
def test_values_within_each_other_are_evaluated_once(units: str) -> None:
    """Were each part evaluated twice, 60 of them would never end."""
    assert layer_names(model(chain(f"Dense({units})"))) == ["y"]
