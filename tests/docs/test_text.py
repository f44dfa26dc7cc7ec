"""The page of the small GPT-2, command by command: it learns, and both programs write the same."""

from __future__ import annotations

import json
import math
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.proof]

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "text.md"


def fences(language: str) -> list[str]:
    text = PAGE.read_text(encoding="utf-8")
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```$", text)


def ran(folder: Path, line: str) -> str:
    words = shlex.split(line)
    if words[0] == "cp":
        shutil.copy(folder / words[1], folder / words[2])
        return ""
    command = [sys.executable, *words[1:]]
    if words[0] == "dlspec":
        command[1:1] = ["-m", "dlspec"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{line}\n{done.stderr[-2000:]}"
    return done.stdout


def entropy_behind_a_byte(rows: np.ndarray) -> float:
    """Of the next byte, where only the last is known: what counting pairs would reach."""
    pairs = np.zeros((256, 256))
    np.add.at(pairs, (rows[:, :-1].ravel(), rows[:, 1:].ravel()), 1)
    given = pairs / np.maximum(pairs.sum(axis=1, keepdims=True), 1)
    seen = pairs > 0
    return float(-(pairs[seen] / pairs.sum() * np.log(given[seen])).sum())


def test_the_page_works_as_it_stands(tmp_path: Path) -> None:
    for name in ("docs", "specs", "README.md"):
        (tmp_path / name).symlink_to(ROOT / name)
    (script,) = fences("python")
    (tmp_path / "corpus.py").write_text(script, encoding="utf-8")
    said = {line: ran(tmp_path, line) for block in fences("sh") for line in block.splitlines()}
    rows = np.load(tmp_path / "corpus.npz")["tokens"]
    last = json.loads((tmp_path / "run" / "metrics.jsonl").read_text().splitlines()[-1])
    assert last["loss"] < entropy_behind_a_byte(rows) - 0.5 < math.log(256) / 2
    assert last["val.loss"] < entropy_behind_a_byte(rows)
    three, tokens, torch, keras = (t for line, t in said.items() if "generate" in line)
    assert torch == keras == three and three.count("The model ") >= 3
    assert len(tokens.split()) == 23 and tokens.startswith("84 104 101 ")
