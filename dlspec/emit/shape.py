"""What the layout asks about an expression: may it break, and does that need parentheses?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from dlspec.emit.explicit import explicit
from dlspec.emit.nodes import (
    Atom,
    Attribute,
    Binary,
    Call,
    Compare,
    Comprehension,
    Dict,
    Expr,
    Generator,
    IfElse,
    Index,
    Lambda,
    List,
    Paren,
    Set,
    Slice,
    Star,
    Tuple,
    Unary,
)

# How tightly operators bind, tightest first; comparisons alike, and `and` like `or`.
_NONE, _ATTRIBUTE = 0, 1
TIGHTNESS = {
    **{"**": 2, "~": 3, "*": 4, "/": 4, "//": 4, "%": 4, "@": 4, "+": 5, "-": 5, "<<": 6, ">>": 6},
    **{"&": 7, "^": 8, "|": 9, "and": 11, "or": 11},
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "is", "is not", "in", "not in"), 10),
}
_CONDITIONAL = 12


class Need(Enum):
    """When an expression that ends a statement gets parentheses."""

    NEVER = auto()
    BEST_FIT = auto()  # Where they make it fit.
    MULTILINE = auto()  # Where it breaks.


def need(expr: Expr) -> Need:
    match expr:
        case Atom() | Lambda():
            return Need.BEST_FIT if isinstance(expr, Atom) else Need.MULTILINE
        case Binary() | Compare() | IfElse() | Star():
            return Need.MULTILINE
        case Call(callee=owner) | Attribute(value=owner) | Index(value=owner):
            return Need.MULTILINE if is_chain(expr) else need(explicit(owner))
        case Unary(operand=operand):
            return need(explicit(operand))
    return Need.NEVER


def is_chain(expr: Expr) -> bool:
    """Whether at least two calls or subscripts are followed by an attribute."""
    found = 0
    while True:
        match expr:
            case Attribute(value=owner):
                expr = explicit(owner)
                if isinstance(expr, Paren):
                    return found >= 1
                found += isinstance(expr, Call | Index)
            case Call(callee=owner) | Index(value=owner):
                expr = explicit(owner)
                if isinstance(expr, Paren):
                    return found >= 2
            case _:
                return found >= 2


def may_break(expr: Expr) -> bool:
    """Whether an expression has a place, in brackets of its own, where a line may end."""
    match expr:
        case Atom() | Slice():
            return False
        case Attribute(value=inner) | Unary(operand=inner) | Star(value=inner) | Lambda(body=inner):
            return may_break(explicit(inner))
        case Call(callee=callee, args=args):
            return bool(args) or isinstance(explicit(callee), Paren)
        case Tuple(items=items) | List(items=items) | Dict(items=items):
            return bool(items)
    return True


def has_brackets(expr: Expr) -> bool | None:
    """Whether an expression ends in brackets that hold something; None without brackets."""
    match expr:
        case Index() | Paren():
            return True
        case Generator(naked=naked):
            return None if naked else True
        case Comprehension():
            return True
        case Tuple(items=items) | List(items=items) | Set(items=items) | Dict(items=items):
            return bool(items)
        case Call(args=args):
            return bool(args)
    return None


def flat_operands(expr: Expr) -> list[Expr | str]:
    """Operands and operators of nested operations without parentheses, in a row."""
    match expr:
        case Binary(left, op, right):
            return [*flat_operands(explicit(left)), op, *flat_operands(explicit(right))]
        case Compare(left):
            found = flat_operands(explicit(left))
            for op, right in expr.pairs:
                found += [op, *flat_operands(explicit(right))]
            return found
    return [expr]


def simple_power(left: Expr | str, right: Expr | str) -> bool:
    """Whether `left**right` is written without spaces."""
    return _simple(left) and _simple(right)


def _simple(expr: Expr | str) -> bool:
    match expr:
        case Unary(op=op, operand=operand):
            return op != "not" and _simple(explicit(operand))
        case Attribute(value=owner):
            return _simple(explicit(owner))
        case Atom(text, kind):
            return kind not in ("string", "format") and text != "..."
    return False


def can_omit_parentheses(expr: Expr) -> bool:
    """Whether a broken expression can do with the brackets that it has at its ends."""
    seen = _Seen()
    seen.inside(expr)
    if not seen.brackets or seen.count > 1:
        return False
    if seen.loosest in (_NONE, _ATTRIBUTE):
        return True
    ends = (seen.last, seen.first)
    return any(e is not None and not isinstance(e, Index) and has_brackets(e) for e in ends)


@dataclass(slots=True)
class _Seen:
    """What one walk over an expression, from left to right, found outside of its brackets."""

    loosest: int = _NONE
    count: int = 0
    brackets: bool = False
    last: Expr | None = None
    first: Expr | None = None
    starts_with_token: bool = False

    def operator(self, tightness: int, times: int = 1) -> None:
        if tightness > self.loosest:
            self.loosest, self.count = tightness, times
        elif tightness == self.loosest:
            self.count += times

    def visit(self, expr: Expr) -> None:
        self.last = expr
        if isinstance(expr, Paren):
            self.brackets = True
        else:
            self.inside(expr)
        if self.first is None and not self.starts_with_token:
            self.first = expr

    def inside(self, expr: Expr) -> None:
        match expr:
            case Call(callee=owner) | Index(value=owner):
                self.brackets = True
                self.visit(explicit(owner))
                self.last = expr
                return
            case Attribute(value=owner):
                inner = explicit(owner)
                self.visit(inner)
                if has_brackets(inner) is not None:
                    self.operator(_ATTRIBUTE)
                self.last = expr
                return
            case Binary(op=op):
                self.operator(TIGHTNESS[op])
            case Compare():
                self.operator(TIGHTNESS["in"], len(expr.pairs))
            case IfElse():
                self.operator(_CONDITIONAL, 2)
            case Unary(op=op):
                if op == "~":
                    self.operator(TIGHTNESS["~"])
                self.starts_with_token |= self.first is None
            case Lambda() | Star():
                self.starts_with_token |= self.first is None
            case Atom():
                return
            case _:
                self.brackets = True
                return
        for part in _parts(expr):
            self.visit(part)


def _parts(expr: Expr) -> Iterator[Expr]:
    match expr:
        case Binary(left, _, right):
            yield from (explicit(left), explicit(right))
        case Compare(left):
            yield from (explicit(left), *(explicit(right) for _, right in expr.pairs))
        case IfElse(body, test, otherwise):
            yield from (explicit(body), explicit(test), explicit(otherwise))
        case Unary(operand=inner) | Star(value=inner) | Lambda(body=inner):
            yield explicit(inner)
