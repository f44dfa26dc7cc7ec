"""What holds of the command as a process: what it imports, prints and never prints."""

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dlspec import __version__

SPECS = Path(__file__).parents[2] / "specs"
HEAVY = ("torch", "tensorflow", "keras", "numpy", "onnx", "sklearn", "PIL", "safetensors")


def python(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def dlspec(*arguments: object, **more) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dlspec", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, **more)


def test_version_answers_before_anything_is_imported():
    ran = python(
        "import sys; sys.argv = ['dlspec', '--version']\n"
        "from dlspec.__main__ import main\n"
        "try: main()\n"
        "except SystemExit as end: assert end.code == 0\n"
        "print(sorted(m for m in sys.modules if m.partition('.')[0] in "
        "('typer', 'pydantic', 'lark', 'rich', 'dlspec')))"
    )
    own = ["dlspec", "dlspec.__main__", "dlspec.cli", "dlspec.cli.streams"]
    assert ran.stdout == f"dlspec {__version__}\n{own}\n"


@pytest.mark.parametrize("command", ["check", "summary", "ir", "compile"])
def test_the_compiler_needs_no_framework(tmp_path, command):
    """Each is run where importing one of them fails."""
    more = {"ir": ["--json"], "compile": ["-o", tmp_path / "out"]}.get(command, [])
    ran = python(
        "import sys\n"
        f"for name in {HEAVY!r}: sys.modules[name] = None\n"
        "from dlspec.cli.app import run; sys.exit(run(sys.argv[1:]))",
        *(command, SPECS / "digits.dls", *more),
    )
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_missing_extra_is_named(tmp_path):
    ran = python(
        "import sys; from importlib.machinery import PathFinder\n"
        "find = PathFinder.find_spec\n"
        "PathFinder.find_spec = classmethod("
        "lambda cls, name, *a: None if name == 'torch' else find(name, *a))\n"
        "from dlspec.cli.app import run; sys.exit(run(sys.argv[1:]))",
        *("train", SPECS / "digits.dls", "-o", tmp_path / "out"),
    )
    assert ran.returncode == 2
    assert "`dlspec train` needs torch" in ran.stderr
    assert 'pip install "dlspec[torch]"' in ran.stderr
    assert not (tmp_path / "out").exists()


def test_an_unexpected_error_is_a_sentence_unless_debug_is_asked_for():
    code = (
        "import sys; import dlspec.pipeline.stages as c\n"
        "def broken(*_): raise RuntimeError('of a test')\n"
        "c._check = broken\n"
        "from dlspec.cli.app import run; sys.exit(run(sys.argv[1:]))"
    )
    plain = python(code, "check", SPECS / "digits.dls")
    assert plain.returncode == 1 and "RuntimeError: of a test" in plain.stderr
    assert "Traceback" not in plain.stderr and "--debug" in plain.stderr
    assert "Traceback" in python(code, "check", SPECS / "digits.dls", "--debug").stderr


def test_a_closed_pipe_is_no_error():
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "dlspec", "summary", str(SPECS / "digits.dls")]
    ran = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert (ran.returncode, ran.stderr) == (0, "")


SHELL = f"{shlex.quote(sys.executable)} -m dlspec"


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("check {fine} <&- >&-", 0),
        ("check {wrong} <&- >&- 2>&-", 1),
        ("summary {fine} >&-", 0),
        ("compile {fine} -o out <&- >&- 2>&-", 0),
        ("--version >&-", 0),
        ("check {fine} --nix >&- 2>&-", 2),
    ],
)
def test_closed_streams_change_no_exit_status(tmp_path, command, status):
    (tmp_path / "wrong.dls").write_text("model M { output y = x }\n")
    words = command.format(fine=shlex.quote(str(SPECS / "digits.dls")), wrong="wrong.dls")
    ran = subprocess.run(["sh", "-c", f"{SHELL} {words}"], cwd=tmp_path, capture_output=True)
    assert (ran.returncode, ran.stderr) == (status, b"")
    for path in tmp_path.rglob("*.py"):
        compile(path.read_text(), path.name, "exec")  # what was printed is in no file


def test_a_closed_input_is_a_sentence():
    ran = subprocess.run(["sh", "-c", f"{SHELL} fmt - <&-"], capture_output=True, text=True)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "cannot read <stdin>: it is closed" in ran.stderr


@pytest.mark.parametrize("words", ["--version", "--help", "summary {}", "ir {} --json", "check {}"])
def test_output_that_nobody_reads_to_its_end_is_no_error(words):
    command = f"{SHELL} {words.format(shlex.quote(str(SPECS / 'digits.dls')))}"
    script = f"{{ {command}; echo $? >&3; }} 3>&2 2>&1 | true"
    ran = subprocess.run(["bash", "-c", script], capture_output=True, text=True)
    assert ran.stderr.strip() in ("0", "1" if words == "--help" else "0")  # 1 is typer's


WAITS = """
import sys, time
try:
    print("waiting", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    sys.exit(print("stopped: all is kept", file=sys.stderr) or 130)
"""


def test_an_interrupt_of_the_command_alone_stops_its_program(tmp_path):
    """`kill -INT` and a supervisor reach one process; Ctrl-C reaches both."""
    (tmp_path / "train.py").write_text(WAITS)
    code = (
        "from pathlib import Path; import sys; import dlspec.cli.program as p\n"
        "p.GRACE = 0.1\n"
        "say = lambda line: print(line, flush=True)\n"
        "sys.exit(p.run_program(Path(sys.argv[1]), 'train', [], say))"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as started:
        assert started.stdout.readline() == "waiting\n"
        started.send_signal(signal.SIGINT)
        _, said = started.communicate(timeout=30)
    assert (started.returncode, said) == (130, "stopped: all is kept\n")


@pytest.mark.slow
def test_a_run_that_nobody_watches_ends(tmp_path):
    """`dlspec train ... | head -1` leaves no process behind."""
    spec = tmp_path / "long.dls"
    text = (SPECS / "digits.dls").read_text().replace("patience(12", "patience(100000")
    spec.write_text(text)
    command = f"{SHELL} train long.dls -o run --epochs 100000"
    ran = subprocess.run(
        ["bash", "-c", f"{command} | head -2; exit ${{PIPESTATUS[0]}}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    size = (tmp_path / "run" / "metrics.jsonl").stat().st_size
    time.sleep(2)
    assert (tmp_path / "run" / "metrics.jsonl").stat().st_size == size


def test_a_full_disk_is_a_sentence():
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("needs /dev/full")
    with full.open("w") as out:
        command = [sys.executable, "-m", "dlspec", "ir", str(SPECS / "digits.dls"), "--json"]
        ran = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, text=True)
    assert ran.returncode == 2 and "no space left" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_help_names_every_command():
    ran = dlspec("--help")
    for name in ("new", "check", "fmt", "summary", "ir", "compile", "train", "eval"):
        assert f"\n  {name} " in ran.stdout
    assert dlspec().returncode in (0, 2)
