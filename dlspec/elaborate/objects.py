"""Objects of a recipe from what a spec writes: looked up by their place, evaluated, configured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from dlspec import recipe
from dlspec.diagnostics import Diagnostic, SpecError, nearest
from dlspec.diagnostics.names import UnknownName
from dlspec.diagnostics.recipe import WrongSetting
from dlspec.diagnostics.uses import Misplaced, NotInThisVersion
from dlspec.elaborate.configured import Configured, configure
from dlspec.elaborate.evaluate import Evaluator, Skip
from dlspec.elaborate.kinds import ungrouped
from dlspec.elaborate.values import Scope, describe
from dlspec.expr import Static
from dlspec.recipe.base import Recipe
from dlspec.syntax import tree

LATER: dict[str, frozenset[str]] = {
    "loss": frozenset("L1 L2 Focal Cosine Hinge Triplet NLL".split()),
    "metric": frozenset("AUC MeanIoU WER BLEU Perplexity MeanAveragePrecision".split()),
    "optimizer": frozenset("Adagrad Adadelta Adafactor FTRL Lion Nadam Adamax LAMB".split()),
    "schedule": frozenset("exponential multistep plateau rsqrt onecycle".split()),
    "source": frozenset("parquet text audio sql huggingface coco".split()),
    "transform": frozenset(
        "Normalize CenterCrop Letterbox LogMel Words WordPiece SentencePiece Characters".split()
    ),
    "augmentation": frozenset("RandomCrop RandomResizedCrop SpecAugment".split()),
    "split": frozenset({"column", "folders"}),
    "quantize": frozenset({"dynamic", "float16", "int16"}),
}
"""Names of the language that a later version compiles, by their place."""

Spelled = Callable[[str, tree.Expr], Any]
"""The value of an argument that names something of the spec; raises SpecError."""


class Objects:
    """Makes values and objects of a recipe, in the scope of a file, and collects what is wrong."""

    def __init__(self, evaluator: Evaluator, scope: Scope) -> None:
        self.evaluator = evaluator
        self.scope = scope
        self.problems: list[Diagnostic] = []
        self.skipped = 0
        """How often something was left out because what it needs is broken."""

    @property
    def broken(self) -> int:
        """How much is wrong so far: what is built while it grows has errors."""
        return self.skipped + sum(p.severity == "error" for p in self.problems)

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Keeps the problems of what is done inside, and goes on behind it."""
        try:
            yield
        except SpecError as error:
            self.problems.extend(error.diagnostics)
        except Skip:
            self.skipped += 1

    def value(self, e: tree.Expr) -> Any:
        """The value of an expression; a word that nothing defines stands for itself."""
        return self.evaluator.value(e, self.scope, words=True).value

    def object(self, place: str, e: tree.Expr, spelled: Spelled | None = None) -> Configured[Any]:
        """The object that stands at a place. Raises SpecError."""
        name = callee(e)
        if name is None:
            expected = f"one of {', '.join(recipe.table(place))}"
            raise SpecError(WrongSetting(e.span, place, expected, "something else"))
        cls = recipe.lookup(place, name.id)
        if cls is None:
            raise SpecError(self.unknown(place, name))
        return self.configured(cls, e, spelled)

    def configured(
        self, cls: type[Recipe], e: tree.Expr, spelled: Spelled | None = None
    ) -> Configured[Any]:
        """An object of a class that is known already."""

        def argument(name: str, value: tree.Expr) -> Static:
            if name in cls.spelled and spelled is not None:
                return Static(spelled(name, value))
            return self.evaluator.value(value, self.scope, words=bool(cls.words(name)))

        return configure(ungrouped(e), cls, argument)

    def unknown(self, place: str, name: tree.Name) -> Diagnostic:
        """Why a name cannot stand at a place."""
        if name.id in LATER.get(place, ()):
            return NotInThisVersion(name.span, f"the {_what(place)} `{name.id}`")
        known = recipe.table(place)
        others = [p for p in recipe.places_of(name.id) if p != place]
        if others:
            hint = f"here stands one of {', '.join(known)}"
            return Misplaced(name.span, f"the {_what(others[0])} `{name.id}`", HERE[place], hint)
        return UnknownName(name.span, name.id, _what(place), nearest(name.id, known))

    def wrong(self, name: str, e: tree.Expr, expected: str, hint: str = "") -> SpecError:
        """A setting whose value is of another kind."""
        try:
            value = self.value(e)
            found = f"`{e.span.text}`" if isinstance(value, str) else describe(value)
        except (SpecError, Skip):
            found = ""
        return SpecError(WrongSetting(e.span, name, expected, found, hint))


HERE = {
    "loss": "a loss",
    "metric": "a list of metrics",
    "optimizer": "`optimizer`",
    "schedule": "a schedule",
    "early_stop": "`early_stop`",
    "batch": "`batch`",
    "frozen": "`frozen`",
    "source": "`source`",
    "windows": "the way behind a source",
    "transform": "a field",
    "augmentation": "`augment`",
    "split": "`split`",
    "quantize": "`quantize`",
    "strategy": "`strategy`",
}


def _what(place: str) -> str:
    return {"early_stop": "rule to stop", "quantize": "quantization"}.get(place, place)


def callee(e: tree.Expr) -> tree.Name | None:
    """The name that is configured: `Adam` in `Adam`, `Adam(lr=1)` and `(Adam)`."""
    match ungrouped(e):
        case tree.Name() as name:
            return name
        case tree.Call(callee=tree.Name() as name):
            return name
    return None


def stages(e: tree.Expr) -> tuple[tree.Expr, tuple[tree.Stage, ...]]:
    """What a chain begins with, and its stages."""
    return (e.head, e.stages) if isinstance(e, tree.Chain) else (e, ())


def plain(stage: tree.Stage) -> tree.Expr:
    """A stage of a recipe, which is neither repeated nor named. Raises SpecError."""
    for extra in (stage.count, stage.name):
        if extra is not None:
            what = "a repeat" if extra is stage.count else "`as`"
            raise SpecError(Misplaced(extra.span, what, "a recipe"))
    return stage.layer


def dotted(e: tree.Expr) -> str | None:
    """`val.loss` as text; None for anything but names and dots."""
    match e:
        case tree.Name(id=name):
            return name
        case tree.Attribute(value=value, name=tree.Name(id=name)):
            before = dotted(value)
            return f"{before}.{name}" if before else None
    return None
