"""From a configured name in a spec (`Conv2D(8, 3)`, `AdamW(lr=lr)`, `ReLU`) to the object."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from dlspec.declared import BadArguments, Declared, Problem
from dlspec.diagnostics import Diagnostic, SpecError, nearest
from dlspec.diagnostics.names import MissingArgument, UnknownArgument, WrongArgumentCount
from dlspec.diagnostics.shapes import Context
from dlspec.diagnostics.values import BadValue
from dlspec.elaborate.evaluate import Skip
from dlspec.expr import Expr, Static, Term
from dlspec.source import Span
from dlspec.syntax import tree

D = TypeVar("D", bound=Declared)

Evaluate = Callable[[str, tree.Expr], Static]
"""The value of an argument, given the argument's name (that of the variadic field for each of its
values) and its expression. Raises SpecError, or Skip if what is wrong was reported already."""


@dataclass(frozen=True)
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
    return _Configuration(call, cls, evaluate, context).run()


class _Configuration(Generic[D]):
    def __init__(self, call: tree.Expr, cls: type[D], evaluate: Evaluate, context: Context) -> None:
        self.call = call
        self.cls = cls
        self.evaluate = evaluate
        self.context = context
        self.found: list[Diagnostic] = []
        self.positional: list[Static] = []
        self.named: dict[str, Static] = {}
        self.spans: dict[str, Span] = {}
        self.failed: set[str] = set()
        self.skipped = False

    def run(self) -> Configured[D]:
        arguments = self.call.arguments if isinstance(self.call, tree.Call) else ()
        given = tuple(a for a in arguments if a.name is None)
        self.read_positional(given)
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

    def read_positional(self, given: tuple[tree.Argument, ...]) -> None:
        cls = self.cls
        if cls.variadic is not None:
            names = (cls.variadic,) * len(given)
        else:
            names = cls.positional[: len(given)]
            if len(given) > len(names):
                self.too_many(given)
        for name, a in zip(names, given, strict=False):
            earlier = self.spans.get(name)
            self.spans[name] = earlier.to(a.value.span) if earlier else a.value.span
            value = self.value(name, a.value)
            if value is not None:
                self.positional.append(value)

    def read_named(self, name: tree.Name, e: tree.Expr) -> None:
        if name.id not in self.cls.arguments():
            known = self.cls.arguments()
            near = nearest(name.id, known)
            kind = self.cls.kind()
            self.found.append(UnknownArgument(name.span, name.id, kind, known, near))
        elif name.id in self.spans:
            what = f"`{name.id}` is given twice"
            self.found.append(WrongArgumentCount(name.span, what))
        else:
            self.spans[name.id] = e.span
            value = self.value(name.id, e)
            if value is not None:
                self.named[name.id] = value

    def value(self, name: str, e: tree.Expr) -> Static | None:
        try:
            return self.evaluate(name, e)
        except SpecError as error:
            self.found.extend(error.diagnostics)
        except Skip:
            self.skipped = True
        self.failed.add(name)
        return None

    def too_many(self, given: tuple[tree.Argument, ...]) -> None:
        allowed = len(self.cls.positional)
        rest = [a for a in self.cls.arguments() if a not in self.cls.positional]
        count = "no argument" if allowed == 0 else f"{allowed} argument{'s' * (allowed > 1)}"
        what = f"{self.cls.kind()} takes {count} without a name, got {len(given)}"
        hint = f"write the others with their names: {', '.join(rest)}" if rest else ""
        self.found.append(WrongArgumentCount(given[allowed].value.span, what, hint))

    def required(self) -> tuple[str, ...]:
        fields = self.cls.model_fields
        names = {f.removesuffix("_") for f, info in fields.items() if info.is_required()}
        return tuple(a for a in self.cls.arguments() if a in names)

    def report_missing(self) -> None:
        missing = tuple(n for n in self.required() if n not in self.spans)
        if missing:
            self.found.append(MissingArgument(self.call.span, self.cls.kind(), missing))
            self.failed.update(missing)

    def bind(self) -> D | None:
        named = {n: s.value for n, s in self.named.items()}
        positional = [s.value for s in self.positional]
        if self.cls.variadic is None:
            # one that failed leaves a gap, so all go by their names
            given = [n for n in self.cls.positional if n in self.spans and n not in named]
            given = [n for n in given if n not in self.failed]
            named |= dict(zip(given, positional, strict=True))
            positional = []
        elif self.cls.variadic in self.failed:
            positional = []
        try:
            return self.cls.bind(positional, named)
        except BadArguments as error:
            for problem in error.problems:
                self.report(problem)
        return None

    def report(self, problem: Problem) -> None:
        name = problem.parameter
        if name in self.failed or (name is None and self.failed):
            return
        span = self.spans.get(name or "", self.call.span)
        kind = self.cls.kind()
        help = problem.help or self.near_word(name)
        self.found.append(BadValue(span, self.context, kind, problem.what, help))

    def near_word(self, name: str | None) -> str:
        """The word that a misspelt one most likely means."""
        words = self.cls.words(name) if name is not None else ()
        value = self.named.get(name or "")
        if not words or value is None or not isinstance(value.value, str):
            return ""
        near = nearest(value.value, words)
        return f"did you mean `{near}`?" if near else ""

    def origins(self) -> dict[str, Expr]:
        found = {n: s.origin for n, s in self.named.items()}
        if self.cls.variadic is not None:
            parts = [s.origin for s in self.positional]
            if parts and all(p is not None for p in parts):
                found[self.cls.variadic] = Term("tuple", tuple(p for p in parts if p is not None))
        else:
            given = [n for n in self.cls.positional if n in self.spans and n not in self.named]
            found |= {n: s.origin for n, s in zip(given, self.positional, strict=True)}
        return {n: o for n, o in found.items() if o is not None}
