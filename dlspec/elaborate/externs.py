"""`extern fn`, `layer` and `source`: what a file declares, before any use of it.

Python is named and never imported here: a check runs no code of anyone's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from keyword import iskeyword

from dlspec.diagnostics import Diagnostic
from dlspec.diagnostics.externs import BadFunction, NoFunction
from dlspec.diagnostics.names import AlreadyDefined
from dlspec.diagnostics.uses import Misplaced, NoOutput
from dlspec.elaborate.settings import Kind, head, read
from dlspec.elaborate.signatures import is_tensor
from dlspec.emit.python import LOCAL
from dlspec.frozen import frozen
from dlspec.syntax import tree

BACKENDS = ("torch", "keras")
FN = Kind(name="extern", settings=BACKENDS, required=(), later={})
LAYER = Kind(
    name="extern",
    settings=BACKENDS,
    required=(),
    later={},
    statements=(tree.Input, tree.Let, tree.Output, tree.Bare),
)
SOURCE = Kind(name="extern", settings=("python",), required=(), later={}, statements=(tree.Field,))
KINDS = {"fn": FN, "layer": LAYER, "source": SOURCE}
NAME = r"[A-Za-z_][A-Za-z0-9_]*"
PATH = re.compile(rf"{NAME}(\.{NAME})*:{NAME}")
LONGEST = 200


@frozen
class Declared:
    """What an `extern` declares, and what is wrong with it."""

    made: tree.Fn | tree.Definition
    problems: tuple[Diagnostic, ...]


def declared(s: tree.Extern) -> Declared:
    """An `extern fn` as a function, an `extern layer` as a block, an `extern source` as a function
    with its fields for a body."""
    found = read(s, KINDS[s.kind])
    problems = list(found.problems)
    functions: list[tuple[str, str]] = []
    for backend, written in found.values.items():
        path = written.value.value if isinstance(written.value, tree.Literal) else None
        reason = wrong(path)
        if reason:
            problems.append(BadFunction(written.value.span, written.value.span.text, reason))
        else:
            functions.append((backend, str(path)))
    if not found.values and not problems:
        problems.append(NoFunction(head(s), s.kind, s.name.id))
    if s.kind == "fn":
        for r in s.returns:
            if not is_tensor(r):
                hint = "Python runs with the program; a `fn` of numbers is evaluated before"
                problems.append(Misplaced(r.span, "a number", "what an `extern` gives", hint))
        python = tree.Python(s.span, tuple(functions), s.returns)
        body = tree.Body(s.body.span, ())
        fn = tree.Fn(s.span, s.name, s.parameters, s.returns, body, s.doc, python)
        return Declared(fn, tuple(problems))
    if s.kind == "source":
        problems.extend(_source_problems(s, found.statements))
        python = tree.Python(s.span, tuple(functions), ())
        body = tree.Body(s.body.span, tuple(found.statements))
        fn = tree.Fn(s.span, s.name, s.parameters, (), body, s.doc, python)
        return Declared(fn, tuple(problems))
    problems.extend(_layer_problems(s, found.statements))
    outputs = tuple(o.type for o in found.statements if isinstance(o, tree.Output) and o.type)
    python = tree.Python(s.span, tuple(functions), outputs)
    kept = tuple(o for o in found.statements if not isinstance(o, tree.Output))
    body = tree.Body(s.body.span, kept)
    block = tree.Definition(s.span, "block", s.name, s.parameters, body, s.doc, python)
    return Declared(block, tuple(problems))


def _layer_problems(s: tree.Extern, statements: list[tree.Statement]) -> Iterator[Diagnostic]:
    """What an `extern layer` may not say."""
    for p in s.parameters:
        inner = [d.id for group in p.type.groups for d in group if isinstance(d, tree.Name)]
        if is_tensor(p.type):
            hint = f"tensors are inputs: `input {p.name.id}: {p.type.span.text}`"
            yield Misplaced(p.span, "a tensor", "the parameters of an `extern layer`", hint)
        elif "layer" in (p.type.name.id, *inner):
            hint = "a Python function takes tensors and numbers"
            yield Misplaced(p.span, "a layer", "the parameters of an `extern layer`", hint)
    for o in statements:
        match o:
            case tree.Let(value=tree.Call(callee=tree.Name(id="Parameter" | "Buffer"))):
                pass
            case tree.Let():
                hint = "its weights are arrays: `let kernel = Parameter(f32[8], init=zeros)`"
                yield Misplaced(head(o), "a layer", "an `extern layer`", hint)
            case tree.Output(value=value, type=type_) if value is not None or type_ is None:
                hint = "Python computes it: write its type alone, `output y: f32[C]`"
                yield Misplaced(head(o), "a value", "the output of an `extern layer`", hint)
    if not any(isinstance(o, tree.Input) for o in statements):
        hint = "say what it reads: `input x: f32[C, H, W]`"
        yield Misplaced(head(s), "an `extern layer` without `input`", "a spec", hint)
    if not any(isinstance(o, tree.Output) for o in statements):
        yield NoOutput(s.name.span, "extern layer", s.name.id)


def _source_problems(s: tree.Extern, statements: list[tree.Statement]) -> Iterator[Diagnostic]:
    """What an `extern source` may not say."""
    for p in s.parameters:
        if is_tensor(p.type) or p.type.name.id == "layer":
            hint = "numbers, strings and lists of them: `path: str`"
            yield Misplaced(p.span, "this", "the parameters of an `extern source`", hint)
    first: dict[str, tree.Name] = {}
    for o in statements:
        if isinstance(o, tree.Field) and o.value is not None:
            hint = "Python gives it: write its type alone, `field x: f32[8]`"
            yield Misplaced(o.value.span, "a value", "a field of an `extern source`", hint)
        for name, _ in o.fields if isinstance(o, tree.Field) else ():
            if name.id in first:
                yield AlreadyDefined(name.span, name.id, "field", first[name.id].span)
            first.setdefault(name.id, name)
    if not first:
        hint = "say what a row has: `field x: f32[8]`"
        yield Misplaced(head(s), "an `extern source` without `field`", "a spec", hint)


def wrong(path: object) -> str:
    """Why a text cannot name a Python function; nothing where it can."""
    if not isinstance(path, str):
        return "it stands in double quotes"
    if len(path) > LONGEST or not PATH.fullmatch(path):
        return "it is the names of packages and a module, a colon, and the name of a function"
    reserved = next((n for n in re.split("[.:]", path) if iskeyword(n)), None)
    if reserved is not None:
        return f"`{reserved}` is a word of Python's own"
    first = re.split("[.:]", path)[0]
    if first in LOCAL:
        return f"a program has a module `{first}` of its own: put yours in a package"
    return ""
