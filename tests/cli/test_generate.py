"""`dlspec generate`: what it asks of a run and of its options, before anything runs."""

import pytest

SPEC = """\
data text {
  source = npz("text.npz")
  field words: class[50][9] = column("words")
  split = ordered(train=90 %, val=10 %)
}
model Net {
  input words: i32[T <= 8]
  output scores: f32[T, 50] = words -> Embedding(50, 12) -> Dense(50)
}
train {
  data = text; model = Net(words=words[:-1]); loss = CrossEntropy(scores, words[1:])
  optimizer = Adam(lr=1e-3); epochs = 1
}
"""
WRITE = "generate write { feed = scores -> words; strategy = greedy; start = 1; limit = 9 steps }\n"


@pytest.fixture
def run(dlspec, here):
    (here / "net.dls").write_text(SPEC + WRITE)
    assert dlspec("compile", "net.dls", "-o", "run").status == 0
    (here / "plain.dls").write_text(SPEC)
    assert dlspec("compile", "plain.dls", "-o", "plain").status == 0
    return here / "run"


def test_summary_and_check_name_the_block(dlspec, run):
    assert "1 generate" in dlspec("check", "net.dls").out
    shown = dlspec("summary", "net.dls").out
    assert "generate write" in shown and "scores -> words" in shown and "9 steps" in shown


def test_a_program_has_the_files_only_where_a_block_asks(run):
    names = {path.name for path in run.iterdir()}
    plain = {path.name for path in (run.parent / "plain").iterdir()}
    assert names - plain == {"generate.py", "decoding.py"}


def test_what_is_missing_is_said(dlspec, run):
    for words, code, said in (
        (("run",), "DLS647", "there is no checkpoint"),
        (("run", "wrote"), "DLS706", "did you mean `write`?"),
        (("plain",), "DLS706", "has no `generate` block"),
    ):
        ran = dlspec("generate", *words)
        assert ran.status == 1 and code in ran.err and said in ran.err


def test_a_prompt_is_tokens_or_text(dlspec, run):
    (run / "best.safetensors").write_bytes(b"")
    ran = dlspec("generate", "run", "--prompt", "1", "--text", "a")
    assert ran.status == 2 and "not both" in ran.err
    ran = dlspec("generate", "run", "--prompt", "the model")
    assert ran.status == 2 and "tokens by their numbers" in ran.err
