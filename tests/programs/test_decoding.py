"""What is chosen from scores, against sums and searches over everything that could be."""

import itertools

import numpy as np
import pytest

from dlspec.programs.verbatim import decoding as d

TOKENS = np.array([[0], [0]])
START = np.array([[0]])


def chain(classes=4, seed=0):
    """Scores of the next token that depend on the last two, as a network's would."""
    table = np.random.default_rng(seed).normal(0, 2, (classes, classes, classes))

    def step(tokens, state):
        before = tokens[:, -2] if tokens.shape[1] > 1 else np.zeros(len(tokens), int)
        return table[before, tokens[:, -1]].astype(np.float32), state

    return step


def likelihood(step, sequence):
    """The log-probability of what follows the first token, and its length."""
    total = 0.0
    for i in range(1, len(sequence)):
        scores, _ = step(np.array([sequence[:i]]), {})
        total += d.log_softmax(scores)[0, sequence[i]]
    return total


def test_greedy_takes_the_likeliest_in_each_step():
    step = chain()
    (found, other) = d.greedy(step, TOKENS, 6, None)
    so_far = [0]
    for token in found:
        scores, _ = step(np.array([so_far]), {})
        assert token == scores[0].argmax()
        so_far.append(int(token))
    assert len(found) == 6 and np.array_equal(found, other)


def test_each_row_ends_where_its_end_is_drawn():
    found = d.sample(chain(), np.zeros((20, 1), int), 30, 3, seed=1)
    free = d.sample(chain(), np.zeros((20, 1), int), 30, None, seed=1)
    assert len({len(row) for row in found}) > 3
    for row, whole in zip(found, free, strict=True):
        assert 3 not in row and np.array_equal(row, whole[: len(row)])
        assert len(row) == 30 or whole[len(row)] == 3


def test_draws_follow_the_probabilities():
    scores = np.array([[1.0, 0.0, 2.0, -1.0]])
    found = d.sample(
        lambda t, s: (scores.repeat(len(t), 0), s),
        np.zeros((20_000, 1), int),
        1,
        None,
        seed=0,
        temperature=2.0,
    )
    shares = np.bincount(np.ravel(found), minlength=4) / 20_000
    expected = np.exp(scores[0] / 2) / np.exp(scores[0] / 2).sum()
    assert abs(shares - expected).max() < 0.015


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ({"top_k": 2}, {1, 3}),
        ({"top_p": 0.5}, {1, 3}),
        ({"top_p": 0.4}, {1}),
        ({"top_p": 0.81}, {1, 2, 3}),
        ({"top_k": 3, "top_p": 0.7}, {1, 3}),
        ({"top_k": 9}, {0, 1, 2, 3}),
    ],
    ids=str,
)
def test_the_unlikely_are_cut(given, left):
    scores = np.log([[0.1, 0.4, 0.15, 0.35]])
    found = d.sample(
        lambda t, s: (scores.repeat(len(t), 0), s),
        np.zeros((2000, 1), int),
        1,
        None,
        seed=0,
        **given,
    )
    assert set(np.ravel(found).tolist()) == left


def test_a_draw_is_a_function_of_seed_place_and_row():
    few, many = (d.sample(chain(), np.zeros((n, 1), int), 8, None, seed=5) for n in (2, 7))
    assert all(np.array_equal(a, b) for a, b in zip(few, many, strict=False))
    other = d.sample(chain(), np.zeros((2, 1), int), 8, None, seed=6)
    assert not all(np.array_equal(a, b) for a, b in zip(few, other, strict=True))


@pytest.mark.parametrize("penalty", [0.0, 0.6, 2.0])
@pytest.mark.parametrize("seed", range(5))
def test_a_beam_that_keeps_everything_finds_the_likeliest(seed, penalty):
    step, end, limit = chain(3, seed), 2, 5
    whole = []
    for n in range(1, limit + 1):
        for middle in itertools.product((0, 1), repeat=n - 1):
            whole.append((*middle, end))
    whole += list(itertools.product((0, 1), repeat=limit))

    def score(sequence):
        return likelihood(step, [0, *sequence]) / ((5 + len(sequence)) / 6) ** penalty

    best = [t for t in max(whole, key=score) if t != end]
    found = d.beam(step, START, limit, end, 64, penalty)
    assert found.tolist() == best


