"""What every child does: reads its tasks, does them one by one, writes each answer at once."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

PROGRAM = ("checkpoint", "data", "export", "model", "objective", "recipe", "train", "weights")
"""The modules of a generated folder."""

Task = dict[str, Any]


class Unfit(Exception):
    """A file is not one of the model that it is to run."""


def serve(work: Callable[[Task], Task]) -> None:
    """Answers the tasks of the file `argv[1]`, a line of JSON each, in the file `argv[2]`."""
    tasks = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    with Path(sys.argv[2]).open("a", encoding="utf-8") as answers:
        for task in tasks:
            answers.write(json.dumps(answered(work, task)) + "\n")
            answers.flush()


def answered(work: Callable[[Task], Task], task: Task) -> Task:
    """The answer, or what went wrong in one line."""
    try:
        return work(task)
    except ModuleNotFoundError as error:
        return {"error": str(error), "missing": error.name or ""}
    except Unfit as error:
        return {"unfit": str(error)}
    except SystemExit as error:  # a program's own sentence
        return {"error": str(error).removeprefix("error: ")}
    except Exception as error:
        traceback.print_exc()
        lines = str(error).strip().splitlines() or [""]
        return {"error": f"{type(error).__name__}: {lines[0]}"}


def same_rows(told: Sequence[object], rows: Sequence[int]) -> None:
    """Raises Unfit where a file reads rows of another shape than the model does. A size of the
    file that varies is a word, or -1."""
    fixed = (n if isinstance(n, int) and n != -1 else m for n, m in zip(told, rows, strict=False))
    if len(told) != len(rows) or [*fixed] != [*rows]:
        raise Unfit(f"it reads rows of shape {[*told]}, the model {[*rows]}")


def enter(folder: str) -> None:
    """Makes the modules of a program importable, instead of those of the one before."""
    for name in PROGRAM:
        sys.modules.pop(name, None)
    sys.path[:] = [folder, *(p for p in sys.path if p != folder)]
