"""The parser's tables are those of the grammar, and cost nothing until a text is parsed."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from dlspec.syntax import build
from dlspec.syntax.builder import Builder
from dlspec.syntax.tables import TABLES, grammar_path

HELP = "the tables are not those of the grammar: run `python -m dlspec.syntax.build`"


def test_the_tables_are_up_to_date() -> None:
    grammar = grammar_path().read_text(encoding="utf-8")
    assert build.tables(grammar) == TABLES.read_text(encoding="utf-8"), HELP


def test_the_grammar_has_no_conflict_and_no_colliding_terminals() -> None:
    pytest.importorskip("interegular")
    grammar = grammar_path().read_text(encoding="utf-8")
    assert build.tables(grammar, strict=True)
    with pytest.raises(Exception, match="collision"):
        build.tables(grammar.replace("param: PARAM parameter", "param: parameter"), strict=True)


def test_the_same_grammar_gives_the_same_bytes() -> None:
    code = (
        "import hashlib; from dlspec.syntax import build, tables;"
        "text = build.tables(tables.grammar_path().read_text());"
        "print(hashlib.sha256(text.encode()).hexdigest())"
    )
    digests = {
        subprocess.check_output(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": s}
        )
        for s in ("1", "2")
    }
    assert len(digests) == 1


def test_every_rule_has_a_method_of_the_builder() -> None:
    memo = json.loads(TABLES.read_text(encoding="utf-8"))["memo"].values()
    rules = [entry for entry in memo if entry["__type__"] == "Rule"]
    names = {r["alias"] or r["origin"]["name"] for r in rules if not r["options"]["expand1"]}
    made_by_lark = {name for name in names if name.startswith("_")}
    assert names - made_by_lark <= set(dir(Builder))
    aliases = {r["alias"] for r in rules if r["alias"]}
    assert aliases <= set(dir(Builder))


def test_nothing_is_built_for_a_user() -> None:
    """Lark is imported by the first parse only, and never reads a grammar."""
    code = (
        "import sys, dlspec.syntax; assert 'lark' not in sys.modules\n"
        "import lark; lark.Lark.__init__ = None\n"
        "from dlspec.source import Source\n"
        "file, errors = dlspec.syntax.parse(Source('a', 'x = 1'))\n"
        "assert len(file.statements) == 1 and not errors"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
