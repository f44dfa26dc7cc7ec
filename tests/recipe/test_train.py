"""`train` blocks: what they become, and what is said of those that are wrong."""

import pytest

from dlspec.recipe.optimizers import AdamW
from dlspec.recipe.schedules import Constant, Cosine, Warmup
from dlspec.units import Duration

LOSS = "loss       = CrossEntropy(logits, label)"
METRICS = "[Accuracy(logits, label), F1(logits, label)]"
STOP = "patience(3 epochs, on=val.loss)"
SCHEDULE = "warmup(1 epoch) -> cosine(to=0)"
SHADE = 'field shade: f32[] = column("pixel_3_3")'
WITH_SHADE = ("field image: f32[1, 8, 8] =", f"{SHADE}\n  field image: f32[1, 8, 8] =")


def test_the_example_of_the_language(train):
    found = train()
    assert (found.name, found.data, found.model) == ("", "digits", "Net")
    assert found.inputs == {"image": "image"}
    assert found.optimizer == AdamW(lr=3e-3)
    assert found.schedule == (Warmup(duration=Duration(1, "epochs")), Cosine(to=0.0))
    assert (found.epochs, found.batch, found.seed) == (5, 64, 0)
    (term,) = found.loss
    assert (term.factor, term.output, term.target, term.axis) == (1.0, "logits", "label", 0)
    assert [m.name for m in found.metrics] == ["accuracy", "f1"]
    assert {m.activation for m in found.metrics} == {"softmax"}
    assert found.best_by == ("val.loss", "min")
    assert found.activation("logits") == "softmax" and found.activation("shade") == "none"


def test_what_is_not_said_has_the_usual_value(train):
    found = train(
        ("batch      = 64", ""),
        (f"schedule   = {SCHEDULE}", ""),
        (f"early_stop = {STOP}", ""),
        (f"metrics    = {METRICS}", ""),
        ("  accuracy_drop <= 1 %\n", ""),
    )
    assert (found.batch, found.schedule) == (32, (Constant(),))
    assert found.precision == "auto" and found.numerics == "native"
    assert found.clip_norm is None and found.early_stop is None and found.metrics == ()


@pytest.mark.parametrize(
    ("loss", "factors"),
    [
        ("CrossEntropy(logits, label) + 0.3 * Huber(shade, shade_)", [1.0, 0.3]),
        ("2 * (CrossEntropy(logits, label) - MSE(shade, shade_) / 4)", [2.0, -0.5]),
        ("-MAE(shade, shade_) * rate + CrossEntropy(logits, label)", [-3e-3, 1.0]),
    ],
)
def test_a_loss_is_a_sum_with_constant_factors(train, loss, factors):
    found = train(
        (WITH_SHADE[0], WITH_SHADE[1].replace("shade:", "shade_:")), (LOSS, f"loss = {loss}")
    )
    assert [t.factor for t in found.loss] == pytest.approx(factors)


def test_another_pairing_is_written_out(train):
    found = train(
        ("input image", "input picture"),
        ("h = image ->", "h = picture ->"),
        ("model      = Net()", "model = Net(12, picture=image)"),
    )
    assert found.inputs == {"picture": "image"}


def test_parentheses_change_nothing(checked):
    program = checked(
        ("= AdamW(lr=rate)", "= (AdamW(lr=rate))"), ("= Net()", "= (Net(width=4))")
    ).program
    assert program.trains[""].optimizer == AdamW(lr=3e-3)
    assert program.trained[""].root.arguments == {"width": 4}


def test_an_input_is_fed_once(one_error):
    error = one_error(("= Net()", "= Net(image=image, image=image)"))
    assert error.title == "`image` is given twice"


def test_the_best_is_by_the_metric_that_stops_the_run(train):
    assert train(("on=val.loss", "on=val.f1")).best_by == ("val.f1", "max")


def test_metrics_of_one_kind_get_names_of_their_own(train):
    two = "[Accuracy(logits, label), Accuracy(logits, label), Accuracy(logits, label, top=3)]"
    names = [m.name for m in train((METRICS, two)).metrics]
    assert names == ["accuracy_logits", "accuracy_logits_2", "accuracy_top3"]


def test_numbers_may_be_arithmetic_over_parameters(train):
    found = train(("epochs     = 5", "epochs = 10 / 2"), ("lr=rate", "lr=2 * rate"))
    assert found.epochs == 5 and found.optimizer.lr == 6e-3


