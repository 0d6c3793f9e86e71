"""Long work of the pages as functions that a worker process can be sent: settings in, reports and results out.

Each takes ``report``, called with a ``Progress`` and with whatever else the page shows meanwhile, and ``stopped``,
asked whether to end; the rest by keyword. Everything that goes in or comes out is a record, so that it passes from one
process to another.
"""
