"""What is in the wheel and the sdist, and that both work where nothing else of ours is."""

import os
import tarfile
import zipfile
from pathlib import Path

import pytest
from hatchling import build

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def names(wheel: Path) -> set[str]:
    return {n for n in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in n}


def test_a_wheel_holds_three_packages_and_what_they_read(wheel):
    found = names(wheel)
    assert {n.partition("/")[0] for n in found} == {"dlspec", "dlspec_torch", "dlspec_keras"}
    for name in (
        "dlspec/_grammar/dls.lark",
        "dlspec/syntax/tables.json",
        "dlspec/cli/starter.dls",
        "dlspec/diagnostics/examples/DLS204.txt",
        "dlspec/graph/page.js",
        "dlspec/programs/verbatim/metrics.py",
        "dlspec_torch/verbatim/checkpoint.py",
        "dlspec_keras/verbatim/checkpoint.py",
        "dlspec/runners/children/serving.py",
    ):
        assert name in found
    assert not [n for n in found if "__pycache__" in n or n.endswith((".pyc", ".part"))]


def test_an_sdist_makes_the_same_wheel(distributions, tmp_path, monkeypatch):
    wheel, sdist = distributions
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (unpacked,) = tmp_path.iterdir()
    monkeypatch.chdir(unpacked)
    again = tmp_path / build.build_wheel(str(tmp_path))
    for file in (wheel, again):
        assert file.exists()
    assert names(again) == names(wheel)
    assert (unpacked / "Makefile").exists() and (unpacked / "constraints.txt").exists()


def test_the_entry_points_and_extras(wheel):
    archive = zipfile.ZipFile(wheel)
    info = next(n for n in archive.namelist() if n.endswith("entry_points.txt"))
    points = archive.read(info).decode()
    assert "dlspec = dlspec.__main__:main" in points
    assert "torch = dlspec_torch:BACKEND" in points and "keras = dlspec_keras:BACKEND" in points
    metadata = archive.read(info.replace("entry_points.txt", "METADATA")).decode()
    extras = {"torch", "keras", "keras-cpu", "data", "export", "all", "dev"}
    lines = metadata.splitlines()
    assert {x.split(": ")[1] for x in lines if x.startswith("Provides-Extra")} == extras
    needed = [x for x in lines if x.startswith("Requires-Dist") and "extra ==" not in x]
    assert {x.split()[1].partition(">")[0] for x in needed} == {"lark", "pydantic", "typer", "rich"}


@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_the_compiler_works_alone(compiler, run, checkout, backend):
    assert run(compiler, "python -c 'import numpy'", checkout).returncode != 0
    where = run(compiler, "python -c 'import dlspec; print(dlspec.__file__)'", checkout).stdout
    assert str(compiler.parent) in where
    for command in (
        "dlspec --version",
        "dlspec check specs/*.dls",
        "dlspec summary specs/resnet.dls --json",
        "dlspec ir specs/digits.dls --json",
        "dlspec fmt --check specs/resnet.dls",
        f"dlspec compile specs/digits.dls --backend {backend} -o out",
        "dlspec new mine && dlspec check mine.dls --strict",
    ):
        ran = run(compiler, command, checkout)
        assert (ran.returncode, ran.stderr) == (0, ""), command


@pytest.mark.parametrize(
    ("command", "extra"),
    [
        ("train specs/digits.dls -o out", "torch"),
        ("train specs/digits.dls --backend keras -o out", "keras"),
        ("check --data specs/digits.dls", "data"),
    ],
)
def test_a_command_says_which_extra_brings_what_it_needs(compiler, run, checkout, command, extra):
    ran = run(compiler, f"dlspec {command}", checkout)
    assert ran.returncode == 2 and f'pip install "dlspec[{extra}]"' in ran.stderr
    assert not (checkout / "out").exists()


def test_backends_are_found_by_their_entry_points(compiler, run, tmp_path):
    code = (
        "from importlib.metadata import entry_points\n"
        "print(*sorted(e.load().name for e in entry_points(group='dlspec.backends')))"
    )
    assert run(compiler, f'python -c "{code}"', tmp_path).stdout.split() == ["keras", "torch"]


def test_a_program_runs_without_dlspec(whole, run, checkout):
    """In an environment that has every package but dlspec."""
    compile_ = "dlspec compile specs/digits.dls -o out"
    assert run(whole, compile_, checkout).returncode == 0
    hidden = "import sys; sys.modules['dlspec'] = None; sys.argv = ['train.py', '--epochs', '1']; "
    hidden += "sys.path.insert(0, '.'); import runpy; runpy.run_path('train.py', {}, '__main__')"
    ran = run(whole, f'python -c "{hidden}"', checkout / "out")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("epoch 1/1  loss ")
    assert os.path.exists(checkout / "out" / "best.safetensors")
