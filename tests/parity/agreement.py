"""Agreement as parity.md defines it, and cases that are held to it in every runtime."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import count
from pathlib import Path

import numpy as np
from cases import Case, Spec, together
from numbers_ import change, difference
from runs import Ran, prepare, run_all

FP64 = 1e-9
FP32 = 1e-5
RECURRENT = {"SimpleRNN", "LSTM", "GRU", "BiSimpleRNN", "BiLSTM", "BiGRU"}
"""Ops that Keras takes long to trace, and that are loops in TFLite. Loops stand in models of their
own: behind one, XNNPACK (in LiteRT 2.3.0) has been seen to read a reshaped input of the second and
later calls from another tensor's place."""
CHANGES = 0.1
"""What the inputs must change of each output: with less, agreement proves nothing."""


Seen = Callable[[str, float], None]
"""Told of each runtime and how far an output is from its definition there."""


def disagreements(
    r: Ran, names: Sequence[str], changes: bool = True, seen: Seen | None = None
) -> Iterator[str]:
    """What is wrong with these outputs of a spec, a line each."""
    for runtime in r.runtimes:
        if runtime in r.errors:
            yield f"{runtime}: {r.errors[runtime]}"
    if r.errors:
        return
    changed = change(r.definition)
    for name in names:
        reference = r.definition[name]
        own = difference(r.found["torch32"][name], r.found["torch64"][name])
        for runtime in r.runtimes:
            apart = difference(r.found[runtime][name], reference)
            if seen:
                seen(runtime, apart)
            limit = FP64 if runtime.endswith("64") else max(FP32, 3 * own)
            if not apart <= limit:
                yield f"{name} in {runtime}: {apart:.1e} from its definition, of {limit:.1e}"
        truths = reference.size == len(reference) and set(np.unique(reference)) <= {0, 1}
        if changes and not truths and changed[name] < CHANGES:  # few truths may well be equal
            yield f"{name} changes by {changed[name]:.0%} only"


def held(
    cases: Sequence[Case],
    folder: Path,
    together_: int = 30,
    seen: Callable[[Case, str, float], None] | None = None,
    **options: bool,
) -> list[str]:
    """Everything that is wrong with these cases; `seen` is told how far each is from its definition
    in each runtime. Where a model of many fails somewhere as a whole,
    its halves are tried, until the case stands alone."""
    numbers = count()
    wrong: list[str] = []
    alike: dict[object, list[Case]] = {}  # each with what the same files can hold
    for case in cases:
        alike.setdefault((case.refused, case.kind in RECURRENT), []).append(case)
    left = [
        some[i : i + together_] for some in alike.values() for i in range(0, len(some), together_)
    ]
    while left:
        rans = [
            prepare(together(part, **exactly(options)), folder / str(next(numbers)))
            for part in left
        ]
        run_all(rans)
        left = []
        for r in rans:
            part = r.spec.cases
            if r.errors and len(part) > 1:
                left += [part[: len(part) // 2], part[len(part) // 2 :]]
                continue
            for i, case in enumerate(part):
                told = partial(seen, case) if seen else None
                lines = disagreements(r, r.spec.outputs(i), options.get("changes", True), told)
                wrong += [f"{case.id}: {line}" for line in lines]
    return wrong


def exactly(options: dict[str, bool]) -> dict[str, bool]:
    return {k: v for k, v in options.items() if k in ("exact", "far")}


def whole_spec(spec: Spec, folder: Path) -> list[str]:
    """Everything that is wrong with a spec."""
    r = prepare(spec, folder)
    run_all([r])
    return list(disagreements(r, r.names))
