"""How expressions are laid out: the rules of Black, as Ruff's formatter has them."""

from __future__ import annotations

from dlspec.emit.brackets import BRACKETS
from dlspec.emit.chains import CHAINS
from dlspec.emit.document import BestParens, Document, FitsBroken
from dlspec.emit.explicit import explicit
from dlspec.emit.levels import (
    INSIDE,
    LAYOUTS,
    OUTSIDE,
    layout,
    new_level,
    optional_parentheses,
    parentheses_if_broken,
)
from dlspec.emit.nodes import Expr, Lambda
from dlspec.emit.operators import OPERATORS, lambda_parts
from dlspec.emit.printer import Printer
from dlspec.emit.shape import Need, can_omit_parentheses, need

__all__ = ["clause", "flat", "layout", "value"]

LAYOUTS.update({**BRACKETS, **OPERATORS, **CHAINS})


def flat(expr: Expr | str) -> str:
    """The text of an expression on one line."""
    return "\n".join(Printer(10**9).print(layout(explicit(expr), OUTSIDE)))


def value(expr: Expr) -> Document:
    """An expression that is assigned or returned: a lambda keeps its body in parentheses."""
    if isinstance(expr, Lambda):
        head, body = lambda_parts(expr, INSIDE)
        return parentheses_if_broken([head, FitsBroken(body)])
    return clause(expr)


def clause(expr: Expr) -> Document:
    """An expression that a statement ends with: in parentheses where it would not fit otherwise."""
    match need(expr):
        case Need.NEVER:
            return layout(expr, OUTSIDE)
        case Need.BEST_FIT:
            level = new_level()
            return BestParens(layout(expr, level), level)
    if can_omit_parentheses(expr):
        level = new_level()
        return optional_parentheses(layout(expr, level), level)
    return parentheses_if_broken(layout(expr, INSIDE))
