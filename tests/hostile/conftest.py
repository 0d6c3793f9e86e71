"""How many inputs a parser gets: 200 in the usual suite, 10,000 with ``MATGEN_HOSTILE=10000``."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "hostile",
    max_examples=int(os.environ.get("MATGEN_HOSTILE", "200")),
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("hostile")
