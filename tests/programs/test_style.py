"""The text of the files: nothing unused, nothing that a formatter or linter would change."""

import ast
import subprocess
import sys
from pathlib import Path

import blocks as b
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from dlspec.ops import init as i
from dlspec.ops.base import Weight
from dlspec.programs.data import data_file
from dlspec.programs.library import verbatim
from dlspec.programs.recipe import recipe_file
from dlspec.programs.weights import weights_file
from dlspec.programs.words import described

T, S, A, M = b.transforms, b.sources, b.augmentations, b.metrics

TURN, SHIFT, FLIP = (
    A.RandomRotate(angle=b.Quantity(7.5, "deg")),
    A.RandomShift(share=0.1),
    A.RandomFlip(),
)
QUICKLY = settings(
    max_examples=20,
    phases=[Phase.generate],
)
FOLDER = Path(__file__).parents[2] / "dlspec/programs/verbatim"
STEMS = sorted({path.stem for path in FOLDER.glob("*.py")} - {"__init__", "example"})
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)


@st.composite
def specs(draw):
    """A data block with the train block that reads it."""
    source = draw(st.sampled_from(["sklearn", "csv", "npz", "images"]))
    move = draw(st.sampled_from([(), (FLIP,), (TURN, SHIFT), (FLIP, TURN, SHIFT)]))
    split = draw(
        st.sampled_from(
            [
                b.splits.Stratified(by="label", train=0.6, val=0.15, test=0.25),
                b.splits.Random(train=0.123456789, test=0.876543211, seed=2**32 - 1),
                b.splits.Ordered(train=0.5, val=0.5),
                b.splits.All(),
            ]
        )
    )
    count = draw(st.sampled_from([3, None]))
    scale = T.Scale(
        factor=draw(st.sampled_from([1 / 255, 2, 0.3])), offset=draw(st.sampled_from([0, -1]))
    )
    if source == "sklearn":
        image = b.field("x", b.f32(1, 8, 8), "image", through=(scale,))
        label = b.field("label", b.classes(10), "target")
        origin = S.Sklearn(name="digits")
    elif source == "images":
        through = (T.Resize(height=32, width=32), T.Standardize(axis=(1, 2)))
        image = b.field("x", b.f32(3, 32, 32), "image", through=through, unknown=True)
        label = b.field("label", b.classes(count))
        origin = S.Images(
            path=draw(st.sampled_from(["a", "some folder/with 'quotes'"])), labels="folder"
        )
    elif source == "npz":
        through = draw(st.sampled_from([(scale,), (scale, T.Pad(before=2, value=0.5)), ()]))
        read = b.f32(3, 8, 8) if len(through) < 2 else b.f32(3, 4, 4)
        image = b.field("x", b.f32(3, 8, 8), draw(TEXT), read=read, through=through)
        label = b.field("label", b.classes(count), draw(TEXT))
        origin = S.Npz(path="arrays.npz")
    else:
        names = draw(st.lists(TEXT, min_size=2, max_size=12, unique=True))
        image = b.field("x", b.f32(len(names)), *names, through=(T.Standardize(),))
        label = b.field("label", b.classes(count), draw(TEXT))
        origin = S.Csv(path="a.csv", separator=draw(st.sampled_from([",", ";", "\t", "'"])))
        move = ()
    augment = ((("x",), move),) if move else ()
    metrics = draw(
        st.lists(
            st.sampled_from(
                [
                    M.Accuracy(),
                    M.F1(),
                    M.Recall(average="weighted"),
                    M.ConfusionMatrix(),
                    M.Accuracy(top=2),
                ]
            ),
            unique_by=lambda m: m.name(),
        )
    )
    uses = [b.use(m, "logits", "label") for m in metrics]
    phases = draw(
        st.sampled_from(
            [
                (),
                (b.schedules.Cosine(to=1e-5),),
                (
                    b.schedules.Warmup(duration=b.Quantity(2.5, "epochs")),
                    b.schedules.Step(
                        gamma=0.1, every=b.Quantity(30, "epochs"), duration=b.Quantity(60, "%")
                    ),
                    b.schedules.Constant(),
                ),
            ]
        )
    )
    fed = draw(st.sampled_from([{"x": "x"}, {}]))
    data = b.data("d", origin, image, label, split=split, augment=augment)
    return data, b.train(fed, *uses, schedule=phases)


@st.composite
def models(draw):
    """Arrays by name."""
    inits = st.sampled_from(
        [
            i.zeros(),
            i.ones(),
            i.glorot_uniform(),
            i.he_normal(),
            i.normal(std=0.02),
            i.orthogonal(),
            i.constant(value=1e-7),
        ]
    )
    names = st.builds(
        "{}.{}".format,
        st.sampled_from(["a", "b.c", "layers.0", "layers.1"]),
        st.sampled_from(["weight", "bias", "weight_hh_l0"]),
    )
    shapes = st.sampled_from([(8,), (8, 4), (8, 1, 3, 3)])
    arrays = st.builds(
        Weight,
        st.just(""),
        shapes,
        inits,
        groups=st.sampled_from([1, 8]),
        zero_row=st.sampled_from([None, 0]),
    )
    return draw(st.dictionaries(names, arrays, max_size=8))


