"""Formatting sets the layout, and changes neither the tree nor a comment."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlspec.cli.fmt import fmt
from dlspec.diagnostics import SpecError
from dlspec.source import Source
from dlspec.syntax import format_text, parse
from dlspec.syntax.parser import lay_out
from dlspec.syntax.vocabulary import CLOSER, CONTINUES, OPENER

Shape = Callable[[Any], Any]


def formatted(text: str) -> str:
    return format_text(Source("test.dls", text))


def comments(text: str) -> list[str]:
    return sorted(c.text for c in lay_out(Source("test.dls", text)).comments)


def hold(text: str, shape: Shape) -> str:
    """The formatted text, of which everything is asserted that must hold of any."""
    file, errors = parse(Source("test.dls", text))
    assert not errors
    once = formatted(text)
    again, errors = parse(Source("test.dls", once))
    assert not errors
    assert shape(again.statements) == shape(file.statements)
    assert comments(once) == comments(text)
    assert formatted(once) == once
    lines = once.split("\n")
    assert lines.pop() == ""
    assert all(line == line.rstrip() for line in lines)
    assert "\n\n\n" not in once and not once.startswith("\n") and not once.endswith("\n\n")
    return once


def test_examples(example: Source, shape: Shape) -> None:
    hold(example.text, shape)


def relaid(text: str, choose: Callable[[list[str]], str]) -> str:
    """The words of a text with other space, line ends and comments between them."""
    words = lay_out(Source("test.dls", text)).words
    pieces: list[str] = []
    depth: list[str] = []
    for before, word in zip([None, *words], words, strict=False):
        if word.type in OPENER:
            depth.pop()
        inside = bool(depth) and depth[-1] != "LBRACE"
        breaks = ["\n", " # c\n", "\n\n\n", "\n  # own\n   ", "\n## doc\n", "\n\n## d\n\n"]
        if before is None or before.type == "SEP":
            gap = ""
        elif word.type == "SEP":
            gap = choose(["\n", "; ", ";", " ;\n", *breaks, " # c\n# own\n\n# two\n"])
        elif before.type == "LBRACE" or word.type == "RBRACE":
            gap = choose(["", " ", *breaks])
        elif inside or word.type in CONTINUES:
            tight = before.span.end == word.span.start
            gap = choose(["" if tight else " ", " ", *breaks])
            if word.type == "UNIT":
                gap = " "
        else:
            gap = " "
        pieces.append(gap + word.text)
        if word.type in CLOSER:
            depth.append(word.type)
    text = "".join(pieces) + choose(["", "\n", "# end", "\n\n# end\n"])
    return text.replace("# own", "# own" + choose(["", " and long" * 12]))


@given(seed=st.integers(0, 2**32))
@settings(max_examples=40)
def test_any_layout_of_the_examples(seed: int, examples: list[str], shape: Shape) -> None:
    chance = random.Random(seed)
    hold(relaid(chance.choice(examples), chance.choice), shape)


class Writer:
    """Writes specs by chance, whose layout is whatever the formatter has to cope with."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def one(self, *choices: str) -> str:
        return self.chance.choice(choices)

    def name(self) -> str:
        return self.one("x", "data", "Conv2D", "long_name_of_a_thing", "train", "C")

    def value(self, depth: int) -> str:
        if depth == 0:
            return self.one(self.name(), "3", "0.5", "10 %", "5 epochs", '"a # b"', "true", "()")
        a, b, c = (self.value(depth - 1) for _ in range(3))
        n, space = self.name(), self.one("", " ", "\n", " # c\n")
        return self.one(
            f"({space}{a})",
            f"({a}) {self.one('+', '-', '*', '//', '@', '**', '==', 'not in', 'and', '%')} ({b})",
            f"-({a})",
            f"not ({a})",
            f"{n}({space}{a}, {n}={b},{space} {n} = -{n})",
            f"{n}[({a}):, ..., ::2, {n}*3]",
            f"({a} -> ({b}) * 2 as a{space} -> {n})",
            f"[{space}{a}, {b}{space}]",
            f"[\n({n}, 3, {n}),\n(240, {n}, x)]",
            f"(({a}) if ({b}) else ({c}))",
            f"[{a} for i, n in {b}]",
            f"({a}, {n}={b},)",
        )

    def chain(self) -> str:
        stages = [f"{self.name()}({self.value(1)})" for _ in range(self.chance.randint(1, 7))]
        return self.one(" -> ", "\n-> ", " # c\n  -> ", " ->").join(stages)

    def statement(self, depth: int, top: bool = False) -> str:
        n = self.name()
        if depth == 0 or self.chance.random() < 0.5:
            return self.one(
                f"{n} = {self.value(2)}",
                f"{n} = {self.chain()}",
                f"wire: f32[T] = {self.chain()}",
                f"input {n}: f32[C, H, W]",
                f"output {n}: f32[10]= {self.chain()}",
                f"field {n}: class[10][H, *]={self.chain()}",
                f"let {n} = {self.value(1)}",
                f"({self.value(2)})",
                f"penalty {self.value(2)}",
            )
        one, two = self.body(depth - 1), self.body(depth - 1)
        gap = self.one("", " ", "\n", " # c\n", "\n## d\n")
        if top and self.chance.random() < 0.5:
            return self.one(
                f"model M(a: int = 3, b: f32[C] in log(1, 2)){gap}{one}", f"train{gap}{one}"
            )
        return self.one(
            f"for i, n in zip(a, b) {one}",
            f"weights *.bias, a[i].* {one}",
            f"step s updates a, b times 5 * 2 {one}",
            f"budget {one}",
            f"if a {one} else if b {two} else {{}}",
            f"if a {one} # c\nelse\n# own\n{two}",
        )

    def body(self, depth: int) -> str:
        statements = [self.statement(depth) for _ in range(self.chance.randint(0, 3))]
        joint = self.one("; ", "\n", "  # c\n\n\n", " # c\n## doc\n")
        return self.one("{{ {} }}", "{{\n{}\n}}", "{{  # c\n{} # d\n}}").format(
            joint.join(statements)
        )

    def spec(self) -> str:
        statements = [self.statement(2, top=True) for _ in range(self.chance.randint(0, 6))]
        joints = ("\n", "\n\n\n", ";", "; ", "  # c\n", "\n# own\n", "\n\n## doc\n", ";\n")
        return "".join(self.one(*joints) + s for s in statements)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=120)
