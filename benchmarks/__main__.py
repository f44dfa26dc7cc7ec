"""Measures, and writes docs/benchmarks.md.

`python -m benchmarks` measures everything and writes the whole page; `python -m benchmarks startup`
replaces one section. `--tiny` takes seconds, for figures that mean nothing.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from benchmarks import accuracy, loops, published, scaling, startup
from benchmarks.page import PAGE, section, sections, whole
from dlspec.emit.files import write_file

PARTS = {
    "startup": startup,
    "scaling": scaling,
    "published": published,
    "loops": loops,
    "accuracy": accuracy,
}
"""In the order of the page."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--tiny", action="store_true", help="take seconds, show that it works")
    parser.add_argument("--page", type=Path, default=PAGE, help="the page to write")
    args = parser.parse_args()
    for name in args.parts:
        if name not in PARTS:
            parser.error(f"there is no part {name!r}; there are {', '.join(PARTS)}")
    if args.tiny and args.page == PAGE:
        parser.error("tiny figures are no figures; name another --page")
    kept = args.page.read_text(encoding="utf-8") if args.parts and args.page.exists() else ""
    found = sections(kept)
    for name in args.parts or PARTS:
        part, start = PARTS[name], time.monotonic()

        def say(text: str, name: str = name, start: float = start) -> None:
            print(f"{name:>8} {time.monotonic() - start:5.0f} s  {text}", file=sys.stderr)

        load = os.getloadavg()[0]
        text = part.report(say, tiny=args.tiny)
        print(f"\n{text}", flush=True)
        found[part.TITLE] = section(part.TITLE, text, part.PACKAGES, load)
        # after each part: what was measured stays, whatever becomes of the next
        write_file(args.page, whole(found, [p.TITLE for p in PARTS.values()]))


if __name__ == "__main__":
    main()
