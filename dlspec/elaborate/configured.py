"""From a configured name in a spec (`Conv2D(8, 3)`, `AdamW(lr=lr)`, `ReLU`) to the object."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Generic, TypeVar

from dlspec import ops
from dlspec.declared import BadArguments, Declared, Problem
from dlspec.diagnostics import Diagnostic, SpecError, nearest
from dlspec.diagnostics.shapes import Context
from dlspec.diagnostics.uses import MissingArgument, UnknownArgument, WrongArgumentCount
from dlspec.diagnostics.values import BadValue
from dlspec.elaborate.evaluate import Skip
from dlspec.elaborate.spellings import instead, suggested
from dlspec.elaborate.written import note_object
from dlspec.expr import Expr, Static, Term
from dlspec.frozen import frozen
from dlspec.source import Span
from dlspec.syntax import tree

D = TypeVar("D", bound=Declared)

Evaluate = Callable[[str, tree.Expr], Static]
"""The value of an argument, given the argument's name (that of the variadic field for each of its
values) and its expression. Raises SpecError, or Skip if what is wrong was reported already."""


@frozen
class Configured(Generic[D]):
    """An object, with the origins of its arguments and the places where they stand.

    A variadic argument has the origins of its values as a `Term("tuple", ...)`.
    """

    made: D
    origins: Mapping[str, Expr] = field(default_factory=dict)
    spans: Mapping[str, Span] = field(default_factory=dict)

    def span(self, parameter: str | None, otherwise: Span) -> Span:
        """Where to point for a problem with an argument."""
        return self.spans.get(parameter or "", otherwise)


def configure(
    call: tree.Expr, cls: type[D], evaluate: Evaluate, context: Context = ()
) -> Configured[D]:
    """The object of class `cls` that `call`, a name or a call of it, stands for.

    Every argument is evaluated by `evaluate` and checked by `cls`; where some are wrong, SpecError
    carries a diagnostic for each. Skip is raised where the only thing wrong was reported already.
    """
    found = _Configuration(call, cls, evaluate, context).run()
    note_object(found.made, call)
    return found


class _Configuration(Generic[D]):
    def __init__(self, call: tree.Expr, cls: type[D], evaluate: Evaluate, context: Context) -> None:
        self.call = call
        self.cls = cls
        self.evaluate = evaluate
        self.context = context
        self.found: list[Diagnostic] = []
        self.values: dict[str, Static] = {}
        self.several: list[Static] = []
        """The values of the variadic argument."""
        self.spans: dict[str, Span] = {}
        self.failed: set[str] = set()
        self.skipped = False
        self.spoiled = False
        """Whether something is wrong with the arguments, before they are checked together."""

    def run(self) -> Configured[D]:
        arguments = self.call.arguments if isinstance(self.call, tree.Call) else ()
        self.read_positional([a.value for a in arguments if a.name is None])
        for a in arguments:
            if a.name is not None:
                self.read_named(a.name, a.value)
        self.report_missing()
        made = self.bind()
        if self.found:
            raise SpecError(*self.found)
        if self.skipped or made is None:
            raise Skip
        return Configured(made, self.origins(), self.spans)

    # -- reading

    def read_positional(self, given: list[tree.Expr]) -> None:
        variadic = self.cls.variadic
        if variadic is not None and given:
            self.spans[variadic] = given[0].span.to(given[-1].span)
            values = [self.value(variadic, e) for e in given]
            self.several = [v for v in values if v is not None]
            return
        names = self.cls.positional
        if len(given) > len(names):
            self.too_many(given)
        for name, e in zip(names, given, strict=False):
            self.keep(name, e)

    def read_named(self, name: tree.Name, e: tree.Expr) -> None:
        known = self.cls.arguments()
        if name.id not in known and self.cls.further is None:
            owner = self.cls.kind()
            other = instead(name.id, owner, known)
            near = None if other else suggested(name.id, known)
            wrong = UnknownArgument(name.span, name.id, owner, known, near, other)
            self.found.append(wrong)
        elif name.id in self.spans:
            what = f"`{name.id}` is given twice"
            self.found.append(WrongArgumentCount(name.span, what))
        else:
            self.keep(name.id, e)

    def keep(self, name: str, e: tree.Expr) -> None:
        self.spans[name] = e.span
        value = self.value(name, e)
        if value is not None:
            self.values[name] = value

    def value(self, name: str, e: tree.Expr) -> Static | None:
        try:
            return self.evaluate(name, e)
        except SpecError as error:
            self.found.extend(error.diagnostics)
        except Skip:
            self.skipped = True
        self.failed.add(name)
        return None

    # -- checking

    def too_many(self, given: list[tree.Expr]) -> None:
        allowed = len(self.cls.positional)
        rest = [a for a in self.cls.arguments() if a not in self.cls.positional]
        count = "no argument" if allowed == 0 else f"{allowed} argument{'s' * (allowed > 1)}"
        what = f"{self.cls.kind()} takes {count} without a name, got {len(given)}"
        hint = f"write the others with their names: {', '.join(rest)}" if rest else ""
        if not rest and not allowed and isinstance(given[0], tree.Name):
            hint = f"a tensor goes through a layer in a chain: `{given[0].id} -> {self.cls.kind()}`"
        self.found.append(WrongArgumentCount(given[allowed].span, what, hint))

    def report_missing(self) -> None:
        fields = self.cls.model_fields
        required = {f.removesuffix("_") for f, info in fields.items() if info.is_required()}
        given = self.spans.keys()
        missing = tuple(a for a in self.cls.arguments() if a in required and a not in given)
        if missing:
            self.found.append(MissingArgument(self.call.span, self.cls.kind(), missing))
            self.failed.update(missing)

    def bind(self) -> D | None:
        self.spoiled = bool(self.found or self.failed)
        try:
            return self.cls.bind(
                [v.value for v in self.several], {n: v.value for n, v in self.values.items()}
            )
        except BadArguments as error:
            for problem in error.problems:
                self.report(problem)
        return None

    def report(self, problem: Problem) -> None:
        name = problem.parameter
        # what is missing, or has no value, is reported already, and so is what the whole lacks
        if name in self.failed or (name is None and self.spoiled):
            return
        span = self.spans.get(name or "", self.call.span)
        help = problem.help or self.near_word(name or "")
        kind = self.cls.kind()
        self.found.append(BadValue(span, self.context, kind, problem.what, help))

    def near_word(self, name: str) -> str:
        """The word that a misspelt one most likely means; nothing for one that the language has."""
        given = self.values.get(name)
        if given is None or not isinstance(given.value, str) or ops.lookup(given.value):
            return ""
        near = nearest(given.value, self.cls.words(name))
        return f"did you mean `{near}`?" if near else ""

    def origins(self) -> dict[str, Expr]:
        found = {n: v.origin for n, v in self.values.items()}
        parts = [v.origin for v in self.several]
        if self.cls.variadic is not None and parts and None not in parts:
            found[self.cls.variadic] = Term("tuple", tuple(p for p in parts if p is not None))
        return {n: o for n, o in found.items() if o is not None}
