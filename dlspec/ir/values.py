"""How values of the compiler stand in the published IR: ops, types, arithmetic, layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema
from pydantic_core import core_schema

from dlspec import length, ops, recipe
from dlspec.expr import Const, Expr, Ref, Size, Static, Term, fixed
from dlspec.ops.base import Op
from dlspec.ops.constraints import CONSTRAINTS, Constraint
from dlspec.ops.init import INITS, Init
from dlspec.recipe.base import Recipe
from dlspec.recipe.losses import Loss
from dlspec.tensor import Tensor
from dlspec.units import Quantity

# --- ops --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Configured:
    """`{"kind": "Conv2D", "channels": 32, ...}`: the arguments, defaults too."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self.read,
            serialization=core_schema.plain_serializer_function_ser_schema(configured),
        )

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": {"kind": {"enum": [*ops.names(), *ops.of_objectives(), *ops.DECLARED]}},
            "required": ["kind"],
            "description": "A layer or function; the other properties are its arguments.",
        }

    def read(self, value: Any) -> Op:
        if isinstance(value, Op):
            return value
        cls = ops.of_kind(value["kind"]) if isinstance(value, dict) and "kind" in value else None
        if cls is None:
            raise ValueError("not a layer or function")
        return cls.model_validate({k: v for k, v in value.items() if k != "kind"}, strict=False)


def configured(op: Op | Init | Constraint) -> dict[str, Any]:
    """An op or initialiser with its kind and its arguments."""
    return {"kind": op.kind(), **op.model_dump(mode="json")}


AnyOp = Annotated[Op, _Configured()]

# --- the recipe -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class At:
    """Annotates a field that holds an object of the recipe: one that may stand at this place."""

    place: str

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self.read,
            serialization=core_schema.plain_serializer_function_ser_schema(Recipe.to_json),
        )

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        kinds = [*recipe.table(self.place), *recipe.DECLARED.get(self.place, ())]
        return {
            "type": "object",
            "properties": {"kind": {"enum": kinds}},
            "required": ["kind"],
            "description": f"A {self.place}; the other properties are its arguments.",
        }

    def read(self, value: Any) -> Recipe:
        if isinstance(value, Recipe):
            return value
        if not isinstance(value, dict) or "kind" not in value:
            raise ValueError(f"not a {self.place}")
        cls = recipe.of_kind(self.place, value["kind"])
        if cls is None:
            raise ValueError(f"no {self.place} is called {value['kind']}")
        return cls.from_json({k: v for k, v in value.items() if k != "kind"})


AnyLoss = Annotated[Loss, At("loss")]


# --- types ------------------------------------------------------------------------------------


Type = Annotated[
    Tensor,
    PlainValidator(length.read_type),
    PlainSerializer(length.written_type, return_type=str),
    WithJsonSchema({"type": "string", "description": "A type, for one example: `f32[1, 8, 8]`."}),
]
"""A type as it is written in a spec; of a dynamic size the bound too: `i32[T <= 512]`."""


def _read_extent(value: Any) -> int:
    return length.read(value) if isinstance(value, str) else int(value)


Extent = Annotated[
    int,
    PlainValidator(_read_extent),
    PlainSerializer(lambda n: int(n) if fixed(n) else length.written(n)),
    WithJsonSchema({"type": ["integer", "string"], "description": "A size, or `T <= 512`."}),
]
"""A size; a dynamic one with its bound."""


# --- arithmetic -------------------------------------------------------------------------------


def origin_document(e: Expr | None) -> Any:
    """Arithmetic in JSON."""
    match e:
        case None:
            return None
        case Const(value):
            return {"value": plain(value)}
        case Ref(name, None):
            return {"name": name}
        case Ref(name, loop):
            return {"name": name, "loop": loop}
        case Term(op, operands):
            return {"op": op, "operands": [origin_document(o) for o in operands]}


def _read_origin(value: Any) -> Expr | None:
    match value:
        case None | Const() | Ref() | Term():
            return value
        case {"op": op, "operands": operands}:
            return Term(op, tuple(e for o in operands if (e := _read_origin(o)) is not None))
        case {"name": name, "loop": loop}:
            return Ref(name, loop)
        case {"name": name}:
            return Ref(name)
        case {"value": constant}:
            return Const(constant)
    raise ValueError("not arithmetic")


_ORIGIN_SCHEMA = {
    "type": ["object", "null"],
    "description": "Arithmetic of the spec: `{value}`, `{name, loop}` or `{op, operands}`.",
}

Origin = Annotated[
    Expr,
    PlainValidator(_read_origin),
    PlainSerializer(origin_document),
    WithJsonSchema(_ORIGIN_SCHEMA),
]


def plain(value: Any) -> Any:
    """A compile-time value in JSON; a layer as the spec's text for it."""
    match value:
        case None | bool() | float() | str():
            return value
        case int():
            return int(value)
        case list() | tuple():
            return [plain(v) for v in value]
        case dict():
            return {str(k): plain(v) for k, v in value.items()}
        case Op() | Init() | Constraint():
            return configured(value)
        case Quantity():
            return {"value": value.value, "unit": value.unit}
        case _:
            return {"$layer": str(value)}


def _static(value: Static) -> dict[str, Any]:
    return {"value": plain(value.value), "origin": origin_document(value.origin)}


def _read_static(value: Any) -> Static:
    if isinstance(value, Static):
        return value
    origin = _read_origin(value.get("origin"))
    found = value["value"]
    return Static(Size(found, origin) if type(found) is int else found, origin)


Known = Annotated[
    Static,
    PlainValidator(_read_static),
    PlainSerializer(_static),
    WithJsonSchema(
        {
            "type": "object",
            "properties": {"value": {}, "origin": _ORIGIN_SCHEMA},
            "required": ["value", "origin"],
            "description": "A value of compile time and the arithmetic that made it.",
        }
    ),
]
"""A compile-time value with its origin."""

Value = Annotated[Any, PlainSerializer(plain)]
"""A compile-time value."""


def _read_init(value: Any) -> Any:
    if isinstance(value, dict) and value.get("kind") in INITS:
        return INITS[value["kind"]].model_validate({k: v for k, v in value.items() if k != "kind"})
    return value


AnyInit = Annotated[Any, PlainValidator(_read_init), PlainSerializer(plain)]
"""An initialiser."""


def _read_constraint(value: Any) -> Any:
    if isinstance(value, dict) and value.get("kind") in CONSTRAINTS:
        given = {k: v for k, v in value.items() if k != "kind"}
        return CONSTRAINTS[value["kind"]].model_validate(given)
    return value


AnyConstraint = Annotated[Any, PlainValidator(_read_constraint), PlainSerializer(plain)]
"""A constraint."""
