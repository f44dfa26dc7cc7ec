"""How a branch is decided at run time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from dlspec.backend.arguments import Arguments
from dlspec.backend.merge import Step, Values
from dlspec.backend.protocol import Slot
from dlspec.backend.walks import places
from dlspec.emit import python as py

if TYPE_CHECKING:
    from dlspec.backend.classes import ClassWriter

OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def condition(
    arguments: Arguments, step: Step, taken: int, read: Callable[[str], py.Expr]
) -> py.Expr:
    """The condition under which a branch is taken, as it was written."""
    most = test_count(step)
    if taken < most:
        return one_test(arguments, step, taken, read)
    parts = [one_test(arguments, step, j, read) for j in range(most)]
    made = parts[0]
    for p in parts[1:]:
        made = py.Binary(made, "or", p)
    return negated(made)


def one_test(arguments: Arguments, step: Step, j: int, read: Callable[[str], py.Expr]) -> py.Expr:
    slots = tuple(
        (o, Slot(s.tests[j].value, s.tests[j].origin, role="condition"))
        for o, s in step.uses
        if len(s.tests) > j
    )
    return arguments.resolve(Values(slots), read)


def test_count(step: Step) -> int:
    """The number of tests; the branch of this number is the `else`."""
    return max(len(s.tests) for _, s in step.uses)


def guard(w: ClassWriter, step: Step) -> str | None:
    """A layer that is there exactly where the only branch is taken."""
    if len(step.bodies) != 1:
        return None
    for m in places(next(iter(step.bodies.values()))):
        if m.module is not None and w.makes.get(id(m)) is not None:
            return str(m.module[0])
    return None


def negated(test: py.Expr) -> py.Expr:
    """`not test`, as a person would write it."""
    if isinstance(test, py.Compare) and not test.more and test.op in OPPOSITE:
        return py.Compare(test.left, OPPOSITE[test.op], test.right)
    if isinstance(test, py.Unary) and test.op == "not" and isinstance(test.operand, py.Expr):
        return test.operand
    return py.Unary("not", test)
