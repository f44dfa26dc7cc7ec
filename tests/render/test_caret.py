"""The text for people: what stands where, on any terminal."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from dlspec.diagnostics import Label
from dlspec.render import caret
from dlspec.source import Source, Span

DESIGN = """\
error[DLS204]: these shapes do not add
  --> specs/resnet.dls:11:10
   |
 7 |   y = x -> ConvBN(channels, 3, stride=stride) -> ConvBN(channels, 3, act=Identity)
   |   - y: f32[128, 16, 16], from here
11 |   output x + y -> ReLU
   |          ^^^^^ f32[64, 32, 32] + f32[128, 16, 16]
   |
   = in Residual(channels=128, stride=2), used at specs/resnet.dls:18:14
   = help: project the shortcut: x -> Conv2D(channels, 1, stride=stride)

1 error"""


def test_the_example_of_the_language(sample, find) -> None:
    source = Source(
        "specs/resnet.dls",
        "\n" * 6
        + "  y = x -> ConvBN(channels, 3, stride=stride) -> ConvBN(channels, 3, act=Identity)\n"
        + "\n" * 3
        + "  output x + y -> ReLU\n",
    )
    found = caret(
        [
            sample(
                find(source, "x + y"),
                beside="f32[64, 32, 32] + f32[128, 16, 16]",
                others=(Label(find(source, "y"), "y: f32[128, 16, 16], from here"),),
                facts=("in Residual(channels=128, stride=2), used at specs/resnet.dls:18:14",),
                advice="project the shortcut: x -> Conv2D(channels, 1, stride=stride)",
            )
        ]
    )
    assert found == DESIGN


def test_nothing_to_say() -> None:
    assert caret([]) == ""


def test_without_a_place(sample) -> None:
    found = caret([sample(None, "cannot write x", facts=("a\nb",), advice="try again")])
    assert found == ("error[DLS204]: cannot write x\n  = a\n    b\n  = help: try again\n\n1 error")


def test_distant_lines_and_other_files(sample, find) -> None:
    main = Source("main.dls", "".join(f"line {i}\n" for i in range(1, 120)))
    other = Source("lib.dls", "block Wide\n")
    others = (
        Label(find(main, "line 3"), "first here"),
        Label(find(other, "Wide"), "declared here"),
        Label(find(main, "line 112"), "last here"),
    )
    found = caret([sample(find(main, "line 110"), beside="here", others=others)])
    assert found == (
        "error[DLS204]: these shapes do not add\n"
        "   --> main.dls:110:1\n"
        "    |\n"
        "  3 | line 3\n"
        "    | ------ first here\n"
        "...\n"
        "110 | line 110\n"
        "    | ^^^^^^^^ here\n"
        "112 | line 112\n"
        "    | -------- last here\n"
        "   ::: lib.dls:1:7\n"
        "    |\n"
        "  1 | block Wide\n"
        "    |       ---- declared here\n"
        "\n1 error"
    )


def marks(text: str) -> list[str]:
    return [line.split("|", 1)[1] for line in text.splitlines() if re.search(r"[\^-]{1,}", line)]


@pytest.mark.parametrize(
    ("line", "target", "shown", "under"),
    [
        ("\tx = Foo", "Foo", "    x = Foo", "        ^^^"),
        ("a\tb\tFoo", "Foo", "a   b   Foo", "        ^^^"),
        ("# 日本 Foo", "Foo", "# 日本 Foo", "       ^^^"),
        ("x 日本 y", "日本", "x 日本 y", "  ^^^^"),
        ("e\u0301te\u0301 Foo", "Foo", "e\u0301te\u0301 Foo", "    ^^^"),
        ("x \x1b[31m Foo", "Foo", "x \N{REPLACEMENT CHARACTER}[31m Foo", "        ^^^"),
        ("x \u202e Foo", "Foo", "x \N{REPLACEMENT CHARACTER} Foo", "    ^^^"),
        ("x = Foo\r", "Foo", "x = Foo", "    ^^^"),
    ],
)
def test_carets_stand_below(sample, find, line: str, target: str, shown: str, under: str) -> None:
    source = Source("a.dls", f"{line}\nnext\n")
    lines = caret([sample(find(source, target))]).splitlines()
    assert lines[3] == f"1 | {shown}"
    assert lines[4] == f"  | {under}"


@pytest.mark.parametrize(
    ("start", "end", "line", "under"),
    [
        (0, 0, "1 | abc", "^"),
        (3, 3, "1 | abc", "   ^"),
        (3, 4, "1 | abc", "   ^"),
        (1, 6, "1 | abc", " ^^"),
        (8, 8, "3 |", "^"),
    ],
)
def test_spans_at_ends(sample, start: int, end: int, line: str, under: str) -> None:
    source = Source("a.dls", "abc\ndef\n")
    lines = caret([sample(Span(source, start, end))]).splitlines()
    assert lines[3:5] == [line, f"  | {under}"]


def test_an_empty_file(sample) -> None:
    lines = caret([sample(Span(Source("a.dls", ""), 0, 0), beside="empty")]).splitlines()
    assert lines[1:5] == [" --> a.dls:1:1", "  |", "1 |", "  | ^ empty"]


def test_several_marks_on_a_line(sample, find) -> None:
    source = Source("a.dls", "output x + y\n")
    others = (Label(find(source, "y"), "second"), Label(find(source, "x"), "first"))
    lines = caret([sample(find(source, "x + y"), beside="sum", others=others)]).splitlines()
    assert lines[4:7] == [
        "  |        ^^^^^ sum",
        "  |        - first",
        "  |            - second",
    ]


def test_a_very_long_line_is_cut(sample, find) -> None:
    source = Source("a.dls", "(" * 10_000 + "Foo" + ")" * 10_000)
    lines = caret([sample(find(source, "Foo"))], width=60).splitlines()
    assert len(lines[3]) < 75
    assert lines[3].startswith("1 | ...(((") and lines[3].endswith(")...")
    at = lines[4].index("^")
    assert lines[3][at : at + 3] == "Foo"
    assert lines[4].count("^") == 3


def test_order_and_doubles(sample, remark, find) -> None:
    a = Source("a.dls", "one two\nthree\n")
    b = Source("b.dls", "four\n")
    again = Source("a.dls", a.text)
    found = caret(
        [
            remark(find(b, "four"), "w"),
            sample(find(a, "three"), "c"),
            sample(find(a, "two"), "b"),
            sample(find(again, "two"), "b"),
            sample(find(a, "one"), "a"),
            sample(None, "z"),
        ]
    )
    heads = [line for line in found.splitlines() if "[DLS20" in line]
    assert [h.split()[-1] for h in heads] == ["z", "a", "b", "c", "w"]
    assert found.endswith("\n\n4 errors, 1 warning")


def test_titles_do_not_steer_the_terminal(sample, find) -> None:
    source = Source("a\x1b.dls", "x")
    found = caret([sample(find(source, "x"), "\x1b[2J", beside="\r\x07", facts=("\x1bc",))])
    assert not set(found) & set("\x1b\r\x07")


def test_color_adds_nothing_but_color(sample, find) -> None:
    source = Source("a.dls", "x + y\n")
    others = (Label(find(source, "y"), "second"),)
    errors = [sample(find(source, "x"), beside="b", others=others, facts=("n",), advice="h")]
    plain, color = caret(errors), caret(errors, color=True)
    assert color != plain
    assert re.sub(r"\x1b\[[0-9;]*m", "", color) == plain


def test_rendering_imports_little() -> None:
    code = (
        "import sys; from dlspec.render import caret; caret([]);"
        "print([m for m in ('rich', 'pydantic', 'lark', 'typer', 'json', 'urllib.parse')"
        " if m in sys.modules])"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path[:0] = [{str(root)!r}]; {code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
