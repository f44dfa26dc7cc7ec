"""The parser's tables: where the grammar is, and the Lark parser that the saved tables make."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lark import Lark

FORMAT = 1
TABLES = Path(__file__).with_name("tables.json")


def grammar_path() -> Path:
    """Where `dls.lark` stands: inside the installed package, or in the checkout beside it."""
    package = Path(__file__).parent.parent
    installed = package / "_grammar" / "dls.lark"
    return installed if installed.exists() else package.parent / "grammar" / "dls.lark"


@cache
def parser() -> Lark:
    """The parser for whole files, which builds `dlspec.syntax.tree` nodes as it reduces."""
    from lark import Lark

    from dlspec.syntax.builder import Builder

    content = json.loads(TABLES.read_text(encoding="utf-8"))
    data, memo = content["data"], _integer_keys(content["memo"])
    table = data["parser"]["parser"]
    table["tokens"] = _integer_keys(table["tokens"])
    table["states"] = {int(s): _integer_keys(actions) for s, actions in table["states"].items()}
    # The way that Lark's own standalone parsers take; its public `load` takes no transformer.
    lark: Lark = Lark._load_from_dict(  # type: ignore[no-untyped-call]
        data, memo, transformer=Builder()
    )
    return lark


def _integer_keys(table: dict[str, Any]) -> dict[int, Any]:
    """JSON has strings for keys."""
    return {int(key): value for key, value in table.items()}
