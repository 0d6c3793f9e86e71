"""Writes the tables of README, docs/ and the model cards from what was measured, between their markers.

    python tools/fill_figures.py            rewrite
    python tools/fill_figures.py --check    exit 1 where a table is not what the measurements say

A marker is ``<!-- figures: NAME -->`` … ``<!-- end -->``; NAME is one of TABLES, of the modules of ``figures/``,
or "trained-" and a checkpoint. Nothing outside markers is touched.
"""

from __future__ import annotations

import re
import sys

from figures import ROOT, TABLES, overall

MARKED = re.compile(r"(<!-- figures: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def fill(text: str) -> str:
    """The text with every marked table as it should be."""

    def write(match: re.Match[str]) -> str:
        name = match[2]
        made = overall.trained(name.removeprefix("trained-")) if name.startswith("trained-") else TABLES[name]()
        return f"{match[1]}{made}{match[3]}"

    return MARKED.sub(write, text)


def main() -> None:
    stale = []
    cards = sorted((ROOT / "assets" / "checkpoints").glob("*/README.md"))
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *cards):
        text = path.read_text(encoding="utf-8")
        if (filled := fill(text)) != text:
            stale.append(str(path.relative_to(ROOT)))
            if "--check" not in sys.argv:
                path.write_text(filled, encoding="utf-8")
    if "--check" in sys.argv and stale:
        sys.exit(f"not what was measured: {', '.join(stale)}; run: python tools/fill_figures.py")


if __name__ == "__main__":
    main()
