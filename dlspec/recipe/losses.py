"""Losses: one number for a batch, the mean over all of its elements."""

from collections.abc import Iterable, Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from dlspec.declared import Problem
from dlspec.expr import fixed
from dlspec.recipe.base import Recipe
from dlspec.recipe.fields import Flag, Positive, Whole
from dlspec.recipe.targets import (
    class_axis,
    class_problems,
    equal_shapes,
    numeric_problems,
    without,
)
from dlspec.tensor import FLOATS, Tensor
from dlspec.units import Share

Activation = Literal["none", "sigmoid", "softmax"]


class Loss(Recipe):
    """The base of all losses. They compare an output of the model with a field of the data, or any
    two tensors of a `train` block.

    `reduction` is `mean` (over all elements of the batch), `sum` (over those of an example, and the
    mean over examples) or `none` (the tensor of all elements).
    """

    formula: ClassVar[str]
    activation: ClassVar[Activation] = "none"
    """What turns the output into a prediction."""
    of_outputs: ClassVar[bool] = False
    """Whether it compares two outputs, and no field."""
    aligns: ClassVar[bool] = False
    """Whether it compares two sequences, each with a length of its own."""
    named: ClassVar[tuple[str, ...]] = ("where", "weight")
    """The tensors that it takes beside the two, by name: which elements count, and how much."""

    reduction: Literal["mean", "sum"] | None = "mean"

    def problems(self, output: Tensor, target: Tensor) -> Iterable[Problem]:
        """What does not fit these two, of one example."""
        return numeric_problems(self.kind(), output, target)

    def class_axis(self, output: Tensor, target: Tensor) -> int | None:
        """The axis of the output that holds the classes; None where the loss has none."""
        return None

    def elements(self, output: Tensor, target: Tensor) -> tuple[int, ...]:
        """The shape of what is averaged, of one example."""
        return target.shape

    def beside(
        self, output: Tensor, target: Tensor, named: Mapping[str, Tensor]
    ) -> Iterable[Problem]:
        """What does not fit of `where` and `weight`: one for each element, or for each example."""
        shape = self.elements(output, target)
        for name, t in named.items():
            whole = Tensor("bool" if name == "where" else "f32", shape)
            fits = t.dtype == "bool" if name == "where" else t.dtype in FLOATS
            if not fits or t.shape not in (shape, ()):
                single = Tensor(whole.dtype, ())
                either = f"{whole}, or {single} for each example" if shape else str(whole)
                yield Problem(name, f"`{name}` is {t}; {self.kind()} takes {either}")


class MSE(Loss):
    """The mean squared error.

    `output` and `target` are numbers of equal shapes.
    """

    formula = "(output - target) ** 2"


