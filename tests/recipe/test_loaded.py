"""`Net(weights="net.safetensors", frozen=true)`: which weights start from files and stay."""

import pytest

from dlspec.pipeline import check
from dlspec.source import Source

SPEC = """\
data wine {
  source = sklearn("wine"); split = random(train=80 %, val=20 %)
  field x: f32[13] = column("data"); field kind: class[3] = column("target")
}
block Inner { input x: f32[D]; output x -> Dense(4) -> BatchNorm }
block Body(width: int = 8) {
  input x: f32[D]
  features = x -> Dense(width) -> Inner
  output features -> Dense(3)
}
model Net {
  input x: f32[13]
  y = x -> Body(4, weights="body.safetensors", frozen=true).features
  output logits = y -> Inner(weights="inner.safetensors") * 2 -> Dense(3)
}
train { data = wine; loss = CrossEntropy(logits, kind); optimizer = Adam(lr=1); epochs = 1
  model = Net() }
"""


def result(*changes):
    text = SPEC
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    return check(Source("test.dls", text))


def train(*changes):
    found = result(*changes)
    assert found.program is not None, [d.title for d in found.errors]
    (made,) = found.program.trains.values()
    return made


def files(made):
    return {found.path: found.file for found in made.loaded}


def test_a_use_of_a_block_names_a_file_and_freezes_what_is_below():
    made = train()
    inner = {f"inners.{i}": "inner.safetensors" for i in range(2)}
    assert files(made) == {"y": "body.safetensors", **inner}
    (group,) = made.groups
    assert group.frozen is None
    assert all(name.startswith("y.") for name in group.weights) and len(group.weights) == 6


def test_a_file_of_the_model_stands_behind_those_of_its_parts():
    made = train(("model = Net()", 'model = Net(weights="net.safetensors")'))
    assert list(files(made).items())[-1] == ("", "net.safetensors")
    named = train(("model = Net()", 'let net = Net(weights="net.safetensors"); logits = net(x)'))
    assert files(named) == files(made)


def test_what_weights_says_comes_after_frozen():
    made = train(("epochs = 1", "epochs = 1; weights y.dense { frozen = false; lr_scale = 0.5 }"))
    assert {g.frozen for g in made.groups} == {0, None}


BAD = [
    ('"body.safetensors"', '"body.pt"', "DLS301", "must be the path of a file of weights"),
    ('"body.safetensors"', '"/body.safetensors"', "DLS301", "below the folder of the spec"),
    ('"body.safetensors"', "3", "DLS301", "must be the path of a file of weights"),
    ("frozen=true", "frozen=1", "DLS300", "`frozen` takes true or false"),
    ("frozen=true", "frosen=true", "DLS103", "Body has no argument `frosen`"),
    ("model = Net()", "model = Net(frozen=true)", "DLS429", ""),
]


@pytest.mark.parametrize(("old", "new", "code", "said"), BAD)
def test_what_is_refused(old, new, code, said):
    (error,) = result((old, new)).errors
    assert (error.code, said in error.title) == (code, True), error.title
