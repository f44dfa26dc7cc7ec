"""`recipe.py` as it is written for a spec, against the declared schedules and scikit-learn."""

import blocks as b
import numpy as np
import pytest
import sklearn.metrics as sk
from hypothesis import given, settings
from hypothesis import strategies as st

from dlspec.programs.recipe import recipe_file
from dlspec.programs.weights import weights_file
from dlspec.programs.words import best_text
from dlspec.recipe.schedules import rates as declared

M, Sc = b.metrics, b.schedules


def recipe(run, *uses, target=None, activation="softmax", **more):
    """The module for some metrics of `y` against `t`."""
    spec = b.data("d", b.sources.Npz(path="a.npz"), b.field("t", target or b.classes(4)))
    text = recipe_file(b.train({}, *uses, **more), spec)
    _, module = run(weights=weights_file({}), recipe=text)
    return module


DURATIONS = st.one_of(
    st.builds(b.Quantity, st.integers(1, 3), st.just("epochs")),
    st.builds(b.Quantity, st.sampled_from([0.5, 1.25]), st.just("epochs")),
    st.builds(b.Quantity, st.integers(1, 25), st.just("steps")),
    st.builds(b.Quantity, st.sampled_from([10, 12.5, 33]), st.just("%")),
)
LASTING = st.one_of(
    st.builds(Sc.Constant, duration=DURATIONS),
    st.builds(Sc.Linear, duration=DURATIONS, to=st.sampled_from([0, 1e-3])),
    st.builds(Sc.Cosine, duration=DURATIONS, to=st.sampled_from([0, 1e-3])),
    st.builds(Sc.Step, duration=DURATIONS, gamma=st.just(0.5), every=DURATIONS),
)
ENDLESS = st.one_of(
    st.builds(Sc.Constant),
    st.builds(Sc.Linear, to=st.sampled_from([0, 1e-3])),
    st.builds(Sc.Cosine, to=st.sampled_from([0, 1e-3])),
    st.builds(Sc.Step, gamma=st.just(0.5), every=DURATIONS),
)


@settings(max_examples=60)
@given(
    warm=st.none() | st.builds(Sc.Warmup, duration=DURATIONS),
    middle=st.lists(LASTING, max_size=3),
    last=st.none() | ENDLESS,
    epochs=st.integers(1, 12),
    per_epoch=st.sampled_from([1, 7, 10]),
)
def test_any_chain_is_what_the_phases_declare(run, warm, middle, last, epochs, per_epoch):
    chain = tuple(phase for phase in (warm, *middle, last) if phase is not None)
    if all(isinstance(phase, Sc.Constant) for phase in chain):
        return
    ours = recipe(run, schedule=chain).rates(0.1, epochs * per_epoch, per_epoch)
    theirs = declared(chain, 0.1, epochs * per_epoch, per_epoch)
    assert np.allclose(ours, theirs, rtol=1e-12, atol=1e-15)


def test_a_block_without_a_schedule_or_metrics_has_no_code_for_them(run):
    module = recipe(run)
    assert not hasattr(module, "rates")
    assert not hasattr(module, "scores")


@pytest.mark.parametrize(
    ("on", "first", "second"),
    [("val.loss", 1.0, 0.5), ("val.accuracy", 0.5, 1.0), ("val.mae", 1.0, 0.5)],
)
def test_the_best_is_sought_in_the_metrics_own_direction(run, on, first, second):
    uses = [b.use(M.Accuracy(), "y", "t"), b.use(M.MAE(), "y", "t", axis=None)]
    spec = b.data("d", b.sources.Npz(path="a.npz"), b.field("t", b.classes(4)))
    text = recipe_file(b.train({}, *uses, on=on), spec)
    _, module = run(weights=weights_file({}), recipe=text)
    state = module.Run(0)
    assert state.improved(first)
    assert state.improved(second)
    assert not state.improved(first)


def test_without_validation_rows_nothing_is_called_best(run):
    spec = b.data(
        "d", b.sources.Npz(path="a.npz"), b.field("t", b.classes(4)), split=b.splits.All()
    )
    _, module = run(weights=weights_file({}), recipe=recipe_file(b.train({}), spec))
    assert not hasattr(module.Run(0), "best")


def test_the_end_of_a_run_says_what_lets_it_go_on(run):
    spec = b.data("d", b.sources.Npz(path="a.npz"), b.field("t", b.classes(4)))
    use = b.use(M.Accuracy(), "y", "t")
    text = recipe_file(b.train({}, use, on="val.accuracy"), spec)
    _, module = run(weights=weights_file({}), recipe=text)
    at = module.Run(0, epoch=7)
    assert module.ended(at, 8) == ""
    assert "7 of 7 epochs" in module.ended(at, 7) and "--epochs" in module.ended(at, 7)
    at.wait = 5
    assert "no better val.accuracy since epoch 2;" in module.ended(at, 8)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (b.use(M.F1(average="macro"), "y", "t"), b.use(M.F1(average="weighted"), "y", "t")),
        (b.use(M.F1(), "y", "t"), b.use(M.F1(), "z", "t")),
        (b.use(M.F1(), "y", "t", name="s"), b.use(M.MAE(), "y", "t", name="s", axis=None)),
    ],
)
def test_metrics_of_one_name_are_not_the_same_measure(run, first, second):
    texts = [best_text(b.train({}, use, on=f"val.{use.name}")) for use in (first, second)]
    assert texts[0] != texts[1]


