"""Where the time of a start goes: `chatdesk --profile-startup`."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

_MS = 1_000
_LEAST_MS = 0.5
"""Packages that took less to import are told together."""


class Stopwatch:
    """Marks the ends of a start's stages, and times what is imported in each. Main thread; one per process.

    Between its making and `stop` it stands in Python's way to modules, which costs some microseconds each.
    """

    def __init__(self) -> None:
        self._at_s, self._cpu_s = time.perf_counter(), time.process_time()
        self._began_s = self._at_s - max(_age_s(), self._cpu_s)
        self._stages: list[tuple[str, float, float, float]] = []
        self._finder = _TimedFinder()
        sys.meta_path.insert(0, self._finder)
        self._note("interpreter and command line", self._at_s - self._began_s, self._cpu_s)

    def mark(self, stage: str) -> None:
        """A stage has ended now, and the next one begins."""
        now_s, cpu_s = time.perf_counter(), time.process_time()
        self._note(stage, now_s - self._at_s, cpu_s - self._cpu_s)
        # What marking took belongs to no stage.
        self._at_s, self._cpu_s = time.perf_counter(), time.process_time()

    def stop(self) -> None:
        """Get out of the way of further imports. Safe to call twice."""
        if self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)

    def report(self) -> str:
        """The stages with their milliseconds (clock, processor, imports within), then imports by package."""
        lines = ["stage                            clock  processor  imports     (milliseconds)"]
        lines += [_line(name, *taken) for name, *taken in self._stages]
        sums = [sum(column) for column in zip(*(taken for _name, *taken in self._stages), strict=True)]
        lines += [_line("in all", *sums), "", "imports by package"]
        small = 0.0
        for name, took_s in sorted(self._finder.packages.items(), key=lambda one: -one[1]):
            if took_s * _MS < _LEAST_MS:
                small += took_s
            else:
                lines.append(f"{name:<30}{took_s * _MS:8.1f}")
        lines.append(f"{'all others':<30}{small * _MS:8.1f}")
        return "\n".join(lines)

    def _note(self, stage: str, clock_s: float, cpu_s: float) -> None:
        self._stages.append((stage, clock_s, cpu_s, self._finder.take()))


def _line(name: str, clock_s: float, cpu_s: float, imports_s: float) -> str:
    return f"{name:<30}{clock_s * _MS:8.1f}{cpu_s * _MS:11.1f}{imports_s * _MS:9.1f}"


def _age_s() -> float:
    """Seconds since the system started this process, to a hundredth; 0.0 where it does not say."""
    try:
        # The name of the program, in brackets, may hold blanks and brackets; the 20th field after it counts.
        begin = Path("/proc/self/stat").read_text("ascii", "replace").rpartition(")")[2].split()[19]
        return time.clock_gettime(time.CLOCK_BOOTTIME) - int(begin) / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError, IndexError, ValueError):
        return 0.0


class _TimedFinder(MetaPathFinder):
    """Finds modules as the finders behind it do, and times them; a module's own imports count as theirs.

    What other threads import, such as the network's, holds up no paint and is left out.
    """

    def __init__(self) -> None:
        self.packages: dict[str, float] = {}
        self._taken_s = 0.0
        self._inner_s = [0.0]
        self._thread = threading.get_ident()

    def take(self) -> float:
        """Seconds of all imports since the last call."""
        taken, self._taken_s = self._taken_s, 0.0
        return taken

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if threading.get_ident() != self._thread:
            return None  # the next finder is asked
        began_s = time.perf_counter()
        spec = None
        for finder in sys.meta_path[sys.meta_path.index(self) + 1 :]:
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                break
        if spec is not None and spec.loader is not None and hasattr(spec.loader, "exec_module"):
            spec.loader = _TimedLoader(self, spec.loader)
        self._add(name, time.perf_counter() - began_s)
        return spec

    def begin(self) -> None:
        """A module is about to run: what it imports is taken off its own time."""
        self._inner_s.append(0.0)

    def end(self, name: str, took_s: float) -> None:
        """It has run."""
        inner_s = self._inner_s.pop()
        self._add(name, took_s - inner_s)
        self._inner_s[-1] += inner_s

    def _add(self, name: str, took_s: float) -> None:
        package = _package(name)
        self.packages[package] = self.packages.get(package, 0.0) + took_s
        self._taken_s += took_s
        self._inner_s[-1] += took_s


class _TimedLoader(Loader):
    """Loads as another does; the module gets that one, as if this had never been."""

    def __init__(self, finder: _TimedFinder, real: Loader) -> None:
        self._finder = finder
        self._real = real

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        began_s = time.perf_counter()
        self._finder.begin()
        try:
            return self._real.create_module(spec)
        finally:
            self._finder.end(spec.name, time.perf_counter() - began_s)

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None:
            module.__spec__.loader = self._real
        module.__loader__ = self._real
        began_s = time.perf_counter()
        self._finder.begin()
        try:
            self._real.exec_module(module)
        finally:
            self._finder.end(module.__name__, time.perf_counter() - began_s)


def _package(name: str) -> str:
    first, *rest = name.split(".")
    if first == "chatdesk":
        return ".".join((first, *rest[:1]))
    if first in {"PySide6", "shiboken6", "shibokensupport", "signature_bootstrap"}:
        return "PySide6"
    return "Python's own" if first in sys.stdlib_module_names else first
