"""The table of bundled data sets against scikit-learn, and which paths a spec may name."""

import numpy as np
import pytest

from dlspec.declared import BadArguments
from dlspec.recipe.bundled import SETS
from dlspec.recipe.sources import Csv, Images, Npz, Sklearn
from dlspec.tensor import f32


@pytest.mark.parametrize("name", SETS)
def test_the_table_is_what_scikit_learn_ships(name):
    datasets = pytest.importorskip("sklearn.datasets")
    theirs = getattr(datasets, f"load_{name}")()
    ours = Sklearn(name=name)
    assert ours.rows() == len(theirs.data)
    assert ours.table.features == tuple(map(str, theirs.feature_names))
    assert ours.column("data") == f32(theirs.data.shape[1])
    target = ours.column("target")
    if target.dtype == "class":
        assert set(np.unique(theirs.target)) == set(range(target.classes))
        assert ours.table.classes == tuple(map(str, theirs.target_names))
    else:
        assert theirs.target.dtype.kind == "f"


def test_digits_have_pictures_with_values_to_16():
    datasets = pytest.importorskip("sklearn.datasets")
    images = datasets.load_digits().images
    assert Sklearn(name="digits").column("image").shape == (1, *images.shape[1:])
    assert images.min() == 0 and images.max() == 16


def test_a_name_that_scikit_learn_does_not_have():
    with pytest.raises(BadArguments) as error:
        Sklearn.bind(("mnist",), {})
    assert '"diabetes", "iris" or "wine", got mnist' in error.value.problems[0].what


@pytest.mark.parametrize("path", ["x.csv", "data/x.csv", "./x.csv", "a b/ü.csv"])
def test_paths_below_the_spec(path):
    assert Csv(path=path).path == path


@pytest.mark.parametrize(
    "path",
    [
        *("../x.csv", "a/../../x.csv", "/etc/passwd", "~/x.csv", "C:\\x.csv", "https://a.b/c"),
        *("", " ", "a\nb", "a\0b", 3, None),
    ],
)
@pytest.mark.parametrize("source", [Csv, Npz, Images])
def test_paths_that_lead_elsewhere(source, path):
    with pytest.raises(BadArguments):
        source.bind((path,), {})


def test_images_have_labels_only_where_the_folders_say_so():
    assert Images(path="a").columns() == ("image",)
    labelled = Images(path="a", labels="folder")
    assert labelled.columns() == ("image", "label")
    assert str(labelled.column("label")) == "class"


@pytest.mark.parametrize("separator", ["", ",,", '"', "\n", 3])
def test_a_separator_is_one_character(separator):
    with pytest.raises(BadArguments):
        Csv.bind(("a.csv",), {"separator": separator})
