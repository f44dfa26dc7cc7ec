"""Tables of plain text, as wide as they need to be: a pipe has no width to fit into."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int]) -> str:
    """Rows below a head. The columns `numbers` are flush right."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    rule = ["-" * w for w in widths]

    def lines() -> Iterator[str]:
        for row in (head, rule, *rows):
            cells = (
                cell.rjust(w) if i in numbers else cell.ljust(w)
                for i, (cell, w) in enumerate(zip(row, widths, strict=True))
            )
            yield "  ".join(cells).rstrip()

    return "\n".join(lines())


def size(count: int) -> str:
    """Bytes for a person: `8,192 B`, `39.2 KB`, `1.3 MB`. A kilobyte is 1,000 bytes."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("KB", 1e4)):
        if count >= factor:
            return f"{count / {'GB': 1e9, 'MB': 1e6, 'KB': 1e3}[unit]:.1f} {unit}"
    return f"{count:,} B"