def test_any_spec(seed: int, shape: Shape) -> None:
    hold(Writer(seed).spec(), shape)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x=a+b*-c**2", "x = a + b * -c ** 2\n"),
        ("x = f( a,b = - 1 , c=(1,2) )[ 1 : , none ]", "x = f(a, b=-1, c=(1, 2))[1:, none]\n"),
        ("block M(a:int=3,b:f32[C] in f(1,2)){}", "block M(a: int = 3, b: f32[C] in f(1, 2)) {}\n"),
        ("x = 10% + 5epochs", "x = 10 % + 5 epochs\n"),
        ("x = Rearrange([H*W, a * b])", "x = Rearrange([H*W, a * b])\n"),
        ("weights * . bias,a [ i ] . b { x=zeros }", "weights *.bias, a[i].b { x = zeros }\n"),
        ("a;b ;\n\n\n\nc", "a; b\n\nc\n"),
        ("a; -b", "a; -b\n"),
        ("model M\n{\n\n\ninput x:int\n\n}", "model M {\n  input x: int\n}\n"),
        ("if a{x=1}\nelse if b{}\n\nelse{x=3}", "if a { x = 1 } else if b {} else { x = 3 }\n"),
        ("x = a\n-> B\n      -> C", "x = a\n  -> B\n  -> C\n"),
        ("x = f(\na,\n  [b,\nc]\n)", "x = f(\n  a,\n  [b,\n    c]\n)\n"),
        ("x # c\n# own\n\n\n# two", "x  # c\n# own\n\n# two\n"),
        ("model M  # c\n{ x }", "model M {  # c\n  x\n}\n"),
    ],
)  # fmt: skip
def test_spaces_and_lines(text: str, expected: str, shape: Shape) -> None:
    assert hold(text, shape) == expected


SPECS = sorted((Path(__file__).parents[2] / "specs").glob("*.dls"))


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_specs_are_formatted(path: Path) -> None:
    assert fmt([path], check=True, diff=True) == 0