RNG = np.random.default_rng(0)
LOGITS, LABEL = RNG.normal(size=(200, 4)).astype(np.float32), RNG.integers(0, 4, 200)


def test_metrics_of_classes(run):
    uses = [
        b.use(M.Accuracy(), "y", "t"),
        b.use(M.Accuracy(top=2), "y", "t"),
        b.use(M.Precision(), "y", "t"),
        b.use(M.Recall(average="weighted"), "y", "t"),
        b.use(M.F1(average="micro"), "y", "t"),
        b.use(M.ConfusionMatrix(), "y", "t", name="confusion"),
    ]
    found = recipe(run, *uses).scores({"y": LOGITS}, {"t": LABEL})
    predicted = LOGITS.argmax(1)
    assert found == {
        "accuracy": sk.accuracy_score(LABEL, predicted),
        "accuracy_top2": sk.top_k_accuracy_score(LABEL, LOGITS, k=2),
        "precision": pytest.approx(sk.precision_score(LABEL, predicted, average="macro")),
        "recall": pytest.approx(sk.recall_score(LABEL, predicted, average="weighted")),
        "f1": pytest.approx(sk.f1_score(LABEL, predicted, average="micro")),
        "confusion": sk.confusion_matrix(LABEL, predicted).tolist(),
    }


@pytest.mark.parametrize(("activation", "half"), [("sigmoid", 0.0), ("none", 0.5)])
def test_one_output_for_two_classes(run, activation, half):
    output, label = RNG.normal(size=(100, 1)), RNG.integers(0, 2, 100)
    uses = [
        b.use(m, "y", "t", activation=activation, axis=None)
        for m in (M.Accuracy(), M.Precision(), M.Recall(), M.F1())
    ]
    found = recipe(run, *uses, target=b.classes(2)).scores({"y": output}, {"t": label})
    predicted = output[:, 0] > half
    assert found == {
        "accuracy": sk.accuracy_score(label, predicted),
        "precision": pytest.approx(sk.precision_score(label, predicted)),
        "recall": pytest.approx(sk.recall_score(label, predicted)),
        "f1": pytest.approx(sk.f1_score(label, predicted)),
    }


def test_a_class_for_each_pixel_and_a_count_that_the_output_tells(run):
    logits, label = RNG.normal(size=(3, 5, 4, 4)), RNG.integers(0, 5, (3, 4, 4))
    uses = [b.use(M.F1(), "y", "t"), b.use(M.Accuracy(top=3), "y", "t")]
    target = b.Tensor("class", (4, 4), None)
    found = recipe(run, *uses, target=target).scores({"y": logits}, {"t": label})
    flat = label.ravel(), logits.transpose(0, 2, 3, 1).reshape(-1, 5)
    assert found["f1"] == pytest.approx(sk.f1_score(flat[0], flat[1].argmax(1), average="macro"))
    assert found["accuracy_top3"] == pytest.approx(sk.top_k_accuracy_score(*flat, k=3))


@pytest.mark.parametrize(
    ("activation", "made"),
    [
        ("none", lambda x: x),
        ("sigmoid", lambda x: 1 / (1 + np.exp(-x))),
        ("softmax", lambda x: np.exp(x) / np.exp(x).sum(1, keepdims=True)),
    ],
)
def test_errors_are_those_of_predictions(run, activation, made):
    output, target = RNG.normal(size=(50, 3)), RNG.normal(size=(50, 3))
    uses = [
        b.use(m, "y", "t", activation=activation, axis=0 if activation == "softmax" else None)
        for m in (M.MAE(), M.RMSE(), M.R2())
    ]
    found = recipe(run, *uses, target=b.f32(3)).scores({"y": output}, {"t": target})
    assert found == {
        "mae": pytest.approx(sk.mean_absolute_error(target, made(output))),
        "rmse": pytest.approx(sk.root_mean_squared_error(target, made(output))),
        "r2": pytest.approx(sk.r2_score(target, made(output))),
    }


def test_two_targets_have_tables_of_their_own(run):
    uses = [
        b.use(M.Accuracy(), "y", "t", name="first"),
        b.use(M.Accuracy(), "z", "t", name="second"),
        b.use(M.F1(), "z", "t"),
    ]
    found = recipe(run, *uses).scores({"y": LOGITS, "z": -LOGITS}, {"t": LABEL})
    assert found["first"] == sk.accuracy_score(LABEL, LOGITS.argmax(1))
    assert found["second"] == sk.accuracy_score(LABEL, LOGITS.argmin(1))
