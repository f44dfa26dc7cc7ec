"""Sequences from a network that scores the next token, or every frame."""

import math
from collections.abc import Callable

import numpy as np

State = dict[str, np.ndarray]  # what a network carries on; nothing at the beginning
Step = Callable[[np.ndarray, State], tuple[np.ndarray, State]]


def greedy(
    step: Step, tokens: np.ndarray, limit: int, end: int | None
) -> list[np.ndarray]:
    """Appends the likeliest token in each step."""
    return extended(step, tokens, limit, end, lambda scores, _: scores.argmax(axis=-1))


def sample(
    step: Step,
    tokens: np.ndarray,
    limit: int,
    end: int | None,
    seed: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float = 1.0,
) -> list[np.ndarray]:
    """Appends tokens drawn by their probabilities, cut to the likeliest."""

    def drawn(scores: np.ndarray, i: int) -> np.ndarray:
        chances = np.exp(log_softmax(scores / temperature))
        order = np.argsort(-chances, axis=-1, kind="stable")
        ranked = np.take_along_axis(chances, order, axis=-1)
        if top_k is not None:
            ranked[:, top_k:] = 0
        before = np.cumsum(ranked, axis=-1) - ranked
        ranked[before >= top_p * ranked.sum(axis=-1, keepdims=True)] = 0
        np.put_along_axis(chances, order, ranked, axis=-1)
        up_to = np.cumsum(chances, axis=-1)
        # a function of seed, place and row, whatever else is drawn
        place = np.random.default_rng((seed, i)).random((len(scores), 1))
        return (up_to <= place * up_to[:, -1:]).sum(axis=-1)

    return extended(step, tokens, limit, end, drawn)


def extended(
    step: Step,
    tokens: np.ndarray,
    limit: int,
    end: int | None,
    choose: Callable[[np.ndarray, int], np.ndarray],
) -> list[np.ndarray]:
    """Appends what `choose` takes to each row, until all have come to their end; gives
    what was appended.
    """
    start, state = tokens.shape[1], State()
    ended = np.zeros(len(tokens), bool)
    for i in range(limit):
        scores, state = step(tokens, state)
        chosen = choose(scores, i)
        tokens = np.concatenate([tokens, chosen[:, None]], axis=1)
        ended |= chosen == end
        if ended.all():
            break
    return [whole(row, start, end) for row in tokens]


def whole(row: np.ndarray, start: int, end: int | None) -> np.ndarray:
    """What was appended to a row, up to its first `end`."""
    appended = row[start:]
    found = np.flatnonzero(appended == end)
    return appended[: found[0]] if len(found) else appended


def beam(
    step: Step,
    tokens: np.ndarray,
    limit: int,
    end: int | None,
    width: int,
    length_penalty: float = 0.0,
) -> np.ndarray:
    """What follows one row of tokens, the likeliest sequence that a beam finds."""
    start, state = tokens.shape[1], State()
    scores = np.zeros(1)
    found: list[tuple[float, np.ndarray]] = []  # those that have come to their end

    def scored(score: float, length: int) -> float:
        return score / ((5 + length) / 6) ** length_penalty

    for i in range(limit):
        following, state = step(tokens, state)
        every = scores[:, None] + log_softmax(following)
        # twice the width: at most half of them end
        best = np.argsort(-every, axis=None, kind="stable")[: 2 * width]
        rows, chosen = np.unravel_index(best, every.shape)
        grown = np.concatenate([tokens[rows], chosen[:, None]], axis=1)
        ended = chosen == end
        for j in np.flatnonzero(ended[:width]):
            found.append((scored(every[rows[j], chosen[j]], i + 1), grown[j]))
        kept = np.flatnonzero(~ended)[:width]
        tokens, scores = grown[kept], every[rows[kept], chosen[kept]]
        state = {name: values[rows[kept]] for name, values in state.items()}
        found = sorted(found, key=lambda pair: -pair[0])[:width]
        # no sequence can score more than what is likeliest now, at its longest
        if len(found) == width and found[-1][0] >= scored(scores[0], limit):
            break
    else:
        found += [
            (scored(s, limit), row) for s, row in zip(scores, tokens, strict=True)
        ]
    return whole(max(found, key=lambda pair: pair[0])[1], start, end)


def ctc_beam(scores: np.ndarray, width: int, blank: int = 0) -> np.ndarray:
    """The likeliest text of scores [T, classes], of those that a beam keeps."""
    none = -math.inf
    # of each text, the log-probability of its alignments with a blank last, and without
    beams: dict[tuple[int, ...], tuple[float, float]] = {(): (0.0, none)}
    for frame in log_softmax(scores):
        grown: dict[tuple[int, ...], list[float]] = {}
        for text, (rests, speaks) in beams.items():
            either = np.logaddexp(rests, speaks)
            same = grown.setdefault(text, [none, none])
            same[0] = np.logaddexp(same[0], either + frame[blank])
            if text:
                same[1] = np.logaddexp(same[1], speaks + frame[text[-1]])
            for c, score in enumerate(frame):
                if c != blank:
                    # only behind a blank does a repeat begin another token
                    before = rests if text and c == text[-1] else either
                    longer = grown.setdefault((*text, c), [none, none])
                    longer[1] = np.logaddexp(longer[1], before + score)
        ranked = sorted(grown.items(), key=lambda x: -np.logaddexp(x[1][0], x[1][1]))
        beams = {text: (rests, speaks) for text, (rests, speaks) in ranked[:width]}
    return np.array(next(iter(beams)), np.int64)


def ddpm(
    noise: Callable[[np.ndarray, int], np.ndarray],
    shape: tuple[int, ...],
    count: int,
    seed: int,
    betas: np.ndarray,
) -> np.ndarray:
    """Examples, step by step from noise alone; `noise` tells what of it is left."""

    def drawn(step: int) -> np.ndarray:
        # a function of seed, step and example, however many are drawn
        return np.random.default_rng((seed, step)).standard_normal((count, *shape))

    kept = np.cumprod(1 - betas)
    x = drawn(len(betas))
    for t in reversed(range(len(betas))):
        share = betas[t] / np.sqrt(1 - kept[t])
        x = (x - share * noise(x.astype(np.float32), t)) / np.sqrt(1 - betas[t])
        if t > 0:
            x = x + np.sqrt(betas[t]) * drawn(t)
    return x.astype(np.float32)


def log_softmax(scores: np.ndarray) -> np.ndarray:
    """Log-probabilities along the last axis, in 64 bits."""
    scores = scores.astype(np.float64)
    scores = scores - scores.max(axis=-1, keepdims=True)
    return scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True))
