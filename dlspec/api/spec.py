"""A spec in Python: checked, summarised, drawn, compiled, built."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlspec.api.errors import SpecError, told
from dlspec.diagnostics import Diagnostic
from dlspec.ir.program import Program
from dlspec.pipeline import Result, check
from dlspec.pipeline.stages import Names, counts

if TYPE_CHECKING:
    from dlspec.api.views import Picture, Summary

Settings = Mapping[str, object] | Sequence[str]


def load(
    path: str | os.PathLike[str],
    *,
    set: Settings = (),
    lock: str | os.PathLike[str] | None = None,
) -> Spec:
    """The spec in a file.

    `set` overrides parameters as `--set` does: `{"lr": 1e-2, "Net.act": "GELU"}`, or texts as on
    the command line; a string is text of the language, so that of a `str` parameter has quotes of
    its own. `lock` is the lock file of a run, for the classes that only the data tells. The file is
    read by each question, so that what was saved meanwhile counts.
    """
    return Spec(Path(path), _texts(set), Path(lock) if lock is not None else None)


def _texts(given: Settings) -> tuple[str, ...]:
    if isinstance(given, str):
        raise TypeError("`set` takes a mapping, or a list of texts such as 'lr=1e-2'")
    if not isinstance(given, Mapping):
        return tuple(given)
    words = {True: "true", False: "false", None: "none"}
    return tuple(f"{n}={words[v] if isinstance(v, bool | None) else v}" for n, v in given.items())


class Spec:
    """A spec with its settings. Whatever it is asked raises `dlspec.SpecError` where it has
    errors."""

    def __init__(self, path: Path, settings: tuple[str, ...], lock: Path | None) -> None:
        self.path = path
        self.settings = settings
        self.lock = lock

    def __repr__(self) -> str:
        given = "".join(f", {s}" for s in self.settings)
        return f"<spec {self.path.as_posix()}{given}>"

    def check(self) -> Checked:
        """Checks the spec; the answer has what is to be said of it although it has no error."""
        return Checked(self.path, self._result())

    @property
    def program(self) -> Program:
        """The spec in the published form, with everything known."""
        program = self._result().program
        assert program is not None
        return program

    def summary(self) -> Summary:
        """The layers of each model, what they cost, and every default: a table in a notebook."""
        from dlspec.api.views import Summary
        from dlspec.pipeline.counts import with_others

        program, known = self.program, counts(self._classes())
        others = with_others(
            program, known, lambda classes: check(self.path, self.settings, classes).program
        )
        return Summary(program, others)

    def graph(self, model: str = "", depth: int | None = None) -> Picture:
        """A picture of a model, the only one where none is named; in a notebook it is shown, and
        its blocks fold. `depth` says how deep they are unfolded at first."""
        from dlspec.api.views import Picture
        from dlspec.graph.draw import chosen

        program = self.program
        with told():
            return Picture(chosen(program, model), self.path.name, depth)

    def compile(
        self,
        backend: str,
        folder: str | os.PathLike[str],
        *,
        train: str = "",
        force: bool = False,
    ) -> Path:
        """Writes the program of a `train` block for `torch` or `keras`; returns the folder."""
        from dlspec.diagnostics.files import reported
        from dlspec.emit.files import write_tree
        from dlspec.pipeline.compile import Request, chosen_train, compiled
        from dlspec.pipeline.counts import given

        out = Path(folder)
        classes = self._classes(train)
        result = self._result()
        assert result.program is not None
        with told():
            block = chosen_train(result.program, train)
            result = given(result, self.path, self.settings, block.name)
            assert result.program is not None and result.source is not None
            files = compiled(
                Request(
                    self.path,
                    result.source,
                    result.program,
                    out,
                    backend,
                    train,
                    self.settings,
                    classes,
                )
            )
            with reported():
                write_tree(out, files, force=force)
        return out

    def build(
        self, backend: str = "torch", *, model: str = "", train: str = "", seed: int | None = None
    ) -> Any:
        """A model in memory, an `nn.Module` or a `keras.Model`: the class of the compiled program,
        with the weights that a training starts with. `seed` draws others."""
        from dlspec.api.building import build

        classes = self._classes(train)
        result = self._result()
        with told():
            return build(result, self.path, self.settings, classes, backend, model, train, seed)

    def _result(self) -> Result:
        """The checked spec, without errors."""
        classes = counts(self._classes())
        with told():
            result = check(self.path, self.settings, classes)
            if result.program is None:
                raise SpecError(*result.diagnostics)
            return result

    def _classes(self, train: str = "") -> Names:
        """The names of the classes that the lock file has, by data and field."""
        if self.lock is None:
            return {}
        from dlspec.pipeline.counts import locked

        with told():
            program = check(self.path, self.settings).program
            if program is None or not program.trains:
                return {}
            return locked(program, self.lock, train)


class Checked:
    """A spec without errors: what it holds, and its warnings."""

    def __init__(self, path: Path, result: Result) -> None:
        self.path = path
        self.result = result

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        return self.result.diagnostics

    def __repr__(self) -> str:
        from dlspec.cli.check import content
        from dlspec.render.caret import caret

        said = f"\n\n{caret(self.warnings)}" if self.warnings else ""
        return f"{self.path.as_posix()}: {content(self.result)}{said}"
