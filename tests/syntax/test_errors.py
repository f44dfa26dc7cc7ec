"""Mistakes are named, at their place, and one at a time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dlspec.diagnostics import Diagnostic
from dlspec.source import Source
from dlspec.syntax import parse

Errors = Callable[[str], list[Diagnostic]]

# A text, the code of its only error, and the text of that error's span.
MISTAKES = [
    # characters, numbers and strings
    ("x = $y", "DLS005", "$"),
    ("x = a \\\n", "DLS005", "\\"),
    ("größe = 3", "DLS006", "größe"),
    ("x = a → B", "DLS007", "→"),
    ("x = a => B", "DLS007", "=>"),
    ("x = a |> B", "DLS007", "|>"),
    ("x = a ≤ b", "DLS007", "≤"),
    ("x = a && b", "DLS007", "&&"),
    ("x = a || b", "DLS007", "||"),
    ("x = !a", "DLS007", "!"),
    ("x := a", "DLS007", ":="),
    ("x = a ^ b", "DLS007", "^"),
    ("x = 2 × b", "DLS007", "×"),  # noqa: RUF001
    ("x = a – b", "DLS007", "–"),  # noqa: RUF001
    ("x = y[…]", "DLS007", "…"),
    ("def f(a: int) -> int = a", "DLS007", "def"),
    ("fn f(a: int) -> int { return a }", "DLS007", "return"),
    ("if a { x = 1 } elif b { x = 2 }", "DLS007", "elif"),
    ("x = f(a; b)", "DLS007", ";"),
    ("x += 1", "DLS008", "+="),
    ("x = 'a'", "DLS009", "'a'"),
    ("x = “a”", "DLS009", "“a”"),
    ('x = f("a)\ny = 2', "DLS010", '"a'),
    (r'x = "a\qb"', "DLS011", r"\q"),
    (r'x = "\ud800"', "DLS011", r"\ud800"),
    ("x = 9223372036854775808", "DLS012", "9223372036854775808"),
    ("x = 1e400", "DLS012", "1e400"),
    ("x = " + "9" * 10_000, "DLS012", "9" * 10_000),
    ("x = 0x1F", "DLS013", "0x1F"),
    ("x = 1__0", "DLS013", "1__0"),
    # brackets and braces
    ("x = f(a\ny = 2", "DLS014", "("),
    ("x = f([a)\ny = 2", "DLS014", "["),
    ("x = f(a,\nmodel M { input x: int }", "DLS014", "("),
    ("if f(a { x = 1 }", "DLS014", "("),
    ("model M {\n  x = f(a\n}", "DLS014", "("),
    ("x = f(a))", "DLS015", ")"),
    ("model M { }\n}\nx = 2", "DLS015", "}"),
    ("model M {\n  x = 1\n  }\n  y = 2\n}", "DLS015", "}"),
    ("train { {\n  a = 1\n}", "DLS015", "{"),
    ("x = f(a]", "DLS016", "]"),
    ("model M {\n  x = f(a}\n}", "DLS016", "}"),
    ("model M {\n  x = 1\n", "DLS017", "{"),
    ("model M {\n  x = 1\ndata d {\n  a = 1\n}", "DLS017", "{"),
    ("model M\n  x = 1\n}\ny = 2", "DLS018", ""),
    ("model M:\n  x = 1\n\ny = 2", "DLS018", ":"),
    ("if a: x = 1", "DLS018", ":"),
    ("for a in b\nx = 1", "DLS018", ""),
    ("x = f({a: 1})", "DLS019", "{"),
    ('x = {"a": 1}', "DLS019", "{"),
    ("x = [1, { 2, 3]", "DLS019", "{"),
    # statements
    ("let x", "DLS030", ""),
    ("import foo", "DLS030", "foo"),
    ("extern foo bar {}", "DLS030", "foo"),
    ("step s D {}", "DLS030", "D"),
    ("model {}", "DLS030", "{"),
    ("x = )", "DLS015", ")"),
    ("let in = 3", "DLS031", "in"),
    ("for = 3", "DLS031", "for"),
    ("x = f(as=3)", "DLS031", "as"),
    ("x = a.if", "DLS031", "if"),
    ("modle M {}", "DLS032", "modle"),
    ("class M {}", "DLS032", "class"),
    ("while a { x = 1 }", "DLS032", "while"),
    ("x = 1 y = 2", "DLS033", "y"),
    ("model M {} model N {}", "DLS033", "model"),
    ("x = a +\n  b", "DLS034", "+"),
    ("x = a ->\n  B", "DLS034", "->"),
    ("weights a,\n  b { x = 1 }", "DLS034", ","),
    ("-> B", "DLS035", "->"),
    ("model M { ; = 3 }", "DLS035", "="),
    ("x.y = 3", "DLS036", "="),
    ("x[0] = 3", "DLS036", "="),
    ("x = y = 3", "DLS036", "="),
    ("train { epochs: 30 }", "DLS037", ":"),
    ("train { optimizer: Adam }", "DLS037", ":"),
    ("train { model: Net() }", "DLS037", ":"),
    ("x = f(a: 3)", "DLS037", ":"),
    ("model M(c) {}", "DLS038", "c"),
    ("model M(c = 3) {}", "DLS038", "c"),
    ("param lr = 3", "DLS038", "lr"),
    ("model M { input x }", "DLS038", "x"),
    ("model M { state h = 0 }", "DLS038", "h"),
    ("// a remark", "DLS039", "//"),
    ("/* a remark */", "DLS039", "/*"),
    ("a, b = 1, 2", "DLS040", ","),
    ("output a, b", "DLS040", ","),
    ("else { x = 1 }", "DLS041", "else"),
    ("x = f(a=1, b)", "DLS042", "b"),
    ("x = f(a=1, 2)", "DLS042", "2"),
    ("x = [a b]", "DLS043", "b"),
    ("x = f(\n  a\n  b=2)", "DLS043", "b"),
    # expressions
    ("x = a < b < c", "DLS050", "<"),
    ("x = a in b in c", "DLS050", "in"),
    ("x = a < b not in c", "DLS050", "not in"),
    ("y = x -> Foo + z", "DLS051", "+"),
    ("y = x -> Foo ** 2", "DLS051", "**"),
    ("y = x -> A if c else B", "DLS051", "if"),
    ("y = x -> Dense(d) * 2 * 3", "DLS051", "*"),
    ("y = x -> -z", "DLS051", "-"),
    ("y = x -> A == z", "DLS051", "=="),
    ("y = x -> A as a * 2", "DLS052", "*"),
    ("if a = 3 { x = 1 }", "DLS053", "="),
    ("x = 2 * width KB", "DLS054", "KB"),
    ("x = (a + b) steps", "DLS054", "steps"),
    ("x = 5 % 2", "DLS055", "%"),
    ("x = a if b", "DLS056", "if"),
]


@pytest.mark.parametrize(("text", "code", "place"), MISTAKES, ids=[m[0][:30] for m in MISTAKES])
def test_a_mistake_is_one_error_at_its_place(
    text: str, code: str, place: str, errors: Errors
) -> None:
    found = errors(text)
    assert [(e.code, e.span.text) for e in found if e.span] == [(code, place)]


def test_fixes_mend_their_errors(errors: Errors) -> None:
    mended = 0
    for text, code, _ in MISTAKES:
        (error,) = errors(text)
        fix = error.fix
        if fix is None:
            continue
        new = text[: fix.span.start] + fix.text + text[fix.span.end :]
        assert code not in [e.code for e in errors(new)], new
        mended += 1
    assert mended > 30


def test_six_mistakes_are_six_errors(errors: Errors) -> None:
    text = """\
