"""What users of PyTorch and Keras write by habit is answered by what to write here."""

from __future__ import annotations

import inspect

import pytest

from dlspec import ops
from dlspec.elaborate.spellings import INSTEAD, NAMES
from dlspec.pipeline import check
from dlspec.source import Source


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        ("Conv2D(8, kernel_size=3)", "did you mean `kernel`?"),
        ("Conv2D(filters=8, kernel=3)", "did you mean `channels`?"),
        ("Dense(out_features=3)", "did you mean `units`?"),
        ("Dense(3, in_features=4)", "leave it out: the size is that of what arrives"),
        ("LSTM(5, bidirectional=true)", "write `BiLSTM`, which reads both ways"),
        ("GRU(5, return_sequences=true)", "write `return=all`"),
        ("MaxPool2D(2, return_indices=true)", "write `return=(values, places)`"),
        ("LSTM(5, num_layers=2)", "did you mean `layers`?"),
        ("Dense(3, name=first)", "write the name behind the layer: `Dense(...) as name`"),
        # of a layer that has no such thing, the list of arguments
        ("Dense(3, return_sequences=true)", "the arguments are: units"),
        ("BiLSTM(5, bidirectional=true)", "the arguments are: units"),
    ],
)
def test_the_word_of_another_framework(layer: str, said: str) -> None:
    text = f"model M {{\n  input x: f32[4, 5]\n  output y = x -> {layer}\n}}\n"
    found = next(d for d in check(Source("spec.dls", text)).diagnostics if d.code == "DLS103")
    assert said in f"{found.label} {found.help}"


def test_the_words_are_arguments_of_a_framework_and_ours_exist() -> None:
    nn = pytest.importorskip("torch.nn")
    own = {a for kind in ops.names() for a in ops.lookup(kind).arguments()}
    assert {*NAMES.values()} - own == {"lr"}
    classes = [c for c in vars(nn).values() if inspect.isclass(c)]
    theirs = {p for c in classes for p in inspect.signature(c).parameters}
    theirs |= {"num_layers", "hidden_size", "batch_first", "bidirectional"}  # behind *args
    keras = """
        dilation_rate epsilon filters input_shape is_causal key_dim kernel_initializer learning_rate
        name num_groups num_key_value_heads output_dim pool_size data_format return_sequences
        return_state strides use_bias use_causal_mask use_gate value_dim
    """
    assert {*NAMES, *INSTEAD} <= theirs | {*keras.split()} | {"input_size"}
