"""`dlspec check --watch`: checks again at each change, until Ctrl-C."""

import contextlib
import os
import pty
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from dlspec.cli.watch import read_by

FINE = "block B(n: int) = Dense(n) -> ReLU\n"
WRONG = "block B(n: int) = Dens(n) -> ReLU\nmodel M { input x: f32[3]; output y = x -> B(3) }\n"
USER = 'import "parts/b.dls" as b\nmodel M { input x: f32[3]; output y = x -> b.B(3) }\n'
END = "Ctrl-C ends"


class Watching:
    """A watching command, and what it has printed since the last look."""

    def __init__(self, folder: Path, *words: str, terminal: bool = False) -> None:
        command = [sys.executable, "-m", "dlspec", "check", *words, "--watch"]
        out: int = subprocess.PIPE
        if terminal:
            reading, out = pty.openpty()
        environment = {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | {"TERM": "xterm"}
        self.child = subprocess.Popen(
            command, cwd=folder, stdout=out, stderr=subprocess.PIPE, env=environment
        )
        self.out = reading if terminal else self.child.stdout.fileno()

    def shown(self) -> str:
        """What is printed up to the line that says that it watches."""
        found = b""
        killer = threading.Timer(60, self.child.kill)
        killer.start()
        with contextlib.suppress(OSError):  # a terminal without a writer
            while END.encode() not in found and (part := os.read(self.out, 4096)):
                found += part
        killer.cancel()
        return found.decode()

    def end(self, by: int = signal.SIGINT) -> tuple[int, str]:
        self.child.send_signal(by)
        return self.child.wait(60), self.child.stderr.read().decode()


@pytest.fixture
def watching(tmp_path):
    started = []

    def start(*words: str, terminal: bool = False) -> Watching:
        started.append(Watching(tmp_path, *words, terminal=terminal))
        return started[-1]

    yield start
    for each in started:
        each.child.kill()
        each.child.wait()


def test_each_change_is_checked(watching, tmp_path):
    spec = tmp_path / "a.dls"
    spec.write_text(FINE)
    watched = watching("a.dls")
    assert watched.shown().startswith("a.dls: ok\n")
    spec.write_text(WRONG)
    assert "did you mean `Dense`?" in watched.shown()
    spec.unlink()
    assert "cannot read a.dls" in watched.shown()
    (tmp_path / "new").write_text(FINE)
    (tmp_path / "new").rename(spec)  # as many editors save
    assert "a.dls: ok" in watched.shown()
    assert watched.end() == (0, "")


def test_an_imported_file_counts_too(watching, tmp_path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "a.dls").write_text(USER)
    watched = watching("a.dls")
    assert "cannot import" in watched.shown()  # and its coming into being is noticed
    (tmp_path / "parts" / "b.dls").write_text(FINE)
    assert "a.dls: ok: 1 model" in watched.shown()
    (tmp_path / "parts" / "b.dls").write_text(WRONG)
    assert "parts/b.dls:1:19" in watched.shown()
    assert watched.end() == (0, "")


def test_the_screen_is_cleared_only_where_there_is_one(watching, tmp_path):
    (tmp_path / "a.dls").write_text(FINE)
    assert "\x1b" not in watching("a.dls").shown()
    on_screen = watching("a.dls", terminal=True)
    assert on_screen.shown().startswith("\x1b[2J")
    assert on_screen.end() == (0, "")


def test_it_ends_when_nobody_reads(watching, tmp_path):
    (tmp_path / "a.dls").write_text(FINE)
    watched = watching("a.dls")
    watched.shown()
    watched.child.stdout.close()
    (tmp_path / "a.dls").write_text(WRONG)
    assert watched.child.wait(60) == 0


def test_what_is_watched(tmp_path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "a.dls").write_text(USER + "from std.vision import ConvBN\n")
    (tmp_path / "parts" / "b.dls").write_text('from "c.dls" import C\n' + FINE)
    (tmp_path / "parts" / "c.dls").write_text('import "b.dls" as b\n' + FINE)
    (tmp_path / "wrong.dls").write_text('import "gone.dls" as gone\nmodel {\n')
    found = read_by([tmp_path / "a.dls", tmp_path / "wrong.dls"])
    names = [path.relative_to(tmp_path).as_posix() for path in found]
    assert sorted(names) == ["a.dls", "gone.dls", "parts/b.dls", "parts/c.dls", "wrong.dls"]
