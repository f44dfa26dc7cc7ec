"""Lets a program write the files that it exports.

A task names the `program` folder, the `run` that holds its weights, the `file` among the program's
targets, and the folder `out`. With `data`, the paths of the data begin there.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from serving import Task, enter, serve


def export(task: Task) -> Task:
    """Writes the file by the program's own command."""
    enter(task["program"])
    module = import_module("export")
    data = ["--data", task["data"]] if task.get("data") else []
    sys.argv = ["export.py", task["file"], "--run", task["run"], "--out", task["out"], *data]
    module.main()
    return {"size": (Path(task["out"]) / task["file"]).stat().st_size}


if __name__ == "__main__":
    serve(export)
