"""`decoding.py` and `generate.py` of a program: what its `generate` blocks ask for."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dlspec.emit import python as py
from dlspec.ir.model import ModelIR
from dlspec.ir.program import Program
from dlspec.ir.recipe import Generate
from dlspec.length import Dynamic
from dlspec.programs.case import TrainCase
from dlspec.programs.compose import Written, compose
from dlspec.recipe.strategies import Beam, CtcBeam, Ddpm, Sample, Strategy
from dlspec.tensor import Tensor

IMPORTS = (
    py.Import("argparse"),
    py.Import("sys"),
    py.From("pathlib", ("Path",)),
    py.From("typing", ("Any",)),
    py.Import("numpy", "np"),
    py.Import("checkpoint"),
    py.From("data", ("DataError", "Rows")),
    py.From("decoding", ("State", "Step", "beam", "ctc_beam", "ddpm", "greedy", "sample")),
    py.From("weights", ("CheckpointError",)),
)


@dataclass(frozen=True)
class Framework:
    """What a backend writes of `generate.py`.

    `loaded` is the expression of a model with its variables; `outputs` a function of the model and
    its inputs by name, NumPy arrays, that gives its outputs by name; `networks` are functions that
    take one of several networks out of the model, for `outputs` as the model.
    """

    imports: Sequence[py.Import | py.From]
    loaded: str
    outputs: py.Function
    networks: Sequence[py.Function]
    kept: Callable[[py.Expr, Tensor], py.Expr]
    """An array of the data, with its axes in the order in which the model reads them."""


def blocks(program: Program, train: str) -> tuple[Generate, ...]:
    """The blocks that run the model of a train block."""
    return tuple(g for g in program.generates.values() if g.train == train)


def decoding_file(found: Sequence[Generate]) -> str:
    """The text of `decoding.py`: the strategies, in NumPy."""
    doc = "What is chosen from a network's scores: NumPy only, whatever the backend."
    names = dict.fromkeys(g.strategy.kind() for g in found)
    return compose(Written(doc, ("decoding",), functions=[*names]))


def generate_file(found: Sequence[Generate], case: TrainCase, own: Framework) -> str:
    """The text of `generate.py`."""
    models = {g.network: running(g, case) for g in found}
    states = dict.fromkeys(n for model in models.values() for n in model.root.states)
    constants = [py.Assign("STATES", py.literal(tuple(states)))] if states else []
    rows = {name: from_rows(found, name, model, case) for name, model in models.items()}
    given = any(rows.values())
    functions: list[py.Function | str] = [
        block(g, models[g.network], rows[g.network], case.ragged, own) for g in found
    ]
    names = tuple((py.literal(g.name or "generate"), py.Code(function_name(g))) for g in found)
    data: tuple[py.Import | py.From, ...] = ()
    if given:
        data = (py.Import("data"), py.From("data", ("length", "load", "take")))
    return compose(
        Written(
            f"Generates with the best weights of a run of {case.model.name}.",
            files=("generating",),
            imports=(*IMPORTS, *data, *own.imports),
            constants=constants,
            functions=[*functions, *own.networks, own.outputs, main(found, case.parts, given, own)],
            tables=[
                py.Assign("BLOCKS", py.Dict(names)),
                py.Blank(),
                py.If('__name__ == "__main__"', [py.Do("main()")]),
            ],
        )
    )


def running(g: Generate, case: TrainCase) -> ModelIR:
    """The model of a block, or the one of several networks that it runs."""
    return case.networks[g.network] if g.network else case.model


def from_rows(
    found: Sequence[Generate], network: str, model: ModelIR, case: TrainCase
) -> dict[str, str]:
    """Each input of a network that rows of the data feed, with the field."""
    own = {n for g in found if g.network == network for n in (g.input, time_of(g))}
    inputs, fed = dict(model.root.inputs), case.train.fields(network)
    return {n: f for n, f in fed.items() if n in inputs and n not in own}


def network_of(network: str) -> str:
    """The function that takes a network out of the model."""
    return f"{network}_of"


def net(g: Generate) -> py.Expr:
    """What a block runs."""
    return py.call(network_of(g.network), py.Code("model")) if g.network else py.Code("model")


def function_name(g: Generate) -> str:
    return f"generate_{g.name}" if g.name else "generate"


def block(
    g: Generate,
    model: ModelIR,
    given: dict[str, str],
    lengths: Mapping[str, str],
    own: Framework,
) -> py.Function:
    """The function of one block: the tokens of each example."""
    t = dict(model.root.outputs)[g.output]
    body: list[py.Statement] = []
    if given:
        types = dict(model.root.inputs)
        pairs = tuple((py.literal(n), column(f, types[n], own)) for n, f in given.items())
        body += [py.Assign("rows", "rows_given(args)"), py.Assign("given", py.Dict(pairs))]
    if isinstance(g.strategy, Ddpm):
        body += denoised(g, g.strategy, model, bool(given), own)
    elif g.input is None:
        assert isinstance(g.strategy, CtcBeam)
        scores = py.Index(py.call("outputs", net(g), py.Code("given")), py.literal(g.output))
        body.append(py.Assign("scores", scores))
        body += transcribed(g.strategy, t.shape[0], lengths)
    else:
        context = int(dict(model.root.inputs)[g.input].shape[0])
        body += next_tokens(g, model, int(t.shape[-1]), context, bool(given))
    params = (py.Param("model", "Any"), py.Param("args", "argparse.Namespace"))
    doc = f"{g.doc or said(g)}"
    return py.Function(function_name(g), params, body, "list[np.ndarray]", doc)


def transcribed(strategy: CtcBeam, size: int, lengths: Mapping[str, str]) -> list[py.Statement]:
    """The text of each row, of as many frames as it has."""
    if not isinstance(size, Dynamic) or not size.length.names <= lengths.keys():
        text = py.call("ctc_beam", py.Code("frames"), strategy.width, **options(strategy))
        return [py.Return(py.ListComp(text, "frames", "scores"))]
    text = py.call("ctc_beam", py.Code("frames[:n]"), strategy.width, **options(strategy))
    told = [(n, py.Index("rows", py.literal(lengths[n]))) for n in sorted(size.length.names)]
    return [
        *(py.Assign(name, column) for name, column in told),
        py.Assign("real", py.call("zip", py.Code("scores"), py.Code(str(size)), strict=True)),
        py.Return(py.ListComp(text, "frames, n", "real")),
    ]


def time_of(g: Generate) -> str | None:
    """The input that takes the number of a step."""
    return g.strategy.time if isinstance(g.strategy, Ddpm) else None


def denoised(
    g: Generate, strategy: Ddpm, model: ModelIR, fed: bool, own: Framework
) -> list[py.Statement]:
    """What is drawn step by step from noise."""
    assert g.input is not None
    t = dict(model.root.inputs)[g.input]
    pairs: list[tuple[py.Expr | str, py.Expr | str]] = [
        (py.literal(g.input), own.kept(py.Code("x"), t)),
        (py.literal(strategy.time), py.Code("np.full(len(x), t, np.int32)")),
    ]
    inputs: py.Expr = py.Dict(tuple(pairs))
    if fed:
        inputs = py.Binary(py.Code("given"), "|", inputs)
    made = py.Index(py.call("outputs", net(g), inputs), py.literal(g.output))
    params = (py.Param("x", "np.ndarray"), py.Param("t", "int"))
    shape = tuple(int(n) for n in t.shape)
    count, seed = py.Code("args.count"), py.Code("args.seed")
    drawn = py.call("ddpm", py.Code("noise"), shape, count, seed, betas(strategy.betas))
    return [
        py.Function("noise", params, [py.Return(made)], "np.ndarray"),
        py.Do(py.call("saved", py.Code("args"), g.input, drawn)),
        py.Return(py.Code("[]")),
    ]


def betas(values: tuple[float, ...]) -> py.Expr:
    """An array of the numbers; a progression by its ends."""
    first, last, count = values[0], values[-1], len(values)
    even = tuple(first + (last - first) * i / max(1, count - 1) for i in range(count))
    if count > 2 and all(math.isclose(a, b) for a, b in zip(values, even, strict=True)):
        return py.call("np.linspace", first, last, count)
    return py.call("np.array", py.literal(list(values)))


def next_tokens(
    g: Generate, model: ModelIR, classes: int, context: int, fed: bool
) -> list[py.Statement]:
    """What goes on token by token: with states, or from all the tokens so far."""
    tokens = py.call("begun", py.Code("args"), g.start, classes)
    reads = "going_on" if model.root.states else "following"
    of_all = py.Code("given" if fed else "{}")
    beams = isinstance(g.strategy, Beam)
    given = py.call("only", of_all, py.Code("i")) if fed and beams else of_all
    step = py.call(reads, net(g), given, g.input, g.output, context)
    limits = {"limit": py.Code("args.limit"), "end": g.end}
    more = {**limits, **options(g.strategy)}
    match g.strategy:
        case Beam(width=width) if fed:
            row = py.Code("tokens[i : i + 1]")
            one = py.call("beam", step, row, width=width, **more)
            each = py.ListComp(one, "i", "range(len(tokens))")
            return [py.Assign("tokens", tokens), py.Return(each)]
        case Beam(width=width):
            one = py.call("beam", py.Code("step"), py.Code("row[None]"), width=width, **more)
            rows = py.ListComp(one, "row", tokens)
            return [py.Assign("step", step), py.Return(rows)]
        case Sample():
            more = {**limits, "seed": py.Code("args.seed"), **options(g.strategy)}
    chosen = py.call(g.strategy.kind(), py.Code("step"), py.Code("tokens"), **more)
    return [py.Assign("tokens", tokens), py.Assign("step", step), py.Return(chosen)]


def options(strategy: Strategy) -> dict[str, object]:
    """The arguments of a strategy that are not their defaults, but for the first ones."""
    return {
        name: getattr(strategy, name)
        for name, field in type(strategy).model_fields.items()
        if name not in strategy.positional and getattr(strategy, name) != field.default
    }


def column(field: str, t: Tensor, own: Framework) -> py.Expr:
    """The array of an input, from rows of the data."""
    value = own.kept(py.Index("rows", py.literal(field)), t)
    if t.dtype in ("i32", "i64", "class"):
        return py.call(py.Attribute(value, "astype"), py.Code("np.int32"))
    return value


def said(g: Generate) -> str:
    if isinstance(g.strategy, Ddpm):
        return f"Draws `{g.input}`, less of `{g.output}` in each step."
    if g.input is None:
        return f"The text of `{g.output}`, for rows of the data."
    return f"Tokens of `{g.output}`, appended to `{g.input}`."


def main(found: Sequence[Generate], parts: Sequence[str], fed: bool, own: Framework) -> py.Function:
    add = "parser.add_argument"
    here = py.Code("Path(__file__).parent")
    number = py.Code("int")
    last = "test" if "test" in parts else parts[-1]
    grows = any(g.strategy.feeding == "next" for g in found)
    draws = any(g.strategy.feeding == "noise" for g in found)
    names = [g.name or "generate" for g in found]
    limits = {g.name or "generate": g.limit for g in found if g.limit is not None}
    body: list[py.Statement] = [
        py.Assign("parser", "argparse.ArgumentParser(description=__doc__)"),
        py.Do(
            py.call(
                add,
                "name",
                nargs="?",
                choices=py.Code("BLOCKS"),
                default=names[0],
                help="which `generate` block",
            )
        ),
        py.Do(py.call(add, "--count", type=number, default=1, help="how many examples")),
        py.Do(py.call(add, "--seed", type=number, default=0, help="of what is drawn")),
    ]
    if grows:
        prompt = "tokens that follow the start"
        text = "the same as text, whose bytes are the tokens"
        body += [
            py.Do(
                py.call(
                    add,
                    "--prompt",
                    nargs="*",
                    type=number,
                    default=[],
                    metavar="TOKEN",
                    help=prompt,
                )
            ),
            py.Do(py.call(add, "--text", help=text)),
            py.Do(py.call(add, "--limit", type=number, help="how many tokens at most")),
        ]
    if draws:
        where = "where to write what is drawn: RUN/NAME.npz"
        body.append(py.Do(py.call(add, "--out", type=py.Code("Path"), help=where)))
    if fed:
        body += [
            py.Do(py.call(add, "--part", choices=list(parts), default=last, help="of the data")),
            py.Do(py.call(add, "--row", type=number, default=0, help="the first that is read")),
            py.Do(
                py.call(
                    add,
                    "--data",
                    type=py.Code("Path"),
                    default=py.Code("data.FOLDER"),
                    help="where the paths of the data begin",
                )
            ),
        ]
    body += [
        py.Do(py.call(add, "--run", type=py.Code("Path"), default=here, help="folder of the run")),
        py.Assign("args", "parser.parse_args()"),
    ]
    if fed:
        body.append(py.Assign("data.FOLDER", "args.data.resolve()"))
    if grows:
        one = next(iter(limits.values()))
        same = set(limits.values()) == {one}
        default = (
            py.literal(one)
            if same
            else py.call(py.Attribute(py.literal(limits), "get"), py.Code("args.name"))
        )
        body.append(py.If("args.limit is None", [py.Assign("args.limit", default)]))
    body += [
        py.Block(
            "try",
            [
                py.Assign("model", own.loaded),
                py.Do('checkpoint.load(args.run / "best.safetensors", model)'),
                py.For(
                    "row",
                    "BLOCKS[args.name](model, args)",
                    [
                        py.Do(
                            "print(shown(row, args))" if grows else 'print(" ".join(map(str, row)))'
                        ),
                    ],
                ),
            ],
        ),
        py.Block(
            "except (InputError, DataError, CheckpointError, OSError) as error",
            [py.Do('sys.exit(f"error: {error}")')],
        ),
    ]
    return py.Function("main", (), body, "None")
