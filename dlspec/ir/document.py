"""The published form of a program: JSON, its schema, and the hash that says what it means."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from dlspec.expr import Const, Ref, Static, Term
from dlspec.ir.model import Node
from dlspec.ir.program import FORMAT, Program
from dlspec.ir.values import origin_document, plain
from dlspec.recipe.base import Recipe
from dlspec.tensor import Tensor

SILENT = frozenset({"line", "home", "doc", "format", "text"})
"""The fields that say where something stands or how it was written: no program depends on them."""


def document(program: Program) -> dict[str, Any]:
    """The program as JSON values; `read` is its inverse, but for layers passed as parameters,
    which stand as the text of the spec."""
    return program.model_dump(mode="json")


def read(found: dict[str, Any]) -> Program:
    """The program of a document. Raises ValueError for another format, or no document."""
    form = found.get("format")
    if form != FORMAT:
        raise ValueError(f"format {form} of the IR; this version of dlspec reads {FORMAT}")
    return Program.model_validate(found)


def schema() -> dict[str, Any]:
    """The JSON Schema of a document."""
    made = Program.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def program_hash(program: Program) -> str:
    """SHA-256 of what a program means: without lines, documentation and the name of its file."""
    text = json.dumps(
        meaning(program.model_copy(update={"name": ""})), sort_keys=True, separators=(",", ":")
    )
    return hashlib.sha256(text.encode()).hexdigest()


def meaning(value: Any) -> Any:
    """A part of a program as JSON values, without what no program depends on."""
    match value:
        case Node():
            fields = (f for f in type(value).model_fields if f not in SILENT)
            return {f: meaning(getattr(value, f)) for f in fields}
        case {"$layer": str(text)}:
            return {"$layer": "".join(text.split())}  # its text, however it is laid out
        case dict():
            return {k: meaning(v) for k, v in value.items()}
        case list() | tuple():
            return [meaning(v) for v in value]
        case Tensor():
            return str(value)
        case Static():
            return [meaning(value.value), origin_document(value.origin)]
        case Const() | Ref() | Term():
            return origin_document(value)
        case Recipe():
            return value.to_json()
        case _:
            found = plain(value)
            return found if not isinstance(found, dict) else meaning(found)
