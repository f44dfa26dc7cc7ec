"""How long the published models take to check and to compile, and how long their programs are."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.page import goal, table
from benchmarks.turns import BACKENDS, ROOT, Say, environment, of, processor_seconds, rounds

TITLE = "Published models"
PACKAGES = ("lark", "pydantic")
ROUNDS = 7
SECONDS = 1


@dataclass(frozen=True)
class Published:
    """A spec in `specs/models`, perhaps at another size."""

    name: str
    spec: str
    settings: tuple[str, ...] = ()
    lines: int | None = None
    """Its `model.py` has fewer."""
    timed: bool = False
    """Whether checking and compiling it have a goal."""

    def command(self, *words: str) -> list[str]:
        path = ROOT / "specs" / "models" / f"{self.spec}.dls"
        settings = [word for s in self.settings for word in ("--set", s)]
        return [sys.executable, "-m", "dlspec", words[0], str(path), *settings, *words[1:]]


XL = ("GPT2.dim=1600", "GPT2.heads=25", "GPT2.depth=48")
MODELS = (
    Published("GPT-2 124M", "gpt2", lines=80),
    Published("GPT-2 XL", "gpt2", XL, timed=True),
    Published("BERT-base", "bert", timed=True),
    Published("ResNet-50", "resnet50", lines=80),
    Published("DenseNet-121", "densenet121", timed=True),
    Published("DDPM's U-Net", "ddpm", lines=150),
)


def report(say: Say, tiny: bool = False) -> str:
    rows = [row(m, 1 if tiny else ROUNDS, say) for m in MODELS[: 1 if tiny else None]]
    compiling = (f"`compile`, {name}" for name in BACKENDS.values())
    head = ("model", "parameters", "`check`", *compiling, "lines of `model.py`", "goal")
    return "\n".join(
        (
            "Whole processes from a cold start, in seconds of the processor. Parameters are those",
            "of all models of a spec; lines are those of the PyTorch and of the Keras program.",
            "",
            table(head, rows, right=range(1, 6)),
        )
    )


def row(model: Published, count: int, say: Say) -> tuple[str, ...]:
    with tempfile.TemporaryDirectory() as folder:
        commands = {"check": model.command("check")}
        for backend in BACKENDS:
            out = str(Path(folder) / backend)
            words = ("compile", "--backend", backend, "-o", out, "--force")
            commands[backend] = model.command(*words)
        for command in commands.values():
            processor_seconds(command)  # writes the bytecode of what is imported

        def progress(text: str) -> None:
            say(f"{model.name}, {text}")

        contestants = {n: lambda c=c: processor_seconds(c) for n, c in commands.items()}
        found = rounds(contestants, count, progress)
        programs = [Path(folder) / backend / "model.py" for backend in BACKENDS]
        lines = [len(p.read_text(encoding="utf-8").splitlines()) for p in programs]
    times = [of(found, name) for name in commands]
    return (
        f"[{model.name}](../specs/models/{model.spec}.dls)",
        f"{parameters(model):,}",
        *(t.shown() for t in times),
        ", ".join(map(str, lines)),
        "; ".join(goals(model, max(t.median for t in times), max(lines))),
    )


def goals(model: Published, seconds: float, lines: int) -> list[str]:
    made = []
    if model.timed:
        made.append(goal(f"at most {SECONDS} s", seconds <= SECONDS))
    if model.lines is not None:
        made.append(goal(f"under {model.lines} lines", lines < model.lines))
    return made


def parameters(model: Published) -> int:
    """What is learned in all models of the spec."""
    done = subprocess.run(
        model.command("summary", "--json"),
        env=environment(),
        check=True,
        capture_output=True,
        text=True,
    )
    models = json.loads(done.stdout)["models"].values()
    return sum(m["parameters"]["learned"] for m in models)
