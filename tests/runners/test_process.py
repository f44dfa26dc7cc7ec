"""Tasks in processes: what crashes or hangs fails alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlspec.runners.process import run, telling

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


KERAS = """/site-packages/keras/src/layers/layer.py:1570: UserWarning: Layer 'net' looks like it has
1. The `call()` method of your layer may be crashing.
{warned}
  warnings.warn(
Traceback (most recent call last):
  File "train.py", line 11, in <module>
    m(keras.KerasTensor((None, 13)))
ValueError: Exception encountered when calling Net.call().

\x1b[1mVariable net/dense/kernel is already initialized.\x1b[0m

Arguments received by Net.call():
  • args=('<KerasTensor shape=(None, 13)>',)
  • kwargs=<class 'inspect._empty'>
"""
OOM = "OOM when allocating tensor with shape[16,2147483647] and type float"
TORCH = """Traceback (most recent call last):
  File "model.py", line 3, in forward
RuntimeError: mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (KERAS.format(warned=f"Exception encountered: ''{{{{node}}}} {OOM} on /job:0"), OOM),
        (
            KERAS.format(warned=""),
            "ValueError: Exception encountered when calling Net.call()."
            " Variable net/dense/kernel is already initialized.",
        ),
        (TORCH, "RuntimeError: mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)"),
        ("Traceback (most recent call last):\n  File\nMemoryError\n", "MemoryError"),
        ("one\nI0000 00:00:1 port.cc:153] oneDNN\n\n", "one"),
        ("", ""),
    ],
)
def test_the_line_that_tells_why_a_process_failed(text: str, said: str) -> None:
    assert telling(text.splitlines()) == said
