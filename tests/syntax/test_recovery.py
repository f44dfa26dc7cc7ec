"""No text makes the parser raise, and one slip is one error."""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from dlspec.source import Source
from dlspec.syntax import parse
from dlspec.syntax.parser import lay_out

SLIPS = (
    "( ) [ ] { } , . : ; = -> + - * / // % @ ** == <= < in not and or if else for as true none "
    'x Dense 3 0.5 "s" model input output let \n'
).split(" ")


def slip(text: str, chance: random.Random) -> str:
    """The text with one token deleted, doubled, replaced, put in or swapped."""
    words = lay_out(Source("a", text)).raw
    k = chance.randrange(len(words) - 1)
    start, end = words[k].span.start, words[k].span.end
    token, other = text[start:end], chance.choice(SLIPS)
    following = words[k + 1].span
    return chance.choice(
        [
            text[:start] + text[end:],
            f"{text[:end]} {token}{text[end:]}",
            text[:start] + other + text[end:],
            f"{text[:start]} {other} {text[start:]}",
            text[:start]
            + following.text
            + text[end : following.start]
            + token
            + text[following.end :],
        ]
    )


def test_one_slip_is_one_error(examples: list[str]) -> None:
    chance = random.Random(0)
    counts: Counter[int] = Counter()
    for text in examples:
        for _ in range(12):
            counts[len(parse(Source("a", slip(text, chance)))[1])] += 1
    wrong = sum(n for errors, n in counts.items() if errors)
    assert wrong > 200
    assert counts[1] / wrong > 0.93


def check(text: str) -> None:
    """Parsing does not raise, and every error can be shown."""
    _, errors = parse(Source("a", text))
    for error in errors:
        assert error.title and error.title == error.title.strip()
        assert not error.title.endswith(".")
        assert isinstance(error.label, str) and isinstance(error.help, str)
        for span in [error.span, *(r.span for r in error.related), error.fix and error.fix.span]:
            assert span is None or 0 <= span.start <= span.end <= len(text)


@given(st.text(max_size=300))
@settings(max_examples=200)
def test_any_text(text: str) -> None:
    check(text)


@given(st.binary(max_size=300))
@settings(max_examples=100)
def test_any_bytes(data: bytes) -> None:
    check(data.decode("latin-1"))


PIECES = st.lists(
    st.sampled_from(
        [*SLIPS, " ", "\n", "\n  ", "}", "{", "# c", "## d\n", '"', "'a", "é", "→", ";"]
    )
)


@given(PIECES)
@settings(max_examples=200)
def test_any_tokens(pieces: list[str]) -> None:
    check(" ".join(pieces))


@given(data=st.data())
@settings(max_examples=80)
def test_mutated_examples(data: st.DataObject, examples: list[str]) -> None:
    text = data.draw(st.sampled_from(examples))
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(text)))
        end = start + data.draw(st.integers(0, 12))
        text = text[:start] + data.draw(st.sampled_from([*SLIPS, "", " "])) + text[end:]
    check(text)


def test_truncated_examples(examples: list[str]) -> None:
    for text in examples:
        for end in range(0, len(text), 211):
            check(text[:end])
