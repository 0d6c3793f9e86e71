"""``python -m matgen_core.cli``."""

from matgen_core.cli.main import main

main()
