"""`dlspec graph`: a picture of a model, in a file or printed."""

import pytest

SPEC = """
block Wide(n: int) = Dense(n) -> ReLU
model Small { input x: f32[4]; output y = x -> Wide(8) }
model Large(width: int = 8) { input x: f32[4]; output y = x -> Wide(width) -> Wide(width) }
"""


@pytest.fixture
def nets(here):
    (here / "nets.dls").write_text(SPEC)
    return here


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("net.svg", "<svg "),
        ("net.html", "<!doctype html>"),
        ("net.HTM", "<!doctype html>"),
        ("net.dot", 'digraph "DigitsCNN"'),
        ("net.gv", 'digraph "DigitsCNN"'),
        ("net.mmd", "flowchart TB"),
        ("net.mermaid", "flowchart TB"),
    ],
)
def test_the_suffix_says_the_format(dlspec, digits, here, name, start):
    ran = dlspec("graph", digits, "-o", name)
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith(f"{name}: DigitsCNN as ")
    assert (here / name).read_text().startswith(start)


def test_it_is_printed_where_no_file_is_named(dlspec, digits):
    printed = dlspec("graph", digits, "--format", "mermaid").out
    assert printed.startswith("flowchart TB\n")
    assert dlspec("graph", digits, "-o", "-", "--format", "mermaid").out == printed


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "say where to write"),
        (["-o", "net.png"], "no format is known by `net.png`"),
        (["-o", "-"], "no format is known by `-`"),
        (["--format", "png"], "'png' is not one of"),
        (["-o", "net.svg", "--depth", "-1"], "Invalid value for '--depth'"),
    ],
)
def test_wrong_options(dlspec, digits, here, words, said):
    ran = dlspec("graph", digits, *words)
    assert ran.status == 2 and said in " ".join(ran.err.split())
    assert not list(here.iterdir())


def test_a_model_is_chosen(dlspec, nets):
    ran = dlspec("graph", "nets.dls", "--format", "dot")
    assert ran.status == 2 and "choose one: `--model Small`, `--model Large`" in ran.err
    out = dlspec("graph", "nets.dls", "--format", "dot", "--model", "Large").out
    assert out.startswith('digraph "Large"') and out.count('"Wide\\nn=8') == 2
    ran = dlspec("graph", "nets.dls", "--format", "dot", "--model", "Huge")
    assert ran.status == 2 and "there is no model `Huge`" in ran.err


def test_settings_and_depth(dlspec, nets):
    words = ("graph", "nets.dls", "--format", "mermaid", "--model", "Large")
    assert '"Dense<br>5' in dlspec(*words, "--set", "Large.width=5").out
    assert "subgraph" in dlspec(*words).out
    assert "subgraph" not in dlspec(*words, "--depth", "0").out


def test_a_wrong_spec_writes_nothing(dlspec, here):
    (here / "net.dls").write_text("model M { input x: f32[3]; output y = x -> Dens(3) }")
    ran = dlspec("graph", "net.dls", "-o", "net.svg")
    assert ran.status == 1 and "DLS100" in ran.err
    assert not (here / "net.svg").exists()
