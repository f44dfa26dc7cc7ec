"""Metrics: what a run reports, each computed once over a whole set, as scikit-learn does."""

from collections.abc import Iterable
from typing import ClassVar, Literal

from dlspec.declared import Problem, snake_case
from dlspec.recipe.base import Recipe
from dlspec.recipe.fields import Counted, Whole
from dlspec.recipe.targets import class_axis, class_problems, equal_shapes, numeric_problems
from dlspec.tensor import FLOATS, Tensor

Average = Literal["binary", "macro", "micro", "weighted"]


class Metric(Recipe):
    """The base of all metrics. They compare an output of the model with a field of the data."""

    greater_is_better: ClassVar[bool] = True
    scalar: ClassVar[bool] = True
    """One number: what a run can be stopped by."""

    def name(self) -> str:
        """Its name in the log, where no other metric of the run has it."""
        return snake_case(self.kind())

    def problems(self, output: Tensor, target: Tensor) -> Iterable[Problem]:
        """What does not fit these two, of one example."""
        return numeric_problems(self.kind(), output, target)

    def class_axis(self, output: Tensor, target: Tensor) -> int | None:
        """The axis of the output that holds the classes; None where there is none."""
        return None


class Classification(Metric):
    """A metric of predicted classes.

    The prediction is the class with the largest output; with one output for two classes, the
    second class where its probability is above one half. Every place of a target counts once.
    """

    axis: Whole | None = None

    def problems(self, output: Tensor, target: Tensor) -> Iterable[Problem]:
        if target.dtype != "class":
            what = f"{self.kind()} compares classes, and the target is {target}"
            yield Problem(None, what, "declare the field as a class: `class[10]`")
        elif not single_output(output, target):
            yield from class_problems(self.kind(), output, target, self.axis)

    def class_axis(self, output: Tensor, target: Tensor) -> int | None:
        return None if single_output(output, target) else class_axis(output, target, self.axis)


def single_output(output: Tensor, target: Tensor) -> bool:
    """One output stands for two classes."""
    binary = target.dtype == "class" and target.classes in (2, None)
    return binary and output.dtype in FLOATS and equal_shapes(output, target)


class Accuracy(Classification):
    """The share of right predictions.

    With `top=5` a prediction is right if the class is among the 5 largest outputs.
    """

    source = "sklearn.metrics.accuracy_score, top_k_accuracy_score"

    top: Counted = 1

    def name(self) -> str:
        return "accuracy" if self.top == 1 else f"accuracy_top{self.top}"

    def problems(self, output: Tensor, target: Tensor) -> Iterable[Problem]:
        found = list(super().problems(output, target))
        yield from found
        if found or self.top == 1:
            return
        axis = self.class_axis(output, target)
        classes = int(output.shape[axis]) if axis is not None else 2
        if self.top >= classes:
            what = f"`top`: of {classes} classes, one is always among the {self.top} largest"
            yield Problem("top", what)


class Averaged(Classification):
    """A metric of each class, averaged.

    `average` is `binary` (the second of two classes), `macro` (the mean over the classes),
    `weighted` (by how often each occurs) or `micro` (over all predictions). Where nothing is said
    it is `binary` for two classes, else `macro`. A class that never occurs where it would be
    divided by counts as 0.
    """

    average: Average | None = None

    def averaging(self, target: Tensor) -> Average:
        """The kind of average for this target."""
        return self.average or ("binary" if target.classes == 2 else "macro")

    def problems(self, output: Tensor, target: Tensor) -> Iterable[Problem]:
        yield from super().problems(output, target)
        if self.average == "binary" and target.classes not in (2, None):
            what = f"`average`: binary is for 2 classes, the target has {target.classes}"
            yield Problem("average", what, "write `average=macro`")


class Precision(Averaged):
    """The share of right predictions among those of a class."""

    source = "sklearn.metrics.precision_score"


class Recall(Averaged):
    """The share of a class that is predicted as such."""

    source = "sklearn.metrics.recall_score"


class F1(Averaged):
    """The harmonic mean of precision and recall."""

    source = "sklearn.metrics.f1_score"


class ConfusionMatrix(Classification):
    """How often each class (a row) was predicted as each (a column)."""

    scalar = False
    source = "sklearn.metrics.confusion_matrix"


class MAE(Metric):
    """The mean absolute error."""

    greater_is_better = False
    source = "sklearn.metrics.mean_absolute_error"


class RMSE(Metric):
    """The root of the mean squared error; with several numbers, the mean of their roots."""

    greater_is_better = False
    source = "sklearn.metrics.root_mean_squared_error"


class R2(Metric):
    """The share of the variance that is explained; with several numbers, the mean of their shares.

    1 is perfect, and 0 is what the mean of the targets would reach.
    """

    source = "sklearn.metrics.r2_score"
