"""The equal spellings of the language, as a form that is the same for all of them.

`canonical` knows nothing of the compiler but its syntax tree: it is the list of equal spellings in
docs/decisions.md as code. Two specs with one canonical form may have one IR; any others may not.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from dlspec.source import Source
from dlspec.syntax import parse, tree

Values = Mapping[str, Any]

OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "and": lambda a, b: a and b,
    "or": lambda a, b: a or b,
}
UNKNOWN = object()


def canonical(text: str) -> Any:
    """The text as nested lists: no comments, layout, documentation, trailing commas, parentheses
    around one value, order of named arguments and of settings; numbers, units and arithmetic by
    their value, a parameter of the file too."""
    file, errors = parse(Source("spec.dls", text))
    assert not errors
    values: dict[str, Any] = {}
    for s in file.statements:
        if isinstance(s, tree.Param) and s.parameter.default is not None:
            values[s.parameter.name.id] = value(s.parameter.default, values)
    return [form(s, values) for s in file.statements]


def form(node: Any, values: Values) -> Any:
    """A node of the syntax as nested lists."""
    known = value(node, values) if isinstance(node, tree.Node) else UNKNOWN
    if known is not UNKNOWN:
        return known
    if isinstance(node, tree.Definition):
        values = {n: v for n, v in values.items() if n not in own_names(node)}
    match node:
        case tree.Group(value=inner):
            return form(inner, values)
        case tree.Quantity(value=number, unit=unit):
            return ["quantity", number, unit.id.removesuffix("s")]
        case tree.Literal(value=str(word)) | tree.Name(id=word):
            return ["word", word]
        case tree.Call(callee=callee, arguments=()):
            return form(callee, values)
        case tree.Call(callee=callee, arguments=arguments):
            plain = [form(a, values) for a in arguments if a.name is None]
            named = {a.name.id: form(a.value, values) for a in arguments if a.name is not None}
            return ["call", form(callee, values), plain, sorted(named.items(), key=repr)]
        case tree.Declaration():
            parts = sorted((form(s, values) for s in node.body.statements), key=repr)
            return [node.kind, form(node.name, values), parts]
        case tuple():
            return [form(n, values) for n in node]
        case tree.Node():
            hidden = ("span", "op_span", "doc", "text")
            parts = [getattr(node, f) for f in node.__dataclass_fields__ if f not in hidden]
            return [type(node).__name__, *(form(p, values) for p in parts)]
    return node


def own_names(node: Any) -> set[str]:
    """Every name that a definition writes, and more: what it shadows is not the file's."""
    match node:
        case tree.Parameter() | tree.Input() | tree.Let():
            return {node.name.id}
        case tree.Assign() | tree.For():
            inner = own_names(node.body) if isinstance(node, tree.For) else set()
            return {n.id for n in node.names} | inner
        case tuple():
            return set().union(*map(own_names, node))
        case tree.Definition() | tree.Body() | tree.If():
            parts = [getattr(node, f) for f in node.__dataclass_fields__ if f != "span"]
            return set().union(*map(own_names, parts))
    return set()


def value(e: tree.Node, values: Values) -> Any:
    """What arithmetic on numbers and parameters of the file gives; UNKNOWN for anything else."""
    match e:
        case tree.Number(value=number):
            return float(number)
        case tree.Literal(value=bool(truth)):
            return truth
        case tree.Name(id=name):
            return values.get(name, UNKNOWN)
        case tree.Group(value=inner):
            return value(inner, values)
        case tree.Quantity(value=number, unit=unit) if unit.id in SCALES:
            return number * SCALES[unit.id]
        case tree.Unary(op=op, operand=operand):
            found = value(operand, values)
            return UNKNOWN if found is UNKNOWN else (not found if op == "not" else -found)
        case tree.Binary(op=op, left=left, right=right) if op in OPERATIONS:
            a, b = value(left, values), value(right, values)
            return UNKNOWN if UNKNOWN in (a, b) else OPERATIONS[op](a, b)
        case tree.Conditional(test=test, then=then, otherwise=otherwise):
            found = value(test, values)
            return UNKNOWN if found is UNKNOWN else value(then if found else otherwise, values)
        case tree.Call(callee=tree.Name(id="int"), arguments=(only,)):
            return value(only.value, values)
    return UNKNOWN


SCALES = {"%": 0.01, "B": 1.0, "KB": 1e3, "MB": 1e6, "K": 1e3, "M": 1e6}
