"""Writes the derived pages of docs/."""

from __future__ import annotations

from dlspec.emit.files import write_file
from dlspec.manual import ROOT, pages


def main() -> None:
    for path, text in pages().items():
        write_file(ROOT / path, text)
        print(path)


if __name__ == "__main__":
    main()
