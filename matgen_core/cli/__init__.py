"""The same core by command: ``matgen``."""
