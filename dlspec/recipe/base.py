"""What the objects of a recipe have in common."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from dlspec.declared import Declared, snake_case


class Recipe(Declared):
    """An object that says how data is read, a model trained, or a file exported."""

    spelled: ClassVar[tuple[str, ...]] = ()
    """The arguments that name something of the spec, and have no value: `label` in
    `stratified(label)`, `val.loss` in `patience(5 epochs, on=val.loss)`."""

    source: ClassVar[str] = ""
    """Where the definition stands."""

    def to_json(self) -> dict[str, Any]:
        """Its kind and all its arguments, defaults too."""
        return {"kind": self.kind(), **self.model_dump(mode="json")}

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "Recipe":
        """The object that `to_json` wrote."""
        return cls.model_validate_json(json.dumps(dict(fields)))


class LowerCase:
    """For objects whose place says what they are: their names are written in lower case."""

    @classmethod
    def kind(cls) -> str:
        return snake_case(cls.__name__)


def axes_from_front(axes: tuple[int, ...], rank: int) -> tuple[int, ...] | None:
    """The axes counted from 0, in order; None where one does not exist or comes twice."""
    front = sorted(a + rank if a < 0 else a for a in axes)
    fits = all(0 <= a < rank for a in front) and len(set(front)) == len(front)
    return tuple(front) if fits else None
