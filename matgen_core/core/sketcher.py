"""Fetches the molecule sketcher to where the app serves it: ``static/jsme``, checked by its digest.

JSME (Bienfait & Ertl, J. Cheminform. 5, 24 (2013); BSD) comes from the npm package ``jsme-editor``, as the 3D viewer's
script does from its own. Offline, the app works without it: SMILES are typed.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from matgen_core.core.installation import HOME
from matgen_core.core.messages import Message
from matgen_core.core.viewer import npm_command

PACKAGE = "jsme-editor@0.8.2"
#: SHA-256 of the package as npm serves it.
DIGEST = "00067a436d566235912d3f12007726d2953231bb2c889ae28bf76f037a5a94df"
FOLDER = HOME / "static" / "jsme"
#: The script that loads the others.
SCRIPT = "jsme.nocache.js"
#: Written last: says that the folder is whole, and of which package.
_MARK = "package.sha256"


def is_there(folder: Path = FOLDER) -> bool:
    """Whether the package was unpacked here to its end."""
    mark = folder / _MARK
    return (folder / SCRIPT).is_file() and mark.is_file() and mark.read_text(encoding="utf-8") == DIGEST


def fetch(folder: Path = FOLDER) -> None:
    """Downloads the package, checks it and moves it into place."""
    with tempfile.TemporaryDirectory() as place:
        command = [*npm_command(), "pack", "--silent", "--fetch-retries=1", "--fetch-timeout=60000", PACKAGE]
        subprocess.run(command, cwd=place, check=True, capture_output=True, timeout=300)
        (archive,) = Path(place).glob("*.tgz")
        if hashlib.sha256(archive.read_bytes()).hexdigest() != DIGEST:
            raise RuntimeError(f"{PACKAGE} is not the package that was expected (its digest differs)")
        with tarfile.open(archive) as file:
            file.extractall(place, filter="data")
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(Path(place) / "package", folder)
    (folder / _MARK).write_text(DIGEST, encoding="utf-8")


def main(folder: Path = FOLDER) -> None:
    """Fetches what is missing; never fails, since the app runs without it."""
    if is_there(folder):
        return
    try:
        fetch(folder)
    except Exception as error:
        reason = Message("{error}: {error2}", error=type(error).__name__, error2=str(error)[:200])
        print(f"The molecule sketcher could not be fetched ({reason}).", file=sys.stderr)
        print("The app starts without it; SMILES are typed. To try again: matgen viewer", file=sys.stderr)


if __name__ == "__main__":
    main()
