"""Builds the parser's tables from the grammar: `python -m dlspec.syntax.build`.

The tables are a file of the package, so that no user waits for a grammar to be read. The same
grammar gives the same bytes: states are numbered by a walk from the start state.
"""

from __future__ import annotations

import hashlib
import json
from collections import deque
from pathlib import Path
from typing import Any

from dlspec.syntax.tables import FORMAT, TABLES, grammar_path

# Terminals that only the layout sees. Lark drops what no rule uses, unless it is told not to.
LAYOUT_ONLY = frozenset({"LINE", "SEMICOLON", "COMMENT", "FOREIGN", "QUOTED", "WORD", "BAD"})


class _Keep:
    """What Lark asks a post-lexer at build time; the real one is `dlspec.syntax.layout`."""

    always_accept = LAYOUT_ONLY


def tables(grammar: str, *, strict: bool = False) -> str:
    """The tables of a grammar, as JSON text.

    With `strict`, Lark also looks for terminals that collide, for which it needs `interegular`.
    """
    from lark import Lark
    from lark.grammar import Rule
    from lark.lexer import TerminalDef

    lark = Lark(
        grammar,
        parser="lalr",
        lexer="basic",
        start="file",
        postlex=_Keep(),
        keep_all_tokens=True,
        maybe_placeholders=False,
        strict=strict,
    )
    data, memo = lark.memo_serialize([TerminalDef, Rule])
    data["options"] = {**data["options"], "postlex": None, "cache": False}
    data["parser"]["parser"] = _in_order(data["parser"]["parser"])
    content = {"format": FORMAT, "grammar": digest(grammar), "data": data, "memo": memo}
    return json.dumps(content, separators=(",", ":"), sort_keys=True, default=sorted) + "\n"


def digest(grammar: str) -> str:
    """What the tables remember of the grammar that they were made from."""
    return hashlib.sha256(grammar.encode()).hexdigest()


def _in_order(table: dict[str, Any]) -> dict[str, Any]:
    """The parse table with states and tokens numbered by a walk from the start state."""
    names, states = table["tokens"], table["states"]
    (start,) = table["start_states"].values()
    order = {start: 0}
    queue = deque([start])
    while queue:
        actions = states[queue.popleft()]
        for _, (reduces, target) in sorted((names[t], action) for t, action in actions.items()):
            if not reduces and target not in order:
                order[target] = len(order)
                queue.append(target)
    sorted_names = sorted(names.values())
    numbers = {name: i for i, name in enumerate(sorted_names)}

    def renumbered(action: tuple[int, Any]) -> tuple[int, Any]:
        reduces, target = action
        return (1, target) if reduces else (0, order[target])

    return {
        "tokens": dict(enumerate(sorted_names)),
        "states": {
            order[state]: {numbers[names[t]]: renumbered(a) for t, a in actions.items()}
            for state, actions in states.items()
        },
        "start_states": {name: order[s] for name, s in table["start_states"].items()},
        "end_states": {name: order[s] for name, s in table["end_states"].items()},
    }


def main() -> None:
    text = tables(Path(grammar_path()).read_text(encoding="utf-8"))
    TABLES.write_text(text, encoding="utf-8")
    print(f"{TABLES}: {len(text)} bytes")


if __name__ == "__main__":
    main()
