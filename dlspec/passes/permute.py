"""Where a tensor changes the order in which its axes are kept."""

from dlspec.ops.base import Op


class Permute(Op):
    """The same tensor, kept channels-last or channels-first. Only
    passes make it."""

    order: str
    """`last` or `first`."""
