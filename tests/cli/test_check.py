"""`dlspec check`, `fmt`, `new`, and the rules of exit statuses."""

import io
import json
import re
import shlex
import sys

import pytest

from dlspec.cli.app import app

LIBRARY = "block B(n: int) = Dense(n) -> ReLU\n"
WRONG = "model M {\n  input x: f32[3]\n  output y = x -> Dens(3)\n}\n"


@pytest.fixture
def files(here):
    (here / "fine.dls").write_text(LIBRARY)
    (here / "wrong.dls").write_text(WRONG)
    (here / "empty.dls").write_text("")
    (here / "latin.dls").write_bytes(b"# caf\xe9\n")
    return here


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["fine.dls"], 0),
        (["empty.dls"], 0),
        (["empty.dls", "--strict"], 1),
        (["fine.dls", "--strict"], 0),
        (["wrong.dls"], 1),
        (["wrong.dls", "fine.dls", "empty.dls"], 1),
        (["nix.dls"], 2),
        (["latin.dls"], 2),
        (["."], 2),
        (["wrong.dls", "nix.dls"], 2),
        ([], 2),
        (["fine.dls", "--nix"], 2),
        (["fine.dls", "--format", "nix"], 2),
        (["fine.dls", "--set", "a=1"], 2),
        (["fine.dls", "--set", "a"], 2),
    ],
)
def test_exit_statuses(dlspec, files, words, status):
    assert dlspec("check", *words).status == status


def test_strict_says_what_made_it_fail(dlspec, files):
    ran = dlspec("check", "empty.dls", "fine.dls", "--strict")
    assert "empty.dls: ok" not in ran.out and "fine.dls: ok" in ran.out
    assert ran.err == "not ok: with `--strict`, warnings count as errors\n"
    assert dlspec("check", "empty.dls").err == ""


def test_a_report_names_every_file(dlspec, files):
    ran = dlspec("check", "wrong.dls", "fine.dls", "nix.dls")
    assert ran.out.startswith("fine.dls: ok\n")
    assert "wrong.dls:3:19" in ran.out and "did you mean `Dense`?" in ran.out
    assert "cannot read nix.dls" in ran.out
    assert ran.out.endswith("2 errors\n")


def test_what_a_spec_holds_is_counted(dlspec, digits):
    assert dlspec("check", digits).out == (
        f"{digits.as_posix()}: ok: 1 data, 1 model, 1 train, 2 exports\n"
    )


def test_json_for_machines(dlspec, files):
    found = json.loads(dlspec("check", "wrong.dls", "empty.dls", "--format", "json").out)
    assert (found["errors"], found["warnings"]) == (1, 1)
    assert {d["code"] for d in found["diagnostics"]} == {"DLS100", "DLS120"}
    assert json.loads(dlspec("check", "fine.dls", "--format", "json").out)["diagnostics"] == []


def test_sarif_for_scanners(dlspec, files):
    found = json.loads(dlspec("check", "wrong.dls", "--format", "sarif").out)
    (result,) = found["runs"][0]["results"]
    assert result["ruleId"] == "DLS100"
    region = result["locations"][0]["physicalLocation"]["region"]
    assert (region["startLine"], region["startColumn"]) == (3, 19)


def test_github_for_its_workflows(dlspec, files):
    out = dlspec("check", "wrong.dls", "--format", "github").out
    assert out.startswith("::error file=wrong.dls,line=3,")


def test_byte_order_marks_of_joined_files_mean_nothing(dlspec, here):
    (here / "a.dls").write_bytes(b"\xef\xbb\xbf\xef\xbb\xbf" + LIBRARY.encode())
    assert dlspec("check", "a.dls").out == "a.dls: ok\n"
    assert dlspec("fmt", "a.dls").status == 0
    assert (here / "a.dls").read_bytes() == LIBRARY.encode()


