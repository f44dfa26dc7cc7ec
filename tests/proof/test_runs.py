"""Every spec, trained in each backend, verified in four runtimes and exported."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.proof

ROOT = Path(__file__).parents[2]
SPECS = sorted(p.stem for p in (ROOT / "specs").glob("*.dls"))


def dlspec(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dlspec", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=3600)


@pytest.mark.parametrize("backend", ("torch", "keras"))
@pytest.mark.parametrize("name", SPECS)
def test_a_trained_spec_agrees_with_its_exports(
    name: str, backend: str, tmp_path: Path, specs_table: list[tuple[str, ...]]
) -> None:
    run = tmp_path / "run"
    done = dlspec("train", ROOT / "specs" / f"{name}.dls", "--backend", backend, "-o", run)
    assert done.returncode == 0, done.stderr
    done = dlspec("verify", run)
    assert done.returncode == 0, done.stdout + done.stderr
    verified = json.loads((run / "verify.json").read_text(encoding="utf-8"))
    for line in verified["table"]:
        scores = ", ".join(f"{n} {x:.4f}" for n, x in line["scores"].items())
        found = (line["runtime"], line["output"], f"{line['difference']:.1e}", scores)
        specs_table.append((name, verified["trained_in"], *found))
    done = dlspec("export", run)
    assert done.returncode == 0, done.stdout + done.stderr
    for report in (run / "export").glob("*.json"):
        assert json.loads(report.read_text(encoding="utf-8"))["agrees"]
