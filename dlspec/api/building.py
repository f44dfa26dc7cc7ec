"""A model in memory: the classes of the program that a spec is compiled to, run here."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from dlspec.diagnostics import SpecError
from dlspec.diagnostics.tools import CannotBuild
from dlspec.expr import fixed
from dlspec.graph.draw import chosen
from dlspec.ir.document import program_hash
from dlspec.ir.model import ModelIR
from dlspec.ir.program import Program
from dlspec.passes.batch import batched
from dlspec.passes.layout import channels_last
from dlspec.pipeline import Result, check
from dlspec.pipeline.compile import Request, compiled
from dlspec.pipeline.counts import given
from dlspec.pipeline.stages import Names
from dlspec.source import Source
from dlspec.tensor import Tensor

FILES = ("weights", "recipe", "model", "checkpoint")
"""The files of a program that make a model and draw its weights, in the order of their imports."""
OWN = "dlspec_build"
"""The name of what is added to a spec without training."""


def build(
    result: Result,
    spec: Path,
    settings: tuple[str, ...],
    classes: Names,
    backend: str,
    model: str,
    train: str,
    seed: int | None,
) -> Any:
    """The model with its first weights. Raises SpecError."""
    source, program = result.source, result.program
    assert source is not None and program is not None
    name = train if train else _train(program, model)
    if name is None:
        name = OWN
        source, program = _with_train(source, settings, chosen(program, model))
    else:
        whole = given(result, spec, settings, name) if name in program.trains else result
        assert whole.source is not None and whole.program is not None
        source, program = whole.source, whole.program
    request = Request(spec, source, program, spec.parent, backend, name, settings, classes)
    files = compiled(request)
    start = f"dlspec_{backend}_{program_hash(program)[:12]}"
    modules = loaded({f: files[f"{f}.py"] for f in FILES}, start, backend)
    if "FOLDER" in vars(modules["weights"]):
        vars(modules["weights"])["FOLDER"] = spec.parent  # where its files of weights lie
    made = _model_class(modules["model"])()
    if backend == "keras":
        _called_on_symbols(made, modules["checkpoint"].keras, program.trained[name])
    first = program.trains[name].seed if seed is None else seed
    modules["checkpoint"].initialise(made, first)
    return made


def _train(program: Program, model: str) -> str | None:
    """The `train` block whose model is meant: the first one of that name."""
    wanted = chosen(program, model).name
    return next((n for n, m in program.trained.items() if m.name == wanted), None)


# --- a spec without training ------------------------------------------------------------------


def _with_train(
    source: Source, settings: tuple[str, ...], model: ModelIR
) -> tuple[Source, Program]:
    """The spec with a `train` block that nobody runs, since programs are those of one."""
    outputs = {n: t for n, t in model.root.outputs if n is not None and t.dtype == "f32"}
    if not outputs:
        raise SpecError(CannotBuild(None, model.name))
    output, target = next(iter(outputs.items()))
    fields = [f'  field {n}: {_longest(t)} = column("{n}")' for n, t in model.root.inputs]
    name = f"{OWN}_target"
    text = "\n".join(
        [
            source.text,
            f"data {OWN} {{",
            '  source = npz("none.npz"); split = all',
            *fields,
            f'  field {name}: {_longest(target)} = column("{name}")',
            "}",
            f"train {OWN} {{",
            f"  data = {OWN}; model = {model.name}(); loss = MSE({output}, {name})",
            "  optimizer = SGD(lr=0.1); epochs = 1",
            "}",
        ]
    )
    made = check(Source(source.name, text, source.imported), settings, runs=False)
    if made.program is None or made.source is None:
        raise SpecError(CannotBuild(None, model.name))
    return made.source, made.program


def _longest(t: Tensor) -> str:
    """A type with the bounds of its dynamic sizes: fields have fixed ones."""
    return t.written(lambda n: str(int(n)))


# --- modules ----------------------------------------------------------------------------------


def loaded(files: Mapping[str, str], start: str, backend: str) -> dict[str, ModuleType]:
    """The files of a program as modules, whose sources Python can show. They import each other by
    their own names, which are nobody else's: those are taken back."""
    before = {name: sys.modules.get(name) for name in files}
    found: dict[str, ModuleType] = {}
    try:
        for name, text in files.items():
            path = f"<{start}/{name}.py>"
            module = found[name] = ModuleType(f"{start}_{name}")
            module.__file__ = path
            linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
            sys.modules[module.__name__] = sys.modules[name] = module
            exec(compile(text, path, "exec"), module.__dict__)
    except ImportError as error:
        extra = backend if backend == "torch" else f"{backend}-cpu"
        error.add_note(f'to build models: pip install "dlspec[{extra}]"')
        raise
    finally:
        for name, module_before in before.items():
            if module_before is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module_before
    return found


def _model_class(module: ModuleType) -> Any:
    """The model's class: the last one, since those that it uses stand above it."""
    own = (c for c in vars(module).values() if getattr(c, "__module__", "") == module.__name__)
    return [c for c in own if isinstance(c, type)][-1]


def _called_on_symbols(made: Any, keras: Any, model: ModelIR) -> None:
    """Makes the variables of a Keras model, which its first call does."""
    dtypes = {"i32": "int32", "i64": "int64", "bool": "bool", "class": "int32"}
    symbols = {
        name: keras.KerasTensor((None, *map(_size, t.stored)), dtypes.get(t.dtype))
        for name, t in channels_last(batched(model)).root.inputs
    }
    made(symbols if len(symbols) > 1 else next(iter(symbols.values())))


def _size(n: int) -> int | None:
    return int(n) if fixed(n) else None
