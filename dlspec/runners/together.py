"""Several works at once, each of which is done by processes of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TypeVar

from dlspec.runners.process import Processes

T = TypeVar("T")
AT_ONCE = 2
"""Each takes a core, and up to a gigabyte of memory for its framework."""


def together(works: Sequence[Callable[[], T]]) -> list[T]:
    """What the works give, in their order.

    Where one fails, or Ctrl-C comes, the others are ended at once, and their processes with them.
    """
    with Processes() as processes, ThreadPoolExecutor(AT_ONCE) as pool:
        futures = [pool.submit(work) for work in works]
        try:
            for future in as_completed(futures):
                future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            processes.end()
            raise
        return [future.result() for future in futures]