def test_no_colours_where_nobody_sees_them(dlspec, files):
    assert "\x1b" not in dlspec("check", "wrong.dls").out


# --- fmt --------------------------------------------------------------------------------------

UGLY = "block   B( n:int )=Dense(n)->ReLU   # a comment\n"
SET = "block B(n: int) = Dense(n) -> ReLU  # a comment\n"


def test_fmt_writes_in_place_and_keeps_comments(dlspec, here):
    (here / "a.dls").write_text(UGLY)
    assert dlspec("fmt", "a.dls").status == 0
    assert (here / "a.dls").read_text() == SET
    assert dlspec("fmt", "--check", "a.dls").status == 0


def test_fmt_check_and_diff_write_nothing(dlspec, here):
    (here / "a.dls").write_text(UGLY)
    checked, shown = dlspec("fmt", "--check", "a.dls"), dlspec("fmt", "--diff", "a.dls")
    assert (checked.status, shown.status) == (1, 1)
    assert checked.err == "a.dls would change\n"
    assert f"+{SET}" in shown.out and f"-{UGLY}" in shown.out
    assert (here / "a.dls").read_text() == UGLY


def test_fmt_leaves_alone_what_does_not_parse(dlspec, here):
    (here / "a.dls").write_text("model {\n")
    (here / "b.dls").write_text(UGLY)
    ran = dlspec("fmt", "a.dls", "b.dls")
    assert ran.status == 1 and "a.dls:1" in ran.err
    assert (here / "a.dls").read_text() == "model {\n"
    assert (here / "b.dls").read_text() == SET


def test_fmt_reads_standard_input(dlspec, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(UGLY.encode())))
    assert dlspec("fmt", "-").out == SET


def test_fmt_of_a_missing_file(dlspec, here):
    assert dlspec("fmt", "nix.dls").status == 2


# --- new --------------------------------------------------------------------------------------


def test_new_makes_a_spec_that_checks_and_is_formatted(dlspec, here):
    assert dlspec("new", "flowers").status == 0
    assert dlspec("check", "flowers.dls", "--strict").status == 0
    assert dlspec("fmt", "--check", "flowers.dls").status == 0


def test_new_overwrites_nothing(dlspec, here):
    (here / "mine.dls").write_text("# mine\n")
    assert dlspec("new", "mine").status == 2
    assert dlspec("new", "mine.dls").status == 2
    assert (here / "mine.dls").read_text() == "# mine\n"


@pytest.mark.parametrize("name", ["", " ", ".dls", "..", "flowers/", "a\nb", "/"])
def test_new_needs_a_name(dlspec, here, name):
    ran = dlspec("new", name)
    assert ran.status == 2 and "a spec needs a name" in ran.err
    assert list(here.rglob("*")) == []


@pytest.mark.parametrize("name", ["my net", "it's", 'a "b"', "-o", "sub/net"])
def test_new_shows_its_commands_as_a_shell_takes_them(dlspec, here, name):
    ran = dlspec("new", "--", name)
    assert ran.status == 0
    text = (here / f"{name}.dls").read_text()
    shown = [re.search(r"`(.*)`", ran.out)[1], *re.findall(r"(?m)^##   (dlspec train .*)$", text)]
    assert [shlex.split(line)[2] for line in shown] == [f"{name}.dls"] * 2


@pytest.mark.parametrize("command", ["", *(c.name or "" for c in app.registered_commands)])
def test_every_command_has_a_short_way_to_its_help(dlspec, command):
    words = [command] if command else []
    assert dlspec(*words, "-h") == dlspec(*words, "--help")
    assert dlspec(*words, "-h").out.startswith("Usage: dlspec")


def test_a_word_that_no_option_takes_is_a_plain_sentence(dlspec, files):
    ran = dlspec("check", "fine.dls", "--format", "xml")
    assert ran.status == 2
    assert "'--format': 'xml' is not one of text, json, github, sarif" in ran.err
