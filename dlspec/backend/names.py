"""Names of classes and functions in `model.py`."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from dlspec.emit.text import RESERVED, identifier

IMPORTED = frozenset("Any Callable F OrderedDict Tensor keras layers nn ops partial torch".split())
"""What any `model.py` may import; the same for all backends, so that classes have equal names."""

ARGUMENTS = frozenset("self kwargs inputs training mask".split())
"""What methods may call their arguments, whatever the spec says."""


def class_name(name: str, helpers: Collection[str]) -> str:
    """The class of a block or model, or the function of a `fn`; `helpers` are the definitions that
    the backend copies.

    Different names give different classes: `F` is `F_`, and so `F_` is `F__`. Loops call what they
    do not read `_`.
    """
    base = name.rstrip("_")
    if base in ("", *IMPORTED, *ARGUMENTS, *RESERVED) or base in helpers:
        name = f"{name}_"
    return identifier(name)


def variable(name: str, taken: Collection[str]) -> str:
    """The argument or local variable that stands for a name of the spec."""
    return identifier(f"{name}_" if name in IMPORTED else name, taken)


def variables(names: Iterable[str], taken: Collection[str]) -> dict[str, str]:
    """A variable for each name, unlike each other and what is taken."""
    found: dict[str, str] = {}
    for name in names:
        if name not in found:
            found[name] = identifier(name, {*taken, *found.values()})
    return found