def test_stages_of_one_kind_stand_below_each_other(shape: Shape) -> None:
    text = (
        "model M {\n  y = x -> Dense(1) -> ReLU\n    -> Conv2D(8, 3) * 2 -> BatchNorm -> ReLU\n"
        "    -> Conv2D(16, 3)   -> BatchNorm -> Dropout(0.1) -> ReLU\n    -> Dense(8) -> ReLU\n}\n"
    )
    assert hold(text, shape) == (
        "model M {\n  y = x -> Dense(1) -> ReLU\n    -> Conv2D(8, 3) * 2 -> BatchNorm -> ReLU\n"
        "    -> Conv2D(16, 3)    -> BatchNorm -> Dropout(0.1) -> ReLU\n    -> Dense(8) -> ReLU\n}\n"
    )


def test_stages_far_apart_or_too_long_do_not(shape: Shape) -> None:
    long = ", ".join(f"n{k}=1" for k in range(9))
    for tail in ("", " -> Dense(8, name=1)" * 4):
        text = f"x = a\n  -> Conv2D(1) -> ReLU\n  -> Conv2D({long}) -> ReLU{tail}\n"
        assert "Conv2D(1) -> ReLU" in hold(text, shape)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = b     # c\n", "a = b     # c\n"),
        ("a = b # c\n", "a = b  # c\n"),
        ("a=b+c# c\n", "a = b + c  # c\n"),
        ("a = b     # c\nlonger = d # e\n", "a = b       # c\nlonger = d  # e\n"),
        ("a = b         # c\nlonger = d # e\n", "a = b         # c\nlonger = d    # e\n"),
        ("a = b # c\nlonger = d # e\n", "a = b       # c\nlonger = d  # e\n"),
        ("a = b # c\n\nlonger = d # e\n", "a = b  # c\n\nlonger = d  # e\n"),
        (f"a = b{' ' * 150}# c\n", "a = b  # c\n"),
    ],
)
def test_comments_keep_their_column(text: str, expected: str, shape: Shape) -> None:
    assert hold(text, shape) == expected


def test_patterns_of_weights_stand_below_each_other(shape: Shape) -> None:
    text = "train {\n  weights a.b { lr_scale = 1 }\n  weights *.bias { lr_scale = 2 }\n}\n"
    assert hold(text, shape) == text.replace("a.b {", "a.b    {")


def test_settings_stand_below_each_other() -> None:
    text = (
        "train {\n  data = d\n  optimizer = Adam\n\n  x = 1\n"
        "  weights a { b = 1 }\n  epochs = 3\n}\n"
    )
    assert formatted(text) == (
        "train {\n  data      = d\n  optimizer = Adam\n\n  x = 1\n"
        "  weights a { b = 1 }\n  epochs = 3\n}\n"
    )


def test_wires_do_not(shape: Shape) -> None:
    text = "model M {\n  x = a\n  longer = b\n  output c: int = d\n  output longer: f32[3] = e\n}\n"
    assert hold(text, shape) == text.replace("c: int =", "c: int         =")


def test_rows_of_tuples_stand_below_each_other(shape: Shape) -> None:
    text = 'x = [\n  (3, 16, true, "a"),\n  (15, 240.5, false, "bc"),\n]\n'
    expected = 'x = [\n  ( 3,    16, true,  "a"),\n  (15, 240.5, false, "bc"),\n]\n'
    assert hold(text, shape) == expected


def test_long_chains_are_broken_before_their_stages(shape: Shape) -> None:
    stages = " -> ".join(f"Conv2D(64, {n}, padding=same)" for n in range(9))
    once = hold(f"model M {{\n  x = image -> {stages}\n}}", shape)
    assert max(map(len, once.split("\n"))) <= 120
    assert once.split("\n")[2].startswith("    -> Conv2D")


def test_a_body_too_long_for_a_line_is_opened(shape: Shape) -> None:
    settings = "; ".join(f"setting_{n} = {n}" for n in range(10))
    once = hold(f"train {{ {settings} }}", shape)
    assert once.count("\n") == 12


def test_a_text_with_errors_is_not_formatted() -> None:
    with pytest.raises(SpecError) as caught:
        formatted("x = = 1")
    assert [d.code for d in caught.value.diagnostics] == ["DLS030"]


def test_a_long_text_is_formatted() -> None:
    text = "model M {\n" + "  x = x -> Dense(3)  # c\n" * 2_000 + "}\n"
    assert formatted(text) == text
