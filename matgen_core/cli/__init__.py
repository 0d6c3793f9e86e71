"""Commands over the same core: ``matgen``."""
