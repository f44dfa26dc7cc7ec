"""`dlspec explain`: what an error means, with an example."""

import re

import pytest

from dlspec.diagnostics.catalogue import codes


@pytest.mark.parametrize("code", codes())
def test_every_code_is_explained(dlspec, code):
    ran = dlspec("explain", code)
    assert ran.status == 0 and ran.err == ""
    first, *_ = ran.out.splitlines()
    assert first.startswith(f"{code} ")
    parts = re.findall(r"^(for example|prints|mended by):$", ran.out, re.MULTILINE)
    assert parts == ["for example", "prints", "mended by"]
    assert all(c.isprintable() for c in ran.out.replace("\n", ""))


def test_an_entry_shows_the_spec_its_error_and_its_mend(dlspec):
    out = dlspec("explain", "DLS103").out
    assert "Conv2D(8, 3, strides=2)" in out
    assert "error[DLS103]: Conv2D has no argument `strides`" in out
    assert "+  output logits = image -> Conv2D(8, 3, stride=2)" in out


def test_a_code_is_found_however_it_is_written(dlspec):
    found = {dlspec("explain", code).out for code in ("DLS204", "dls204", "204", " DLS204 ")}
    assert len(found) == 1
    assert dlspec("explain", "1").out.startswith("DLS001 ")


def test_a_wrong_code_is_answered_by_near_ones(dlspec):
    ran = dlspec("explain", "DLS190")
    assert ran.status == 2 and ran.out == ""
    assert "there is no error `DLS190`" in ran.err
    assert "did you mean DLS109, " in ran.err  # the digits in another order
    assert "did you mean DLS632, DLS631 or DLS630?" in dlspec("explain", "DLS633").err
    ran = dlspec("explain", "overfitting")
    assert ran.status == 2 and "did you mean" not in ran.err


def test_without_a_code_all_are_listed(dlspec):
    out = dlspec("explain").out
    listed = [re.findall(r"^  (DLS\d+)  \S", area, re.MULTILINE) for area in out.split("\n\n")]
    assert sorted(code for area in listed for code in area) == [*codes()]
    assert all(area == sorted(area) for area in listed)
    assert "\nTensors that do not fit\n  DLS201  " in out
