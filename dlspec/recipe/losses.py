"""Losses: one number for a batch, the mean over all of its elements."""

from collections.abc import Iterable
from typing import ClassVar, Literal

from dlspec.declared import Problem
from dlspec.recipe.base import Recipe
from dlspec.recipe.fields import Positive, Whole
from dlspec.recipe.targets import class_axis, class_problems, equal_shapes, numeric_problems
from dlspec.tensor import FLOATS, Tensor
from dlspec.units import Share

Activation = Literal["none", "sigmoid", "softmax"]


class Loss(Recipe):
    """The base of all losses. They compare an output of the model with a field of the data."""

    formula: ClassVar[str]
    activation: ClassVar[Activation] = "none"
    """What turns the output into a prediction."""

    reduction: Literal["mean", "sum"] = "mean"

    def problems(self, output: Tensor, target: Tensor) -> Iterable[Problem]:
        """What does not fit these two, of one example."""
        return numeric_problems(self.kind(), output, target)

    def class_axis(self, output: Tensor, target: Tensor) -> int | None:
        """The axis of the output that holds the classes; None where the loss has none."""
        return None


class MSE(Loss):
    """The mean squared error.

    `output` and `target` are numbers of equal shapes. `reduction=sum` sums the elements of an
    example and averages the examples.
    """

    formula = "(output - target) ** 2"


class MAE(Loss):
    """The mean absolute error, which large errors move less than they move `MSE`.

    `output` and `target` are numbers of equal shapes. `reduction=sum` sums the elements of an
    example and averages the examples.
    """

    formula = "abs(output - target)"


class Huber(Loss):
    """The squared error for differences up to `delta`, and a straight line beyond them.

    `output` and `target` are numbers of equal shapes; `delta` has their unit.
    """

    formula = "e ** 2 / 2 if abs(e) <= delta else delta * (abs(e) - delta / 2)"
    source = "Huber 1964, Robust estimation of a location parameter"

    delta: Positive = 1.0


class CrossEntropy(Loss):
    """The cross-entropy of a softmax of the output, for one class out of several.

    `output` holds logits: no softmax before it. `target` is a class for each place, or
    probabilities of the output's shape. The class axis is the one that the target lacks; where two
    would fit, `axis` is required. `label_smoothing` spreads that share of the target evenly over
    all classes. `class_weights` has a weight for each class, and the mean is over the weights.
    """

    formula = "-sum(target * log_softmax(output))"
    source = "Szegedy et al. 2016 for label smoothing"
    activation = "softmax"

    label_smoothing: Share = 0.0
    class_weights: tuple[Positive, ...] | None = None
    axis: Whole | None = None

    def problems(self, output: Tensor, target: Tensor) -> Iterable[Problem]:
        found = list(class_problems(self.kind(), output, target, self.axis))
        yield from found
        weights = self.class_weights
        if found or weights is None:
            return
        if target.classes not in (None, len(weights)):
            what = f"{len(weights)} weights for {target.classes} classes"
            yield Problem("class_weights", what)
        if target.dtype in FLOATS:
            what = "probabilities as the target have no class weights"
            yield Problem("class_weights", what, "give the target as a class")

    def class_axis(self, output: Tensor, target: Tensor) -> int | None:
        return class_axis(output, target, self.axis)


class BinaryCrossEntropy(Loss):
    """The cross-entropy of a sigmoid of the output, for yes or no, or for several labels at once.

    `output` holds logits: no sigmoid before it. `target` is a `class[2]` for each of its elements,
    or numbers from 0 to 1 of its shape. `label_smoothing` moves the target towards one half by
    that share. `positive_weight` multiplies the part of the positive class.
    """

    formula = "-(target * log_sigmoid(output) + (1 - target) * log_sigmoid(-output))"
    activation = "sigmoid"

    label_smoothing: Share = 0.0
    positive_weight: Positive = 1.0

    def problems(self, output: Tensor, target: Tensor) -> Iterable[Problem]:
        if target.dtype != "class":
            yield from numeric_problems(self.kind(), output, target)
            return
        if output.dtype not in FLOATS:
            yield Problem(None, f"BinaryCrossEntropy takes numbers, not {output}")
        elif target.classes not in (2, None):
            what = f"BinaryCrossEntropy is for 2 classes, the target has {target.classes}"
            yield Problem(None, what, "use CrossEntropy with an output for each class")
        elif not equal_shapes(output, target):
            what = f"an output {output} against a target {target}"
            help = "give it one logit for each target: `Dense(1)`"
            if output.shape == (2, *target.shape):
                help = "use CrossEntropy, or give the model one logit: `Dense(1)`"
            yield Problem(None, what, help)
