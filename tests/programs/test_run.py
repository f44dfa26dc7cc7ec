"""Where a run stands, and its log."""

import json
import math
from dataclasses import asdict

import pytest

from dlspec.programs.verbatim import highest, log, lowest
from dlspec.programs.verbatim.store import CheckpointError


def test_the_lowest_value_is_the_best():
    run = lowest.Run(seed=0)
    assert [run.improved(v) for v in (3.0, 2.0, 2.0, 2.5, 1.0)] == [True, True, False, False, True]
    facts = {"seed": 0, "epoch": 5, "step": 0, "best": 1.0, "wait": 0}
    assert asdict(run) == facts | {"measure": "lowest val.loss"}


def test_the_highest_value_is_the_best():
    run = highest.Run(seed=0)
    assert [run.improved(v) for v in (0.3, 0.2, 0.3, 0.4)] == [True, False, False, True]
    assert run.best == 0.4


@pytest.mark.parametrize("module", [lowest, highest])
def test_what_is_not_a_number_is_never_the_best(module):
    run = module.Run(seed=0)
    assert not run.improved(math.nan)
    assert run.improved(1.0)
    assert not run.improved(math.nan)
    assert (run.best, run.wait) == (1.0, 1)


@pytest.mark.parametrize(("module", "worst"), [(lowest, math.inf), (highest, -math.inf)])
def test_another_measure_begins_the_best_anew_and_says_so(module, worst, capsys):
    run = module.Run(seed=0, epoch=3, best=0.7, wait=2, measure="highest val.f1 of y, t")
    run.resume()
    assert (run.best, run.wait, run.epoch, run.measure) == (worst, 0, 3, "lowest val.loss")
    said = capsys.readouterr().out
    assert "lowest val.loss" in said and "highest val.f1 of y, t" in said
    run.improved(0.9)
    run.resume()
    assert (run.best, capsys.readouterr().out) == (0.9, "")


def test_a_log_is_json_lines(tmp_path):
    path = tmp_path / "metrics.jsonl"
    log.log(path, {"epoch": 1, "val.loss": 0.5, "val.confusion": [[1, 0], [0, 1]]})
    log.log(path, {"epoch": 2, "val.loss": math.nan})
    first, second = map(json.loads, path.read_text().splitlines())
    assert first["val.confusion"] == [[1, 0], [0, 1]]
    assert second["val.loss"] is None


def test_a_resumed_run_logs_each_epoch_once(tmp_path):
    path = tmp_path / "metrics.jsonl"
    for epoch in (1, 2, 3):
        log.log(path, {"epoch": epoch})
    with path.open("a") as file:
        file.write('{"epoch": 4, "val')  # killed here
    log.rewind(path, 2)
    log.log(path, {"epoch": 3})
    assert [json.loads(line)["epoch"] for line in path.read_text().splitlines()] == [1, 2, 3]


@pytest.mark.parametrize("line", ["{", "[]", "null", '{"step": 3}', '{"epoch": "x"}', "\xff\0"])
def test_a_damaged_line_of_the_log_is_left_out_and_named(tmp_path, capsys, line):
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b'{"epoch": 1}\n' + line.encode("latin-1") + b'\n{"epoch": 3}\n')
    log.rewind(path, 3)
    assert path.read_text() == '{"epoch": 1}\n{"epoch": 3}\n'
    assert f"{path}, line 2 is damaged" in capsys.readouterr().out


FACTS = asdict(lowest.Run(seed=3, epoch=2, step=8, best=0.5))


def test_a_run_stands_where_its_checkpoint_says(tmp_path):
    assert log.restored(tmp_path, FACTS) == lowest.Run(seed=3, epoch=2, step=8, best=0.5)


@pytest.mark.parametrize("wrong", [{"bogus": 1}, {"epoch": "x"}, {"best": None}, {"step": True}])
def test_a_checkpoint_that_does_not_say_where_its_run_stands(tmp_path, wrong):
    with pytest.raises(CheckpointError, match="does not say where its run stands"):
        log.restored(tmp_path / "last.safetensors", FACTS | wrong)
    with pytest.raises(CheckpointError):
        log.restored(tmp_path, {n: v for n, v in FACTS.items() if n != "seed"})


def test_a_run_without_a_log_has_nothing_to_rewind(tmp_path):
    log.rewind(tmp_path / "metrics.jsonl", 0)
    assert not (tmp_path / "metrics.jsonl").exists()


def test_a_lock_is_sorted_json_without_a_time(tmp_path):
    log.write_lock(tmp_path / "a", {"seed": 1, "data": {"rows": 3}}, 0)
    log.write_lock(tmp_path / "b", {"data": {"rows": 3}, "seed": 1}, 0)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert json.loads((tmp_path / "a").read_text()) == {"format": 1, "seed": 1, "data": {"rows": 3}}


def test_a_run_goes_on_with_its_own_data_alone(tmp_path):
    path, own, other = tmp_path / "lock.json", {"data": {"hash": "a"}}, {"data": {"hash": "b"}}
    log.write_lock(path, own, 1)  # a run whose lock is gone goes on
    log.write_lock(path, own, 2)
    before = path.read_bytes()
    with pytest.raises(CheckpointError, match="not those that the run began with"):
        log.write_lock(path, other, 2)
    assert path.read_bytes() == before
    log.write_lock(path, other, 0)  # a run that starts again
    path.write_text('{"format": 99, "data": {"hash": "a"}}')
    with pytest.raises(CheckpointError, match="format 99; this program reads 1"):
        log.write_lock(path, own, 1)
    path.write_text("[]")
    with pytest.raises(CheckpointError, match="no lock file"):
        log.write_lock(path, own, 1)
