"""Children: scripts that do tasks in a process of their own, which may crash or hang."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, ClassVar, Self

CHILDREN = Path(__file__).parent / "children"

Task = Mapping[str, Any]
"""What a child is asked: plain JSON, with paths as text."""

SETTINGS = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",  # it sums in orders of its own
    "KERAS_BACKEND": "tensorflow",
}
"""What makes frameworks quiet, and their numbers comparable; GPUs are hidden for these, too: they
round the factors of products to 10 bits."""

LOG_LINE = re.compile(r"WARNING: All log messages before absl|[IWE]\d{4} |\d{4}-.*: [IWE] ")
"""How TensorFlow begins what it says of itself, whatever it is told."""


@dataclass(frozen=True)
class Outcome:
    """What became of a task: the child's answer, or why there is none."""

    answer: Mapping[str, Any] | None
    error: str = ""
    missing: str = ""
    """A module that the child could not import."""


def run(
    child: str | Path, tasks: Sequence[Task], seconds: float = 600, gpu: bool = False
) -> list[Outcome]:
    """Does all tasks in order. One that crashes its process, or takes longer than `seconds`, fails
    alone: the others are done by a new process. `child` names a script of `children`, or is one;
    it sees no GPU, unless `gpu` says so.
    """
    outcomes: list[Outcome] = []
    while len(outcomes) < len(tasks):
        outcomes += _run(child, tasks[len(outcomes) :], seconds, gpu)
    return outcomes


def run_one(child: str | Path, task: Task, seconds: float = 600, gpu: bool = False) -> Outcome:
    """Does one task."""
    return run(child, [task], seconds, gpu)[0]


def _run(child: str | Path, tasks: Sequence[Task], seconds: float, gpu: bool) -> list[Outcome]:
    """What one process gets done, and at its end the task that it did not survive."""
    script = child if isinstance(child, Path) else CHILDREN / f"{child}.py"
    with tempfile.TemporaryDirectory(prefix="dlspec-") as folder:
        asked, answered, said = (Path(folder) / n for n in ("asked.json", "answered", "said"))
        asked.write_text(json.dumps(list(tasks)), encoding="utf-8")
        answered.touch()
        with said.open("wb") as output:
            words = [sys.executable, str(script), str(asked), str(answered)]
            process = Processes.started(words, output, environment(gpu))
        try:
            timed_out = _wait(process, answered, seconds)
        finally:
            _end(process)
            Processes.running.discard(process)
        lines = answered.read_text(encoding="utf-8").splitlines()
        outcomes = [_outcome(json.loads(line)) for line in lines if line.endswith("}")]
        if len(outcomes) < len(tasks):
            outcomes.append(Outcome(None, _why(process.returncode, timed_out, seconds, said)))
        if "--debug" in sys.argv and any(o.answer is None for o in outcomes):
            sys.stderr.write(said.read_text(encoding="utf-8", errors="replace"))
        return outcomes


class Ended(Exception):
    """What a process was started for is not wanted any more."""


class Processes:
    """Those that are started while this lasts, by whatever thread: all can be ended together."""

    running: ClassVar[set[subprocess.Popen[bytes]]] = set()
    refused: ClassVar[bool] = False
    lock: ClassVar[threading.Lock] = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        Processes.refused = False

    def end(self) -> None:
        """Ends all of them, and lets no other start. Whoever waits for one sees it crash."""
        with Processes.lock:
            Processes.refused = True
            for process in tuple(Processes.running):  # others end meanwhile
                _end(process)

    @staticmethod
    def started(
        words: Sequence[str], output: IO[bytes], settings: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        """A process in a session of its own. Raises Ended."""
        with Processes.lock:
            if Processes.refused:
                raise Ended
            process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=settings,
                start_new_session=True,
            )
            Processes.running.add(process)
            return process


def environment(gpu: bool = False) -> dict[str, str]:
    """That of a child; a script elsewhere finds what the children share."""
    shared = os.pathsep.join(filter(None, (str(CHILDREN), os.environ.get("PYTHONPATH"))))
    settings = {**os.environ, **SETTINGS, "PYTHONPATH": shared}
    return settings if gpu else {**settings, "CUDA_VISIBLE_DEVICES": "-1"}


def _wait(process: subprocess.Popen[bytes], answered: Path, seconds: float) -> bool:
    """Waits for the end; True if one task took too long."""
    done = -1
    while True:
        try:
            process.wait(seconds)
            return False
        except subprocess.TimeoutExpired:
            size = answered.stat().st_size
            if size == done or (done < 0 and size == 0):
                return True
            done = size


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends the process and what it started."""
    if process.poll() is None:
        with suppress(ProcessLookupError):  # it ended meanwhile, and another thread saw that
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _outcome(answer: dict[str, Any]) -> Outcome:
    if "error" in answer:
        return Outcome(None, answer["error"], answer.get("missing", ""))
    return Outcome(answer)


def _why(status: int, timed_out: bool, seconds: float, said: Path) -> str:
    if timed_out:
        return f"took longer than {seconds:g} s"
    last = telling(said.read_text(encoding="utf-8", errors="replace").splitlines())
    what = f"ended with status {status}"
    if status < 0:
        what = f"crashed its process ({signal.Signals(-status).name})"
    return f"{what}: {last}" if last else what


MEMORY = re.compile(r"OOM when allocating tensor with shape\S+ and type \w+|\bMemoryError\b.*")
"""What TensorFlow and Python say where memory ends; Keras may hide it in a warning."""
RAISED = re.compile(r"(?:\w+\.)*\w*(?:Error|Exception|Interrupt): \S")
WRAPPED = re.compile(r"Exception encountered when calling ")
"""What Keras says first of an error within a layer: where it was, and not what."""
STYLE = re.compile(r"\x1b\[\d*m")


def telling(lines: Sequence[str]) -> str:
    """The line that says why a process failed: where memory ended, the error of its last traceback,
    else the last line that somebody wrote for a reader: no log line of TensorFlow's."""
    written = [STYLE.sub("", line).rstrip() for line in lines if not LOG_LINE.match(line)]
    told = list(filter(None, written))
    memory = next(filter(None, map(MEMORY.search, told)), None)
    if memory is not None:
        return memory.group()
    traces = [i for i, line in enumerate(told) if line.startswith("Traceback ")]
    after = told[traces[-1] :] if traces else []
    raised = next((i for i, line in enumerate(after) if RAISED.match(line)), None)
    if raised is None:
        return told[-1].strip() if told else ""
    cause = after[raised + 1 : raised + 2] if WRAPPED.search(after[raised]) else []
    return " ".join((after[raised], *map(str.strip, cause)))
