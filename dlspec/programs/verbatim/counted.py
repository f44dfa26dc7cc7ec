"""Where a run without validation rows stands."""

from dataclasses import dataclass


@dataclass
class Run:
    """Where a run stands.

    Every draw is a function of (seed, step), so this and the weights are all there is.
    """

    seed: int
    epoch: int = 0
    step: int = 0
