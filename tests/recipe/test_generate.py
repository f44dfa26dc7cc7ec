"""`generate` blocks: what they become, and what is said of those that are wrong."""

import pytest

from dlspec.pipeline import check
from dlspec.recipe.strategies import Beam, CtcBeam, Ddpm, Greedy, Sample
from dlspec.source import Source

SPEC = """\
data text {
  source = npz("text.npz")
  field words: class[50][9] = column("words")
  field of: class[20][6]    = column("of")
  split = ordered(train=90 %, val=10 %)
}

model Net {
  input words: i32[T <= 8]
  input of: i32[6]
  topic = of -> Embedding(20, 12) -> mean(axis=0)
  h = (words -> Embedding(50, 12)) + topic[none, :]
  output scores: f32[T, 50] = h -> GRU(16, return=all) -> Dense(50)
  output last: f32[50] = h -> GRU(16) -> Dense(50)
}

train {
  data      = text
  model     = Net(words=words[:-1])
  loss      = CrossEntropy(scores, words[1:]) + CrossEntropy(last, words[-1])
  optimizer = Adam(lr=1e-3)
  epochs    = 1
}

generate write {
  model    = Net
  feed     = scores -> words
  strategy = sample(temperature=0.8, top_p=0.95)
  start    = 1
  end      = 2
  limit    = 30 steps
}
"""


def changed(*changes):
    text = SPEC
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the spec"
        text = text.replace(old, new)
    return check(Source("test.dls", text))


SEEN = (
    ("  field of:", '  field seen: class[50][8]  = column("seen")\n  field of:'),
    ("words=words[:-1]", "words=seen"),
)
"""The words that the model reads, as a field."""


def made(*changes):
    result = changed(*changes)
    assert result.program is not None, [f"{d.code} {d.title}" for d in result.errors]
    (found,) = result.program.generates.values()
    return found


def test_the_example_of_the_language():
    found = made()
    assert (found.name, found.train, found.output, found.input) == ("write", "", "scores", "words")
    assert (found.start, found.end, found.limit) == (1, 2, 30)
    assert found.strategy == Sample(temperature=0.8, top_p=0.95)


STRATEGY = "sample(temperature=0.8, top_p=0.95)"
NUMBERS = "  start    = 1\n  end      = 2\n  limit    = 30 steps\n"


@pytest.mark.parametrize(
    ("text", "strategy"),
    [
        ("greedy", Greedy()),
        ("sample", Sample()),
        ("sample(top_k=40)", Sample(top_k=40)),
        ("beam(4)", Beam(width=4)),
        ("beam(4, length_penalty=0.6)", Beam(width=4, length_penalty=0.6)),
    ],
)
def test_strategies(text, strategy):
    assert made((STRATEGY, text)).strategy == strategy


def test_an_end_is_optional_and_a_name_too():
    found = made(("  end      = 2\n", ""), ("generate write", "generate"))
    assert (found.name, found.end) == ("", None)


def test_frames_have_no_start():
    frames = ((STRATEGY, "ctc_beam(8, blank=49)"), ("scores -> words", "scores"))
    found = made(*frames, (NUMBERS, ""), *SEEN)
    assert found.strategy == CtcBeam(width=8, blank=49)
    assert (found.output, found.input, found.start, found.limit) == ("scores", None, None, None)


BAD = [
    ("feed     = scores -> words", "", "DLS401", "a `generate` block needs `feed`"),
    ("scores -> words", "scores -> word", "DLS100", "no input of Net `word`"),
    ("scores -> words", "score -> words", "DLS100", "no output of Net `score`"),
    ("scores -> words", "scores", "DLS450", "`sample` reads an output, and the input"),
    ("scores -> words", "scores -> words -> words", "DLS450", "`sample` reads an output"),
    ("scores -> words", "last -> words", "DLS450", "reads scores [T, classes]"),
    ("scores -> words", "scores -> of", "DLS450", "`of` has 6 positions"),
    ("i32[T <= 8]", "i32[8]", "DLS450", "`words` has 8 positions"),
    (STRATEGY, "sampel", "DLS100", "no strategy `sampel`"),
    (STRATEGY, "Adam", "DLS108", "`Adam` has no place"),
    (STRATEGY, "sample(temperature=0)", "DLS301", "temperature"),
    (STRATEGY, "sample(top_p=1.5)", "DLS301", "top_p"),
    (STRATEGY, "beam", "DLS104", "beam needs `width`"),
    (STRATEGY, "beam(0)", "DLS301", "width"),
    ("  start    = 1\n", "", "DLS450", "tokens go on from a `start`"),
    ("  limit    = 30 steps\n", "", "DLS450", "tokens go on up to a `limit`"),
    ("start    = 1", "start = 50", "DLS451", "`start = 50` is no class of `scores`"),
    ("end      = 2", "end = 99", "DLS451", "`end = 99` is no class of `scores`"),
    ("start    = 1", "start = -1", "DLS403", "the number of a class"),
    ("start    = 1", 'start = "a"', "DLS403", "the number of a class"),
    ("30 steps", "30", "DLS403", "a number of steps"),
    ("30 steps", "2 epochs", "DLS403", "a number of steps"),
    ("limit    = 30 steps", "limit = 30 steps; stop = 2", "DLS400", "no setting `stop`"),
    ("model    = Net", "model    = Ned", "DLS100", "no trained model `Ned`"),
]