BAD = [
    # settings
    ("data       = digits", "", "DLS401", "a `train` block needs `data`"),
    ("model      = Net()", "", "DLS401", "a `train` block needs `model`"),
    (LOSS, "", "DLS401", "a `train` block needs `loss`"),
    ("epochs     = 5", "epoch = 5", "DLS400", "has no setting `epoch`"),
    ("epochs     = 5", "epochs = 5; epochs = 6", "DLS402", "`epochs` is set twice"),
    ("epochs     = 5", "epochs = 5 epochs", "DLS403", "`epochs` takes a whole number"),
    ("epochs     = 5", "epochs = 0", "DLS403", "of at least 1"),
    ("epochs     = 5", "epochs = 5; steps = 10", "DLS404", "`steps`"),
    ("epochs     = 5", "epochs = 5; noise = 3", "DLS400", "has no setting `noise`"),
    ("epochs     = 5", "epochs = 5; let k = 3", "DLS106", "not a layer"),
    ("epochs     = 5", "epochs = 5; average = ema(0.9)", "DLS107", "`average`"),
    ("batch      = 64", "batch = 1.5", "DLS403", "`batch` takes a whole number"),
    ("batch      = 64", "batch = continued(20)", "DLS433", "Net has no state"),
    ("batch      = 64", "clip_norm = 0", "DLS403", "`clip_norm` takes a number above 0"),
    ("batch      = 64", "seed = -1", "DLS403", "`seed` takes a whole number from 0"),
    ("batch      = 64", "numerics = exat", "DLS403", "`numerics` takes one of native, exact"),
    ("= auto", "= fp64", "DLS403", "`precision` takes one of auto, fp32"),
    # data and model
    ("= digits\n", "= digit\n", "DLS100", "there is no data `digit`"),
    ("= Net()", "= Ned()", "DLS100", "there is no model `Ned`"),
    ("= Net()", "= Net(widht=3)", "DLS103", "Net has no argument `widht`"),
    ("= Net()", "= Net(image=label)", "DLS421", "field `label` does not fit the input `image`"),
    ("= Net()", "= Net(image=labl)", "DLS100", "there is no field of digits `labl`"),
    ("= Net()", "= digits", "DLS100", "there is no model `digits`"),
    (
        "input image: f32[1, 8, 8]",
        "input picture: f32[1, 8, 8]; image = picture",
        "DLS420",
        "feeds",
    ),
    ("input image: f32[1, 8, 8]", "input image: f32[1, 9, 8]", "DLS421", "does not fit"),
    # losses and metrics
    (LOSS, "loss = CrossEntropy(logit, label)", "DLS100", "there is no output of Net `logit`"),
    (LOSS, "loss = CrossEntropy(logits, labels)", "DLS100", "there is no field of digits"),
    (LOSS, "loss = CrossEntropy(label, logits)", "DLS424", "compares an output"),
    (LOSS, "loss = CrossEntropy(logits)", "DLS424", "compares an output"),
    (LOSS, "loss = CrossEntropy(logits, shade)", "DLS424", "compares an output"),
    (LOSS, "loss = CrossEntropy(shade, label)", "DLS422", "an output of 1 against a target of 10"),
    (LOSS, "loss = MSE(logits, label)", "DLS422", "MSE compares numbers"),
    (LOSS, "loss = CrosEntropy(logits, label)", "DLS100", "there is no loss `CrosEntropy`"),
    (LOSS, "loss = Focal(logits, label)", "DLS107", "the loss `Focal`"),
    (LOSS, "loss = Accuracy(logits, label)", "DLS108", "the metric `Accuracy` has no place"),
    (LOSS, "loss = CrossEntropy(logits, label) * MSE(shade, label)", "DLS422", "MSE compares"),
    (LOSS, "loss = 0 * CrossEntropy(logits, label)", "DLS423", "not a loss"),
    (LOSS, "loss = 3", "DLS423", "not a loss"),
    (LOSS, "loss = CrossEntropy(logits, label, where=label)", "DLS422", "`where` is class[10]"),
    (LOSS, "loss = CrossEntropy(logits[0], label)", "DLS422", "an output f32[] against"),
    (LOSS, "loss = CrossEntropy(logits, label, smooth=0.1)", "DLS103", "no argument `smooth`"),
    (LOSS, "loss = CrossEntropy(logits, label, label_smoothing=2)", "DLS301", "at most 1"),
    (METRICS, "Accuracy(logits, label)", "DLS403", "`metrics` takes a list"),
    (METRICS, "[Accuracy(logits, label), AUC(logits, label)]", "DLS107", "the metric `AUC`"),
    (METRICS, "[Accuracy(logits, label), 3]", "DLS424", "a metric compares an output"),
    (METRICS, "[Accuracy(logits, label, top=10)]", "DLS422", "among the 10 largest"),
    # optimizer and schedule
    ("AdamW(lr=rate)", "Adamw(lr=rate)", "DLS100", "there is no optimizer `Adamw`"),
    ("AdamW(lr=rate)", "AdamW(lr=rat)", "DLS100", "there is no name `rat`"),
    ("AdamW(lr=rate)", "AdamW(rate)", "DLS105", "AdamW takes no argument without a name"),
    ("AdamW(lr=rate)", "AdamW(lr=5 epochs)", "DLS301", "`lr`: must be a number, got 5 epochs"),
    ("AdamW(lr=rate)", "SGD(momentum=0.9)", "DLS104", "SGD needs `lr`"),
    ("AdamW(lr=rate)", "Lion(lr=rate)", "DLS107", "the optimizer `Lion`"),
    (SCHEDULE, "warmup(5)", "DLS301", "takes a part of the run"),
    (SCHEDULE, "warmup(1 KB)", "DLS301", "takes a part of the run"),
    (SCHEDULE, "warmup(6 epochs)", "DLS425", "longer than the run of 5 epochs"),
    (SCHEDULE, "cosine(to=0) -> constant", "DLS425", "`cosine` never ends"),
    (SCHEDULE, "constant(1 epoch) -> warmup(1 epoch)", "DLS425", "first phase"),
    (SCHEDULE, "exponential(0.9)", "DLS107", "the schedule `exponential`"),
    (SCHEDULE, "warmup(1 epoch) -> cosine as fall", "DLS108", "`as` has no place in a recipe"),
    # early stopping
    (STOP, "patience(3 steps)", "DLS301", "takes whole epochs"),
    (STOP, "patience(3 epochs, on=val.los)", "DLS426", "cannot watch `val.los`"),
    (STOP, "patience(3 epochs, on=3)", "DLS403", "`on` takes `val.loss`"),
    ("val=15 %, test=25 %", "test=40 %", "DLS427", "`digits` has none"),
]


