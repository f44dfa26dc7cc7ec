"""Tasks in processes: what crashes or hangs fails alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlspec.runners.process import run

CHILD = """
import os
import sys
import time
from serving import serve

def work(task):
    match task["do"]:
        case "crash":
            print("on the brink", flush=True)
            os.abort()
        case "hang":
            time.sleep(60)
        case "noise":
            print("no such op: Foo")
            print("I0000 00:00:1795279357.209394    5023 port.cc:153] oneDNN is on", flush=True)
            os._exit(3)
        case "exit":
            sys.exit("error: not today")
        case "raise":
            raise ValueError("first line\\nsecond line")
        case "import":
            import no_such_module
    return {"done": task["do"]}

serve(work)
"""


@pytest.fixture
def child(tmp_path: Path) -> Path:
    path = tmp_path / "child.py"
    path.write_text(CHILD, encoding="utf-8")
    return path


def test_what_crashes_fails_alone(child: Path) -> None:
    found = run(child, [{"do": d} for d in ("a", "crash", "b", "raise", "exit", "c")])
    assert [o.answer and o.answer["done"] for o in found] == ["a", None, "b", None, None, "c"]
    assert found[1].error == "crashed its process (SIGABRT): on the brink"
    assert found[3].error == "ValueError: first line"
    assert "not today" in found[4].error


def test_a_log_line_is_no_reason(child: Path) -> None:
    (found,) = run(child, [{"do": "noise"}])
    assert found.error == "ended with status 3: no such op: Foo"


def test_what_hangs_is_ended(child: Path) -> None:
    found = run(child, [{"do": d} for d in ("a", "hang", "b")], seconds=2)
    assert [o.answer and o.answer["done"] for o in found] == ["a", None, "b"]
    assert found[1].error == "took longer than 2 s"


def test_a_missing_module_is_named(child: Path) -> None:
    (found,) = run(child, [{"do": "import"}])
    assert found.missing == "no_such_module"


def test_no_task_starts_no_process() -> None:
    assert run("no_such_child", []) == []