@pytest.mark.parametrize(("old", "new", "code", "said"), BAD)
def test_what_is_wrong_is_said(old, new, code, said):
    errors = changed((old, new)).errors
    assert [e.code for e in errors] == [code], [f"{e.code} {e.title}" for e in errors]
    whole = " ".join((errors[0].title, errors[0].label, errors[0].help))
    assert said in whole


def test_a_start_of_frames_is_refused():
    frames = ("scores -> words", "scores")
    errors = changed((STRATEGY, "ctc_beam(8)"), frames, *SEEN).errors
    assert [e.code for e in errors] == ["DLS450"] * 3
    wrong = changed((STRATEGY, "ctc_beam(8, blank=50)"), frames, (NUMBERS, ""), *SEEN)
    assert [e.code for e in wrong.errors] == ["DLS451"]


def test_an_input_that_training_computes_has_no_rows():
    errors = changed(("words=words[:-1]", "words=words[:-1], of=of[0:6]")).errors
    assert [e.code for e in errors] == ["DLS452"]


DIFFUSION = """\
model Noise {
  input image: f32[2, 4, 6]
  input t: i32[]
  h = (image -> Conv2D(8, 3, padding=same)) + (t -> Embedding(20, 8))[:, none, none]
  output noise: f32[2, 4, 6] = h -> Conv2D(2, 3, padding=same)
}
data pictures {
  source = npz("x.npz")
  field image: f32[2, 4, 6] = column("x")
  split = all
}
train {
  data = pictures
  let net = Noise()
  t    = randint(0, 20)
  e    = normal_like(image)
  loss = MSE(net(image + e, t=t), e)
  optimizer = Adam(lr=1e-2); epochs = 2
}
generate draw {
  feed     = noise -> image
  strategy = ddpm(linspace(0.1, 0.3, 3), time=t)
}
"""


@pytest.mark.parametrize(
    ("betas", "values"),
    [
        ("linspace(0.1, 0.3, 3)", (0.1, 0.2, 0.3)),
        ("[0.1, 0.15]", (0.1, 0.15)),
        ("[0.1 * (i + 1) for i in range(2)]", (0.1, 0.2)),
    ],
)
def test_diffusion(betas, values):
    text = DIFFUSION.replace("linspace(0.1, 0.3, 3)", betas)
    result = check(Source("test.dls", text))
    assert result.program is not None, [f"{d.code} {d.title}" for d in result.errors]
    found = result.program.generates["draw"]
    named = DIFFUSION.replace("linspace(0.1, 0.3, 3)", "betas")
    again = check(Source("test.dls", f"let betas = {betas}\n{named}")).program
    if "linspace" in betas:
        assert again.generates["draw"].strategy == found.strategy
    assert isinstance(found.strategy, Ddpm) and found.strategy.time == "t"
    assert found.strategy.betas == pytest.approx(values)
    assert (found.output, found.input, found.limit) == ("noise", "image", None)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("noise -> image", "noise", "DLS450"),
        ("noise -> image", "noise -> t", "DLS450"),
        ("time=t)", "time=image)", "DLS450"),
        ("time=t)", "time=step)", "DLS100"),
        (", time=t)", ")", "DLS104"),
        ("linspace(0.1, 0.3, 3)", "linspace(0.1, 0.3)", "DLS403"),
        ("linspace(0.1, 0.3, 3)", "linspace(0, 0.3, 3)", "DLS301"),
        ("linspace(0.1, 0.3, 3)", "[]", "DLS301"),
        ("time=t)", "time=t); start = 3", "DLS450"),
    ],
)
def test_what_is_wrong_of_diffusion_is_said(old, new, code):
    assert DIFFUSION.count(old) == 1
    assert [d.code for d in check(Source("test.dls", DIFFUSION.replace(old, new))).errors] == [code]


NETWORKS = (
    ("model     = Net(words=words[:-1])", "let big = Net()\n  let small = Net()"),
    (
        "loss      = CrossEntropy(scores, words[1:]) + CrossEntropy(last, words[-1])",
        "a, b = small(words[:-1], of)\n  c, d = big(words[:-1], of[::-1])\n"
        "  loss = CrossEntropy(a, words[1:]) + CrossEntropy(d - b, words[-1]) + 0 * mean(c)",
    ),
)
"""The same with two networks, of which one reads a field as it is."""


def test_one_of_several_networks():
    found = made(*NETWORKS, ("model    = Net", "model    = small"))
    assert (found.train, found.network) == ("", "small")
    assert (found.output, found.input) == ("scores", "words")


@pytest.mark.parametrize(
    ("new", "code", "said"),
    [
        ("", "DLS448", "several networks: which one generates?"),
        ("model = smal", "DLS100", "`smal`"),
        ("model = big", "DLS452", "`of`"),
        ("model = small; start = 60", "DLS451", "no class of `scores`"),
    ],
)
def test_which_of_several_networks(new, code, said):
    start = (("start    = 1\n", "\n"),) if "start" in new else ()
    errors = changed(*NETWORKS, ("model    = Net", new), *start).errors
    assert [e.code for e in errors] == [code], [f"{e.code} {e.title}" for e in errors]
    assert said in errors[0].title
