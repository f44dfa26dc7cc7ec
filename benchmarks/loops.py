"""How fast the generated programs train, beside the same model and data by hand.

Both sides of a comparison train in one process, in turns. The peers are in `benchmarks/peers`; the
loop is measured, without the validation and the checkpoints between its epochs.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.page import goal, table
from benchmarks.turns import BACKENDS, ROOT, Say, Times, child, compiled, of, ratio

TITLE = "Training loops"
PACKAGES = ("torch", "keras", "tensorflow", "numpy")
ROUNDS = 40
PEERS = {
    "torch": {"tuned": ("by hand, tuned", 0.95)},
    "keras": {"plain": ("`fit` on arrays", 1.0), "tuned": ("`fit`, tuned pipeline", 1.0)},
}
"""What each generated program runs beside, and the goal: its speed beside it."""
EPOCHS = {"digits": 5, "cancer": 40}
"""Epochs in a turn: some tenths of a second."""


def report(say: Say, tiny: bool = False) -> str:
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for backend in BACKENDS:
            for name in EPOCHS:
                found = measured(backend, name, Path(folder) / f"{name}_{backend}", say, tiny)
                rows += [row(backend, name, peer, found) for peer in PEERS[backend]]
    head = ("loop", "beside", "generated", "by hand", "speed", "by the clock", "goal")
    return "\n".join(
        (
            "What a step costs, in µs of the processor, all threads together, and the speed of the",
            "generated program beside the one by hand in [`peers`](../benchmarks/peers).",
            "By the clock, the speed depends on what else runs.",
            "",
            table(head, rows, right=(2, 3, 4, 5)),
        )
    )


def measured(backend: str, name: str, folder: Path, say: Say, tiny: bool) -> list[dict[str, Times]]:
    """The rounds of one comparison, in a process of its own."""
    spec = ROOT / "specs" / f"{name}.dls"
    compiled(spec, backend, folder)
    count, epochs = (2, 1) if tiny else (ROUNDS, EPOCHS[name])
    module = f"benchmarks.children.loop_{backend}"
    arguments = (name, folder, count, epochs)
    found = child(module, arguments, lambda text: say(f"{name}, {backend}: {text}"))
    return [{n: Times(*t) for n, t in r.items()} for r in found]


def row(backend: str, name: str, peer: str, found: list[dict[str, Times]]) -> tuple[str, ...]:
    processor = [{n: t.processor for n, t in r.items()} for r in found]
    clock = [{n: t.clock for n, t in r.items()} for r in found]
    speed = ratio(processor, peer, "generated")
    beside, least = PEERS[backend][peer]
    return (
        f"{BACKENDS[backend]}, [`{name}`](../specs/{name}.dls)",
        beside,
        of(processor, "generated").shown(0),
        of(processor, peer).shown(0),
        speed.shown(),
        ratio(clock, peer, "generated").shown(),
        goal(f"at least {least}", speed.median >= least),
    )
