"""Starts the server: ``python -m pages.runs.serve``, followed by Streamlit's options.

This is ``streamlit run app.py`` with three differences. Streamlit takes a folder named pages for its own; on the first
run of a server it finds no page there for a deep link and shows "Page not found" over the working page. This module
turns that search off, because app.py names its pages. It has each page state the address of its server. And it
imports the large libraries before anyone is served.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from streamlit.runtime.pages_manager import PagesManager
from streamlit.web import cli

from matgen_core.workflows.page_work.loading import NETWORKS
from pages.runs.page_address import state_address
from pages.runs.page_loading import modules_of

ROOT = Path(__file__).parents[2]
#: What the pages import of the large libraries, some of it through the package's own networks.
LIBRARIES = (
    "transformers.models.auto.modeling_auto",
    "transformers.models.auto.tokenization_auto",
    "pymatgen.core",
    "rdkit.Chem.Draw",
    "plotly.graph_objects",
    "plotly.io",
    "matgen_core.learning.checkpoints",
    *NETWORKS,
    "matgen_core.kinds.molecules.scaffolds",
)


def import_libraries() -> None:
    """Imports them while there is one thread: two pages that import one at once meet it half imported, and fail.

    The frame's own modules come with them: until they are there, the first visitor would see an empty page.
    """
    for name in (*LIBRARIES, *modules_of(ROOT / "app.py")):
        importlib.import_module(name)


def main() -> None:
    import_libraries()
    PagesManager.uses_pages_directory = False
    state_address()
    cli.main(["run", str(ROOT / "app.py"), *sys.argv[1:]])


if __name__ == "__main__":
    main()
