"""Texts become the trees that the language reference describes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dlspec.source import Source, Span
from dlspec.syntax import parse, tree
from dlspec.syntax.parser import lay_out

Statements = Callable[[str], tuple[Any, ...]]


def test_every_example_parses(example: Source) -> None:
    file, errors = parse(example)
    assert not errors
    assert file.statements
    assert file.source is example


def nodes(value: Any) -> Iterator[tree.Node]:
    if isinstance(value, tuple):
        for item in value:
            yield from nodes(item)
    elif isinstance(value, tree.Node):
        yield value
        for field in dataclasses.fields(value):
            yield from nodes(getattr(value, field.name))


def test_children_lie_inside_their_parents(example: Source) -> None:
    file, _ = parse(example)
    for node in nodes(file.statements):
        for child in nodes(tuple(getattr(node, f.name) for f in dataclasses.fields(node))):
            assert node.span.start <= child.span.start <= child.span.end <= node.span.end


def test_spans_are_exact(example: Source) -> None:
    file, _ = parse(example)
    for node in nodes(file.statements):
        text = node.span.text
        assert text == text.strip()
        if isinstance(node, tree.Name):
            assert text == node.id
        if isinstance(node, tree.Binary):
            assert node.op_span.text.split() == node.op.split()
        if isinstance(node, (tree.Group, tree.Tuple)):
            assert (text[0], text[-1]) == ("(", ")")
        if isinstance(node, tree.Body):
            assert (text[0], text[-1]) == ("{", "}")


def spelled(node: Any) -> str:
    """An expression with every operation in parentheses."""
    match node:
        case tree.Name(_, name):
            return name
        case tree.Number(_, _, text):
            return text
        case tree.Quantity(_, _, text, unit):
            return f"{text}`{unit.id}"
        case tree.Binary(_, op, left, right):
            return f"({spelled(left)} {op} {spelled(right)})"
        case tree.Unary(_, op, operand):
            return f"({op} {spelled(operand)})"
        case tree.Conditional(_, test, then, otherwise):
            return f"({spelled(then)} if {spelled(test)} else {spelled(otherwise)})"
        case tree.Group(_, value):
            return f"[{spelled(value)}]"
        case tree.Attribute(_, value, name):
            return f"{spelled(value)}.{name.id}"
        case tree.Call(_, callee, arguments):
            return f"{spelled(callee)}({', '.join(spelled(a.value) for a in arguments)})"
        case tree.Chain(_, head, stages):
            return "(" + " -> ".join([spelled(head), *map(stage, stages)]) + ")"
    raise AssertionError(node)


def stage(node: tree.Stage) -> str:
    count = f" * {spelled(node.count)}" if node.count else ""
    return spelled(node.layer) + count + (f" as {node.name.id}" if node.name else "")


@pytest.mark.parametrize(
    ("text", "tree_text"),
    [
        ("-a ** 2", "(- (a ** 2))"),
        ("a ** -b ** c", "(a ** (- (b ** c)))"),
        ("a ** b ** c", "(a ** (b ** c))"),
        ("a - b - c", "((a - b) - c)"),
        ("a + b * c", "(a + (b * c))"),
        ("a * b % c // d @ e", "((((a * b) % c) // d) @ e)"),
        ("-a * b", "((- a) * b)"),
        ("a < b + 1", "(a < (b + 1))"),
        ("not a in b", "(not (a in b))"),
        ("a not in b", "(a not in b)"),
        ("a and not b or c", "((a and (not b)) or c)"),
        ("a or b if c and d else e if f else g", "((a or b) if (c and d) else (e if f else g))"),
        ("x + y -> F", "((x + y) -> F)"),
        ("a if c else b -> F", "((a if c else b) -> F)"),
        ("x -> F * 3 -> G", "(x -> F * 3 -> G)"),
        ("x -> F(2) * (n - 1) as f -> G as g", "(x -> F(2) * [(n - 1)] as f -> G as g)"),
        ("(x -> F) * 3", "([(x -> F)] * 3)"),
        ("x -> a.b(c)", "(x -> a.b(c))"),
        ("a.b(c).d ** 2", "(a.b(c).d ** 2)"),
        ("5 epochs + 10 %", "(5`epochs + 10`%)"),
        ("10% - 3", "(10`% - 3)"),
        ("i % 2", "(i % 2)"),
        ("f(2) % 3", "(f(2) % 3)"),
        ("1_000 * .5", "(1_000 * .5)"),
        ("a<-b", "(a < (- b))"),
    ],
)
def test_precedence(text: str, tree_text: str, statements: Statements) -> None:
    (bare,) = statements(text)
    assert spelled(bare.value) == tree_text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("007", 7),
        ("1_000", 1000),
        ("1e-3", 0.001),
        ("1E3", 1000.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("1_0.2_5e1", 102.5),
        ("9223372036854775807", 2**63 - 1),
    ],
)
def test_numbers(text: str, value: float, statements: Statements) -> None:
    (bare,) = statements(text)
    assert bare.value.value == value
    assert type(bare.value.value) is type(value)
    assert bare.value.text == text


def test_strings(statements: Statements) -> None:
    (bare,) = statements(r'"a \" \\ \n \t \u00e9 # é \\n"')
    assert bare.value.value == 'a " \\ \n \t é # é \\n'


@pytest.mark.parametrize(("text", "value"), [("true", True), ("false", False), ("none", None)])
def test_literals(text: str, value: object, statements: Statements) -> None:
    (bare,) = statements(text)
    assert isinstance(bare.value, tree.Literal)
    assert bare.value.value is value


def test_parentheses_and_tuples(statements: Statements) -> None:
    values = [s.value for s in statements("(a)\n((a))\n(a,)\n()\n(a, b)\n(a, t=b,)\n(t=b)")]
    assert [type(v).__name__ for v in values] == ["Group", "Group", *["Tuple"] * 5]
    assert [len(v.items) for v in values[2:]] == [1, 0, 2, 2, 1]
    assert values[5].items[1].name.id == "t"


def test_subscripts(statements: Statements) -> None:
    (bare,) = statements("x[1:, ::2, ..., none, :-1, a:b:c, :, i]")
    parts = bare.value.subscripts
    bounds = [(bool(s.start), bool(s.stop), bool(s.step)) for s in parts if type(s) is tree.Slice]
    F, T = False, True
    assert bounds == [(T, F, F), (F, F, T), (F, T, F), (T, T, T), (F, F, F)]
    assert isinstance(parts[2], tree.Rest)


def test_types(statements: Statements) -> None:
    text = "param a: list[int]\ninput b: class[10][H, *]\ninput c: f32[]\ninput d: f32[..., T <= 9]"
    a, b, c, d = statements(text)
    assert [len(g) for g in a.parameter.type.groups] == [1]
    assert [[type(p).__name__ for p in g] for g in b.type.groups] == [["Number"], ["Name", "All"]]
    assert c.type.groups == ((),)
    assert [type(p).__name__ for p in d.type.groups[0]] == ["Rest", "Binary"]


def test_a_parameter(statements: Statements) -> None:
    (param,) = statements("param lr: float = 3e-3 in log(1e-4, 1e-1)")
    p = param.parameter
    assert (p.name.id, p.type.name.id, p.default.value) == ("lr", "float", 0.003)
    assert p.space.callee.id == "log"


def test_outputs(statements: Statements) -> None:
    text = "output a\noutput b: int\noutput c = x\noutput d: int = x\noutput -x -> F"
    outputs = [(o.name and o.name.id, bool(o.type), bool(o.value)) for o in statements(text)]
    F, T = False, True
    expected = [(None, F, T), ("b", T, F), ("c", F, T), ("d", T, T), (None, F, T)]
    assert outputs == expected


def test_imports(statements: Statements) -> None:
    text = 'import "a.dls" as a\nfrom std.vision import B, C as D\nfrom "x" import (E,)'
    one, two, three = statements(text)
    assert (one.path.value, one.alias.id) == ("a.dls", "a")
    assert [n.id for n in two.module] == ["std", "vision"]
    assert [(n.id, a and a.id) for n, a in two.names] == [("B", None), ("C", "D")]
    assert three.module.value == "x"


def test_externs(statements: Statements) -> None:
    text = "extern fn f(a: int) -> f32[] {}\nextern layer L {}\nextern source s(p: str) {}"
    f, layer, source = statements(text)
    assert [e.kind for e in (f, layer, source)] == ["fn", "layer", "source"]
    assert [r.groups for r in f.returns] == [((),)]
    assert [len(e.parameters) for e in (f, layer, source)] == [1, 0, 1]


def test_if_and_else(statements: Statements) -> None:
    (node,) = statements("if a { x = 1 } else if b { x = 2 }\nelse { x = 3 }")
    assert [test.id for test, _ in node.branches] == ["a", "b"]
    assert node.otherwise.statements[0].value.value == 3


def test_a_step(statements: Statements) -> None:
    (step,) = statements("step times updates updates, times times 5 * n {}")
    assert step.name.id == "times"
    assert [n.id for n in step.updates] == ["updates", "times"]
    assert spelled(step.times) == "(5 * n)"


def test_patterns_keep_names_and_subscripts_apart(statements: Statements) -> None:
    (weights,) = statements("weights *.bias, bert.layers[i].x, LayerNorm { init = zeros }")
    one, two, three = weights.patterns
    assert [p.id for p in one.parts] == ["*", "bias"]
    assert [type(p).__name__ for p in two.parts] == ["Name", "Name", "List", "Name"]
    assert [p.id for p in three.parts] == ["LayerNorm"]


def test_fields(statements: Statements) -> None:
    (field,) = statements("field a: f32[3], b: int = c")
    assert [(n.id, t.name.id) for n, t in field.fields] == [("a", "f32"), ("b", "int")]
    assert field.value.id == "c"


def test_assignments(statements: Statements) -> None:
    several, typed, section, limit = statements("q, k = x\ny: int = 3\nbudget {}\nsize <= 60 KB")
    assert [n.id for n in several.names] == ["q", "k"]
    assert typed.type.name.id == "int"
    assert isinstance(section, tree.Section)
    assert isinstance(limit, tree.Bare)


@pytest.mark.parametrize(
    "text",
    [
        "data = 1",
        "model, train = 1",
        "x = f(train=1).model",
        "input input: f32[3]",
        "param.x",
        "state <= 3",
        "output == 2",
        "weights\n  = 3",
        "x = source.layer + updates",
        "from from import import as step",
        "for state in data { next = model }",
        "let let = let",
        "next next = next",
    ],
)
def test_keywords_are_names_elsewhere(text: str, statements: Statements) -> None:
    assert len(statements(text)) == 1


def test_where_statements_end(statements: Statements) -> None:
    one = "x = a\n\n  # a comment\n  -> B\n\n  + c\n  as\n"
    assert len(statements(one.replace("  + c\n  as\n", "  -> C\n  as d\n"))) == 1
    assert len(statements("x = 1; y = 2;\n;z = 3")) == 3
    assert len(statements("f(a,\n\n  b # c\n)\n[c]")) == 2
    assert len(statements("a\n(b)")) == 2
    assert len(statements("a\n- b")) == 1
    assert len(statements("model M\n{\n}\n\nblock B\n= C")) == 2


def test_a_unit_is_on_the_line_of_its_number(statements: Statements) -> None:
    assert len(statements("x = 5\nepochs")) == 2
    assert isinstance(statements("x = 5 epochs")[0].value, tree.Quantity)
    (call,) = statements("f(n=2,\n  b=3)")
    assert len(call.value.arguments) == 2


def test_documentation(statements: Statements) -> None:
    text = (
        "## one\n## two\nparam a: int\n\n## far\n\nlet b = 1\n# plain\nlet c = 2\n##d\nmodel M {}"
    )
    docs = [s.parameter and s.doc if hasattr(s, "parameter") else s.doc for s in statements(text)]
    assert docs == ["one\ntwo", "", "", "d"]


def test_each_comment_keeps_its_place() -> None:
    text = 'x = 1  # a\r\n\t# b \n\n##c\n\u00a0## d\nparam n: str = "#"\n#'
    source = Source("a.dls", text)
    found = [(c.text, c.span.text, c.line, c.own_line) for c in lay_out(source).comments]
    assert found == [
        ("# a", "# a", 1, False),
        ("# b", "# b ", 2, True),
        ("##c", "##c", 4, True),
        ("## d", "## d", 5, True),
        ("#", "#", 7, True),
    ]
    assert parse(source)[0].statements[1].doc == "c\nd"


def test_byte_order_mark_and_windows_line_ends(shape: Callable[[Any], Any]) -> None:
    text = "let a = 1\n\nmodel M {\n  input x: int  # c\n}\n"
    plain, _ = parse(Source("a", text))
    other, errors = parse(Source("a", "\ufeff" + text.replace("\n", "\r\n")))
    assert not errors
    assert shape(other.statements) == shape(plain.statements)


def test_empty_files_are_files(statements: Statements) -> None:
    assert statements("") == ()
    assert statements("\n  # only a comment") == ()


def test_lines_of_spans() -> None:
    source = Source("a.dls", "let a = 1\r\nlet b = 2\r\n")
    file, _ = parse(source)
    assert [str(s.span) for s in file.statements] == ["a.dls:1:1", "a.dls:2:1"]
    assert file.statements[1].span == Span(source, 11, 20)
