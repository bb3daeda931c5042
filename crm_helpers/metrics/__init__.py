"""Tables to small tables: one module a concept; no words, no drawing, no clock. Modules are found by file name."""

import importlib
import pkgutil

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
