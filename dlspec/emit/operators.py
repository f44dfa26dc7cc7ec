"""Operators, choices and lambdas, which break only in brackets that others bring."""

from __future__ import annotations

from dlspec.emit.document import Best, Document, Group, Indent, Line, breaks
from dlspec.emit.explicit import explicit
from dlspec.emit.levels import (
    INSIDE,
    Layout,
    Level,
    at,
    group,
    layout,
    parentheses_if_broken,
    softly,
    space,
)
from dlspec.emit.nodes import (
    Atom,
    Attribute,
    Binary,
    Call,
    Compare,
    Expr,
    IfElse,
    Index,
    Lambda,
    Star,
    Unary,
)
from dlspec.emit.shape import TIGHTNESS, Need, flat_operands, need, simple_power


def _operation(expr: Binary | Compare, level: Level) -> Document:
    return group(_operands(flat_operands(expr), level), level)


def _operands(parts: list[Expr | str], level: Level) -> Document:
    """Operands with operators between them, broken at those that bind least."""
    if len(parts) == 1:
        assert isinstance(parts[0], Expr)
        return layout(parts[0], level)
    loosest = max(TIGHTNESS[op] for op in parts if isinstance(op, str))
    found: list[Document] = []
    start = 0
    for i, op in enumerate(parts):
        if not isinstance(op, str) or TIGHTNESS[op] != loosest:
            continue
        left = parts[start:i]
        found.append(_operand_group(left, level))
        if op == "**" and simple_power(left[-1], parts[i + 1]):
            found += [softly(level, Line.SOFT), op, softly(level, " ")]
        else:
            found += [space(level), op, " "]
        start = i + 1
    return [*found, _operand_group(parts[start:], level)]


def _operand_group(parts: list[Expr | str], level: Level) -> Document:
    inner = _operands(parts, level)
    return inner if len(parts) == 1 else group(inner, level)


def _unary(expr: Unary, level: Level) -> Document:
    operator = "not " if expr.op == "not" else expr.op
    return [operator, at(expr.operand, level)]


def _if_else(expr: IfElse, level: Level) -> Document:
    return group(_choice(expr, level), level)


def _choice(expr: IfElse, level: Level) -> Document:
    otherwise = explicit(expr.otherwise)
    rest = (
        _choice(otherwise, level)
        if isinstance(otherwise, IfElse)
        else group(layout(otherwise, level), level)
    )
    test = ["if ", at(expr.test, level)]
    return [at(expr.body, level), space(level), test, space(level), "else ", rest]


def _star(expr: Star, level: Level) -> Document:
    return ["*", at(expr.value, level)]


def _lambda(expr: Lambda, level: Level) -> Document:
    return [*lambda_parts(expr, level)]


def lambda_parts(expr: Lambda, level: Level) -> tuple[str, Document]:
    head = f"lambda {', '.join(expr.parameters)}: " if expr.parameters else "lambda: "
    body = explicit(expr.body)
    if need(body) is Need.MULTILINE:
        return head, parentheses_if_broken(layout(body, INSIDE))
    if isinstance(body, Call | Index):
        plain = layout(body, level)
        wrapped: Document = ["(", Indent([Line.HARD, plain]), Line.HARD, ")"]
        best = Best([plain, Group(plain, broken=True), wrapped])
        return head, [Group("", broken=True), best] if breaks(plain) else best
    if isinstance(body, Atom | Attribute | Unary):
        return head, parentheses_if_broken(layout(body, INSIDE))
    return head, layout(body, level)


OPERATORS: dict[type[Expr], Layout] = {
    Binary: _operation,
    Compare: _operation,
    Unary: _unary,
    IfElse: _if_else,
    Star: _star,
    Lambda: _lambda,
}
