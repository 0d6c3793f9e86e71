"""Where the files of the app are: in the checkout, or inside the installed package.

A wheel carries ``app.py``, ``pages/``, ``assets/`` and the rest of what setup.py lists in ``matgen_core/bundle``. A
checkout, also one installed with ``pip install --editable``, uses its own.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]
#: The folder that holds app.py, pages/, assets/ and static/.
HOME = _PACKAGE.parent if (_PACKAGE.parent / "app.py").is_file() else _PACKAGE / "bundle"
ASSETS = HOME / "assets"
