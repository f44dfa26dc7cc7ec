"""The forms for programs: JSON, GitHub's workflow commands, SARIF."""

import json as stdlib_json
from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from dlspec.diagnostics import Fix, Label
from dlspec.render import github, json, sarif
from dlspec.source import Source, Span

SOURCE = Source("specs/a b.dls", "x = \U0001d4b3 -> Conv2d\ny = x, 100 %: z\n")


@pytest.fixture
def errors(sample, remark, find) -> list[Any]:
    place = find(SOURCE, "Conv2d")
    return [
        remark(find(SOURCE, "100 %"), "odd: 100 %, really\nso", advice="mind, %"),
        sample(
            place,
            "there is no layer `Conv2d`",
            beside="did you mean `Conv2D`?",
            others=(Label(find(SOURCE, "x"), "here"),),
            facts=("a fact",),
            advice="write Conv2D",
            edit=Fix(place, "Conv2D"),
        ),
        sample(None, "no place"),
    ]


def test_json(errors) -> None:
    found = stdlib_json.loads(json(errors))
    assert (found["format"], found["errors"], found["warnings"]) == (1, 2, 1)
    bare, first, second = found["diagnostics"]
    assert bare["place"] is None
    assert first["place"] == {
        "file": "specs/a b.dls",
        "start": {"line": 1, "column": 10, "offset": 9},
        "end": {"line": 1, "column": 16, "offset": 15},
    }
    assert first["fix"]["text"] == "Conv2D"
    assert first["related"][0]["text"] == "here"
    assert second["severity"] == "warning"
    assert stdlib_json.loads(json([])) == {
        "format": 1,
        "errors": 0,
        "warnings": 0,
        "diagnostics": [],
    }


def test_github(errors) -> None:
    bare, first, second = github(errors).split("\n")
    assert bare == "::error title=DLS204%3A no place::no place"
    assert first == (
        "::error file=specs/a b.dls,line=1,endLine=1,col=10,endColumn=16,"
        "title=DLS204%3A there is no layer `Conv2d`"
        "::did you mean `Conv2D`?%0Aa fact%0Ahelp: write Conv2D"
    )
    assert "title=DLS205%3A odd%3A 100 %25%2C really%0Aso::odd: 100 %25, really%0Aso" in second
    assert second.endswith("%0Ahelp: mind, %25")
    assert github([]) == ""


class Strict(BaseModel):
    """What the SARIF 2.1.0 standard says of the objects that we write (sections 3.13 to 3.58)."""

    model_config = ConfigDict(extra="forbid")


class Message(Strict):
    text: str = Field(min_length=1)


class Region(Strict):
    startLine: int = Field(ge=1)
    startColumn: int = Field(ge=1)
    endLine: int = Field(ge=1)
    endColumn: int = Field(ge=1)


class Artifact(Strict):
    uri: str = Field(pattern=r"^[A-Za-z0-9._~/%:-]+$")


class Physical(Strict):
    artifactLocation: Artifact
    region: Region


class Location(Strict):
    id: int | None = None
    physicalLocation: Physical
    message: Message | None = None


class Replacement(Strict):
    deletedRegion: Region
    insertedContent: Message


class Change(Strict):
    artifactLocation: Artifact
    replacements: list[Replacement] = Field(min_length=1)


class SarifFix(Strict):
    description: Message
    artifactChanges: list[Change] = Field(min_length=1)


class Result(Strict):
    ruleId: str
    ruleIndex: int
    level: Literal["error", "warning"]
    message: Message
    locations: list[Location] = []
    relatedLocations: list[Location] = []
    fixes: list[SarifFix] = []


class Configuration(Strict):
    level: Literal["error", "warning"]


class Rule(Strict):
    id: str
    name: str
    shortDescription: Message
    fullDescription: Message
    defaultConfiguration: Configuration


class Driver(Strict):
    name: str
    version: str
    rules: list[Rule]


class Tool(Strict):
    driver: Driver


class Run(Strict):
    tool: Tool
    columnKind: Literal["utf16CodeUnits"]
    results: list[Result]


class Log(Strict):
    schema_: str = Field(alias="$schema")
    version: Literal["2.1.0"]
    runs: list[Run]


def test_sarif(errors) -> None:
    log = Log.model_validate_json(sarif(errors))
    (run,) = log.runs
    rule = run.tool.driver.rules[0]
    assert (rule.id, rule.shortDescription.text) == ("DLS204", "What a test has to say.")
    assert all(run.tool.driver.rules[r.ruleIndex].id == r.ruleId for r in run.results)
    bare, first, _ = run.results
    assert bare.locations == []
    # One character before it is two UTF-16 code units.
    assert first.locations[0].physicalLocation.region == Region(
        startLine=1, startColumn=11, endLine=1, endColumn=17
    )
    assert first.locations[0].physicalLocation.artifactLocation.uri == "specs/a%20b.dls"
    assert first.fixes[0].artifactChanges[0].replacements[0].insertedContent.text == "Conv2D"
    assert Log.model_validate_json(sarif([])).runs[0].results == []


def test_sarif_of_an_absolute_path(sample) -> None:
    source = Source("/tmp/é.dls", "x")
    log = Log.model_validate_json(sarif([sample(Span(source, 0, 1))]))
    location = log.runs[0].results[0].locations[0].physicalLocation
    assert location.artifactLocation.uri == "file:///tmp/%C3%A9.dls"


def test_machines_get_the_same_text_each_time(errors) -> None:
    for form in (json, github, sarif):
        assert form(errors) == form(errors[::-1])
