"""The recipe in the published IR: JSON and back, and what the schema says of it."""

import json

import pytest
from pydantic import ValidationError

from dlspec import recipe
from dlspec.ir.recipe import Data, Export, Train
from dlspec.recipe.losses import CrossEntropy
from dlspec.recipe.schedules import Warmup
from dlspec.units import Duration


def whole(checked):
    program = checked().program
    return program.data["digits"], program.trains[""], program.exports["phone"]


def test_json_and_back_is_the_same(checked):
    for made in whole(checked):
        again = type(made).model_validate_json(made.model_dump_json())
        assert again == made


def test_objects_stand_in_json_with_their_kind_and_every_argument(checked):
    data, train, export = (json.loads(x.model_dump_json()) for x in whole(checked))
    assert data["source"] == {"kind": "sklearn", "name": "digits"}
    assert data["split"]["kind"] == "stratified" and data["split"]["train"] == 0.6
    assert train["optimizer"] == {
        "kind": "AdamW",
        "lr": 0.003,
        "betas": [0.9, 0.999],
        "eps": 1e-8,
        "weight_decay": 0.01,
    }
    assert [p["kind"] for p in train["schedule"]] == ["warmup", "cosine"]
    assert train["schedule"][0]["duration"] == {"value": 1.0, "unit": "epochs"}
    rows = {"data": "digits", "part": "train", "start": 0, "stop": 256}
    assert export["quantize"] == {"kind": "int8", "calibrate": rows, "io": "float32"}


def test_a_default_that_is_written_out_is_the_same_ir(train):
    told = train(("AdamW(lr=rate)", "AdamW(lr=rate, betas=(0.9, 0.999), weight_decay=0.01)"))
    assert told.model_dump_json() == train().model_dump_json()


@pytest.mark.parametrize("place", recipe.PLACES)
def test_every_object_is_found_by_its_place_and_has_a_manual(place):
    for name, cls in recipe.table(place).items():
        assert recipe.lookup(place, name) is cls
        assert cls.kind() == name
        first = (cls.__doc__ or "").split("\n\n")[0].strip()
        assert first.endswith("."), f"{name} has no manual"


def test_a_name_may_mean_one_thing_here_and_another_there():
    assert recipe.places_of("MAE") == ("loss", "metric")
    assert recipe.lookup("loss", "MAE") is not recipe.lookup("metric", "MAE")


def test_an_object_at_a_wrong_place_is_refused():
    fields = json.loads(CrossEntropy().model_dump_json())
    read = Warmup(duration=Duration(1, "epochs")).to_json()
    assert read["kind"] == "warmup" and "kind" not in fields
    with pytest.raises(ValidationError, match="no optimizer is called warmup"):
        Train.model_validate({"optimizer": read})


@pytest.mark.parametrize("cls", [Data, Train, Export])
def test_the_schema_names_the_kinds(cls):
    schema = json.dumps(cls.model_json_schema())
    wanted = {Data: "stratified", Train: "RMSprop", Export: "int8"}
    assert f'"{wanted[cls]}"' in schema
