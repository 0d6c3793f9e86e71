"""MatGen, inverse design of materials: what a user needs is importable from here.

A name is imported when it is asked for, so that one module does not load them all; ``__init__.pyi`` lists the names.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
