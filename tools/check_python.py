"""Says, before anything is installed, whether this Python and this machine can run MatGen."""

import platform
import sys

#: Lowest and highest that have packages of everything in requirements.txt; pyproject.toml and README say the same.
LOWEST, HIGHEST = (3, 11), (3, 12)


def find_problem(version, system, machine):
    """What stands against it and what to do, or None.

    Args:
        version: (major, minor).
        system: as sys.platform says it.
        machine: as platform.machine() says it.
    """
    if version < LOWEST or version > HIGHEST:
        reason = "CHGNet has no package for it" if version > HIGHEST else "Streamlit needs a newer one"
        return (
            f"MatGen runs on Python 3.11 and 3.12, not on {version[0]}.{version[1]} ({reason}): "
            "make PYTHON=python3.12 app, after removing the folder .venv if there is one"
        )
    if system == "darwin" and machine == "x86_64":
        return "PyTorch has no package for Macs with an Intel processor any more; run MatGen in Docker (see README)"
    return None


if __name__ == "__main__":
    sys.exit(find_problem(sys.version_info[:2], sys.platform, platform.machine()))
