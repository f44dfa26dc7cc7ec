"""Several outputs of one call among the inputs of another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dlspec.backend.merge import Merged


def shared(inputs: Sequence[Merged]) -> Iterator[list[int]]:
    """The places of inputs that are outputs of one call: it is written once, and taken apart."""
    calls: dict[int, list[int]] = {}
    for i, m in enumerate(inputs):
        if (
            m.kind == "select"
            and m.body is not None
            and m.body.kind in ("apply", "call", "net", "scope")
        ):
            calls.setdefault(m.body.flow.site, []).append(i)
    return (places for places in calls.values() if len(places) > 1)


def all_of_one(inputs: Sequence[Merged]) -> Merged | None:
    """The call whose outputs are all the inputs, in their order."""
    if list(shared(inputs)) != [list(range(len(inputs)))]:
        return None
    body = inputs[0].body
    assert body is not None
    indices = [m.flow.index for m in inputs]
    return body if indices == list(range(len(body.flow.types))) else None
