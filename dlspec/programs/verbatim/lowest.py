"""Where a run stands, if the lowest value is the best."""

import math
from dataclasses import dataclass

from dlspec.programs.verbatim.example import BEST


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
    measure: str = BEST  # what `best` is

    def improved(self, value: float) -> bool:
        """Counts an epoch that ended with this value; says whether it is the best."""
        self.epoch += 1
        self.wait += 1
        if value < self.best:
            self.best, self.wait = value, 0
        return self.wait == 0

    def resume(self) -> None:
        """Seeks the best anew where the run was measured otherwise until now."""
        if self.measure != BEST:
            measures = f"by the {BEST}, no more by the {self.measure}"
            print("the best epoch is sought anew,", measures, flush=True)
            self.best, self.wait, self.measure = math.inf, 0, BEST