def test_a_beam_of_one_is_greedy():
    found = d.beam(chain(), START, 7, None, 1)
    assert np.array_equal(found, d.greedy(chain(), START, 7, None)[0])


def test_a_beam_takes_its_state_along():
    """Each sequence reads what it has carried itself, not what another one has."""

    def step(tokens, state):
        seen = state["seen"] if state else np.zeros((len(tokens), 0), int)
        assert np.array_equal(seen, tokens[:, :-1])
        return chain()(tokens, state)[0], {"seen": tokens}

    d.beam(step, START, 6, 3, 4)


@pytest.mark.parametrize("blank", [0, 2])
@pytest.mark.parametrize("seed", range(4))
def test_the_text_of_ctc_is_that_of_most_probability(seed, blank):
    """Summed over all paths, which is what a prefix beam search does without listing them."""
    scores = np.random.default_rng(seed).normal(0, 1.5, (6, 3))
    chances = np.exp(d.log_softmax(scores))
    texts: dict[tuple[int, ...], float] = {}
    for path in itertools.product(range(3), repeat=6):
        text = tuple(c for c, _ in itertools.groupby(path) if c != blank)
        texts[text] = texts.get(text, 0) + np.prod(chances[range(6), path])
    assert sum(texts.values()) == pytest.approx(1)
    assert tuple(d.ctc_beam(scores, 1000, blank)) == max(texts, key=texts.__getitem__)


def test_a_text_is_more_than_its_best_path():
    """Of Graves et al. 2006: the likeliest path is all blanks, the likeliest text is not."""
    chances = np.array([[0.6, 0.4], [0.6, 0.4]])
    assert d.ctc_beam(np.log(chances), 4).tolist() == [1]


def test_repeats_need_a_blank_between():
    sure = np.full((5, 2), -20.0)
    sure[range(5), [1, 1, 0, 1, 1]] = 0
    assert d.ctc_beam(sure, 8).tolist() == [1, 1]
    sure[2] = [-20, 0]
    assert d.ctc_beam(sure, 8).tolist() == [1]


def test_a_perfect_judge_of_noise_leads_back_to_the_data():
    """Of data that is normal, with mean 3 and deviation 0.5, the noise to expect in x is known:
    what is drawn has the same mean and deviation."""
    betas = np.linspace(1e-4, 0.02, 1000)
    kept = np.cumprod(1 - betas)

    def noise(x, t):
        variance = kept[t] * 0.5**2 + 1 - kept[t]
        return np.sqrt(1 - kept[t]) * (x - np.sqrt(kept[t]) * 3) / variance

    found = d.ddpm(noise, (), 4000, 0, betas)
    assert found.dtype == np.float32
    assert found.mean() == pytest.approx(3, abs=0.03)
    assert found.std() == pytest.approx(0.5, abs=0.03)


def test_a_step_back_is_that_of_ho_et_al():
    betas = np.array([0.1, 0.3])
    (found,) = d.ddpm(lambda x, t: 0.5 * x, (2,), 1, 7, betas)
    drawn = {t: np.random.default_rng((7, t)).standard_normal((1, 2))[0] for t in (1, 2)}
    x = (drawn[2] - 0.3 / np.sqrt(1 - 0.9 * 0.7) * 0.5 * drawn[2]) / np.sqrt(0.7)
    x = x + np.sqrt(0.3) * drawn[1]
    x = (x - 0.1 / np.sqrt(0.1) * 0.5 * x) / np.sqrt(0.9)
    np.testing.assert_allclose(found, x, rtol=1e-5)


def test_examples_do_not_depend_on_how_many_are_drawn():
    few, many = (d.ddpm(lambda x, t: 0 * x, (3,), n, 5, np.full(4, 0.1)) for n in (2, 6))
    assert np.array_equal(few, many[:2])
