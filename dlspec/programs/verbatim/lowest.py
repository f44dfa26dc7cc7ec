"""Where a run stands, if the lowest value is the best."""

import math
from dataclasses import dataclass


@dataclass
class Run:
    """Where a run stands.

    Every draw is a function of (seed, step), so this and the weights are all there is.
    """

    seed: int
    epoch: int = 0
    step: int = 0
    best: float = math.inf
    wait: int = 0

    def improved(self, value: float) -> bool:
        """Counts an epoch that ended with this value; says whether it is the best."""
        self.epoch += 1
        self.wait += 1
        if value < self.best:
            self.best, self.wait = value, 0
        return self.wait == 0
