"""How long a check takes from a cold start, beside what it is measured by.

Times are of whole processes, in which the processor is busy all the while; waiting for a machine
that is busy otherwise does not count. A check of 300 lines takes at most three times as long as
importing Lark and Pydantic, and `dlspec --version` at most twice as long as bare Python, and 40 ms.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.page import goal, table
from benchmarks.turns import Say, figure, of, processor_seconds, ratio, rounds

TITLE = "Start-up"
PACKAGES = ("lark", "pydantic")
ROUNDS = 25
LINES = 300

HEAD = """data digits {
  source = sklearn("digits")
  field image: f32[1, 8, 8] = column("image") -> Scale(1 / 16)
  field label: class[10]    = column("target")
  split = stratified(label, train=60 %, val=15 %, test=25 %, seed=0)
  augment image -> RandomRotate(10 deg) -> RandomShift(10 %)
}

train {
  data       = digits
  model      = Net1()
  loss       = CrossEntropy(logits, label, label_smoothing=0.1)
  optimizer  = AdamW(lr=3e-3, weight_decay=0.01)
  schedule   = warmup(1 epoch) -> cosine(to=0)
  epochs     = 30
  batch      = 64
  metrics    = [Accuracy(logits, label), F1(logits, label, average=macro)]
  early_stop = patience(8 epochs, on=val.loss)
}
"""
PART = """
## Variant {i}: two stages, the second at half the resolution.
block Residual{i}(channels: int, stride: int = 1) {{
  input x: f32[C, H, W]
  y = x
    -> Conv2D(channels, 3, stride=stride, padding=1, bias=false) -> BatchNorm -> ReLU
    -> Conv2D(channels, 3, padding=1, bias=false) -> BatchNorm
  if stride != 1 or C != channels {{
    x = x -> (Conv2D(channels, 1, stride=stride, bias=false) -> BatchNorm) as shortcut
  }}
  output x + y -> ReLU
}}

model Net{i}(width: int = {width}, classes: int = 10, dropout: float = 0.1) {{
  input image: f32[1, 8, 8]
  x = image -> Conv2D(width, 3, padding=same) -> ReLU
  x = x -> Residual{i}(width)
  x = x -> Residual{i}(2 * width, stride=2)
  pooled = x -> GlobalAvgPool2D
  hidden = pooled -> Dense(4 * width) -> GELU -> LayerNorm
  output logits: f32[classes] = hidden -> Dropout(dropout) -> Dense(classes)
}}
"""


def spec(lines: int) -> str:
    """A spec of about so many lines."""
    text, i = HEAD, 0
    while text.count("\n") < lines - PART.count("\n") // 2:
        i += 1
        text += PART.format(i=i, width=8 * i)
    return text


def report(say: Say, tiny: bool = False) -> str:
    python, imports = sys.executable, "import lark; from pydantic import BaseModel"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spec.dls"
        path.write_text(spec(LINES), encoding="utf-8")
        commands = {
            "pass": [python, "-c", "pass"],
            "version": [python, "-m", "dlspec", "--version"],
            "imports": [python, "-c", imports],
            "check": [python, "-m", "dlspec", "check", str(path)],
        }
        for command in commands.values():
            processor_seconds(command)  # writes the bytecode of what is imported
        contestants = {
            name: lambda c=c: 1000 * processor_seconds(c) for name, c in commands.items()
        }
        found = rounds(contestants, 2 if tiny else ROUNDS, say)
    bare, version, check = (of(found, name) for name in ("pass", "version", "check"))
    over = figure([r["version"] - 2 * r["pass"] for r in found])
    times = ratio(found, "check", "imports")
    rows = [
        ("`python -c pass`", bare.shown(0), "", ""),
        (
            "`dlspec --version`",
            version.shown(0),
            ratio(found, "version", "pass").shown(),
            goal("at most twice, and 40 ms", over.median <= 40),
        ),
        (f'`python -c "{imports}"`', of(found, "imports").shown(0), "", ""),
        (
            f"`dlspec check`, {LINES} lines",
            check.shown(0),
            times.shown(),
            goal("at most 3 times", times.median <= 3),
        ),
    ]
    return "\n".join(
        (
            "Whole processes, with their files in the system's cache and their bytecode written.",
            "Waiting for a busy processor does not count.",
            "",
            table(("process", "processor ms", "times the row above", "goal"), rows, right=(1, 2)),
        )
    )
