"""Starts the server: ``python -m pages.runs.serve``, with Streamlit's own options behind it.

The same as ``streamlit run app.py``, but for one thing: a folder named pages makes Streamlit look for pages in it at
the first run of a server, find none for a deep link, and lay "Page not found" over the page, which works. Here it is
told beforehand that app.py names its pages itself.
"""

from __future__ import annotations

import sys
from pathlib import Path

from streamlit.runtime.pages_manager import PagesManager
from streamlit.web import cli

ROOT = Path(__file__).parents[2]
#: Seconds that a thread may hold the interpreter while another wants it (Python's own: 0.005). A page takes it some
#: hundred times while it is drawn, and beside a run it waited as long each time.
_TURN = 0.0005


def main() -> None:
    sys.setswitchinterval(_TURN)
    PagesManager.uses_pages_directory = False
    cli.main(["run", str(ROOT / "app.py"), *sys.argv[1:]])


if __name__ == "__main__":
    main()
