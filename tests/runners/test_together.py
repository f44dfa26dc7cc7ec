"""Works at once: their results in order, and nothing that goes on where one fails."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from dlspec.runners.process import run_one
from dlspec.runners.together import together

CHILD = """
import os
import time
from pathlib import Path
from serving import serve

def work(task):
    Path(task["here"]).touch()
    while task["stays"]:
        time.sleep(0.01)
    return {"done": task["here"]}

serve(work)
"""


@pytest.fixture
def child(tmp_path: Path) -> Callable[..., str]:
    """A work: a process that makes a file, and may stay for ever."""
    path = tmp_path / "child.py"
    path.write_text(CHILD, encoding="utf-8")

    def work(name: str, stays: bool = False) -> str:
        outcome = run_one(path, {"here": str(tmp_path / name), "stays": stays})
        return Path(outcome.answer["done"]).name if outcome.answer else outcome.error

    return work


def processes(folder: Path) -> list[int]:
    """Those whose command line names a folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if any(str(folder).encode() in word for word in words):
            found.append(int(path.parent.name))
    return found


def test_results_come_in_the_order_of_the_works(child) -> None:
    names = list("abcde")
    assert together([partial(child, name) for name in names]) == names


def test_where_one_fails_the_others_are_ended(child, tmp_path: Path) -> None:
    def fails() -> str:
        while not (tmp_path / "first").exists():
            pass
        raise ValueError("of a test")

    works = [partial(child, "first", stays=True), fails, partial(child, "later")]
    with pytest.raises(ValueError, match="of a test"):
        together(works)
    assert not (tmp_path / "later").exists()
    assert processes(tmp_path / "child.py") == []
    assert together([partial(child, "again")]) == ["again"]


@pytest.mark.slow
@pytest.mark.proof  # once in many runs the signal meets a process that is just being started
def test_ctrl_c_ends_every_process(digits: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dlspec", "verify", str(digits)]
    started = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        start_new_session=True,
    )
    assert started.stderr is not None
    for line in started.stderr:
        if line.startswith("running it in Keras"):
            break
    else:
        pytest.fail("it never said that")
    os.killpg(started.pid, signal.SIGINT)
    out, said = started.communicate(timeout=600)
    assert (started.returncode, out) == (130, "")
    assert said.splitlines()[-1] == "stopped" and "Traceback" not in said
    assert processes(tmp_path) == []
    assert list(tmp_path.iterdir()) == []
