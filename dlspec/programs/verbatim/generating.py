"""Between the command line and the network: what begins, and what follows."""

import argparse
from typing import Any

import numpy as np

from dlspec.programs.verbatim.decoding import State, Step
from dlspec.programs.verbatim.example import STATES, load, outputs
from dlspec.programs.verbatim.rows import Rows, length, take


class InputError(ValueError):
    """What cannot be generated from."""


def begun(args: argparse.Namespace, start: int, classes: int) -> np.ndarray:
    """The tokens that every example begins with: `start`, then the prompt."""
    if args.text is not None and classes > 256:
        raise InputError(f"text is bytes, and there are {classes} tokens: --prompt")
    prompt = args.prompt if args.text is None else list(args.text.encode())
    tokens = np.array([start, *prompt], np.int64)
    if wrong := [token for token in prompt if not 0 <= token < classes]:
        raise InputError(f"the prompt has {wrong[0]}; tokens are 0 to {classes - 1}")
    return np.tile(tokens, (args.count, 1))


def rows_given(args: argparse.Namespace) -> Rows:
    """The rows of the data that are asked for."""
    rows = load()[args.part]
    found = take(rows, slice(args.row, args.row + args.count))
    if length(found) < args.count:
        said = f"{args.part} has {length(rows)} rows"
        raise InputError(f"{said}: {args.count} from row {args.row} on are too many")
    return found


def following(model: Any, given: Rows, tokens: str, scores: str, context: int) -> Step:
    """Scores the next token, with as many of the last ones as the model reads."""

    def step(so_far: np.ndarray, state: State) -> tuple[np.ndarray, State]:
        times = {name: len(so_far) // len(v) for name, v in given.items()}
        each = {name: v.repeat(times[name], axis=0) for name, v in given.items()}
        window = so_far[:, -context:].astype(np.int32)
        return outputs(model, {**each, tokens: window})[scores][:, -1], state

    return step


def going_on(model: Any, given: Rows, tokens: str, scores: str, context: int) -> Step:
    """Scores the next token, with the states that those before it left; reads at most
    `context` tokens at once.
    """

    def step(so_far: np.ndarray, state: State) -> tuple[np.ndarray, State]:
        unread = so_far[:, -1:] if state else so_far
        times = {name: len(so_far) // len(v) for name, v in given.items()}
        each = {name: v.repeat(times[name], axis=0) for name, v in given.items()}
        made: Rows = {}
        for start in range(0, unread.shape[1], context):
            window = unread[:, start : start + context].astype(np.int32)
            made = outputs(model, {**each, **state, tokens: window})
            state = {name: made[f"next_{name}"] for name in STATES}
        return made[scores][:, -1], state

    return step


def only(given: Rows, i: int) -> Rows:
    """One of the rows."""
    return {name: values[i : i + 1] for name, values in given.items()}


def shown(row: np.ndarray, args: argparse.Namespace) -> str:
    """Tokens as numbers, or with the prompt as text."""
    if args.text is None:
        return " ".join(map(str, [*args.prompt, *row]))
    return bytes([*args.text.encode(), *row]).decode(errors="replace")


def saved(args: argparse.Namespace, name: str, examples: np.ndarray) -> None:
    """Writes what was drawn, and says where."""
    out = args.out or args.run / f"{args.name}.npz"
    arrays: dict[str, Any] = {name: examples}
    with out.open("wb") as file:
        np.savez(file, **arrays)
    print(out)