def texts(spec, weights) -> dict[str, str]:
    data, train = spec
    return {
        "data": data_file(data, train, folder="../specs"),
        "recipe": recipe_file(train, data),
        "weights": weights_file(weights),
    }


FIRST_PARTY = ("--config", "lint.isort.known-first-party=['weights']")


def test_ruff_has_nothing_to_say(tmp_path):
    @settings(max_examples=40, phases=[Phase.generate], database=None)
    @given(specs(), models())
    def write(spec, weights):
        number = len(list(tmp_path.iterdir()))
        for name, text in texts(spec, weights).items():
            (tmp_path / f"{name}_{number}.py").write_text(text, encoding="utf-8")

    write()
    for args in (
        ("format", "--diff"),
        ("check", "--extend-select", "I,B,UP,C4,PIE,RET", *FIRST_PARTY),
    ):
        command = [sys.executable, "-m", "ruff", *args, "--isolated", "--quiet", "."]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[:5000] + done.stderr


PUBLIC = {
    "data": {
        "load",
        "prepare",
        "picture",
        "order",
        "blocks",
        "chunks",
        "facts",
        "DataError",
    },
    "recipe": {
        "Run",
        "claimed",
        "ended",
        "rates",
        "scores",
        "restored",
        "log",
        "rewind",
        "write_lock",
    },
    "weights": {"draw", "write", "read", "CheckpointError"},
}


@QUICKLY
@given(specs(), models())
def test_what_is_not_for_others_is_used(spec, weights):
    for name, text in texts(spec, weights).items():
        tree = ast.parse(text)
        defined = {n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)}
        defined |= {n.targets[0].id for n in tree.body if isinstance(n, ast.Assign)}
        read = {
            n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
        }
        assert defined - read <= PUBLIC[name]


@QUICKLY
@given(specs(), models())
def test_every_name_is_there(spec, weights):
    """Also those that only a call would miss."""
    import builtins

    for text in texts(spec, weights).values():
        tree = ast.parse(text)
        bound = set(dir(builtins)) | {"__file__"}
        for node in ast.walk(tree):
            match node:
                case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                    assert not (node in tree.body and name in bound), f"{name} twice"
                    bound.add(name)
                case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                    bound.add(name)
                case ast.ExceptHandler(name=str(name)):
                    bound.add(name)
                case ast.alias(name=name, asname=other):
                    bound.add(other or name)
                case ast.MatchAs(name=str(name)):
                    bound.add(name)
        read = {
            n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
        }
        assert read <= bound


@given(specs(), models())
@QUICKLY
def test_the_same_spec_gives_the_same_bytes(spec, weights):
    assert texts(spec, weights) == texts(spec, weights)


def test_a_spec_cannot_inject_code():
    evil = '"); import os; os.system("touch /tmp/x") #'
    spec = b.data(
        "d",
        S.Csv(path=evil.replace(":", "").replace("\\", "")),
        b.field("x", b.f32(2), evil, evil + "'''\n\"\"\""),
        b.field("y", b.classes(2), "y"),
    )
    text = data_file(spec, b.train({"x": "x"}), folder=evil, classes={"y": (evil, "b")})
    calls = {
        n.func.id
        for n in ast.walk(ast.parse(text))
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
    }
    assert "import os;" in text
    assert not any(
        isinstance(n, ast.Import) and n.names[0].name == "os" for n in ast.walk(ast.parse(text))
    )
    assert "os" not in calls


@pytest.mark.parametrize("stem", STEMS)
def test_verbatim_files_know_nothing_of_the_compiler_or_of_a_framework(stem):
    modules = {found.module.partition(".")[0] for found in verbatim(stem).imports.values()}
    assert modules <= {*sys.stdlib_module_names, "numpy", "PIL", "safetensors"}


def test_names_that_programs_write_are_not_those_of_verbatim_functions():
    """Else a verbatim function that calls its neighbour would call the written one."""
    written = {"load", "read", "fit", "prepare", "augment", "facts", "rates", "scores", "draw"}
    written |= {"FOLDER", "CLASSES", "Fitted", "INITIAL", "GROUPS", "ZERO_ROWS"}
    written |= {"BEST", "PATIENCE", "ended"}
    known = {n for stem in STEMS if stem != "store" for n in verbatim(stem).items}
    assert not written & known


def test_verbatim_files_are_formatted_for_the_width_of_programs():
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--isolated", "--check", FOLDER], check=False
    )
    assert done.returncode == 0


@pytest.mark.parametrize(
    "doc", ["Deep Speech 2 (Amodei et al. 2015).", "Italian wines.", "FaceNet's triplets"]
)
def test_what_a_spec_says_of_a_model_keeps_its_capitals(doc):
    said = described("Net", doc, 12)
    assert said == f"Net: {doc.rstrip('.')} (12 parameters)."
