"""`weights` in a `train` block: which weights are updated in which way."""

from fnmatch import fnmatchcase

import pytest

from dlspec.programs.groups import globs
from dlspec.recipe.optimizers import SGD, AdamW

LR = "optimizer  = AdamW(lr=rate)"


def groups(train, text: str) -> dict[str, dict[str, object]]:
    """What differs for each weight, by its name."""
    found: dict[str, dict[str, object]] = {}
    for group in train((LR, f"{LR}\n{text}")).groups:
        settings = group.model_dump(exclude={"weights", "optimizer"}, exclude_defaults=True)
        settings |= {"optimizer": group.optimizer} if group.optimizer is not None else {}
        found |= dict.fromkeys(group.weights, settings)
    return found


def test_the_last_match_wins_setting_by_setting(train):
    found = groups(
        train,
        "  weights *.bias { weight_decay = 0 }\n"
        "  weights h { lr_scale = 0.5; weight_decay = 0.1 }\n"
        "  weights h { lr_scale = 0.25 }",
    )
    half = {"lr_scale": 0.25, "weight_decay": 0.1}
    assert found == {
        "h.weight": half,
        "h.bias": half,
        "logits.bias": {"weight_decay": 0.0},
        "shade.bias": {"weight_decay": 0.0},
    }


def test_patterns_are_paths_and_kinds(train):
    assert set(groups(train, "weights Dense.weight { lr_scale = 2 }")) == {
        "h.weight",
        "logits.weight",
        "shade.weight",
    }
    assert set(groups(train, "weights h, shade.bias { frozen = true }")) == {
        "h.weight",
        "h.bias",
        "shade.bias",
    }


def test_loops_and_conditions_are_of_compile_time(train):
    text = (
        "for i, n in enumerate([1, 2]) {\n"
        "  if i == 1 { weights h { lr_scale = 0.1 ** n } }\n"
        "  else { weights shade { frozen = until(3 epochs) } }\n"
        "}"
    )
    found = groups(train, text)
    assert found["h.weight"]["lr_scale"] == pytest.approx(0.01)
    assert found["shade.bias"] == {"frozen": 3}


def test_settings_that_say_the_usual_make_no_group(train):
    assert groups(train, "weights h { lr_scale = 1; frozen = false }") == {}


def test_an_optimizer_of_some_weights_has_a_rate_and_a_decay_of_its_own(train):
    found = groups(train, "weights h { optimizer = AdamW(lr=6e-3, weight_decay=0.5) }")
    assert found["h.weight"] == {"lr_scale": pytest.approx(2), "weight_decay": 0.5}
    found = groups(train, "weights h { optimizer = AdamW(lr=3e-4) }")
    assert found == {n: {"lr_scale": pytest.approx(0.1)} for n in ("h.weight", "h.bias")}


MOMENTUM = SGD(lr=0.1, momentum=0.9)


def test_an_optimizer_may_be_of_another_kind(train):
    found = groups(train, "weights h { optimizer = SGD(lr=0.1, momentum=0.9) }")
    assert found == {n: {"optimizer": MOMENTUM} for n in ("h.weight", "h.bias")}
    found = groups(train, "weights h { optimizer = AdamW(lr=rate, betas=(0.5, 0.9)) }")
    assert found["h.bias"] == {"optimizer": AdamW(lr=3e-3, betas=(0.5, 0.9))}
    assert groups(train, "weights h { optimizer = AdamW(lr=rate) }") == {}


def test_what_is_said_below_an_optimizer_changes_it(train):
    found = groups(
        train,
        "  weights *.bias { weight_decay = 0; lr_scale = 2 }\n"
        "  weights h, logits { optimizer = SGD(lr=0.1, momentum=0.9) }\n"
        "  weights logits { optimizer = SGD(lr=0.2, momentum=0.9, weight_decay=0.1) }\n"
        "  weights h.weight { lr_scale = 0.5; weight_decay = 1; frozen = until(1 epoch) }",
    )
    assert found == {
        "h.weight": {"optimizer": MOMENTUM, "lr_scale": 0.5, "weight_decay": 1.0, "frozen": 1},
        "h.bias": {"optimizer": MOMENTUM, "weight_decay": 0.0},
        "logits.weight": {"optimizer": MOMENTUM, "lr_scale": 2.0, "weight_decay": 0.1},
        "logits.bias": {"optimizer": MOMENTUM, "lr_scale": 2.0, "weight_decay": 0.1},
        "shade.bias": {"lr_scale": 2.0, "weight_decay": 0.0},
    }


def test_weights_that_never_learn_have_no_optimizer(train):
    text = "weights h { optimizer = SGD(lr=1) }\nweights h { frozen = true }"
    block = train((LR, f"{LR}\n{text}"))
    assert list(block.optimizers) == ["adamw"]
    text = "weights h { optimizer = SGD(lr=1) }\nweights logits { optimizer = AdamW(eps=1e-6) }"
    block = train((LR, f"{LR}\n{text}"))
    assert list(block.optimizers) == ["adamw", "sgd", "adamw_2"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("weights hh { lr_scale = 2 }", "DLS113"),
        ("weights h { lr_scale = 0 }", "DLS403"),
        ("weights h { weight_decay = -1 }", "DLS403"),
        ("weights h { frozen = 3 }", "DLS403"),
        ("weights h { frozen = until(3 steps) }", "DLS301"),
        ("weights h { lr = 2 }", "DLS103"),
        ("weights h { }", "DLS108"),
        ("weights Dense { frozen = until(1 epoch) }", "DLS429"),
        ("for i in range(2) { x = 3 }", "DLS108"),
        ("weights h { optimizer = FTRL(lr=1) }", "DLS107"),
        ("weights h { optimizer = SGD(lr=1); lr_scale = 2 }", "DLS437"),
        ("weights h { weight_decay = 0; optimizer = SGD(lr=1) }", "DLS437"),
        ("weights h { optimizer = SGD(lr=1); frozen = true }", "DLS437"),
        ("weights Dense { optimizer = SGD(lr=1) }", "DLS438"),
        ("weights h, logits { optimizer = SGD(lr=1) }\nweights shade { frozen = true }", "DLS438"),
        ("weights h { optimizer = 3 }", "DLS403"),
    ],
)
def test_what_is_refused(one_error, text, code):
    assert one_error((LR, f"{LR}\n{text}")).code == code


NAMES = [
    *(
        f"layers.{i}.{part}"
        for i in range(3)
        for part in ("norm.weight", "dense.weight", "dense.bias")
    ),
    "bert.layers.0.weight",
    "head.weight",
    "head.bias",
    "words",
]


@pytest.mark.parametrize("seed", range(40))
def test_patterns_in_a_program_match_these_weights_and_no_others(seed: int):
    import random

    wanted = random.Random(seed).sample(NAMES, k=1 + seed % len(NAMES))
    found = globs(wanted, NAMES)
    matched = [n for n in NAMES if any(fnmatchcase(n, p) for p in found)]
    assert sorted(matched) == sorted(wanted)


def test_patterns_are_short():
    assert globs([n for n in NAMES if n.endswith("bias")], NAMES) == ("*.bias",)
    layers = [n for n in NAMES if n.startswith("layers")]
    assert len(globs([n for n in layers if "norm" in n], NAMES)) == 1
    assert globs(layers[:3], NAMES) == ("layers.0.*",)
