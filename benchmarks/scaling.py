"""How the compiler's time and memory grow with the layers of a model.

The same layers are written in three ways: a block repeated by one number, a loop, and a line each.
Of each way the time beyond that of the smallest model is divided by the layers; where that grows,
the compiler does not grow linearly.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.page import goal, table
from benchmarks.turns import Say, Used, figure, used

TITLE = "Large models"
PACKAGES = ("lark", "pydantic")
LAYERS = (10, 100, 1_000, 10_000)
ROUNDS = 3
MEMORY_MB = 500
GROWTH = 1.5
"""The goal: a layer among 10,000 takes at most this many times what one among 1,000 takes."""

HEAD = """data points {
  source = npz("points.npz")
  field x: f32[64] = column("x")
  field y: f32[10] = column("y")
  split = random(train=80 %, val=10 %, test=10 %)
}
"""
TAIL = """
train {
  data = points; model = Deep(); loss = MSE(out, y)
  optimizer = SGD(lr=0.1); epochs = 1; batch = 4
}
"""
REPEAT = """
block Unit(dim: int) {{
  input x: f32[dim]
  output x + (x -> LayerNorm -> Dense(dim) -> ReLU)
}}
model Deep() {{
  input x: f32[64]
  output out: f32[10] = x -> Unit(64) * {n} -> Dense(10)
}}
"""
LOOP = """
model Deep() {{
  input x: f32[64]
  h = x
  for i in range({n}) {{ h = h -> Dense(64 + i % 7) -> ReLU }}
  output out: f32[10] = h -> Dense(10)
}}
"""


def lines(n: int) -> str:
    layers = "".join(f"  h = h -> Dense({64 + i % 7}) -> ReLU\n" for i in range(n))
    return (
        f"\nmodel Deep() {{\n  input x: f32[64]\n  h = x\n{layers}"
        "  output out: f32[10] = h -> Dense(10)\n}\n"
    )


WAYS = {
    "`Unit(64) * n`": lambda n: REPEAT.format(n=n),
    "`for i in range(n)`": lambda n: LOOP.format(n=n),
    "a line each": lines,
}


def report(say: Say, tiny: bool = False) -> str:
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for command in ("check", "compile"):
            for way, written in WAYS.items():
                say(f"{command}, {way}")
                found = {}
                for n in LAYERS[:2] if tiny else LAYERS:
                    path = Path(folder) / f"deep_{n}.dls"
                    path.write_text(HEAD + written(n) + TAIL, encoding="utf-8")
                    found[n] = measured(command, path, 1 if tiny else ROUNDS)
                rows.append(row(command, way, found))
    head = ("command", "layers as", *(f"{n:,} layers" for n in LAYERS), "goal")
    return "\n".join(
        (
            "Whole processes from a cold start: seconds of the processor, and MB of memory at the",
            "most. Of `compile`, the program is PyTorch's.",
            "",
            table(head, rows, right=range(2, 2 + len(LAYERS))),
        )
    )


def measured(command: str, path: Path, rounds: int) -> Used:
    """The median time and memory of some runs."""
    arguments = [str(path)]
    if command == "compile":
        arguments += ["-o", str(path.with_suffix("")), "--force"]
    runs = [used([sys.executable, "-m", "dlspec", command, *arguments]) for _ in range(rounds)]
    return Used(
        figure([r.seconds for r in runs]).median, figure([r.megabytes for r in runs]).median
    )


def row(command: str, way: str, found: dict[int, Used]) -> tuple[str, ...]:
    cells = [f"{u.seconds:.2f} s, {u.megabytes:.0f} MB" for u in found.values()]
    cells += [""] * (len(LAYERS) - len(cells))
    start, *_ = found.values()
    sizes = list(found)
    each = {n: (found[n].seconds - start.seconds) / n for n in sizes[1:]}
    linear = len(each) < 3 or each[sizes[-1]] <= GROWTH * max(each[sizes[-2]], 0)
    small = max(u.megabytes for u in found.values()) <= MEMORY_MB
    return (
        f"`{command}`",
        way,
        *cells,
        f"{goal('linear', linear)}; {goal(f'at most {MEMORY_MB} MB', small)}",
    )
