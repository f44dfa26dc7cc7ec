"""Expressions that do not mean what they look like (DLS050 to DLS069)."""

from __future__ import annotations

from collections.abc import Iterable

from dlspec.diagnostics.base import Diagnostic, Fix, Label
from dlspec.frozen import frozen
from dlspec.source import Span


@frozen
class ChainedComparison(Diagnostic):
    """A comparison has two sides; two comparisons are joined by `and`."""

    code = "DLS050"
    first: Span
    middle: str
    second: str

    @property
    def title(self) -> str:
        return "comparisons do not chain"

    @property
    def related(self) -> Iterable[Label]:
        return (Label(self.first, "the first comparison"),)

    @property
    def help(self) -> str:
        middle = self.middle
        return f"write `... {self.first.text} {middle} and {middle} {self.second} ...`"

    @property
    def fix(self) -> Fix | None:
        return Fix(self.span, f"and {self.middle} {self.second}") if self.span else None


@frozen
class ChainNeedsParentheses(Diagnostic):
    """`->` binds loosest: what is done with the result of a chain needs parentheses around it.

    A stage is a name or a parenthesis, with calls, indices and dots, then `* count`, then
    `as name`. So `x -> Foo + y` is written `(x -> Foo) + y`, or `x -> (Foo + y)`.
    """

    code = "DLS051"
    operator: str
    chain: Span

    @property
    def title(self) -> str:
        if self.operator == "if":
            return "a stage of a chain cannot be a condition"
        return f"`{self.operator}` cannot stand in a chain"

    @property
    def related(self) -> Iterable[Label]:
        return (Label(self.chain, "the chain"),)

    @property
    def help(self) -> str:
        text = self.chain.text
        if "\n" in text or len(text) > 60:
            text = "..."
        if self.operator == "if":
            return f"choose a layer: `-> (A if c else B)`; or a result: `({text}) if c else ...`"
        if self.operator == "-" and text.endswith("*"):
            return "how often a layer stands there is a whole number from 0 on: `x -> Dense(3) * 2`"
        if self.operator in ("-", "not") and text.endswith("->"):
            return "a stage is a name or a parenthesis"
        return f"write `({text}) {self.operator} ...`"

    @property
    def fix(self) -> Fix | None:
        if self.span is None or self.operator == "if" or self.chain.text.endswith(("->", "*")):
            return None
        return Fix(self.chain.to(self.span), f"({self.chain.text}) {self.operator}")


@frozen
class CountAfterName(Diagnostic):
    """In a stage the count stands before the name: `Layer * n as name`."""

    code = "DLS052"

    @property
    def title(self) -> str:
        return "the count of a stage stands before `as`"

    @property
    def help(self) -> str:
        return "write `Layer * n as name`"


@frozen
class EqualInCondition(Diagnostic):
    """A condition compares with `==`."""

    code = "DLS053"

    @property
    def title(self) -> str:
        return "a condition compares with `==`"

    @property
    def label(self) -> str:
        return "write `==`"

    @property
    def fix(self) -> Fix | None:
        return Fix(self.span, "==") if self.span else None


@frozen
class UnitAfterExpression(Diagnostic):
    """A unit stands behind a number literal, and nothing else."""

    code = "DLS054"
    unit: str

    @property
    def title(self) -> str:
        return f"the unit `{self.unit}` does not follow a number"

    @property
    def help(self) -> str:
        return f"a unit stands directly behind a number literal: `2 {self.unit}`"


@frozen
class PercentIsUnit(Diagnostic):
    """Directly after a number literal `%` is per cent, always."""

    code = "DLS055"
    number: str

    @property
    def title(self) -> str:
        return f"`{self.number} %` is {self.number} per cent"

    @property
    def help(self) -> str:
        return f"for the remainder write `({self.number}) % ...`"


@frozen
class MissingElse(Diagnostic):
    """A conditional value has both sides: `a if c else b`."""

    code = "DLS056"

    @property
    def title(self) -> str:
        return "this condition has no `else`"

    @property
    def help(self) -> str:
        return "a value is `a if c else b`; statements are chosen by `if c { ... }`"


@frozen
class DefaultNeedsParentheses(Diagnostic):
    """A parameter's default is arithmetic; what binds less stands in parentheses."""

    code = "DLS057"
    operator: str

    @property
    def title(self) -> str:
        return f"a default with `{self.operator}` needs parentheses"

    @property
    def help(self) -> str:
        if self.operator == "if":
            return "write `= (a if c else b)`"
        return f"write `= (a {self.operator} b)`"
