"""Builds the wheel: what stands beside the package in the checkout goes into it as ``matgen_core/bundle``."""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

#: What the app needs beside matgen_core; static/ (the 3D viewer) only where it was fetched.
#: Measurements that pages show.
MEASURED = (
    "transfer",
    "crystals-mixed",
    "crystals-symmetry-first",
    "crystals-latent-diffusion",
    "compositions",
    "molecules",
)
PARTS = (
    "app.py",
    "pages",
    "assets",
    ".streamlit/config.toml",
    "static",
    *(f"benchmarks/{name}.json" for name in MEASURED),
)


class BuildWithApp(build_py):
    """Copies the app's files after the package; an editable installation uses those of the checkout."""

    def run(self) -> None:
        """Builds as setuptools does, then adds the parts."""
        super().run()
        if self.editable_mode:
            return
        bundle = Path(self.build_lib) / "matgen_core" / "bundle"
        shutil.rmtree(bundle, ignore_errors=True)
        for part in map(Path, PARTS):
            if part.is_dir():
                shutil.copytree(part, bundle / part, ignore=shutil.ignore_patterns("__pycache__"))
            elif part.is_file():
                (bundle / part).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(part, bundle / part)


setup(cmdclass={"build_py": BuildWithApp})
