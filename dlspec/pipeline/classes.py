"""The classes that only the data tells: read by the program's own `data.py`, in a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from dlspec.diagnostics import SpecError
from dlspec.diagnostics.commands import ProgramFailed
from dlspec.emit.files import write_tree
from dlspec.ir.recipe import Data, Train
from dlspec.programs import data_file

READ = """
import json, sys
import data
try:
    facts = data.facts()
except (data.DataError, OSError) as error:
    sys.exit(f"error: {error}")
print(json.dumps(facts))
"""


def read_classes(data: Data, train: Train, folder: Path) -> dict[str, dict[str, list[str]]]:
    """The classes of a data block's fields, by data and field. `folder` is that of the spec.

    Raises SpecError where the data cannot be read.
    """
    with TemporaryDirectory(prefix="dlspec-") as made:
        way = os.path.relpath(folder.resolve(), Path(made).resolve())
        write_tree(Path(made), {"data.py": data_file(data, train, folder=way), "read.py": READ})
        child = subprocess.run(
            [sys.executable, "read.py"], cwd=made, capture_output=True, text=True, encoding="utf-8"
        )
    if child.returncode != 0:
        last = child.stderr.strip().rpartition("\n")[2].removeprefix("error: ")
        raise SpecError(ProgramFailed(None, "reading the data", last))
    fitted = json.loads(child.stdout)["fitted"]
    names = {f: [str(c) for c in fitted[f]["classes"]] for f in data.unknown_classes}
    return {data.name: names}
