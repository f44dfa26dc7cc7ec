"""The command line of `train.py`."""

from __future__ import annotations

from dlspec.emit import python as py
from dlspec_torch.case import Case

EVALUATED = """
checkpoint.load(best, model)
print(json.dumps(evaluate(model, args.eval, device), indent=2))
"""

STOPPED = """
kept = "last.safetensors keeps the last whole epoch; --resume goes on from it"
said = kept if last.exists() else "no epoch was whole yet"
print("stopped:", said, file=sys.stderr)
sys.exit(130)
"""

REFUSED = 'f"error: {old[0]} is there; --resume goes on, --overwrite starts again"'


def main(case: Case) -> py.Function:
    """`main` of `train.py`: reads the arguments, and says what went wrong in a sentence."""
    body: list[py.Statement] = [
        *_arguments(case),
        py.If(
            'args.device == "cuda" and not torch.cuda.is_available()',
            [py.Do('parser.error("there is no CUDA device that PyTorch can use")')],
        ),
        py.Assign("gpu", 'args.device != "cpu" and torch.cuda.is_available()'),
        py.Assign("device", 'torch.device("cuda" if gpu else "cpu")'),
    ]
    threads = py.Do("torch.set_num_threads(args.threads)")
    body.append(threads if case.small else py.If("args.threads", [threads]))
    if case.folder:
        body.append(py.Assign("data.FOLDER", "args.data.resolve()"))
    stop = "signal.signal(signal.SIGTERM, signal.default_int_handler)"
    errors = "(data.DataError, CheckpointError, OSError)"
    body += [
        py.Do(stop, "stops like Ctrl-C"),
        py.Assign("last, best", 'args.out / "last.safetensors", args.out / "best.safetensors"'),
        py.Block("try", _work(case)),
        py.Block("except KeyboardInterrupt", [py.Raw(STOPPED)]),
        py.Block(f"except {errors} as error", [py.Do('sys.exit(f"error: {error}")')]),
    ]
    return py.Function("main", (), body, "None")


def _work(case: Case) -> list[py.Statement]:
    return [
        py.If(
            "args.eval",
            [*case.on_device, py.Raw(EVALUATED), py.Return()],
        ),
        py.Assign("old", "[path for path in (last, best) if path.exists()]"),
        py.If("old and not (args.resume or args.overwrite)", [py.Do(f"sys.exit({REFUSED})")]),
        py.Block(
            "with claimed(args.out)",
            [
                py.If("args.overwrite", [py.For("path", "old", [py.Do("path.unlink()")])]),
                py.Do(f"train(args.out, args.{counted(case)}, args.seed, device, args.resume)"),
            ],
        ),
    ]


def counted(case: Case) -> str:
    """What says how long a run is."""
    return "epochs" if case.train.steps is None else "steps"


def _arguments(case: Case) -> list[py.Statement]:
    found: list[py.Statement] = [
        py.Assign("parser", "argparse.ArgumentParser(description=__doc__)"),
        _argument("out", "folder of the run", type="Path", default="Path(__file__).parent"),
    ]
    if case.folder:
        where = "where the paths of the data begin"
        found.append(_argument("data", where, type="Path", default="data.FOLDER"))
    threads = {"default": "THREADS"} if case.small else {}
    found += [
        _argument(counted(case), type="int", default=counted(case).upper()),
        _argument("seed", "a resumed run keeps its own", type="int", default="SEED"),
        _argument("device", choices='("auto", "cpu", "cuda")', default='"auto"'),
        _argument("threads", type="int", **threads),
        py.Assign("start", "parser.add_mutually_exclusive_group()"),
        _argument("resume", "go on from the last whole epoch", "start", action='"store_true"'),
        _argument("overwrite", "start again, whatever is there", "start", action='"store_true"'),
        _argument(
            "eval",
            "evaluate the best weights on a part, and stop",
            "start",
            choices=str(py.literal(case.parts)),
        ),
        py.Assign("args", "parser.parse_args()"),
    ]
    return found


def _argument(name: str, about: str = "", to: str = "parser", **given: str) -> py.Statement:
    """`parser.add_argument("--name", ...)`; values are code."""
    more = {n: py.Code(v) for n, v in given.items()}
    said = {"help": about} if about else {}
    return py.Do(py.call(f"{to}.add_argument", f"--{name}", **more, **said))