@pytest.mark.parametrize(("old", "new", "code", "says"), BAD)
def test_an_error_is_found_and_is_the_only_one(checked, old, new, code, says):
    errors = checked((old, new)).errors
    assert [d.code for d in errors] == [code]
    assert says in errors[0].title


def test_a_confusion_matrix_cannot_stop_a_run(one_error):
    error = one_error(
        ("F1(logits, label)", "ConfusionMatrix(logits, label)"),
        ("on=val.loss", "on=val.confusion_matrix"),
    )
    assert error.help == "it can watch: val.loss, val.accuracy"


def test_a_broken_metric_that_stops_the_run_is_reported_once(one_error):
    error = one_error(("[Accuracy(", "[Acuracy("), (STOP, "patience(3 epochs, on=val.accuracy)"))
    assert error.code == "DLS100"


def test_an_input_shows_where_both_shapes_come_from(one_error):
    error = one_error(("input image: f32[1, 8, 8]", "input image: f32[1, 9, 8]"))
    assert error.label == "f32[1, 8, 8] for f32[1, 9, 8]"
    texts = {label.span.text: label.text for label in error.related}
    assert texts == {
        "image: f32[1, 9, 8]": "the input is f32[1, 9, 8]",
        "image: f32[1, 8, 8]": "the field is f32[1, 8, 8]",
    }


def test_a_loss_shows_where_its_sides_are_declared(one_error):
    error = one_error(("CrossEntropy(logits, label)\n", "CrossEntropy(shade, label)\n"))
    texts = [(label.span.text, label.text) for label in error.related]
    assert texts == [
        ("shade: f32[1]", "`shade` is f32[1]"),
        ("label: class[10]", "`label` is class[10]"),
    ]
    assert error.help == "give the model 10 outputs"


def test_a_name_that_is_an_output_and_a_field_is_neither(one_error):
    error = one_error(WITH_SHADE, (LOSS, "loss = MSE(shade, shade)"))
    assert error.label == "`shade` is both"


