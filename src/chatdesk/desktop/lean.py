"""Takes out of a start what it does not need: a hook in Python's imports, and the search for garbage.

PySide6 puts itself in the place of Python's `import` to serve `from __feature__ import snake_case`. For that
it reads the source of every module that is imported after it, and looks whether "PySide6" stands in it: a
tenth of a second in all, and again in every function that imports something late. chatdesk never asks for
such a feature, and without that request the hook has no effect but this cost.
"""

from __future__ import annotations

import builtins
import gc

import PySide6.QtCore  # noqa: F401 - the hook is there once this is imported


def start_lean() -> None:
    """Import as Python does from here on, and collect no garbage; GuiCollector takes over the latter.

    A PySide6 that keeps its hook elsewhere is left as it is: the start then takes longer, no more.
    """
    # Nothing that a start makes is garbage, and looking for some takes a tenth of its time.
    gc.disable()
    original = getattr(builtins, "__orig_import__", None)
    if original is not None and builtins.__import__ is getattr(builtins, "__feature_import__", None):
        builtins.__import__ = original
