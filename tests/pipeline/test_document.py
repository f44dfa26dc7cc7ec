"""The published IR and its hash."""

import json
import re
from pathlib import Path

import pytest

from dlspec.ir.document import document, program_hash, read, schema
from dlspec.pipeline import check
from dlspec.source import Source
from dlspec.syntax import format_text

SPECS = sorted((Path(__file__).parents[2] / "specs").glob("*.dls"))
by_name = pytest.mark.parametrize("spec", SPECS, ids=lambda p: p.stem)


@by_name
def test_a_document_survives_json(spec):
    made = document(check(spec).program)
    again = document(read(json.loads(json.dumps(made, allow_nan=False))))
    assert again == made


def test_another_format_is_refused():
    made = document(check(SPECS[0]).program)
    with pytest.raises(ValueError, match="format 0 of the IR; this version of dlspec reads 1"):
        read({**made, "format": 0})


def test_every_part_of_a_document_stands_in_the_schema():
    found = schema()
    names = set(found["$defs"]) | {"Program"}
    assert {"ModelIR", "Instance", "Apply", "Call", "Train", "Data", "Export"} <= names
    assert set(document(check(SPECS[0]).program)) == set(found["properties"])


@by_name
def test_the_hash_knows_no_layout_comments_or_file_name(spec, program):
    text = spec.read_text()
    want = program_hash(program(text))
    formatted = format_text(Source("other.dls", text))
    bare = re.sub(r"(?m)#.*$", "", text)
    spaced = text.replace("\n", "\n\n")
    assert {program_hash(program(t)) for t in (formatted, bare, spaced)} == {want}
    assert program_hash(check(spec).program) == want


MODEL = """block B(n: int, act: layer = ReLU) = Dense(n) -> act
model Net(width: int = 8) {
  input x: f32[4]
  h = x -> B(width, act=Conv) -> B(width)
  output y = h -> Dense(2 * width)
}
""".replace("Conv", "(Dense(3) -> Tanh)")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("width: int = 8", "width: int = 9"),
        ("Tanh", "Sigmoid"),
        ("Dense(3)", "Dense(4)"),
        ("2 * width", "3 * width"),
        ("f32[4]", "f32[5]"),
        ("output y", "output z"),
        ("model Net", "model Nett"),
        (" -> B(width)\n", " -> B(width) * 2\n"),
        ("h -> Dense", "h -> ReLU -> Dense"),
    ],
)
def test_a_changed_program_has_another_hash(program, old, new):
    assert old in MODEL
    assert program_hash(program(MODEL)) != program_hash(program(MODEL.replace(old, new, 1)))


def test_names_that_are_like_our_own_fields_count(program):
    text = MODEL.replace("width", "line").replace("Net", "doc")
    assert program_hash(program(text)) != program_hash(program(text.replace("= 8", "= 9")))


def test_the_layout_of_a_layer_given_as_an_argument_does_not_count(program):
    spaced = MODEL.replace("Dense(3) -> Tanh", "Dense( 3 )\n -> Tanh")
    assert program_hash(program(MODEL)) == program_hash(program(spaced))