@pytest.mark.parametrize(
    ("before", "output"),
    [
        ("", "h -> Dense(10) -> Softmax"),
        ("p = h -> Dense(10) -> Softmax\n  ", "p"),
        ("", "h -> Dense(10) -> Softmax -> Reshape(5, 2) -> Dropout(0.1) -> Flatten"),
        ("p = h -> Dense(20) -> Softmax\n  ", "p[:10] -> Identity"),
    ],
)
def test_a_softmax_before_the_softmax_of_the_loss_is_a_warning(checked, before, output):
    given = ("output logits", f"{before}output logits"), ("h -> Dense(10)\n", f"{output}\n")
    result = checked(*given)
    assert result.program is not None
    (warning,) = result.diagnostics
    assert (warning.code, warning.severity) == ("DLS428", "warning")
    assert warning.title == "CrossEntropy takes logits, and `logits` comes from Softmax"


@pytest.mark.parametrize(
    ("old", "new", "help"),
    [
        (LOSS, "loss = CrossEntropy(logits, w)", "there are: image, label"),
        (LOSS, "loss = CrossEntropy(w, label)", "there are: logits, shade"),
        ("= Net()", "= Net(image=w)", "there are: image, label"),
        ("= digits\n", "= w\n", "there are: digits"),
        ("= digits\n", "= digit\n", ""),
    ],
)
def test_a_name_like_none_of_a_few_is_told_them_all(one_error, old, new, help):
    error = one_error((old, new))
    assert error.code == "DLS100" and error.help == help


def test_a_broken_model_or_data_is_reported_once(checked):
    broken_model = checked(("Dense(width)", "Dens(width)"))
    assert [d.code for d in broken_model.errors] == ["DLS100"]
    broken_data = checked(('column("target")', 'column("targets")'))
    assert [d.code for d in broken_data.errors] == ["DLS410"]


def test_independent_errors_are_found_together(checked):
    result = checked(
        ("AdamW(lr=rate)", "AdamW(lr=0, beta=3)"),
        (METRICS, "[Accuracy(logits, lable), F1(logit, label)]"),
        ("epochs     = 5", "epochs = 5 epochs"),
        (STOP, "patience(3 steps)"),
    )
    codes = sorted(d.code for d in result.errors)
    assert codes == ["DLS100", "DLS100", "DLS103", "DLS301", "DLS301", "DLS403"]


PICTURES = """
data flowers {
  source = images("flowers/", labels=folder)
  field image: f32[3, 8, 8] = column("image") -> Resize(8, 8)
  field label: class        = column("label")
  split = random(train=80 %, val=20 %)
}
model Net(classes: int) {
  input image: f32[3, 8, 8]
  output logits: f32[classes] = image -> Flatten -> Dense(classes)
}
train {
  data = flowers; model = Net(); loss = CrossEntropy(logits, label)
  optimizer = Adam; epochs = 1
}
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("metrics    = [", "metrics    = [, "),
        ("optimizer  = ", "optimizer  = = "),
        ("epochs     = 5", "epochs 5"),
    ],
)
def test_a_statement_that_does_not_parse_is_one_error(checked, old, new):
    assert len(checked((old, new)).errors) == 1


def test_shares_are_not_summed_up_where_one_is_misspelt(one_error):
    assert one_error(("test=25 %", "tets=25 %")).code == "DLS103"


def test_a_class_count_comes_from_the_data():
    from dlspec.pipeline import check
    from dlspec.source import Source

    source = Source("flowers.dls", PICTURES)
    open_ = check(source)
    assert open_.program.trains[""].counted == {"classes": "label"}
    assert open_.program.data["flowers"].unknown_classes == ("label",)
    known = check(source, classes={"flowers": {"label": 5}}).program
    assert str(known.data["flowers"].field("label").type) == "class[5]"
    assert known.trained[""].root.outputs[0][1].shape == (5,)
    given = check(source, ["Net.classes=7"]).program
    assert given.trains[""].counted == {}
    assert given.trained[""].root.outputs[0][1].shape == (7,)


def test_a_class_count_of_bundled_data_is_known_at_once():
    from dlspec.pipeline import check
    from dlspec.source import Source

    text = PICTURES.replace('images("flowers/", labels=folder)', 'sklearn("digits")')
    text = text.replace("f32[3, 8, 8]", "f32[1, 8, 8]").replace(" -> Resize(8, 8)", "")
    found = check(Source("digits.dls", text.replace('column("label")', 'column("target")')))
    assert not found.errors
    assert found.program.data["flowers"].unknown_classes == ()
    assert found.program.trained[""].root.outputs[0][1].shape == (10,)
