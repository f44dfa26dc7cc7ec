"""What `generate` makes of a network's output.

`feed = logits -> tokens` appends what is chosen from an output to an input, position by position,
from `start` on, until `end` is chosen or `limit` is reached. All random numbers are functions of
the seed, the position and the example, and are drawn in NumPy, so both backends choose alike.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from dlspec.recipe.base import LowerCase, Recipe
from dlspec.recipe.fields import Counted, NotNegative, Number, Positive, Whole
from dlspec.units import Share

Feeding = Literal["next", "frames", "noise"]


class Strategy(LowerCase, Recipe):
    """The base of all strategies."""

    feeding: ClassVar[Feeding]
    """What it reads: the scores of the next token, `feed = logits -> tokens`; those of every
    frame at once, `feed = logits`; or the noise in an input, `feed = noise -> image`."""


class Greedy(Strategy):
    """The token with the highest score, in each step; the first of equal ones."""

    feeding = "next"


class Sample(Strategy):
    """Tokens drawn by their probabilities.

    The scores are divided by `temperature` first: below 1 the likely ones gain. `top_k` leaves the
    k most likely tokens; `top_p` the fewest whose probabilities add up to at least p; with both,
    `top_p` chooses from what `top_k` left.
    """

    source = "Holtzman et al. 2020, The Curious Case of Neural Text Degeneration, for `top_p`"
    feeding = "next"

    temperature: Positive = 1.0
    top_k: Counted | None = None
    top_p: Annotated[Share, Field(gt=0)] | None = None


class Beam(Strategy):
    """The most likely sequence of those that a beam search of this width sees.

    A sequence of n tokens with the probability p scores `log(p) / ((5 + n) / 6) **
    length_penalty`: without the penalty short ones win.
    """

    source = "Wu et al. 2016, Google's Neural Machine Translation System"
    feeding = "next"
    positional = ("width",)

    width: Counted
    length_penalty: NotNegative = 0.0


class CtcBeam(Strategy):
    """The most likely text of a CTC output [T, classes], by a prefix beam search.

    The probability of a text is the sum over all its alignments: repeats are joined, then `blank`
    is left out. `width` texts are kept from frame to frame.
    """

    source = "Graves et al. 2006; Hannun et al. 2014, First-Pass Large Vocabulary Recognition"
    feeding = "frames"
    positional = ("width",)

    width: Counted
    blank: Annotated[Whole, Field(ge=0)] = 0


class Ddpm(Strategy):
    """Draws by a diffusion model, which tells the noise that is in an input.

    `betas` are the variances of the noise that each step of the training's process adds, such as
    `linspace(1e-4, 0.02, 1000)` or a list. The way back begins at the last step with noise alone;
    the input `time` takes the number of the step, which ends at 0. What a step draws has the
    variance `beta` of the step.
    """

    source = "Ho et al. 2020, Denoising Diffusion Probabilistic Models, algorithm 2"
    feeding = "noise"
    positional = ("betas",)
    spelled: ClassVar[tuple[str, ...]] = ("betas", "time")

    betas: Annotated[tuple[Annotated[Number, Field(gt=0, lt=1)], ...], Field(min_length=1)]
    time: str
