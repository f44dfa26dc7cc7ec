"""The models of MLPerf Tiny (mlcommons/tiny), as far as its layers are those of the language: their
published parameters and multiply-accumulates.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from dlspec.cost import cost
from dlspec.pipeline import check
from dlspec.syntax import format_text, read

SPECS = Path(__file__).parents[2] / "specs" / "tiny"
PUBLISHED = {
    # parameters of all kinds, those that are trained, millions of multiply-accumulates
    "autoencoder": (269_992, 267_928, "0.264"),
    "ds_cnn": (24_908, 23_756, "2.657"),
    "mobilenet_v1": (221_794, 216_322, "7.490"),
    "resnet8": (78_666, 78_186, "12.50"),
}


def test_every_model_has_its_published_numbers_here() -> None:
    assert {path.stem for path in SPECS.glob("*.dls")} == set(PUBLISHED)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_model_is_as_large_as_published(name: str) -> None:
    total, trained, millions = PUBLISHED[name]
    result = check(SPECS / f"{name}.dls")
    assert result.program is not None and not result.errors
    (model,) = result.program.models.values()
    found = cost(model)
    assert (found.parameters.total, found.parameters.learned) == (total, trained)
    digits = len(millions.partition(".")[2])
    assert f"{found.macs / 1e6:.{digits}f}" == millions
    told = f"{trained:,} parameters, {total - trained:,} statistics, {millions} M MACs"
    assert told in result.program.doc


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_model_is_written_as_fmt_does(name: str) -> None:
    source = read(SPECS / f"{name}.dls")
    assert format_text(source) == source.text
