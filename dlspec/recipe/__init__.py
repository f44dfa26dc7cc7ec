"""Everything that a spec says outside its models: data, training, exports, generating.

Objects are looked up by the place where they stand, since a name may mean one thing there and
another elsewhere (`MAE` is a loss and a metric). A family is imported when it is first needed.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module

from dlspec.recipe.base import Recipe

PLACES: dict[str, tuple[str, tuple[str, ...]]] = {
    "loss": (
        "losses",
        ("MSE", "MAE", "Huber", "CrossEntropy", "BinaryCrossEntropy", "KL", "KLNormal", "CTC"),
    ),
    "metric": (
        "metrics",
        ("Accuracy", "Precision", "Recall", "F1", "ConfusionMatrix", "MAE", "RMSE", "R2"),
    ),
    "optimizer": ("optimizers", ("SGD", "Adam", "AdamW", "RMSprop")),
    "schedule": ("schedules", ("Constant", "Step", "Linear", "Cosine", "Warmup")),
    "batch": ("batches", ("Balanced", "Bucketed", "Continued")),
    "early_stop": ("stops", ("Patience",)),
    "frozen": ("stops", ("Until",)),
    "source": ("sources", ("Sklearn", "Csv", "Npz", "Images")),
    "windows": ("windows", ("Windows",)),
    "transform": ("transforms", ("Scale", "Standardize", "OneHot", "Pad", "Resize", "Hash")),
    "augmentation": ("augmentations", ("RandomRotate", "RandomFlip", "RandomShift")),
    "split": ("splits", ("Stratified", "Random", "Ordered", "All")),
    "quantize": ("exports", ("Int8",)),
    "strategy": ("strategies", ("Greedy", "Sample", "Beam", "CtcBeam", "Ddpm")),
}
"""Place -> the module below this package, and its classes."""


DECLARED: dict[str, dict[str, tuple[str, str]]] = {"source": {"extern": ("externs", "Extern")}}
"""What a spec declares by itself and no text names: by place and kind the module and the class."""


@cache
def table(place: str) -> dict[str, type[Recipe]]:
    """The objects that may stand at a place, by the names that a spec writes."""
    module, classes = PLACES[place]
    family = import_module(f"dlspec.recipe.{module}")
    found = [getattr(family, name) for name in classes]
    return {cls.kind(): cls for cls in found}


def lookup(place: str, name: str) -> type[Recipe] | None:
    """The object of this name at this place."""
    return table(place).get(name)


def of_kind(place: str, kind: str) -> type[Recipe] | None:
    """What has this kind in the IR, at this place."""
    if kind not in DECLARED.get(place, {}):
        return lookup(place, kind)
    module, name = DECLARED[place][kind]
    found: type[Recipe] = getattr(import_module(f"dlspec.recipe.{module}"), name)
    return found


def places_of(name: str) -> tuple[str, ...]:
    """The places at which an object of this name may stand."""
    return tuple(p for p in PLACES if name in table(p))
