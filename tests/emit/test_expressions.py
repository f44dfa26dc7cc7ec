"""Expressions mean what they were built from, and nothing in them can become code."""

import ast
import math
import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlspec.emit.python import (
    Attribute,
    Binary,
    Call,
    Code,
    Compare,
    Dict,
    Generator,
    IfElse,
    Index,
    Lambda,
    List,
    ListComp,
    Slice,
    Star,
    Tuple,
    Unary,
    call,
    identifier,
    literal,
)

OPERATORS = {
    **{"+": operator.add, "-": operator.sub, "*": operator.mul, "//": operator.floordiv},
    **{"%": operator.mod, "|": operator.or_, "&": operator.and_, "^": operator.xor},
    **{"<<": operator.lshift, ">>": operator.rshift, "**": operator.pow},
}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        (-3, "-3"),
        (1e-05, "1e-5"),
        (1e16, "1e16"),
        (0.1, "0.1"),
        (2.5e-7, "2.5e-7"),
        (-0.0, "-0.0"),
        (True, "True"),
        (None, "None"),
        (math.inf, 'float("inf")'),
        (-math.inf, 'float("-inf")'),
        ("it's", '"it\'s"'),
        ('say "hi"', "'say \"hi\"'"),
        ((1,), "(1,)"),
        ([1, (2, 3)], "[1, (2, 3)]"),
        ({"a": 1, "b": [True]}, '{"a": 1, "b": [True]}'),
        (call("nn.Conv2d", 1, 32, 3, padding=1), "nn.Conv2d(1, 32, 3, padding=1)"),
    ],
)
def test_literals(value: object, text: str) -> None:
    assert str(literal(value)) == text


def test_values_without_a_literal_are_refused() -> None:
    with pytest.raises(TypeError):
        literal(object())


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text() | st.integers(), inner)
    ),
    max_leaves=8,
)


@given(values)
def test_a_literal_evaluates_to_its_value(value: object) -> None:
    assert eval(str(literal(value)), {"float": float}) == value


@given(st.data())
def test_operators_bind_as_they_were_nested(data: st.DataObject) -> None:
    def draw(depth: int) -> tuple[object, int]:
        if depth == 0:
            number = data.draw(st.integers(0, 3))
            return literal(number), number
        op = data.draw(st.sampled_from([*OPERATORS, "neg", "if", "<"]))
        left, x = draw(depth - 1)
        right, y = draw(data.draw(st.integers(0, depth - 1)))
        if op == "neg":
            return Unary("-", left), -x
        if op == "if":
            return IfElse(left, Compare(right, ">", "1"), right), x if y > 1 else y
        if op == "<":
            return Compare(left, "<", right), x < y
        if op in ("<<", ">>", "**"):
            y = abs(y) % 3
            right = literal(y)
        if op in ("//", "%") and y == 0:
            return left, x
        if abs(x) > 10**6:
            return left, x
        return Binary(left, op, right), OPERATORS[op](x, y)

    expr, value = draw(data.draw(st.integers(1, 4)))
    assert eval(str(expr)) == value


TEXTS = """
a and b or not c
(a or b) and c
not (a and b)
(not a) + b
a if b else c if d else e
(a if b else c) if d else e
(lambda x: x + 1)(2)
lambda: (yield_, 1)
-(x ** 2)
(-x) ** 2
2 ** -x
x ** y ** z
(x ** y) ** z
(a, b)[0]
x[a, b:c, ..., None]
x[(a, b),]
x[:, ::2]
x[:,]
(1).bit_length()
1.5.hex()
a < b <= c != d
(a < b) == c
f(*args, **kwargs)
f(x for x in y if x if z)
f((x for x in y), 1)
[x for y in z for x in y]
{k: v for k, v in items.items()}
{x for x in y}
{**a, "b": 1}
{1, 2}
[*a, *b]
a @ b % c
~a & b | c ^ d
f"epoch {run.epoch:>{width}} {value!r:.4f} {{}} {d['key']}"
"a\\nb\\u1234"
1_000 + 0x10
a.b(c).d[e](f)(g)
a is not b and c not in d
"""


@pytest.mark.parametrize("text", TEXTS.strip().splitlines())
def test_code_keeps_its_meaning(text: str) -> None:
    assert ast.dump(ast.parse(str(Code(text)))) == ast.dump(ast.parse(text))


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        (Binary("a + b", "*", "c - d"), "(a + b) * (c - d)"),
        (Binary("a", "-", Binary("b", "-", "c")), "a - (b - c)"),
        (Binary(Binary("a", "or", "b"), "and", "c"), "(a or b) and c"),
        (Attribute(Binary("x", "+", "y"), "T"), "(x + y).T"),
        (Attribute(literal(1), "real"), "(1).real"),
        (Index("x", Tuple((Slice(), Slice("1", "n + 1")))), "x[:, 1 : n + 1]"),
        (Index("x", literal((1,))), "x[(1,)]"),
        (Call("f", call("g", Generator("x", "x", "y")).args), "f(x for x in y)"),
        (call("f", Generator("x", "x", "y"), 1), "f((x for x in y), 1)"),
        (call("f", Star("a or b")), "f(*(a or b))"),
        (ListComp("x", "i, x", "a if b else c"), "[x for i, x in (a if b else c)]"),
        (Dict((("'a'", "1"), (None, "rest"))), '{"a": 1, **rest}'),
        (Unary("not", Compare("a", "in", "b")), "not a in b"),
        (Call(Lambda(("x",), "x"), ()), "(lambda x: x)()"),
        (List(()), "[]"),
    ],
)
def test_parentheses_stand_where_they_are_needed(expr: object, text: str) -> None:
    assert str(expr) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x = 1",
        "x; y",
        "x\nimport os",
        "x)",
        "(yield)",
        "await x",
        "(y := 1)",
        "x #",
        "import os",
    ],
)
def test_code_is_exactly_one_expression(text: str) -> None:
    if text == "x #":
        assert str(Code(text)) == "x"
        return
    with pytest.raises(ValueError, match=r"not an expression|generated code"):
        str(Code(text))


HOSTILE = ["x y", "x)", "1a", "x=1", "class", "a-b", "", "a.b c", "é", "x\n", "None", "*x"]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_checked(name: str) -> None:
    for expr in (Attribute("x", name), Lambda((name,), "1")):
        with pytest.raises(ValueError, match="not a name"):
            str(expr)
    if name:
        with pytest.raises(ValueError, match="not a name"):
            str(call("f", **{name: 1}))


@given(st.text())
def test_a_string_stays_one_token(text: str) -> None:
    tree = ast.parse(str(call("f", text, key=text)), mode="eval").body
    assert isinstance(tree, ast.Call)
    parts = [tree.args[0], tree.keywords[0].value]
    assert all(isinstance(p, ast.Constant) and p.value == text for p in parts)
    assert str(literal(text)).isprintable()


@pytest.mark.parametrize(
    ("name", "taken", "found"),
    [
        ("conv2d", (), "conv2d"),
        ("conv2d", ("conv2d",), "conv2d_2"),
        ("conv2d", ("conv2d", "conv2d_2"), "conv2d_3"),
        ("lambda", (), "lambda_"),
        ("input", (), "input_"),
        ("input", ("input_",), "input_2"),
        ("match", (), "match_"),
        ("l", (), "l_"),
        ("3d", (), "_3d"),
        ("a-b", (), "a_b"),
        ("", (), "_"),
    ],
)
def test_identifiers(name: str, taken: tuple[str, ...], found: str) -> None:
    assert identifier(name, taken) == found
