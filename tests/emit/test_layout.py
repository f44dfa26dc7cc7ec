"""What the writer prints is what `ruff format` leaves alone, for any document."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlspec.emit.python import (
    Assign,
    Attribute,
    Binary,
    Blank,
    Block,
    Call,
    Class,
    Code,
    Comment,
    Compare,
    Dict,
    DictComp,
    Do,
    Expr,
    For,
    Function,
    Generator,
    If,
    IfElse,
    Index,
    Lambda,
    List,
    ListComp,
    Module,
    Param,
    Raise,
    Raw,
    Return,
    Set,
    SetComp,
    Slice,
    Star,
    Statement,
    Tuple,
    Unary,
    While,
    call,
    literal,
)

Ruff = Callable[..., str]

NAMES = ["x", "self", "batch_norm", "in_channels", "a_rather_long_name_of_a_wire", "nn"]
ARITHMETIC = ["+", "-", "*", "//", "@", "**", "%", "|", "and", "or"]
COMPARISONS = ["==", "<", "in", "is not"]

names = st.sampled_from(NAMES)
atoms = st.one_of(
    names.map(Code),
    st.integers(-9, 99999).map(literal),
    st.floats(0, 10, allow_nan=False).map(literal),
    st.text("ab 語\"'\\", max_size=30).map(literal),
    st.sampled_from(["None", 'f"epoch {run.epoch}"', "..."]).map(Code),
)


def several(inner: st.SearchStrategy[Expr], least: int = 0) -> st.SearchStrategy[tuple[Expr, ...]]:
    return st.lists(inner, min_size=least, max_size=4).map(tuple)


def compound(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    broken = st.sampled_from([False, False, False, True])
    targets = st.sampled_from(["x", "i, x", "a_rather_long_name, another_rather_long_name"])
    arguments = st.tuples(names, several(inner), st.dictionaries(names, inner, max_size=3))
    return st.one_of(
        arguments.map(lambda a: call(Code(a[0]), *a[1], **a[2])),
        st.builds(Call, inner, st.just(())),
        st.builds(
            lambda c, e, b: Call(Code(c), call("f", *e).args, b), names, several(inner), broken
        ),
        st.builds(lambda c, e: Call(Code(c), call("f", e).args), names, inner),
        st.builds(Attribute, inner, names),
        st.builds(Index, inner, inner),
        st.builds(lambda x, a, b: Index(x, Slice(a, b)), inner, inner, inner),
        st.builds(
            lambda x, a, b: Index(x, Tuple((a, Slice(None, b), literal(None)))), *[inner] * 3
        ),
        st.builds(Binary, inner, st.sampled_from(ARITHMETIC), inner),
        st.builds(Compare, inner, st.sampled_from(COMPARISONS), inner),
        st.builds(Unary, st.sampled_from(["-", "not", "~"]), inner),
        st.builds(IfElse, inner, inner, inner),
        st.builds(Tuple, several(inner), broken),
        st.builds(List, several(inner), broken),
        st.builds(Set, several(inner, 1), broken),
        st.builds(Dict, st.lists(st.tuples(inner, inner), max_size=3).map(tuple), broken),
        st.builds(lambda e: Tuple((Star(e), Code("x"))), inner),
        *(st.builds(kind, inner, targets, inner) for kind in (Generator, ListComp, SetComp)),
        st.builds(lambda k, e, t, i: DictComp(e, t, i, key=k), inner, inner, targets, inner),
        st.builds(lambda e, t, i: call("nn.ModuleList", Generator(e, t, i)), inner, targets, inner),
        st.builds(Lambda, st.just(("x",)), inner),
    )


expressions = st.recursive(atoms, compound, max_leaves=14)
targets = st.sampled_from(
    ["x", "self.conv2d", "x[0]", "q, k, v", "self.state[name, 'key']", "a_rather_long_name, b"]
)
comments = st.sampled_from(["", "", "[B, 32, 4, 4]", "a remark " * 5, "a remark " * 12])

simple = st.one_of(
    st.builds(Assign, targets, expressions, comments),
    st.builds(lambda t, v, a: Assign(t, v, annotation=a), st.just("x"), expressions, expressions),
    st.builds(lambda v, op: Assign("x.y", v, op=op), expressions, st.sampled_from("+*")),
    st.builds(Do, expressions.filter(lambda e: not str(e).startswith(('"', "'", "f"))), comments),
    st.builds(Comment, st.text("ab #\\\n", min_size=1, max_size=200).filter(str.strip)),
    st.just(Blank()),
    st.just(Raw("pass")),
)
inside = simple | st.builds(Return, expressions, comments) | st.builds(Raise, expressions)
docstrings = st.just("") | st.text("ab \"\\\n語'", max_size=200)


def bodies(statements: st.SearchStrategy[Statement]) -> st.SearchStrategy[list[Statement]]:
    return st.lists(statements, max_size=4)


def blocks(inner: st.SearchStrategy[Statement]) -> st.SearchStrategy[Statement]:
    parameters = st.lists(
        st.builds(Param, names, st.just("") | expressions, st.none() | expressions),
        max_size=4,
        unique_by=lambda p: p.name,
    ).map(lambda ps: sorted(ps, key=lambda p: p.default is not None))
    return st.one_of(
        st.builds(If, expressions, bodies(inner), bodies(inner)),
        st.builds(lambda a, b, c: If(a, [b], (), [(a, [c])]), expressions, inner, inner),
        st.builds(For, st.sampled_from(["x", "i, x"]), expressions, bodies(inner), comments),
        st.builds(While, expressions, bodies(inner)),
        st.builds(Block, st.just("with torch.no_grad()"), bodies(inner)),
        st.builds(
            Function,
            names,
            parameters,
            bodies(inner),
            st.just("") | expressions,
            docstrings,
            st.lists(names, max_size=2),
            comments,
        ),
        st.builds(Class, names, several(names.map(Code)), docstrings, bodies(inner)),
    )


@settings(
    max_examples=120,
    derandomize=True,  # the same documents each time; more of them belong into a long run
)
@given(docstrings, bodies(st.recursive(inside, blocks, max_leaves=6)), st.sampled_from([88, 60]))
def test_ruff_leaves_any_document_alone(
    formatted: Ruff, docstring: str, body: list[Statement], width: int
) -> None:
    text = Module(docstring, (), body, width).render()
    assert formatted(text, width) == text


@settings(max_examples=150, derandomize=True)
@given(expressions, st.sampled_from([88, 30]))
def test_ruff_leaves_any_expression_alone(formatted: Ruff, expr: Expr, width: int) -> None:
    text = Module("", (), [Assign("x", expr), Function("f", (), [Return(expr)])], width).render()
    assert formatted(text, width) == text


LONG = "self.layer_with_a_long_name(self.another_layer(x), memory, time=time)"


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        (
            Assign("x", "F.max_pool2d(F.relu(self.batch_norm(self.conv2d(image))), 2)", "[B, 32]"),
            "x = F.max_pool2d(F.relu(self.batch_norm(self.conv2d(image))), 2)  # [B, 32]\n",
        ),
        (
            Assign("x", "F.max_pool2d(F.relu(self.batch_norm(self.conv2d(image))), 2)", "c" * 30),
            f"# {'c' * 30}\nx = F.max_pool2d(F.relu(self.batch_norm(self.conv2d(image))), 2)\n",
        ),
        (Assign("x", LONG, "c" * 90), f"x = {LONG}\n"),
        (
            Assign("x", literal(tuple(range(10)))),
            "x = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9)\n",
        ),
        (
            Assign("x", Tuple((literal((1, 2)), literal((3, 4))), broken=True)),
            "x = (\n    (1, 2),\n    (3, 4),\n)\n",
        ),
        (
            Assign(
                "lower",
                "flat.take(corner + stride, 1) * (1 - right)"
                " + flat.take(corner + stride, 2, mode='clip') * right",
            ),
            "lower = (\n    flat.take(corner + stride, 1) * (1 - right)\n"
            '    + flat.take(corner + stride, 2, mode="clip") * right\n)\n',
        ),
    ],
)
def test_a_statement_is_laid_out(formatted: Ruff, statement: Statement, text: str) -> None:
    found = Module("", (), [statement]).render()
    assert found == text
    assert formatted(found) == found
