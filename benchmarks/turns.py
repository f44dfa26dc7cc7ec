"""Comparisons that hold on a busy machine.

What is compared runs in turns, in rounds, and a ratio is taken within each round: what else the
machine does then slows both sides. A figure is the median of its rounds, with the quartiles beside
it.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

ROOT = Path(__file__).parents[1]
BACKENDS = {"torch": "PyTorch", "keras": "Keras"}
Say = Callable[[str], None]
Round = Mapping[str, float]
"""What each contestant took in one round, in its unit."""
T = TypeVar("T")


class Times(NamedTuple):
    """Microseconds of all threads together, and of the clock."""

    processor: float
    clock: float


@dataclass(frozen=True)
class Figure:
    """The median of some numbers, and their quartiles."""

    median: float
    low: float
    high: float

    def shown(self, digits: int = 2) -> str:
        return f"{self.median:.{digits}f} ({self.low:.{digits}f} to {self.high:.{digits}f})"


def figure(numbers: Sequence[float]) -> Figure:
    if len(numbers) == 1:
        return Figure(*numbers, *numbers, *numbers)
    low, median, high = statistics.quantiles(numbers, method="inclusive")
    return Figure(median, low, high)


def rounds(contestants: Mapping[str, Callable[[], T]], count: int, say: Say) -> list[dict[str, T]]:
    """So many rounds, every other one in the opposite order."""
    found = []
    for i in range(count):
        say(f"round {i + 1} of {count}")
        order = list(contestants)[:: -1 if i % 2 else 1]
        found.append({name: contestants[name]() for name in order})
    return found


def of(found: Sequence[Round], name: str) -> Figure:
    return figure([r[name] for r in found])


def ratio(found: Sequence[Round], name: str, to: str) -> Figure:
    """How many times as large one contestant's numbers are as another's, round by round."""
    return figure([r[name] / r[to] for r in found])


def timed(work: Callable[[], object], steps: int) -> Times:
    """The time of each of the steps that `work` takes."""
    processor, clock = time.process_time(), time.perf_counter()
    work()
    processor, clock = time.process_time() - processor, time.perf_counter() - clock
    return Times(1e6 * processor / steps, 1e6 * clock / steps)


def environment() -> dict[str, str]:
    """For the processes that are measured: one thread, and bytecode kept between them."""
    kept = {n: v for n, v in os.environ.items() if n != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}


class Used(NamedTuple):
    """What a whole process took: seconds of the processor, and MB of memory at the most."""

    seconds: float
    megabytes: float


def used(command: Sequence[str]) -> Used:
    """Runs a process. Waiting for a busy machine does not count."""
    with subprocess.Popen(
        command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Used(usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6)


def processor_seconds(command: Sequence[str]) -> float:
    return used(command).seconds


def child(module: str, arguments: Sequence[object], say: Say) -> Any:
    """What a module prints as JSON in its last line, run in a process of its own.

    The lines before it are its progress.
    """
    command = [sys.executable, "-m", module, *map(str, arguments)]
    with (
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(
            command, env=environment(), cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=errors
        ) as process,
    ):
        assert process.stdout is not None
        last = ""
        for line in process.stdout:
            if last:
                say(last)
            last = line.strip()
        if process.wait():
            errors.seek(0)
            raise RuntimeError(f"{module} failed:\n{errors.read()}")
    return json.loads(last)


def dlspec(*arguments: object, broken: bool = False) -> None:
    """Runs a command; where a budget may be broken, exit status 1 is fine."""
    words = list(map(str, arguments))
    command = [sys.executable, "-m", "dlspec", *words]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True)
    if done.returncode > broken:
        raise RuntimeError(f"dlspec {' '.join(words)} failed:\n{done.stderr}")


def compiled(spec: Path, backend: str, folder: Path) -> None:
    """Writes the program of a spec to a folder."""
    dlspec("compile", spec, "--backend", backend, "-o", folder)
