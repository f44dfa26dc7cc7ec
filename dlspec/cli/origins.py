"""`dlspec summary --origins`: where every value comes from, as text and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from dlspec.declared import Declared
from dlspec.ir.model import Node
from dlspec.ir.values import plain
from dlspec.pipeline.origin import Named, Part
from dlspec.pipeline.origins import Origins
from dlspec.source import Source

Show = Callable[[Any], str]
"""A value as a spec writes it."""

GROUPS = (
    ("written", "written"),
    ("parameter", "given"),
    ("computed", "computed"),
    ("set", "--set"),
    ("data", "from data"),
    ("weights", "weights"),
    ("default", "default"),
)
"""The origins in the order in which they are shown, and what they are called there."""
SHOWN = 4
"""Layers that share an entry, by name."""


def text(found: Origins, source: Source, show: Show) -> Iterator[str]:
    """The origins for people. Layers alike in everything share an entry."""
    writer = _Writer(source, show)
    yield "where values come from"
    yield from writer.parameters(found.parameters)
    trained = {parts[0].name for parts in found.trained.values()}
    models = [parts for name, parts in found.models.items() if name not in trained]
    for parts in (*found.trained.values(), *models):
        yield from writer.parts(parts)
    yield from writer.parts(found.settings)
    yield ""


class _Writer:
    def __init__(self, source: Source, show: Show) -> None:
        self.source = source
        self.show = show

    def parameters(self, found: tuple[Named, ...]) -> Iterator[str]:
        if found:
            yield ""
            yield "  parameters of the file"
            yield from self.values(found)

    def parts(self, found: Iterable[Part]) -> Iterator[str]:
        groups: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
        for part in found:
            if part.values:
                place = self.place(part.file, part.line)
                key = (part.kind, place, tuple(self.values(part.values)))
                groups.setdefault(key, []).append(part.name)
        for (kind, place, lines), names in groups.items():
            unique = list(dict.fromkeys(names))
            more = f" and {len(unique) - SHOWN} more" if len(unique) > SHOWN else ""
            title = ", ".join(unique[:SHOWN]) + more
            yield ""
            yield f"  {title}{f': {kind}' if kind else ''}, {place}"
            yield from lines

    def values(self, found: tuple[Named, ...]) -> Iterator[str]:
        """One line for each way in which values are given; a line of its own where it is long."""
        for how, title in GROUPS:
            mine = [v for v in found if v.origin.how == how]
            if not mine:
                continue
            shown = [self.value(v) for v in mine]
            if how in ("written", "set", "data", "default"):
                yield f"    {title:<9}  {', '.join(shown)}"
                continue
            for i, (value, start) in enumerate(zip(mine, shown, strict=True)):
                own = value.origin.text
                first = start if start.endswith(f"={own}") else f"{start} from {own}"
                if how == "weights" and value.origin.span is not None:
                    at = value.origin.span
                    first = f"{start}, {self.place(at.source.name, at.line)}"
                steps = "; ".join([first, *self.steps(value)])
                yield f"    {title if i == 0 else '':<9}  {steps}"

    def value(self, value: Named) -> str:
        """`width=64`; of what is made of objects, the text of the spec."""
        if isinstance(value.value, str) and value.value == value.origin.text:
            return f"{_own(value.name)}={value.value}"
        compound = isinstance(value.value, Declared | Node) or (
            isinstance(value.value, tuple)
            and any(isinstance(v, Declared | Node) for v in value.value)
        )
        if compound and value.origin.span is not None:
            return f"{value.name}={value.origin.text}"
        if compound and isinstance(value.value, tuple):
            return f"{value.name}={' -> '.join(map(self.show, value.value))}"
        return f"{_own(value.name)}={self.show(value.value)}"

    def steps(self, value: Named) -> Iterator[str]:
        """What the parameters of an expression are, and those behind them."""
        for name in value.origin.names:
            origin = name.origin
            start, place = f"{name.name}={self.show(name.value)}", ""
            if origin.span is not None:
                place = f", {self.place(origin.span.source.name, origin.span.line)}"
            match origin.how:
                case "set":
                    yield f"{start} by --set"
                case "data":
                    yield f"{start} counted in the data"
                case "default":
                    yield f"{start} by default{place}"
                case "written":
                    yield f"{start}{place}"
                case _:
                    yield f"{start} from {origin.text}{place}"
            yield from self.steps(name)

    def place(self, file: str, line: int) -> str:
        """`line 12`, or `vision.dls:12` of another file."""
        return f"line {line}" if file == self.source.name else f"{file}:{line}"


def _own(name: str) -> str:
    """`width` of `Net.width`; `init.std` stays."""
    owner, dot, rest = name.partition(".")
    return rest if dot and owner[:1].isupper() else name


# --- JSON -------------------------------------------------------------------------------------


def to_json(found: Origins) -> dict[str, Any]:
    """`origin` is `written`, `default`, `set`, `parameter`, `computed`, `data` or `weights`; `from`
    has the parameters that the expression `text` reads, each with its own origin."""
    return {
        "parameters": [_value(v) for v in found.parameters],
        "models": {name: [_part(p) for p in parts] for name, parts in found.models.items()},
        "trains": {name: [_part(p) for p in parts] for name, parts in found.trained.items()},
        "settings": [_part(p) for p in found.settings],
    }


def _part(part: Part) -> dict[str, Any]:
    return {
        "name": part.name,
        "kind": part.kind,
        "file": part.file,
        "line": part.line,
        "values": [_value(v) for v in part.values],
    }


def _value(value: Named) -> dict[str, Any]:
    origin = value.origin
    found: dict[str, Any] = {
        "name": value.name,
        "value": _plain(value.value),
        "origin": origin.how,
    }
    if origin.span is not None:
        found["text"] = origin.text
        if origin.how != "set":
            found |= {"file": origin.span.source.name, "line": origin.span.line}
    if origin.names:
        found["from"] = [_value(v) for v in origin.names]
    return found


def _plain(value: Any) -> Any:
    match value:
        case Declared():
            fields = {f: _plain(getattr(value, f)) for f in type(value).model_fields}
            return {"kind": value.kind(), **{f.removesuffix("_"): v for f, v in fields.items()}}
        case Node():
            return value.model_dump(mode="json")
        case list() | tuple():
            return [_plain(v) for v in value]
        case _:
            return plain(value)
