"""Frozen dataclasses whose methods are shared.

`dataclasses.dataclass` writes and compiles six functions for each class; for two hundred classes
of errors and syntax nodes that is most of the time in which a small spec is checked. Here every
class has the same ones.
"""

from __future__ import annotations

from dataclasses import MISSING, FrozenInstanceError, dataclass, fields
from typing import Any, TypeVar, dataclass_transform

C = TypeVar("C", bound=type)


@dataclass_transform(frozen_default=True)
def frozen(cls: C) -> C:
    """Makes a class a frozen dataclass: with `__init__`, equality, hash and text."""
    cls.__doc__ = cls.__doc__ or ""  # without any, `dataclass` writes one, at great length
    made: Any = dataclass(init=False, repr=False, eq=False)(cls)
    own = fields(made)
    made._names = tuple(f.name for f in own)
    made._defaults = {f.name: f.default for f in own if f.default is not MISSING}
    made._factories = {f.name: f.default_factory for f in own if f.default_factory is not MISSING}
    for name, method in METHODS.items():
        if name not in cls.__dict__:
            setattr(made, name, method)
    return cls


def _init(self: Any, *args: Any, **kwargs: Any) -> None:
    names, values = self._names, self.__dict__
    if len(args) == len(names) and not kwargs:
        values.update(zip(names, args, strict=True))
        return
    if len(args) > len(names):
        raise TypeError(f"{type(self).__name__} takes {len(names)} arguments, got {len(args)}")
    for name in kwargs:
        if name not in names or name in names[: len(args)]:
            raise TypeError(f"{type(self).__name__}: unexpected argument {name!r}")
    values.update(self._defaults)
    values.update(zip(names, args, strict=False))
    values.update(kwargs)
    if len(values) == len(names):
        return
    for name in names:
        if name not in values:
            if name not in self._factories:
                raise TypeError(f"{type(self).__name__} needs {name!r}")
            values[name] = self._factories[name]()


def _values(self: Any) -> tuple[Any, ...]:
    values = self.__dict__
    return tuple([values[name] for name in self._names])


def _eq(self: Any, other: Any) -> Any:
    return _values(self) == _values(other) if type(self) is type(other) else NotImplemented


def _hash(self: Any) -> int:
    return hash((type(self).__qualname__, _values(self)))


def _repr(self: Any) -> str:
    shown = (f for f in fields(self) if f.repr)
    return (
        f"{type(self).__name__}({', '.join(f'{f.name}={getattr(self, f.name)!r}' for f in shown)})"
    )


def _set(self: Any, name: str, value: Any) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _delete(self: Any, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


METHODS = {
    "__init__": _init,
    "__eq__": _eq,
    "__hash__": _hash,
    "__repr__": _repr,
    "__setattr__": _set,
    "__delattr__": _delete,
}
