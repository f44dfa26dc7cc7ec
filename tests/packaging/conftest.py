"""The distributions, built once, and environments into which they are installed."""

import os
import shutil
import subprocess
import sysconfig
import venv
from collections.abc import Callable
from pathlib import Path

import pytest
from hatchling import build

ROOT = Path(__file__).parents[2]
SITE = Path(sysconfig.get_paths()["purelib"])
COMPILER = """annotated_doc annotated_types lark markdown_it mdurl pydantic pydantic_core pygments
    rich shellingham typer typing_extensions.py typing_inspection""".split()
"""What `pip install dlspec` brings, as it stands in this environment."""


@pytest.fixture(scope="session")
def distributions(tmp_path_factory) -> tuple[Path, Path]:
    """The wheel and the sdist."""
    out = tmp_path_factory.mktemp("dist")
    before = Path.cwd()
    os.chdir(ROOT)
    try:
        return out / build.build_wheel(str(out)), out / build.build_sdist(str(out))
    finally:
        os.chdir(before)


@pytest.fixture(scope="session")
def wheel(distributions) -> Path:
    return distributions[0]


def installed(folder: Path, wheel: Path, found: Path) -> Path:
    """The `bin` of an environment with the wheel, which finds other packages in a folder."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    where = [str(python), "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"]
    site = Path(subprocess.run(where, capture_output=True, text=True, check=True).stdout.strip())
    (site / "others.pth").write_text(f"{found}\n")
    pip = [str(python), "-m", "pip"]
    # the old one that comes with Python would hide the one that torch asks for
    subprocess.run([*pip, "uninstall", "-q", "-y", "setuptools"], check=True, capture_output=True)
    subprocess.run([*pip, "install", "-q", "--no-index", "--no-deps", str(wheel)], check=True)
    return folder / "bin"


@pytest.fixture(scope="session")
def compiler(tmp_path_factory, wheel) -> Path:
    """An environment as `pip install dlspec` makes it: the compiler and nothing else."""
    folder = tmp_path_factory.mktemp("compiler")
    found = folder / "packages"
    found.mkdir()
    for name in COMPILER:
        (found / name).symlink_to(SITE / name)
    return installed(folder / "env", wheel, found)


@pytest.fixture(scope="session")
def whole(tmp_path_factory, wheel) -> Path:
    """An environment with the wheel and all packages of this one but its own dlspec."""
    folder = tmp_path_factory.mktemp("whole")
    return installed(folder / "env", wheel, SITE)


@pytest.fixture
def run(tmp_path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a command in an empty folder, with `bin` first on its path."""

    def ran(bin: Path, command: str, cwd: Path = tmp_path) -> subprocess.CompletedProcess[str]:
        path = f"{bin}{os.pathsep}{os.environ['PATH']}"
        env = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONPATH")}
        return subprocess.run(
            command, shell=True, cwd=cwd, env={**env, "PATH": path}, capture_output=True, text=True
        )

    return ran


@pytest.fixture
def checkout(tmp_path) -> Path:
    """A folder with the specs, as the commands of the README expect them."""
    shutil.copytree(ROOT / "specs", tmp_path / "specs")
    return tmp_path
