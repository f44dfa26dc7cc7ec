"""`dlspec ir`: the published form of a program."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from dlspec.cli.guard import Usage
from dlspec.cli.spec import checked
from dlspec.ir.document import document, schema


def ir(spec: Path | None, as_json: bool, as_schema: bool, given: Sequence[str]) -> int:
    """Prints the IR of a spec, or the schema of all of them, as JSON."""
    if as_schema == (spec is not None):
        raise Usage("give a spec, or `--schema` without one")
    if spec is not None and not as_json:
        raise Usage("the IR is printed as JSON: add `--json`; `dlspec summary` is for reading")
    found = schema() if spec is None else document(checked(spec, given)[1])
    print(json.dumps(found, indent=2, ensure_ascii=False))
    return 0