param lr: float := 3e-3
model Net(classes: int = 10) {
  input image: f32[1, 8, 8]
  h = image -> Conv2D(16, 3 -> ReLU
  if 0 < classes < 10 { h = h -> ReLU }
  output logits = h -> Flatten -> Dense(classes) + 1
}
train {
  data = digits
  model: Net()
  loss = CrossEntropy(logits, label)
  epochs = 30
  batch = 2 * n steps
}
"""
    found = [(e.span.line, e.code) for e in errors(text) if e.span]
    codes = ["DLS007", "DLS014", "DLS050", "DLS051", "DLS037", "DLS054"]
    assert found == list(zip([1, 4, 5, 6, 10, 13], codes, strict=True))


def test_indentation_tells_which_brace_is_missing(errors: Errors) -> None:
    text = "model M {\n  if a {\n    x = 1\n  y = 2\n}\ndata d {\n  a = 1\n}\n"
    (error,) = errors(text)
    assert (error.code, error.span and error.span.line) == ("DLS017", 2)


def test_bodies_by_indentation_are_read_as_if_they_had_braces(errors: Errors) -> None:
    text = "model M(a: int):\n  input x: int\n  y = x\n\ndata d { a == }\n"
    found = [(e.code, e.span.line) for e in errors(text) if e.span]
    assert found == [("DLS018", 1), ("DLS030", 5)]


def test_what_stands_around_a_mistake_is_in_the_tree() -> None:
    text = "let a = 1\nmodel M {\n  x = = 2\n  output y\n}\nmodle N { input z: int }\nlet b = 2\n"
    file, found = parse(Source("test.dls", text))
    assert len(found) == 2
    kinds = [type(s).__name__ for s in file.statements]
    assert kinds == ["Let", "Definition", "Broken", "Let"]
    inner = [type(s).__name__ for s in file.statements[1].body.statements]  # type: ignore[union-attr]
    assert inner == ["Broken", "Output"]


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000,
        "x = " + "[" * 10_000 + "]" * 10_000,
        "if a {" * 1_000,
        "x = " + "-" * 10_000 + "1",
        "x = " + "not " * 10_000 + "a",
        "x = " + " + ".join(["a"] * 5_000),
        "x = " + " ** ".join(["a"] * 5_000),
        "x = a" + ".b" * 5_000,
        "x = a" + "(b)" * 5_000,
        "x = " + "a if c else " * 5_000 + "b",
    ],
    ids=lambda text: text[:12],
)
def test_nesting_has_a_bound(text: str, errors: Errors) -> None:
    (error,) = errors(text)
    assert error.code == "DLS004"


@pytest.mark.parametrize(
    "text",
    [
        "x = " + " -> ".join(["A"] * 5_000),
        "x = [" + ", ".join(["1"] * 5_000) + "]",
        "if a {} " + "else if b {} " * 1_000,
        "x = " + "(" * 150 + "a" + ")" * 150,
    ],
    ids=lambda text: text[:12],
)
def test_length_is_not_depth(text: str, errors: Errors) -> None:
    assert errors(text) == []


def test_a_text_may_not_be_enormous(errors: Errors) -> None:
    (error,) = errors("# " + "x" * 2_000_000)
    assert (error.code, error.span) == ("DLS003", None)
