"""The data sets that come with scikit-learn: what `check` knows of them without reading them."""

from __future__ import annotations

from dlspec.frozen import frozen
from dlspec.tensor import Tensor, f32

CANCER_MEASURES = (
    "radius",
    "texture",
    "perimeter",
    "area",
    "smoothness",
    "compactness",
    "concavity",
    "concave points",
    "symmetry",
    "fractal dimension",
)


@frozen
class Bundled:
    """A table: its rows, the features of `data` in order, the classes of `target` if it has any."""

    rows: int
    features: tuple[str, ...]
    classes: tuple[str, ...] = ()
    image: tuple[int, ...] | None = None
    """The shape of the features seen as a picture: the column `image`."""

    @property
    def columns(self) -> dict[str, Tensor]:
        """The type of each column: `data` (all features), each feature, `target`."""
        target = Tensor("class", (), len(self.classes)) if self.classes else f32()
        columns = {"data": f32(len(self.features)), "target": target}
        if self.image is not None:
            columns["image"] = f32(*self.image)
        return columns | {name: f32() for name in self.features}


SETS = {
    "digits": Bundled(
        1797,
        tuple(f"pixel_{row}_{column}" for row in range(8) for column in range(8)),
        tuple(map(str, range(10))),
        image=(1, 8, 8),
    ),
    "breast_cancer": Bundled(
        569,
        (
            *(f"mean {m}" for m in CANCER_MEASURES),
            *(f"{m} error" for m in CANCER_MEASURES),
            *(f"worst {m}" for m in CANCER_MEASURES),
        ),
        ("malignant", "benign"),
    ),
    "diabetes": Bundled(442, ("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6")),
    "iris": Bundled(
        150,
        ("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"),
        ("setosa", "versicolor", "virginica"),
    ),
    "wine": Bundled(
        178,
        (
            "alcohol",
            "malic_acid",
            "ash",
            "alcalinity_of_ash",
            "magnesium",
            "total_phenols",
            "flavanoids",
            "nonflavanoid_phenols",
            "proanthocyanins",
            "color_intensity",
            "hue",
            "od280/od315_of_diluted_wines",
            "proline",
        ),
        ("class_0", "class_1", "class_2"),
    ),
}
