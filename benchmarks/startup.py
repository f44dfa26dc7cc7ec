"""How long a check takes from a cold start, beside what it is measured by.

`python benchmarks/startup.py` prints a table: the time of whole processes, least of some runs,
alternating. A check of 300 lines takes at most three times as long as importing Lark and Pydantic,
and `dlspec --version` at most twice as long as bare Python, and 40 ms.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 15

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


def seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def least(commands: dict[str, list[str]]) -> dict[str, float]:
    """The least time of each command, in turns, so that a busy machine is busy for all."""
    for command in commands.values():
        seconds(command)  # writes the bytecode of what is imported
    rounds = [{name: seconds(c) for name, c in commands.items()} for _ in range(RUNS)]
    return {name: min(r[name] for r in rounds) for name in commands}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spec.dls"
        path.write_text(spec(300), encoding="utf-8")
        python = [sys.executable]
        found = least(
            {
                "pass": [*python, "-c", "pass"],
                "version": [*python, "-m", "dlspec", "--version"],
                "imports": [*python, "-c", "import lark; from pydantic import BaseModel"],
                "check": [*python, "-m", "dlspec", "check", str(path)],
            }
        )
    ms = {name: 1000 * value for name, value in found.items()}
    version, check = 2 * ms["pass"] + 40, 3 * ms["imports"]
    print("| command | ms | at most |")
    print("| --- | ---: | ---: |")
    print(f"| `python -c pass` | {ms['pass']:.0f} | |")
    print(f"| `dlspec --version` | {ms['version']:.0f} | {version:.0f} |")
    print(f"| `import lark; from pydantic import BaseModel` | {ms['imports']:.0f} | |")
    print(f"| `dlspec check`, 300 lines | {ms['check']:.0f} | {check:.0f} |")


if __name__ == "__main__":
    main()
