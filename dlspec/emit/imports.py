"""The import lines of a module, sorted as `ruff check --select I` has them."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from dlspec.emit.levels import parentheses_if_broken, separated
from dlspec.emit.printer import Printer
from dlspec.emit.text import check_name

_FUTURE, _STANDARD, _THIRD, _LOCAL = range(4)


@dataclass(frozen=True, slots=True)
class Import:
    """`import module`, or `import module as name`."""

    module: str
    name: str = ""

    @property
    def binds(self) -> str:
        """The name that the import makes known."""
        return self.name or self.module.partition(".")[0]


@dataclass(frozen=True, slots=True)
class From:
    """`from module import names`; a name may be `name as other`."""

    module: str
    names: tuple[str, ...]


def import_lines(
    imports: Iterable[Import | From],
    used: Collection[str],
    local: Collection[str],
    width: int,
) -> list[str]:
    """The lines of those imports whose names are used, in their sections."""
    plain = {i for i in imports if isinstance(i, Import) and i.binds in used}
    names: dict[str, set[str]] = {}
    for i in imports:
        if isinstance(i, From):
            kept = {n for n in i.names if _bound(n) in used or i.module == "__future__"}
            names.setdefault(i.module, set()).update(kept)
    lines: list[str] = []
    for section in (_FUTURE, _STANDARD, _THIRD, _LOCAL):
        part = [
            _import(i)
            for i in sorted(plain, key=lambda i: (_natural(i.module), i.name))
            if _section(i.module, local) == section
        ]
        for module in sorted(names, key=_natural):
            if names[module] and _section(module, local) == section:
                part += _from(module, names[module], width)
        if part and lines:
            lines.append("")
        lines += part
    return lines


def _import(item: Import) -> str:
    found = f"import {check_name(item.module)}"
    return f"{found} as {check_name(item.name)}" if item.name else found


def _from(module: str, names: Iterable[str], width: int) -> list[str]:
    for name in names:
        for part in name.split(" as "):
            check_name(part)
    members = sorted(names, key=_member)
    parts = separated(members, comma_after_one=True)
    return Printer(width).print(
        [f"from {check_name(module)} import ", parentheses_if_broken(parts)]
    )


def _bound(name: str) -> str:
    return name.rpartition(" as ")[2]


def _section(module: str, local: Collection[str]) -> int:
    top = module.partition(".")[0]
    if top == "__future__":
        return _FUTURE
    if top in local:
        return _LOCAL
    return _STANDARD if top in sys.stdlib_module_names else _THIRD


def _natural(name: str) -> tuple[tuple[int, int | str], ...]:
    """Case does not count, and `x10` comes after `x9`."""
    parts = re.findall(r"\d+|\D+", name.lower())
    return tuple((0, int(p)) if p.isdigit() else (1, p) for p in parts)


def _member(name: str) -> tuple[int, object, str]:
    """Constants, then classes, then the others."""
    plain = name.partition(" as ")[0]
    if len(plain) > 1 and plain.isupper():
        kind = 0
    elif plain[0].isupper():
        kind = 1
    else:
        kind = 2
    return kind, _natural(plain), name
