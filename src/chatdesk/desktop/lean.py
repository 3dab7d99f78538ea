"""Takes out of a start what it does not need: of PySide6 and of the search for garbage.

PySide6 puts itself in the place of Python's `import` to serve `from __feature__ import snake_case`. For that
it reads the source of every module that is imported after it, and looks whether "PySide6" stands in it: a
tenth of a second in all, and again in every function that imports something late. chatdesk never asks for
such a feature, and without that request the hook has no effect but this cost.

PySide6 also brings the source of all that words its signatures: for `help`, for stub files, and for the text
of the error when a call has the wrong arguments. Each start would compile and run that, a fifth of what the
import of PySide6 takes. Here each of these modules runs when something of it is first used.
"""

from __future__ import annotations

import builtins
import gc
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

_KNOWN: Final = {
    "shibokensupport/signature/errorhandler.py": 0x097485F4,
    "shibokensupport/signature/layout.py": 0x5A9065C3,
    "shibokensupport/signature/lib/enum_sig.py": 0x2DAA4418,
    "shibokensupport/signature/lib/pyi_generator.py": 0x66004E69,
    "shibokensupport/signature/lib/tool.py": 0x35E890F1,
    "shibokensupport/signature/mapping.py": 0x4DB0F7BA,
    "shibokensupport/signature/parser.py": 0x105CFC9F,
}
"""What may run late, with the checksum of the source that was tried: any other runs at once."""
_STUB: Final = """
from chatdesk.desktop.lean import late as __late
def __getattr__(name):
    return __late(globals(), name)
"""
_CALLED: Final = "update_mapping"
"""What the library looks up by itself in `mapping`, past the ways of a module to its attributes."""
_STUB_OF_CALLED: Final = f"{_STUB}def {_CALLED}():\n    return __late(globals(), '{_CALLED}')()\n"

_compile = builtins.compile
_late: dict[str, tuple[bytes, str]] = {}
"""Source and file name of modules that have not run yet."""
_running = threading.RLock()


def start_lean() -> None:
    """Import PySide6 without what a start does not need, and collect no garbage: GuiCollector takes over.

    To be called before anything else imports PySide6. One that keeps its hook elsewhere, or its signatures,
    is left as it is: the start then takes longer, no more.
    """
    # Nothing that a start makes is garbage, and looking for some takes a tenth of its time.
    gc.disable()
    with _signatures_late():
        import PySide6.QtCore  # noqa: F401 - the hook is there once this is imported
    original = getattr(builtins, "__orig_import__", None)
    if original is not None and builtins.__import__ is getattr(builtins, "__feature_import__", None):
        builtins.__import__ = original


def late(namespace: dict[str, Any], name: str) -> object:
    """An attribute of a module that runs at its first use. Raises AttributeError where it has none."""
    module = namespace["__name__"]
    with _running:
        if module in _late:
            source, file = _late.pop(module)
            exec(_compile(source, file, "exec"), namespace)  # noqa: S102 - PySide6's own, as it would have run
            # Not before: until then a thread that needs something of it has to wait above.
            namespace.pop("__getattr__", None)
            namespace.pop("__late", None)
    try:
        return namespace[name]
    except KeyError:
        raise AttributeError(f"module {module!r} has no attribute {name!r}") from None


@contextmanager
def _signatures_late() -> Iterator[None]:
    """While it lasts, PySide6 gets for a module of its signatures one that will run that module."""

    def compiled(source: Any, file: Any, *rest: Any, **more: Any) -> Any:
        if file not in _KNOWN or zlib.crc32(source) != _KNOWN[file]:
            return _compile(source, file, *rest, **more)
        _late[file.removesuffix(".py").replace("/", ".")] = source, file
        is_called = file.endswith("/mapping.py")
        return _compile(_STUB_OF_CALLED if is_called else _STUB, __file__, "exec")

    builtins.compile = compiled  # type: ignore[assignment]
    try:
        yield
    finally:
        builtins.compile = _compile
