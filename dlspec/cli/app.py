"""The commands and their options. What each does stands in the file of its name."""

from __future__ import annotations

import enum
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, ParamSpec, TypeVar

import typer

from dlspec.cli.guard import Usage, guarded

app = typer.Typer(
    name="dlspec",
    help="A compiler for neural networks: one spec, trained in PyTorch or Keras, exported to ONNX "
    "and TFLite, verified by numbers.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)


P = ParamSpec("P")


def command(function: Callable[P, int]) -> Callable[P, None]:
    """A command that ends with its status."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            status = guarded(lambda: function(*args, **kwargs))
        except Usage as error:
            raise typer.BadParameter(str(error)) from None
        raise typer.Exit(status)

    return run


E = TypeVar("E", bound=enum.StrEnum)


def one_of(kind: type[E]) -> dict[str, Any]:
    """How an option reads one of some words; a wrong one is a plain sentence."""

    def parse(word: str) -> E:
        if word not in list(kind):
            raise typer.BadParameter(f"{word!r} is not one of {', '.join(kind)}")
        return kind(word)

    return {"parser": parse, "metavar": f"[{'|'.join(kind)}]"}


class Format(enum.StrEnum):
    text = "text"
    json = "json"
    github = "github"
    sarif = "sarif"


Spec = Annotated[Path, typer.Argument(metavar="SPEC", help="A .dls file.")]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="NAME=VALUE", help="Overrides a parameter: `lr=1e-2`, `Net.width=64`."
    ),
]
Backend = Annotated[
    str, typer.Option("--backend", metavar="NAME", help="The framework: torch or keras.")
]
Train = Annotated[
    str,
    typer.Option("--train", metavar="NAME", help="Which `train` block, where there are several."),
]
Lock = Annotated[
    Path | None,
    typer.Option("--lock", metavar="FILE", help="A lock file, for the classes of the data."),
]
OfLock = Annotated[
    str, typer.Option("--train", metavar="NAME", help="Of which `train` block the lock file is.")
]
Force = Annotated[bool, typer.Option("--force", help="Overwrites what is in the way.")]
Run = Annotated[Path, typer.Argument(metavar="RUN", help="A compiled or trained folder.")]


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", help="Prints the version.")] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Shows where an unexpected error arose.")
    ] = False,
) -> None:
    """A compiler for neural networks."""
    if version:
        from dlspec import __version__

        typer.echo(f"dlspec {__version__}")
        raise typer.Exit


@app.command("new")
@command
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of the spec.")],
) -> int:
    """Writes a commented spec to start from, which trains as it is."""
    from dlspec.cli.new import new

    return new(name)


@app.command("check")
@command
def check(
    specs: Annotated[list[Path], typer.Argument(metavar="SPEC...", help="The .dls files.")],
    format: Annotated[
        Format, typer.Option("--format", help="How errors are written.", **one_of(Format))
    ] = Format.text,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")] = False,
    data: Annotated[
        bool, typer.Option("--data", help="Reads the data too: counts, ranges, NaN, classes.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Checks again at each change, until Ctrl-C.")
    ] = False,
    set: Set = None,
) -> int:
    """Checks specs, and shows every error of them."""
    from dlspec.cli.check import check

    def run() -> int:
        return check(specs, format.value, strict, set or [], data)

    if not watch:
        return run()
    from dlspec.cli.watch import watch as keep

    return keep(specs, run)


@app.command("fmt")
@command
def fmt(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="The .dls files; `-` is standard input.")
    ],
    check: Annotated[
        bool, typer.Option("--check", help="Writes nothing; fails where a file would change.")
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Shows the changes, writes nothing.")
    ] = False,
) -> int:
    """Formats specs in place, and keeps their comments."""
    from dlspec.cli.fmt import fmt

    return fmt(files, check, diff)


@app.command("summary")
@command
def summary(
    spec: Spec,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    origins: Annotated[
        bool, typer.Option("--origins", help="Adds where every value comes from.")
    ] = False,
    train: OfLock = "",
    lock: Lock = None,
    set: Set = None,
) -> int:
    """Shows the layers of each model, what they cost, and every default that was taken."""
    from dlspec.cli.summary import summary

    return summary(spec, json, set or [], origins, lock, train)


class Picture(enum.StrEnum):
    svg = "svg"
    html = "html"
    dot = "dot"
    mermaid = "mermaid"


@app.command("graph")
@command
def graph(
    spec: Spec,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="FILE", help="The file to write; `-` prints it."),
    ] = None,
    format: Annotated[
        Picture | None,
        typer.Option(
            "--format", help="Where the file's suffix does not say it.", **one_of(Picture)
        ),
    ] = None,
    model: Annotated[
        str, typer.Option("--model", metavar="NAME", help="Which model, where there are several.")
    ] = "",
    depth: Annotated[
        int | None,
        typer.Option("--depth", min=0, metavar="N", help="How deep blocks are unfolded."),
    ] = None,
    train: OfLock = "",
    lock: Lock = None,
    set: Set = None,
) -> int:
    """Draws a model: a page whose blocks fold, SVG, Graphviz or Mermaid."""
    from dlspec.cli.graph import graph

    form = format.value if format else None
    return graph(spec, out, form, model, depth, set or [], lock, train)


@app.command("explain")
@command
def explain(
    code: Annotated[
        str | None, typer.Argument(metavar="CODE", help="The code of an error: `DLS204`.")
    ] = None,
) -> int:
    """Says what an error means, with an example and how it is mended; lists them without one."""
    from dlspec.cli.explain import explain

    return explain(code)


@app.command("ops")
@command
def ops(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="A layer or function: `Conv2D`.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> int:
    """Shows the manual page of a layer or function; lists them without one."""
    from dlspec.cli.ops import ops

    return ops(name, json)


@app.command("ir")
@command
def ir(
    spec: Annotated[Path | None, typer.Argument(metavar="SPEC", help="A .dls file.")] = None,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    schema: Annotated[bool, typer.Option("--schema", help="The JSON Schema of the IR.")] = False,
    set: Set = None,
) -> int:
    """Prints the program that a spec stands for, in the published form."""
    from dlspec.cli.ir import ir

    return ir(spec, json, schema, set or [])


@app.command("compile")
@command
def compile(
    spec: Spec,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="The folder to write.")],
    backend: Backend = "torch",
    train: Train = "",
    lock: Lock = None,
    set: Set = None,
    force: Force = False,
) -> int:
    """Writes the program of a spec, which runs without dlspec."""
    from dlspec.cli.compile import compile

    return compile(spec, out, backend, train, lock, set or [], force)


MOST = 1_000_000_000
"""Epochs of a run."""


class Device(enum.StrEnum):
    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


@app.command("train")
@command
def train(
    spec: Spec,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="RUN", help="The folder of the run.")],
    backend: Backend = "torch",
    train: Train = "",
    set: Set = None,
    device: Annotated[
        Device, typer.Option("--device", help="Where to train.", **one_of(Device))
    ] = Device.auto,
    epochs: Annotated[
        int | None,
        typer.Option("--epochs", min=1, max=MOST, metavar="N", help="Instead of the spec's."),
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option("--steps", min=1, max=MOST, metavar="N", help="Instead of the spec's."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Goes on from the last whole epoch, if there is one.")
    ] = False,
    force: Force = False,
) -> int:
    """Trains a spec. Ctrl-C stops after a checkpoint, `--resume` goes on from it."""
    from dlspec.cli.train import Options
    from dlspec.cli.train import train as train_spec

    if resume and force:
        raise Usage("`--resume` goes on, `--force` starts again: not both")
    length = (epochs, steps)
    options = Options(backend, train, tuple(set or ()), device.value, *length, resume, force)
    return train_spec(spec, out, options)


@app.command("eval")
@command
def evaluate(
    run: Run,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    device: Annotated[
        Device, typer.Option("--device", help="Where to run.", **one_of(Device))
    ] = Device.auto,
) -> int:
    """Evaluates the best weights of a run on its test rows."""
    from dlspec.cli.evaluate import evaluate

    return evaluate(run, json, device.value)


@app.command("export")
@command
def export(
    run: Run,
    targets: Annotated[
        list[str] | None,
        typer.Argument(metavar="TARGET...", help="The `export` blocks; all without any."),
    ] = None,
) -> int:
    """Writes the exports of a run's spec, each with a report beside it."""
    from dlspec.cli.export import export_run

    return export_run(run, targets or [])


@app.command("verify")
@command
def verify(
    run: Run,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> int:
    """Runs a model in PyTorch, Keras, ONNX Runtime and LiteRT, and shows how far they agree."""
    from dlspec.cli.verify import verify_run

    return verify_run(run, json)


@app.command("predict")
@command
def predict(
    run: Run,
    input: Annotated[
        Path, typer.Option("--input", metavar="FILE", help="A table, an array or a picture.")
    ],
    model: Annotated[
        Path | None,
        typer.Option("--model", metavar="FILE", help="An exported .onnx or .tflite file."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="Where to write.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> int:
    """Predicts from a file, with the fitted preprocessing and the classes' names."""
    from dlspec.cli.predict import predict_run

    return predict_run(run, input, model, out, json)


@app.command("generate")
@command
def generate(
    run: Run,
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="Which `generate` block, where there are several."),
    ] = "",
    prompt: Annotated[
        str | None,
        typer.Option("--prompt", metavar="TOKENS", help="What follows the start: `12 7 30`."),
    ] = None,
    text: Annotated[
        str | None,
        typer.Option("--text", help="The same as text, whose bytes are the tokens; prints text."),
    ] = None,
    count: Annotated[int, typer.Option("--count", min=1, metavar="N", help="How many.")] = 1,
    seed: Annotated[int, typer.Option("--seed", min=0, metavar="N", help="Of what is drawn.")] = 0,
    limit: Annotated[
        int | None,
        typer.Option("--limit", min=1, metavar="N", help="How many tokens at most."),
    ] = None,
    part: Annotated[
        str,
        typer.Option("--part", metavar="PART", help="The rows that other inputs are read from."),
    ] = "",
    row: Annotated[
        int, typer.Option("--row", min=0, metavar="N", help="The first of these rows.")
    ] = 0,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="FILE", help="For what is drawn: RUN/NAME.npz."),
    ] = None,
) -> int:
    """Generates with the best weights of a run: text, transcripts, pictures."""
    from dlspec.cli.generate import Options, generate_run

    if prompt is not None and text is not None:
        raise Usage("`--prompt` has tokens, `--text` has text: not both")
    return generate_run(run, name, Options(prompt, text, count, seed, limit, part, row, out))


def run(arguments: list[str]) -> int:
    """Runs a command line, and returns its exit status."""
    try:
        typer.main.get_command(app).main(
            [a for a in arguments if a != "--debug"], prog_name="dlspec"
        )
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0
