"""Random models: the planned classes compute what the trace says, under the neutral names."""

from __future__ import annotations

import ast
import random

import pytest
import torch
from build import model, weight_names
from interpret import interpret

from dlspec.backend.plan import model_file
from dlspec.backend.registry import find
from dlspec.passes.layout import channels_last

LAYERS = [
    "Dense({n})",
    "Dense({n}) -> ReLU",
    "LayerNorm",
    "Tanh",
    "Dense({n}) -> Dropout(0.1)",
    "(Dense({n}) -> Tanh)",
    "(Dense({n}) -> LayerNorm) as {name}",
    "(Dense({n}) -> ReLU -> Dense({m})) as {name}",
    "Dense({n}) * {k}",
    "(Dense({n}) -> Tanh) * {k}",
    "{block}({n})",
    "{block}({n}, k={k})",
    "{block}({n}) * {k}",
    "LeakyReLU(0.{k})",
]
FUNCTIONS = ["F{i}(x)", "F{i}(x, k={k})", "F{i}(x -> Dense({n}), {n})", "(x -> F{i}({n}, k={k}))"]


class Writer:
    """Writes one random spec."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.blocks: list[str] = []
        self.functions = 0
        self.names = iter(f"part{i}" for i in range(1000))

    def layer(self, sizes: list[str]) -> str:
        rng = self.rng
        text = rng.choice(LAYERS if self.blocks else LAYERS[:10])
        return text.format(
            n=rng.choice(sizes),
            m=rng.choice(sizes),
            k=rng.choice(["1", "2", "3"]),
            name=next(self.names),
            block=rng.choice(self.blocks or [""]),
        )

    def chain(self, sizes: list[str]) -> str:
        return " -> ".join(self.layer(sizes) for _ in range(self.rng.randint(1, 3)))

    def statements(self, sizes: list[str], depth: int = 0) -> list[str]:
        rng, lines = self.rng, []
        for _ in range(rng.randint(1, 3)):
            flat = ["x", "add", "fn", "fn", "list", "twice"]
            kind = rng.choice(["x", *flat, "if", "choice", "for", "two"] if depth < 2 else flat)
            inner = "\n".join(self.statements(sizes, depth + 1)) if kind in ("if", "for") else ""
            match kind:
                case "x":
                    lines.append(f"x = x -> {self.chain(sizes)}")
                case "add":
                    size = rng.choice(sizes)
                    lines.append(
                        f"x = (x -> {self.chain(sizes)} -> Dense({size})) "
                        f"+ 0.5 * (x -> Dense({size}))"
                    )
                case "fn" if self.functions:
                    call = rng.choice(FUNCTIONS).format(
                        i=rng.randrange(self.functions), n=rng.choice(sizes), k=rng.choice("123")
                    )
                    lines.append(f"x = {call}")
                case "list":
                    over = rng.choice(
                        ["i in range(k)", "i in [3, 1, 2]", "i, w in enumerate([4, 3])"]
                    )
                    part = f"x -> Dense({rng.choice(sizes)} + i) -> {self.chain(sizes)}"
                    made = rng.choice([f"{part} -> Tanh", f"x * i -> {part[5:]}", "x + i"])
                    named = f"ps = [{made} for {over}]\nx = ps -> Concat -> Dense(5)"
                    here = f"x = [{made} for {over}] + [x] -> Concat -> Dense(5)"
                    added = f"x = sum([x -> Dense(5) -> {part[5:]} -> Dense(3) for {over}])"
                    lines.append(rng.choice([named, here, added, *self.lists(sizes)]))
                case "twice":
                    size = rng.choice(sizes)
                    deep = "LayerNorm -> Dense(32) -> GELU"
                    long = f"{deep} -> {deep} -> {deep} -> Dense({size}) -> Tanh"
                    lines.append(f"z = x -> Dense({size})\nx = z * 2 + (z -> {long})")
                case "two":
                    lines.append(f"y = x -> {self.chain(sizes)}\nx = (x, y) -> Concat")
                case "if":
                    test = rng.choice(["k > 1", "D == 4", "n != 3 and k < 3", "D > n"])
                    other = f"x = x -> {self.chain(sizes)}"
                    lines.append(f"if {test} {{ {inner} }} else {{ {other} }}")
                case "choice":
                    test = rng.choice(["k > 1", "D == 4", "n != 3 and k < 3", "D > n"])
                    other = rng.choice(["x", f"(x -> {self.chain(sizes)})"])
                    lines.append(f"x = (x -> {self.chain(sizes)}) if {test} else {other}")
                case "for":
                    over = rng.choice(["i in range(k)", "i, w in enumerate([4, 3, 5])"])
                    lines.append(f"for {over} {{ {inner}\nx = x -> Dense(n + i) }}")
        return lines

    def lists(self, sizes: list[str]) -> list[str]:
        """Lists of as many tensors as a parameter says, and what is made of them."""
        over = self.rng.choice(["range(k)", "range(k + 1)", "range(n)"])
        made = f"ps = [x -> Dense(5) -> Tanh for i in {over}]\n"
        chain = self.chain(sizes)
        every = (
            "x = sum(ps)",
            "x = ps + [x] -> Concat -> Dense(4)",
            f"x = [p -> {chain} -> Dense(3) for p in ps] -> Concat",
            "x = sum([p * i for i, p in enumerate(reversed(ps))])",
            f"x = ps[0]\nfor p in ps[1:] {{ x = (x, p) -> Concat -> {chain} -> Dense(5) }}",
            "x = ps[0]\nfor i in range(k) { x = x * 0.5 + ps[k - 1 - i] }",
            f"x = sum([p * 2 for p in ps]) if k > 1 else (x -> {chain} -> Dense(2))",
            "x = ps[:k] -> Concat",
        )
        return [made + each for each in every if "ps[k" not in each or over != "range(n)"]

    def function(self, number: int) -> str:
        """A function of tensors, which may use those before it."""
        rng, body = self.rng, []
        for _ in range(rng.randint(1, 3)):
            size = rng.choice(["n", "k", "D", "n + D", "0.5"])
            inner = f"F{rng.randrange(number)}" if number else "tanh"
            body.append(
                rng.choice(
                    [
                        f"x = x * 0.5 + {size}",
                        f"y = x / (1 + abs(x)) * {size}\nx = tanh(x) - y",
                        f"if {rng.choice(['k > 1', 'D == 4', 'D > n'])} {{ x = {inner}(x) }}",
                        f"for i in range(k) {{ x = {inner}(x) + i }}",
                        f"x = (x, x * {size}) -> Concat",
                        f"x = {inner}(x) if k > 2 else x",
                        "y = tanh(x) * k if k > 1 else 0\nx = y + x * 2",
                        f"m = n // 2 + k\nw = sqrt(m * 3)\nx = {inner}(x * m + tanh(x / w))",
                    ]
                )
            )
        self.functions = number + 1
        lines = "\n".join(body)
        end = rng.choice(["x", "x", "x * 2 if k > 2 else tanh(x)"])
        return f"fn F{number}(x: f32[D], n: int = 2, k: int = 1) {{\n{lines}\noutput {end} }}"

    def block(self, number: int) -> str:
        body = "\n".join(self.statements(["n", "n + 1", "2 * n", "5", "D"]))
        end = self.rng.choice(["x", "x", "(x -> Dense(n)) if k > 1 else tanh(x)"])
        made = f"block B{number}(n: int, k: int = 2) {{ input x: f32[D]\n{body}\noutput {end} }}"
        self.blocks.append(f"B{number}")
        return made

    def spec(self) -> str:
        functions = [self.function(i) for i in range(self.rng.randint(1, 3))]
        blocks = [self.block(i) for i in range(self.rng.randint(1, 3))]
        for _ in range(2):
            self.blocks.append(self.blocks[-1])
        body = "\n".join(self.statements(["3", "4", "6"]))
        head = "model M(n: int = 4, k: int = 2, D: int = 4) { input x: f32[D]\n"
        return "\n".join(functions + blocks) + f"\n{head}{body}\noutput out = x -> Dense(2) }}"


@pytest.mark.parametrize("seed", range(60))
def test_classes_compute_the_trace(seed: int) -> None:
    torch.manual_seed(seed)
    spec = Writer(seed).spec()
    made = model(spec)
    text = model_file(made, find("torch"))
    space: dict = {}
    exec(text, space)
    net = space["M"]().eval()
    state = net.state_dict()
    assert set(state) == set(weight_names(made))
    for tensor in state.values():
        tensor.normal_()
    x = torch.randn(3, 4)
    with torch.no_grad():
        found, expected = net(x), interpret(made, state, {"x": x})["out"]
    assert found.shape == (3, 2)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5, equal_nan=True)
    ast.parse(model_file(channels_last(made), find("keras")))
