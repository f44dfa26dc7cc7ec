"""Learning rates by step, against PyTorch's schedulers and the rules of chaining."""

import math

import pytest

from dlspec.recipe.schedules import Constant, Cosine, Linear, Step, Warmup, problems, rates
from dlspec.units import Duration, Quantity

EPOCHS, PER_EPOCH = 6, 5
TOTAL = EPOCHS * PER_EPOCH


def made(cls, *values, **named):
    return cls.bind(values, named)


def table(*schedules, peak=0.8):
    return rates(schedules, peak, TOTAL, PER_EPOCH)


def epochs(n):
    return Quantity(n, "epochs")


def by_torch(scheduler, peak=0.8):
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], peak)
    schedule = scheduler(torch.optim.lr_scheduler, optimizer)
    found = []
    for _ in range(TOTAL):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return found


def test_without_a_schedule_the_rate_is_constant():
    assert table() == table(Constant()) == [0.8] * TOTAL


def test_cosine_is_pytorchs():
    expected = by_torch(lambda s, o: s.CosineAnnealingLR(o, TOTAL, eta_min=0.05))
    assert table(Cosine(to=0.05)) == pytest.approx(expected)


def test_linear_is_pytorchs():
    # which ends at a share of the first rate
    expected = by_torch(lambda s, o: s.LinearLR(o, 1.0, 0.25, total_iters=TOTAL))
    assert table(Linear(to=0.2)) == pytest.approx(expected)


def test_step_is_pytorchs():
    expected = by_torch(lambda s, o: s.StepLR(o, 2 * PER_EPOCH, gamma=0.1))
    assert table(made(Step, 0.1, every=epochs(2))) == pytest.approx(expected)


def test_a_warm_up_rises_in_a_straight_line_and_its_last_step_is_at_the_peak():
    found = table(made(Warmup, epochs(2)))
    assert found[:10] == pytest.approx([0.08 * (i + 1) for i in range(10)])
    assert found[9:] == [0.8] * (TOTAL - 9)


def test_warm_up_then_cosine_is_the_formula_of_the_published_recipes():
    found = table(made(Warmup, epochs(1)), Cosine())
    expected = [
        0.8 * (i + 1) / 5 if i < 5 else 0.8 * (1 + math.cos(math.pi * (i - 5) / 25)) / 2
        for i in range(TOTAL)
    ]
    assert found == pytest.approx(expected)


def test_a_phase_begins_where_the_one_before_it_ended():
    found = table(made(Cosine, epochs(2), to=0.2), made(Constant, epochs(1)), Cosine(to=0))
    assert found[10:15] == [0.2] * 5
    assert found[15] == 0.2 and found[-1] < 0.01


def test_after_the_last_phase_the_level_stays():
    assert table(made(Cosine, epochs(2), to=0.2))[10:] == [0.2] * 20
    assert table(made(Step, 0.5, every=epochs(1), duration=epochs(2)))[-1] == 0.4


def test_durations_in_steps_and_per_cent():
    assert table(made(Warmup, Quantity(10, "steps"))) == table(made(Warmup, epochs(2)))
    assert table(made(Warmup, Quantity(50, "%"))) == table(made(Warmup, epochs(3)))


def test_a_phase_shorter_than_a_step_is_left_out():
    assert table(made(Warmup, Quantity(0.01, "epochs"))) == [0.8] * TOTAL


def test_there_is_one_rate_for_each_step_even_if_a_phase_is_too_long():
    assert len(table(made(Warmup, epochs(20)), Cosine())) == TOTAL


@pytest.mark.parametrize(
    ("chain", "place", "says"),
    [
        ((Cosine(), Constant()), 0, "never ends"),
        ((Constant(duration=Duration(1, "epochs")), made(Warmup, epochs(1))), 1, "first phase"),
        ((made(Warmup, epochs(7)),), 0, "longer than the run of 6 epochs"),
        ((made(Warmup, epochs(4)), made(Cosine, Quantity(50, "%"))), 1, "longer than the run"),
    ],
)
def test_chains_that_cannot_be(chain, place, says):
    ((found, problem),) = problems(chain, EPOCHS)
    assert found == place and says in problem.what


def test_chains_that_fit():
    assert list(problems((made(Warmup, Quantity(5000, "steps")), Constant()), 1)) == []
    assert list(problems((made(Warmup, epochs(1)), made(Cosine, epochs(5))), 6)) == []
