"""A valid spec to change one thing in, and its check."""

import pytest

from dlspec.pipeline import Result, check
from dlspec.source import Source

SPEC = """\
param rate: float = 3e-3

data digits {
  source = sklearn("digits")
  field image: f32[1, 8, 8] = column("image") -> Scale(1 / 16)
  field label: class[10]    = column("target")
  split = stratified(label, train=60 %, val=15 %, test=25 %)
  augment image -> RandomRotate(10 deg) -> RandomShift(10 %)
}

model Net(width: int = 8) {
  input image: f32[1, 8, 8]
  h = image -> Flatten -> Dense(width) -> ReLU
  output logits: f32[10] = h -> Dense(10)
  output shade: f32[1] = h -> Dense(1)
}

train {
  data       = digits
  model      = Net()
  loss       = CrossEntropy(logits, label)
  optimizer  = AdamW(lr=rate)
  schedule   = warmup(1 epoch) -> cosine(to=0)
  epochs     = 5
  batch      = 64
  precision  = auto
  metrics    = [Accuracy(logits, label), F1(logits, label)]
  early_stop = patience(3 epochs, on=val.loss)
}

export phone {
  format   = tflite
  quantize = int8(calibrate=digits.train[:256])
  budget {
    size <= 60 KB
    accuracy_drop <= 1 %
  }
}
"""


def check_text(text: str) -> Result:
    return check(Source("test.dls", text))


def check_changed(*changes: tuple[str, str]) -> Result:
    text = SPEC
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the spec"
        text = text.replace(old, new)
    return check_text(text)


def valid(result: Result):
    assert result.program is not None, [f"{d.code} {d.title}" for d in result.errors]
    return result.program


@pytest.fixture
def checked():
    """The check of the spec after some replacements, each of which must apply."""
    return check_changed


@pytest.fixture
def data():
    """The only `data` block of a text that is valid."""

    def of(text: str):
        (found,) = valid(check_text(text)).data.values()
        return found

    return of


@pytest.fixture
def train():
    """The `train` block of the spec, which is valid after some replacements."""

    def of(*changes: tuple[str, str]):
        (found,) = valid(check_changed(*changes)).trains.values()
        return found

    return of


@pytest.fixture
def one_error():
    """The only error of the spec after some replacements."""

    def of(*changes: tuple[str, str]):
        errors = check_changed(*changes).errors
        assert len(errors) == 1, [f"{d.code} {d.title}" for d in errors]
        return errors[0]

    return of
