"""What a command says that it does, while it does it."""

from dlspec.cli.saying import saying


def test_off_a_terminal_each_thing_is_a_line_when_it_begins(capsys):
    with saying() as doing:
        with doing("reading"), doing("writing"):
            assert capsys.readouterr().err == "reading\nwriting\n"
        with doing("comparing"):
            pass
    assert capsys.readouterr() == ("", "comparing\n")


def test_on_a_terminal_one_line_tells_all_that_is_done_now(monkeypatch, capsys):
    told = []
    monkeypatch.setattr("dlspec.cli.saying.colours", lambda stream: True)
    monkeypatch.setattr("rich.status.Status.update", lambda self, text: told.append(text))
    with saying() as doing:
        first = doing("reading")
        with first, doing("writing"):
            pass
    assert told == ["reading", "reading, writing", "reading", ""]
