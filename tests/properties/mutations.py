"""Mutations of a spec: the text with one token replaced, deleted, doubled or swapped."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from dlspec.source import Source
from dlspec.syntax.parser import lay_out

LAYERS = "Dense ReLU Tanh GELU Identity BatchNorm LayerNorm Dropout Flatten LSTM GRU".split()
OBJECTS = "MSE MAE Huber CrossEntropy SGD Adam AdamW RMSE R2 Accuracy F1 Recall Scale Pad".split()
NAMES = "int float bool same valid macro micro mean sum max min exp sqrt log none".split()
OPERATORS = "+ - * / // % @ ** == != < <= > >= and or not in -> = , : .".split()
NUMBERS = "0 1 2 3 0.5 7 1e-3 100".split()
UNITS = "epoch epochs step steps KB MB K M deg rad ms s %".split()
WORDS = "true false none".split()
STRINGS = ('""', '"other"', '"0"')


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Mutation:
    """What was done to which token, and the text that came of it."""

    what: str
    at: int
    old: str
    new: str
    text: str


def tokens(text: str) -> list[Token]:
    """The tokens of a text: no comments, no line ends."""
    words = lay_out(Source("spec.dls", text)).raw
    return [Token(w.type, text[w.span.start : w.span.end], w.span.start, w.span.end) for w in words]


def others(token: Token, found: list[Token]) -> list[str]:
    """What may stand for a token, of its own sort: from the same spec, and from fixed lists."""
    here = {t.text for t in found if t.kind == token.kind}
    match token.kind:
        case "NAME":
            capital = token.text[0].isupper()
            here = {t for t in here if t[0].isupper() == capital}
            here |= {*LAYERS, *OBJECTS} if capital else {*NAMES}
        case "NUMBER":
            here |= {*NUMBERS, "1" + token.text}
        case "UNIT":
            here |= {*UNITS}
        case "STRING":
            here |= {*STRINGS}
        case "TRUE" | "FALSE" | "NONE":
            here |= {*WORDS}
        case _:
            here |= {*OPERATORS}
    return sorted(here - {token.text})


def mutations(text: str, chance: random.Random) -> Iterator[Mutation]:
    """Mutations of a text without end, each of one token or two."""
    found = tokens(text)
    while True:
        yield mutate(text, found, chance)


def likely(text: str, chance: random.Random) -> Iterator[Mutation]:
    """Mutations without end of which more than a few leave a valid spec: other numbers, layers
    and operators of arithmetic."""
    arithmetic = {"+", "-", "*", "/", "//", "%", "**", "==", "!=", "<", "<=", ">", ">="}
    found = tokens(text)
    sorts = {
        "number": [t for t in found if t.kind == "NUMBER"],
        "operator": [t for t in found if t.text in arithmetic],
        "layer": [t for t in found if t.text in {*LAYERS, "Conv2D", "SiLU", "Sigmoid"}],
    }
    sorts = {sort: places for sort, places in sorts.items() if places}
    while True:
        sort = chance.choice(list(sorts))
        token = chance.choice(sorts[sort])
        new = {
            "number": ["0", "1", "2", "3", "4", "7", "0.5", "1" + token.text],
            "operator": sorted(arithmetic),
            "layer": LAYERS,
        }[sort]
        yield changed("replace", text, (token, chance.choice(new)))


def mutate(text: str, found: list[Token], chance: random.Random) -> Mutation:
    """One mutation; half of them replace a token by another of its sort."""
    i = chance.randrange(len(found))
    token = found[i]
    what = chance.choice(("replace", "replace", "replace", "delete", "double", "swap"))
    if what == "replace":
        new = chance.choice(others(token, found))
        return changed(what, text, (token, new))
    if what == "delete":
        return changed(what, text, (token, ""))
    if what == "double":
        return changed(what, text, (token, f"{token.text} {token.text}"))
    differing = [t for t in found if t.text != token.text]
    near = [t for t in found[max(0, i - 4) : i + 5] if t.text != token.text]
    other = chance.choice(near or differing)
    return changed(what, text, (token, other.text), (other, token.text))


def changed(what: str, text: str, *edits: tuple[Token, str]) -> Mutation:
    """The text with some tokens put as others."""
    made = text
    for token, new in sorted(edits, key=lambda e: -e[0].start):
        made = made[: token.start] + new + made[token.end :]
    first, new = edits[0]
    return Mutation(what, first.start, first.text, new, made)
