"""Arithmetic at compile time, with limits, so that a check always ends."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from dlspec.expr import OPERATORS, Expr, Static, Term, fixed
from dlspec.units import Quantity

LARGEST = 2**63 - 1
LONGEST = 100_000
"""The most elements of a list, copies of a layer, or rounds of a loop."""


class ArithmeticProblem(Exception):
    """Why an operation has no result: `what`, and `help`; `limit` if it is too large."""

    def __init__(self, what: str, help: str = "", *, limit: bool = False) -> None:
        super().__init__(what)
        self.what, self.help, self.limit = what, help, limit


class NotFixed(Exception):
    """A dynamic size where the result would have to be known: the size, and what to do."""

    def __init__(self, what: str, size: int, help: str = "") -> None:
        super().__init__(what)
        self.what, self.size, self.help = what, size, help


COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">=", "in", "not in"})
COMPARED = (
    "a condition is decided before the model runs; `where` chooses for each place, by a tensor: "
    "`where(range(T) < 3, a, b)`"
)
LINEAR = frozenset({"+", "-", "*"})


def settled(op: str, a: Any, b: Any) -> None:
    """Whether an operation is one that a dynamic size takes. Raises NotFixed."""
    for size, other in ((a, b), (b, a)):
        if fixed(size) or (op in LINEAR and type(other) is not float):
            continue
        if op == "//" and size is a and fixed(b):
            continue
        hint = COMPARED if op in COMPARISONS else "a dynamic size takes `+`, `-`, `*` and `//`"
        raise NotFixed(f"`{op}`", size, hint)


def binary(op: str, a: Static, b: Static) -> Static:
    """`a op b`, both operands evaluated. Raises ArithmeticProblem."""
    return Static(_binary(op, a.value, b.value), term(op, a, b))


def term(op: str, *operands: Static) -> Expr | None:
    """The origin of an operation: there is one where every operand has one."""
    origins = tuple(o.origin for o in operands)
    return Term(op, origins) if all(o is not None for o in origins) else None  # type: ignore[arg-type]


def unary(op: str, a: Static) -> Static:
    """`-a` or `not a`. Raises ArithmeticProblem."""
    if op == "not":
        _wants_bool("not", a.value)
        return Static(not a.value, term("not", a))
    if isinstance(a.value, Quantity):
        return Static(Quantity(-a.value.value, a.value.unit))
    _wants_number("-", a.value)
    return Static(-a.value, term("neg", a))


def _binary(op: str, a: Any, b: Any) -> Any:
    settled(op, a, b)
    if op in ("and", "or"):
        _wants_bool(op, a)
        _wants_bool(op, b)
        return (a and b) if op == "and" else (a or b)
    if op in ("==", "!="):
        return OPERATORS[op](a, b)
    if op in ("in", "not in"):
        if not isinstance(b, list | tuple):
            raise ArithmeticProblem(f"`{op}` needs a list on its right")
        return OPERATORS[op](a, b)
    if op not in OPERATORS:
        raise ArithmeticProblem(f"`{op}` is for tensors")
    if op == "+" and isinstance(a, list) and isinstance(b, list):
        return _bounded(a + b)
    if op == "*" and isinstance(a, list) and isinstance(b, int) and not isinstance(b, bool):
        if len(a) * b > LONGEST:
            raise ArithmeticProblem(
                f"a list of {len(a) * b:,} elements", f"the most is {LONGEST:,}", limit=True
            )
        return a * b
    _wants_number(op, a)
    _wants_number(op, b)
    if op == "**":
        return _power(a, b)
    try:
        return _checked(OPERATORS[op](a, b))
    except ZeroDivisionError:
        raise ArithmeticProblem("division by zero") from None
    except OverflowError:
        raise ArithmeticProblem("a number too large", limit=True) from None


def _power(a: float, b: float) -> float:
    whole = isinstance(a, int) and isinstance(b, int)
    if whole and b >= 0 and abs(a) > 1 and b * math.log2(abs(a)) > 64:
        raise ArithmeticProblem(
            f"{a} ** {b} is too large", "whole numbers end at 2 ** 63 - 1", limit=True
        )
    try:
        result = a**b
    except ZeroDivisionError:
        raise ArithmeticProblem("0 to a negative power") from None
    except OverflowError:
        raise ArithmeticProblem(f"{a} ** {b} is too large", limit=True) from None
    if isinstance(result, complex):
        raise ArithmeticProblem("a negative number to a fractional power")
    return _checked(result)


def _checked(value: Any) -> Any:
    if isinstance(value, int) and abs(value) > LARGEST:
        raise ArithmeticProblem("a whole number beyond 2 ** 63 - 1", limit=True)
    if isinstance(value, float) and not math.isfinite(value):
        raise ArithmeticProblem("a number too large", limit=True)
    return value


def _bounded(items: list[Any]) -> list[Any]:
    if len(items) > LONGEST:
        raise ArithmeticProblem(
            f"a list of {len(items):,} elements", f"the most is {LONGEST:,}", limit=True
        )
    return items


def elements(value: list[Any] | tuple[Any, ...], most: int) -> int:
    """The elements of a list, those of lists within it too; it stops counting beyond `most`."""
    count = len(value)
    for item in value:
        if count > most:
            break
        if isinstance(item, list | tuple):
            count += elements(item, most - count)
    return count


def _wants_number(op: str, value: Any) -> None:
    if isinstance(value, Quantity):
        raise ArithmeticProblem(
            f"`{op}` does not work on a quantity with a unit",
            "compute with plain numbers; a unit belongs to a literal",
        )
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ArithmeticProblem(f"`{op}` works on numbers, not on {_kind(value)}")


def _wants_bool(op: str, value: Any) -> None:
    if not isinstance(value, bool):
        raise ArithmeticProblem(f"`{op}` works on true and false, not on {_kind(value)}")


def _kind(value: Any) -> str:
    match value:
        case bool():
            return "true or false"
        case None:
            return "none"
        case str():
            return "a string"
        case list():
            return "a list"
        case tuple():
            return "a tuple"
        case int() | float():
            return "a number"
        case _:
            return "a layer"


def _numbers(name: str, values: list[Any]) -> None:
    for v in values:
        _wants_number(name, v)


class Range(list[int]):
    """What `range` gives: a list, and positions where a tensor is wanted."""


def _range(*bounds: Any) -> Range:
    if not 1 <= len(bounds) <= 3:
        raise ArithmeticProblem("range takes one to three integers")
    for b in bounds:
        if isinstance(b, bool) or not isinstance(b, int):
            raise ArithmeticProblem("range takes integers")
    if len(bounds) == 3 and bounds[2] == 0:
        raise ArithmeticProblem("range with a step of zero")
    numbers = range(*bounds)
    if len(numbers) > LONGEST:
        raise ArithmeticProblem(
            f"a range of {len(numbers):,} numbers", f"the most is {LONGEST:,}", limit=True
        )
    return Range(numbers)


def _list(name: str, value: Any) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise ArithmeticProblem(f"{name} takes a list, not {_kind(value)}")
    return list(value)


def _int(value: Any) -> int:
    _wants_number("int", value)
    return int(_checked(int(value)))


def _float(value: Any) -> float:
    _wants_number("float", value)
    return float(value)


def _extreme(name: str, pick: Callable[..., Any]) -> Callable[..., Any]:
    def function(*values: Any) -> Any:
        numbers = list(values[0]) if len(values) == 1 and isinstance(values[0], list) else values
        if not numbers:
            raise ArithmeticProblem(f"{name} of nothing")
        _numbers(name, list(numbers))
        return pick(numbers)

    return function


def _sum(items: Any) -> Any:
    numbers = _list("sum", items)
    _numbers("sum", numbers)
    return _checked(sum(numbers))


def _zip(*lists: Any) -> list[Any]:
    rows = [_list("zip", items) for items in lists]
    if len({len(r) for r in rows}) > 1:
        lengths = ", ".join(str(len(r)) for r in rows)
        raise ArithmeticProblem(f"zip of lists of different lengths: {lengths}")
    return list(zip(*rows, strict=True))


def _one(name: str, compute: Callable[[float], float]) -> Callable[[Any], Any]:
    def function(value: Any) -> Any:
        _wants_number(name, value)
        try:
            return _checked(compute(value))
        except (ValueError, OverflowError, ZeroDivisionError):
            raise ArithmeticProblem(f"{name}({value}) has no value") from None

    return function


CONSTANTS = {"inf": math.inf}

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "int": _int,
    "float": _float,
    "round": _one("round", round),
    "abs": _one("abs", abs),
    "floor": _one("floor", math.floor),
    "ceil": _one("ceil", math.ceil),
    "sqrt": _one("sqrt", math.sqrt),
    "exp": _one("exp", math.exp),
    "expm1": _one("expm1", math.expm1),
    "log": _one("log", math.log),
    "log1p": _one("log1p", math.log1p),
    "log2": _one("log2", math.log2),
    "log10": _one("log10", math.log10),
    "rsqrt": _one("rsqrt", lambda x: 1 / math.sqrt(x)),
    "sin": _one("sin", math.sin),
    "cos": _one("cos", math.cos),
    "tan": _one("tan", math.tan),
    "asin": _one("asin", math.asin),
    "acos": _one("acos", math.acos),
    "atan": _one("atan", math.atan),
    "sinh": _one("sinh", math.sinh),
    "cosh": _one("cosh", math.cosh),
    "asinh": _one("asinh", math.asinh),
    "acosh": _one("acosh", math.acosh),
    "atanh": _one("atanh", math.atanh),
    "sign": _one("sign", lambda x: (x > 0) - (x < 0)),
    "len": lambda items: len(_list("len", items)),
    "min": _extreme("min", min),
    "max": _extreme("max", max),
    "sum": _sum,
    "range": _range,
    "enumerate": lambda items: list(enumerate(_list("enumerate", items))),
    "zip": _zip,
    "reversed": lambda items: list(reversed(_list("reversed", items))),
}
"""Functions of numbers and lists that are evaluated at compile time."""


def call(name: str, arguments: list[Static]) -> Static:
    """One of FUNCTIONS on values. Raises ArithmeticProblem, or NotFixed."""
    for a in arguments:
        for size in a.value if isinstance(a.value, list | tuple) else (a.value,):
            if not fixed(size):
                raise NotFixed(f"`{name}`", size)
    try:
        value = FUNCTIONS[name](*(a.value for a in arguments))
    except TypeError:
        raise ArithmeticProblem(f"{name} does not take {len(arguments)} arguments") from None
    return Static(value, term(name, *arguments) if name in OPERATORS else None)