class MAE(Loss):
    """The mean absolute error, which large errors move less than they move `MSE`.

    `output` and `target` are numbers of equal shapes.
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

    def elements(self, output: Tensor, target: Tensor) -> tuple[int, ...]:
        axis = self.class_axis(output, target)
        return without(output.shape, axis if axis is not None else 0)

    def beside(
        self, output: Tensor, target: Tensor, named: Mapping[str, Tensor]
    ) -> Iterable[Problem]:
        yield from super().beside(output, target, named)
        single = [*named, *(["reduction=none"] if self.reduction is None else [])]
        if single and self.class_weights is not None:
            what = f"`class_weights` and `{single[0]}` do not go together"
            yield Problem("class_weights", what, "say both in `weight`")


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


class KL(Loss):
    """The Kullback-Leibler divergence of one distribution from another: how much is lost where
    `target` stands for `output`.

    Both hold probabilities that add to 1 along `axis`, which the result lacks: `KL(p, q)`. One
    below 1e-7 counts as 1e-7 in the logarithm.
    """

    formula = "sum(p * (log(p) - log(q)))"
    of_outputs = True
    source = "Kullback and Leibler 1951, On information and sufficiency"

    axis: Whole = -1

    def problems(self, output: Tensor, target: Tensor) -> Iterable[Problem]:
        found = list(numeric_problems("KL", output, target))
        yield from found
        if not found and output.rank == 0:
            yield Problem(None, "KL compares distributions, not single numbers")
        elif not found and not -output.rank <= self.axis < output.rank:
            yield Problem("axis", f"`axis` is {self.axis}, and {output} has {output.rank} axes")

    def class_axis(self, output: Tensor, target: Tensor) -> int | None:
        return self.axis % output.rank

    def elements(self, output: Tensor, target: Tensor) -> tuple[int, ...]:
        return without(output.shape, self.axis % output.rank)


class KLNormal(Loss):
    """The Kullback-Leibler divergence of independent normal distributions from the standard one:
    one number for each example, the sum over its elements.

    `output` holds the means and `target` the logarithms of the variances:
    `KLNormal(mu, logvar)`.
    """

    formula = "sum(mu ** 2 + exp(logvar) - 1 - logvar) / 2"
    of_outputs = True
    source = "Kingma and Welling 2014, Auto-encoding variational Bayes, appendix B"

    def problems(self, output: Tensor, target: Tensor) -> Iterable[Problem]:
        if output.dtype not in FLOATS or target.dtype not in FLOATS:
            yield Problem(None, f"KLNormal takes numbers: {output} and {target}")
        elif output.shape != target.shape:
            yield Problem(None, f"means {output} and variances {target}: the shapes must be equal")

    def elements(self, output: Tensor, target: Tensor) -> tuple[int, ...]:
        return ()


class CTC(Loss):
    """Connectionist temporal classification: minus the logarithm of the probability of a text, the
    sum over all its alignments with the frames; one number for each example.

    `output` holds logits [frames, classes], no softmax before it, and `target` the labels of the
    text, `class[K][L]`, as many as there are; what pads either is left out. The blank is one of the
    output's classes, and no label: the labels are the others, numbered as the output's classes are.
    A text takes a frame for each label, and one more between two equal ones. One that has fewer is
    infinitely bad: such a loss ends the training, or counts as 0 with `zero_infinity`. The mean is
    over the examples; nothing is divided by the length of a text.
    """

    formula = "-log(sum of the probabilities of all alignments)"
    activation = "softmax"
    aligns = True
    source = "Graves et al. 2006, Connectionist temporal classification"

    blank: Annotated[Whole, Field(ge=0)] = 0
    zero_infinity: Flag = False

    def problems(self, output: Tensor, target: Tensor) -> Iterable[Problem]:
        if output.dtype not in FLOATS or output.rank != 2:
            what = f"CTC takes logits of each frame, f32[frames, classes], and this is {output}"
            yield Problem(None, what, "put time in front: Rearrange([c, t] -> [t, c])")
            return
        if target.dtype != "class" or target.rank != 1:
            what = f"CTC takes the labels of a text, and the target is {target}"
            yield Problem(None, what, "declare the field as classes in a row: `class[29][L]`")
            return
        frames, classes = output.shape
        if not fixed(classes):
            yield Problem(None, f"the classes of {output} are not a number")
        elif self.blank >= classes:
            what = f"the blank is class {self.blank}, and the output has {classes} classes"
            yield Problem("blank", what, f"the last one is {classes - 1}")
        elif target.classes not in (None, classes, *((self.blank,) if self._last(classes) else ())):
            what = f"an output of {classes} classes against labels of {target.classes}"
            help = f"both count the blank: give the model {target.classes} outputs"
            if target.classes == classes - 1:
                help = f"labels go from 0, so the blank is the last class: `blank={classes - 1}`"
            yield Problem(None, what, help)
        elif fixed(frames) and fixed(target.shape[0]) and frames < target.shape[0]:
            what = f"a text of {target.shape[0]} labels has no place in {frames} frames"
            yield Problem(None, what, "stride less over time, or declare the text shorter")

    def _last(self, classes: int) -> bool:
        """Whether the blank stands behind all labels."""
        return self.blank == classes - 1

    def elements(self, output: Tensor, target: Tensor) -> tuple[int, ...]:
        return ()
