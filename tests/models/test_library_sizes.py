"""Models and stacks of `std.sequence` and `std.generative`: published sizes, or those that a
person counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlspec.cost import cost
from dlspec.pipeline import check
from dlspec.source import Source

STD = Path(__file__).parents[2] / "dlspec" / "std"
LSTM = 4 * 512 * (256 + 512 + 1)
MODELS = {
    # words, kernels of three widths with their biases, the head
    "sequence.TextClassifier": 100 * 300 + 300 * 100 * (3 + 4 + 5) + 300 + 301 * 2,
    "sequence.BiLSTMTagger": 10_000 * 100 + 2 * 4 * 100 * (100 + 100 + 1) + 201 * 9,
    "sequence.Seq2Seq": 2 * 10_000 * 256 + 2 * LSTM + 513 * 10_000,
    "generative.VAE": 785 * 400 + 2 * 401 * 20 + 21 * 400 + 401 * 784,
    "generative.DiffusionUNet": 35_746_307,  # of DDPM
}
GATED = (4 * 8 * 2 + 8) + (4 * 4 + 4) + (4 * 5 + 5)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_has_as_many_parameters(name: str) -> None:
    module, _, model = name.partition(".")
    program = check(STD / f"{module}.dls").program
    assert program is not None
    assert cost(program.models[model]).parameters.learned == MODELS[name]


def test_a_wavenet_has_as_many_parameters_as_its_layers() -> None:
    text = (
        "from std.sequence import WaveNet\n"
        "model M { input x: f32[8, 6]\n"
        "output y: f32[3, 6] = x -> WaveNet([1, 2] * 2, channels=4, skips=5, classes=3) }"
    )
    program = check(Source("spec.dls", text)).program
    assert program is not None
    ends = (8 * 4 * 2 + 4) + (5 * 5 + 5) + (5 * 3 + 3)
    assert cost(program.models["M"]).parameters.learned == ends + 4 * GATED


def test_what_documentation_says_of_parameters_is_so() -> None:
    for module in ("sequence", "generative"):
        program = check(STD / f"{module}.dls").program
        assert program is not None
        for model in program.models.values():
            doc = " ".join(model.definitions[model.name].doc.split())
            count = f"{cost(model).parameters.learned:,} parameters"
            assert " parameters" not in doc or count in doc, model.name
