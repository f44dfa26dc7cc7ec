"""Files are written whole or not at all; what a person wrote is never overwritten in silence."""

import errno
import os
from pathlib import Path

import pytest

from dlspec.diagnostics import SpecError
from dlspec.diagnostics.files import reported
from dlspec.emit.files import (
    MANIFEST,
    Edited,
    Occupied,
    Unlisted,
    Unwritable,
    missing,
    write_file,
    write_tree,
)

OLD = {"model.py": "old = 1\n", "data.py": "data = 1\n", "lib/util.py": "u = 1\n"}
NEW = {"model.py": "new = 2\n", "data.py": "data = 1\n", "train.py": "t = 2\n"}


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".dlspec.json"
    }


def test_a_folder_is_written_and_written_again(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "out"
    write_tree(folder, OLD)
    assert contents(folder) == OLD
    first = (folder / ".dlspec.json").read_bytes()
    write_tree(folder, OLD)
    assert (folder / ".dlspec.json").read_bytes() == first
    write_tree(folder, NEW)
    assert contents(folder) == NEW
    write_tree(folder, OLD)
    assert (folder / ".dlspec.json").read_bytes() == first


def test_what_others_put_there_stays(tmp_path: Path) -> None:
    write_tree(tmp_path, OLD)
    (tmp_path / "best.safetensors").write_text("weights")
    write_tree(tmp_path, NEW)
    assert contents(tmp_path) == {**NEW, "best.safetensors": "weights"}


def test_a_folder_of_others_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(Occupied) as found:
        write_tree(tmp_path, NEW)
    assert found.value.names == ("thesis.tex",)
    assert contents(tmp_path) == {"thesis.tex": "years of work"}
    write_tree(tmp_path, NEW, force=True)
    assert contents(tmp_path) == {**NEW, "thesis.tex": "years of work"}


def test_a_file_of_others_in_our_folder_is_refused(tmp_path: Path) -> None:
    write_tree(tmp_path, OLD)
    (tmp_path / "train.py").write_text("mine")
    with pytest.raises(Occupied) as found:
        write_tree(tmp_path, NEW)
    assert found.value.names == ("train.py",)
    assert (tmp_path / "train.py").read_text() == "mine"


LISTS = {None: "is not there", "{": "is damaged", '{"format": 9, "files": {}}': "has format 9"}


@pytest.mark.parametrize(("text", "why"), LISTS.items())
def test_a_folder_of_ours_without_its_list_is_told_from_one_of_theirs(
    tmp_path: Path, text: str | None, why: str
) -> None:
    write_tree(tmp_path, OLD)
    (tmp_path / "best.safetensors").write_text("weights")
    if text is None:
        (tmp_path / MANIFEST).unlink()
    else:
        (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(Unlisted) as found:
        write_tree(tmp_path, OLD)
    assert found.value.why.startswith(why)
    assert missing(tmp_path) == ()
    write_tree(tmp_path, OLD, force=True)
    assert contents(tmp_path) == {**OLD, "best.safetensors": "weights"}
    (tmp_path / "model.py").unlink()
    assert missing(tmp_path) == ("model.py",)


def test_an_edited_file_is_refused_with_its_difference(tmp_path: Path) -> None:
    write_tree(tmp_path, OLD)
    (tmp_path / "model.py").write_text("old = 1\nmine = 3\n")
    with pytest.raises(Edited) as found:
        write_tree(tmp_path, NEW)
    ((name, difference),) = found.value.differences
    assert name == "model.py"
    assert "-mine = 3\n+new = 2" in difference
    assert contents(tmp_path)["model.py"] == "old = 1\nmine = 3\n"
    assert "train.py" not in contents(tmp_path)
    write_tree(tmp_path, NEW, force=True)
    assert contents(tmp_path) == NEW


def test_an_edited_file_that_is_no_longer_written_stays(tmp_path: Path) -> None:
    write_tree(tmp_path, OLD)
    (tmp_path / "lib" / "util.py").write_text("mine")
    write_tree(tmp_path, NEW)
    assert contents(tmp_path) == {**NEW, "lib/util.py": "mine"}


def test_an_edit_that_is_what_we_would_write_is_fine(tmp_path: Path) -> None:
    write_tree(tmp_path, OLD)
    (tmp_path / "model.py").write_text(NEW["model.py"])
    write_tree(tmp_path, NEW)
    assert contents(tmp_path) == NEW


def test_a_deleted_file_comes_back(tmp_path: Path) -> None:
    write_tree(tmp_path, OLD)
    (tmp_path / "model.py").unlink()
    write_tree(tmp_path, OLD)
    assert contents(tmp_path) == OLD


def run_and_die(folder: Path, call: int) -> bool:
    """Writes NEW in a process that is gone at its call-th system call; says whether it was."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    left = call

    def dying(real):  # type: ignore[no-untyped-def]
        def die(*args, **named):  # type: ignore[no-untyped-def]
            nonlocal left
            left -= 1
            if left == 0:
                os._exit(9)
            return real(*args, **named)

        return die

    for name in ("replace", "fsync", "open", "unlink"):
        setattr(os, name, dying(getattr(os, name)))
    Path.open = dying(Path.open)  # type: ignore[method-assign]
    Path.unlink = dying(Path.unlink)  # type: ignore[method-assign]
    write_tree(folder, NEW)
    os._exit(0)


@pytest.mark.parametrize("before", [{}, OLD], ids=["fresh", "again"])
def test_a_killed_start_needs_no_force(tmp_path: Path, before: dict[str, str]) -> None:
    call = 0
    died = True
    while died:
        call += 1
        folder = tmp_path / str(call)
        if before:
            write_tree(folder, before)
        died = run_and_die(folder, call)
        for name, text in contents(folder).items() if folder.exists() else ():
            if not name.endswith(".part"):
                assert text in (before.get(name), NEW.get(name))
        for name, text in before.items():
            assert name not in NEW or contents(folder)[name] in (text, NEW[name])
        write_tree(folder, NEW)
        assert contents(folder) == NEW
    assert call > 10


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", "", ".", "a//b", "x.part", "a\\b"])
def test_paths_stay_inside(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        write_tree(tmp_path / "out", {name: ""})
    assert not (tmp_path / "out").exists()


def test_links_do_not_lead_out(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    folder = tmp_path / "out"
    write_tree(folder, {"model.py": "x"})
    (folder / "lib").symlink_to(outside)
    with pytest.raises(Unwritable, match="leads out"):
        write_tree(folder, {"lib/util.py": "y"}, force=True)
    (outside / "precious").write_text("mine")
    (folder / "train.py").symlink_to(outside / "precious")
    write_tree(folder, {"train.py": "z"}, force=True)
    assert (outside / "precious").read_text() == "mine"
    assert list(outside.iterdir()) == [outside / "precious"]


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(Unwritable):
        write_tree(tmp_path / "out", NEW, force=True)
    assert (tmp_path / "out").read_text() == "mine"


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(tmp_path, OLD)
    write_file(tmp_path / "x.json", "old")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(SpecError) as tree, reported():
            write_tree(tmp_path, NEW)
        with pytest.raises(SpecError) as single, reported():
            write_file(tmp_path / "x.json", "new")
    assert tree.value.diagnostics[0].code == "DLS603"
    assert single.value.diagnostics[0].title == f"no space left to write {tmp_path / 'x.json'}"
    assert contents(tmp_path) == {**OLD, "x.json": "old"}
    write_tree(tmp_path, NEW)


def test_a_folder_where_the_file_should_be(tmp_path: Path) -> None:
    (tmp_path / "model.py").mkdir()
    with pytest.raises(SpecError) as found, reported():
        write_tree(tmp_path, NEW, force=True)
    assert found.value.diagnostics[0].code == "DLS602"
    assert contents(tmp_path) == {}


def test_a_single_file_keeps_its_mode_and_its_link(tmp_path: Path) -> None:
    path = tmp_path / "a.dls"
    path.write_text("old")
    path.chmod(0o640)
    (tmp_path / "link.dls").symlink_to(path)
    write_file(tmp_path / "link.dls", "new\r\n")
    assert path.read_bytes() == b"new\r\n"
    assert path.stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "link.dls").is_symlink()


def test_the_wording(tmp_path: Path) -> None:
    write_tree(tmp_path, OLD)
    (tmp_path / "model.py").write_text("mine = 3\n")
    with pytest.raises(SpecError) as edited, reported():
        write_tree(tmp_path, NEW)
    diagnostic = edited.value.diagnostics[0]
    assert diagnostic.code == "DLS601"
    assert diagnostic.title == f"model.py in {tmp_path} was edited since compiled"
    assert "-mine = 3" in next(iter(diagnostic.notes))
    (tmp_path / ".dlspec.json").write_text("broken")
    with pytest.raises(SpecError) as unlisted, reported():
        write_tree(tmp_path, NEW)
    assert unlisted.value.diagnostics[0].title == f"{tmp_path}/.dlspec.json is damaged"
    (tmp_path / ".dlspec.json").unlink()
    (tmp_path / "data.py").write_text("mine = 3\n")
    with pytest.raises(SpecError) as occupied, reported():
        write_tree(tmp_path, NEW)
    assert occupied.value.diagnostics[0].code == "DLS600"
    assert "lib/util.py" in next(iter(occupied.value.diagnostics[0].notes))
