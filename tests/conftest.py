"""Fixtures that every test may ask for, and the guards that every test runs under."""

from __future__ import annotations

import asyncio
import gc
import importlib.util
import itertools
import logging
import os
import re
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Generator, Iterator
from pathlib import Path
from typing import Any, Protocol, TypeVar

# Before Qt is imported: a test opens no window on the desk of the person who runs it, unless it was asked to.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
IN_SESSION = os.environ.get("CHATDESK_SESSION") == "1"
"""True inside packaging/dev/session.sh, where bus, keyring and notifications are private and thrown away."""
if not IN_SESSION:
    # A test must not reach the keyring or the notifications of the person who runs it.
    os.environ["DBUS_SESSION_BUS_ADDRESS"] = "disabled:"
    os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"

if importlib.util.find_spec("sniffio") is None:
    # httpcore imports it at each of its turns if it can; finding out that it can't takes half of a request.
    sys.modules["sniffio"] = None  # type: ignore[assignment]

import pytest
from hypothesis import HealthCheck, settings

ON_DISPLAY = os.environ["QT_QPA_PLATFORM"] == "xcb" and "DISPLAY" in os.environ

settings.register_profile("local", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("local"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")

COVERAGE_VARIABLES = ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")
"""By these a process that is started counts its lines, too."""

T = TypeVar("T")


# ------------------------------------------------------------------------------------------- which tests run


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Nothing looks on at a test that is marked as uncounted, nor at the processes that it starts."""
    if item.get_closest_marker("uncounted") is None:
        return (yield)
    here, in_threads = sys.gettrace(), threading.gettrace()
    told = {name: os.environ.pop(name) for name in COVERAGE_VARIABLES if name in os.environ}
    sys.settrace(None)
    threading.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(here)
        threading.settrace(in_threads)
        os.environ.update(told)


UNCOUNTED = {
    *("test_fuzz", "test_bad", "roundtrip", "faults", "soak", "conform"),
    *("test_five_servers", "test_desk", "test_hard", "test_order", "test_asking", "test_asking_platforms"),
}
"""Files and folders of tests that are many times the same, or go through the whole program once more."""
LONGEST = (
    *("test_promised", "test_as_is", "test_conform", "test_five_servers", "test_program", "test_desk"),
    *("test_sweeps", "test_hard", "test_order", "test_asking", "test_kills", "test_sockets", "test_soak"),
    *("test_hostile", "test_imports", "test_abort", "test_guards", "test_no_switch"),
)
"""Files that a parallel run begins with: what takes long and begins last keeps one processor busy alone."""


def _order(items: list[pytest.Item]) -> None:
    """Whole files: the longest first, then those with the most tests, so that the last ones are short."""
    tests = Counter(item.path for item in items)

    def place(item: pytest.Item) -> tuple[int, int]:
        stem = item.path.stem
        return LONGEST.index(stem) if stem in LONGEST else len(LONGEST), -tests[item.path]

    items.sort(key=place)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        _order(items)
    for item in items:
        if "replay" in item.path.stem.split("_") or "replay" in item.path.parts:
            item.add_marker(pytest.mark.replay)
        # Counting lines takes longer than what is counted here, and others show the same lines.
        if item.get_closest_marker("replay") or item.path.stem in UNCOUNTED or UNCOUNTED & {*item.path.parts}:
            item.add_marker(pytest.mark.uncounted)
        # Inside the session nothing is skipped: a display or a bus that is missing there fails its tests.
        if IN_SESSION:
            continue
        if item.get_closest_marker("display") and not ON_DISPLAY:
            item.add_marker(pytest.mark.skip(reason="needs a display: `make test` gives it one"))
        if item.get_closest_marker("session"):
            item.add_marker(pytest.mark.skip(reason="needs a private session: `make test` gives it one"))


# -------------------------------------------------------------------------------------------------- guards


_strangers: set[str] = set()
"""Processes that are not our children, by pid: nobody becomes one later, so they are asked only once."""


def _children() -> dict[int, str]:
    """Command lines of our live child processes by pid; empty where there is no /proc."""
    found: dict[int, str] = {}
    if not Path("/proc").is_dir():
        return found
    running = {entry.name for entry in os.scandir("/proc") if entry.name.isdecimal()}
    _strangers.intersection_update(running)
    for pid in running - _strangers:
        try:
            # The name in parentheses may hold spaces; what follows is: state, parent's pid, ...
            state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
            if int(parent) != os.getpid():
                _strangers.add(pid)
            elif state != "Z":
                command = Path(f"/proc/{pid}/cmdline").read_bytes()
                found[int(pid)] = command.replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked
    return found


def _is_standing(command: str) -> bool:
    """Whether Python itself keeps this child for the life of the process."""
    return "multiprocessing.resource_tracker" in command or "multiprocessing.forkserver" in command


@pytest.fixture(autouse=True)
def no_leaks() -> Iterator[None]:
    """Every thread and every process that a test starts has ended when the test ends (2 s of grace)."""
    threads_before = set(threading.enumerate())
    children_before = set(_children())
    yield
    end = time.monotonic() + 2

    def left() -> list[str]:
        threads = [
            f"thread {t.name}"
            for t in threading.enumerate()
            # A dummy stands for a thread of Qt's own that once ran Python; it never leaves the list.
            if t not in threads_before and t.is_alive() and not isinstance(t, threading._DummyThread)
        ]
        processes = [
            f"process {pid}: {command}"
            for pid, command in _children().items()
            if pid not in children_before and not _is_standing(command)
        ]
        return threads + processes

    while leaked := left():
        if time.monotonic() > end:
            pytest.fail("left running: " + "; ".join(leaked))
        time.sleep(0.01)


# Python collects garbage on whichever thread allocates; a widget of an earlier test that dies on another
# thread ends the process. So the main thread alone collects, between tests; the program has
# chatdesk.ui.garbage for that. What has lasted, as modules do, is not looked at again: else each of thousands
# of collections would go through half a million objects.
gc.disable()
WHOLE_COLLECTION_EVERY = 25
_tests_done = itertools.count(1)


def _collect_all() -> None:
    gc.collect()
    gc.freeze()


def pytest_collection_finish() -> None:
    _collect_all()


_held: list[str] = []
"""Mouse buttons that a test has pressed and not let go: QTest gives them to the moves of all later tests."""


@pytest.fixture(scope="session", autouse=True)
def _buttons_are_counted() -> Iterator[None]:
    from PySide6.QtTest import QTest

    press, release = QTest.mousePress, QTest.mouseRelease

    def counted_press(*args: Any, **more: Any) -> None:
        _held.append(str(args[1]))
        press(*args, **more)

    def counted_release(*args: Any, **more: Any) -> None:
        _held[:] = [one for one in _held if one != str(args[1])]
        release(*args, **more)

    QTest.mousePress, QTest.mouseRelease = counted_press, counted_release  # type: ignore[method-assign]
    yield
    QTest.mousePress, QTest.mouseRelease = press, release  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def _no_button_is_held(_buttons_are_counted: None) -> Iterator[None]:
    yield
    if _held:
        held = list(_held)
        _held.clear()
        pytest.fail(f"a mouse button is still held: {held}")


@pytest.fixture(autouse=True)
def _collected_here() -> Iterator[None]:
    """What a test leaves behind is collected on the main thread, after it."""
    yield
    _collect_all() if next(_tests_done) % WHOLE_COLLECTION_EVERY == 0 else gc.collect(1)


class AllowLog(Protocol):
    def __call__(self, pattern: str) -> list[logging.LogRecord]: ...


class _LogGuard(logging.Handler):
    """Collects warnings and errors that no test asked for."""

    LOGGERS = ("chatdesk", "asyncio", "qasync")

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.allowed: list[tuple[re.Pattern[str], list[logging.LogRecord]]] = []
        self.unexpected: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        line = f"{record.levelname} {record.name}: {record.getMessage()}"
        if record.exc_info and record.exc_info[1] is not None:
            line += f" ({record.exc_info[1]!r})"
        for pattern, seen in self.allowed:
            if pattern.search(line):
                seen.append(record)
                return
        self.unexpected.append(line)

    def allow(self, pattern: str) -> list[logging.LogRecord]:
        seen: list[logging.LogRecord] = []
        self.allowed.append((re.compile(pattern), seen))
        return seen


@pytest.fixture(autouse=True)
def _log_guard(no_leaks: None) -> Iterator[_LogGuard]:
    guard = _LogGuard()
    for name in guard.LOGGERS:
        logging.getLogger(name).addHandler(guard)
    yield guard
    for name in guard.LOGGERS:
        logging.getLogger(name).removeHandler(guard)
    if guard.unexpected:
        pytest.fail("unexpected in the log:\n" + "\n".join(guard.unexpected))


@pytest.fixture
def allow_log(_log_guard: _LogGuard) -> AllowLog:
    """`seen = allow_log("WARNING chatdesk.sync.*lost")`: this warning is part of the test's story.

    The pattern is searched in "LEVEL logger: message (exception)"; `seen` fills with the records that
    matched, so the test can assert that the warning came.
    """
    return _log_guard.allow


# --------------------------------------------------------------------------------------------------- loops


class LoopErrors:
    """The exception handler of a test's loop: what nobody awaited still fails the test."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.contexts: list[dict[str, Any]] = []
        loop.set_exception_handler(self._note)

    def _note(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.contexts.append(context)
        if "Cannot enter into task" in str(context.get("exception")):
            loop.stop()  # Qt's loop was nested inside a task; that task can never be woken again

    def check(self) -> None:
        if self.contexts:
            lines = [f"{c.get('message')}: {c.get('exception')!r}" for c in self.contexts]
            pytest.fail("the loop met errors that nobody handled:\n" + "\n".join(lines))


def _names(tasks: set[asyncio.Task[Any]]) -> str:
    return ", ".join(sorted(f"{t.get_name()} {t.get_coro()!r}" for t in tasks))


class Aio(Protocol):
    def __call__(self, coro: Coroutine[Any, Any, T], *, timeout_s: float = 30) -> T: ...


@pytest.fixture
def aio() -> Aio:
    """`aio(coroutine)` runs it on a fresh loop without Qt and returns its result.

    Fails when it takes longer than `timeout_s`, when a task is still running 1 s after it returned, and when
    a task died unheard.
    """

    def run(coro: Coroutine[Any, Any, T], *, timeout_s: float = 30) -> T:
        async def guarded() -> tuple[T, set[asyncio.Task[Any]]]:
            async with asyncio.timeout(timeout_s):
                result = await coro
            left = asyncio.all_tasks() - {asyncio.current_task()}
            if left:
                _done, left = await asyncio.wait(left, timeout=1)
            return result, left

        with asyncio.Runner() as runner:
            errors = LoopErrors(runner.get_loop())
            result, left = runner.run(guarded())
            leaked = _names(left)
            del left
            gc.collect()  # "Task exception was never retrieved" is reported here
        if leaked:
            pytest.fail(f"tasks left running: {leaked}")
        errors.check()
        return result

    return run


class Ui:
    """One qasync loop for one test, on the thread of Qt.

    `ui.run(coroutine)` enters the loop once; inside it `await ui.until(condition)` and qtbot's mouse and
    keys. Never inside a coroutine: qtbot.wait*, QTest.qWait, dialog.exec(), processEvents (they nest Qt's
    loop in the task, which then hangs): use `dialog.open()` and a Future on `finished`.
    """

    def __init__(self, app: Any) -> None:
        import qasync

        self.loop: asyncio.AbstractEventLoop = qasync.QEventLoop(app)
        asyncio.set_event_loop(self.loop)
        self._errors = LoopErrors(self.loop)

    def run(self, coro: Coroutine[Any, Any, T], *, timeout_s: float = 30) -> T:
        """Run the coroutine to its end and return its result; a TimeoutError names what is not done."""
        task = self.loop.create_task(coro)
        # Stopping the loop also works where wait_for would wait for ever.
        guard = self.loop.call_later(timeout_s, self.loop.stop)
        try:
            return self.loop.run_until_complete(task)
        except RuntimeError as exc:
            if task.done() or "stopped before Future completed" not in str(exc):
                raise
            where = "".join(str(frame) for frame in task.get_stack(limit=3))
            raise TimeoutError(f"not done after {timeout_s} s: {task.get_coro()!r} at {where}") from exc
        finally:
            guard.cancel()

    @staticmethod
    async def until(condition: Callable[[], Any], *, timeout_s: float = 10, what: str = "") -> None:
        """Return as soon as the condition is true; fails with `what` after `timeout_s`."""
        end = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > end:
                pytest.fail(f"not within {timeout_s} s: {what or 'the condition'}")
            await asyncio.sleep(0.005)

    def close(self) -> None:
        """Cancel what is left, let it end, and report every error that nobody took."""
        left = asyncio.all_tasks(self.loop)
        for task in left:
            task.cancel()

        async def drain() -> set[asyncio.Task[Any]]:
            stuck: set[asyncio.Task[Any]] = set()
            if left:
                _done, stuck = await asyncio.wait(left, timeout=2)
            await self.loop.shutdown_asyncgens()
            await self.loop.shutdown_default_executor()
            await asyncio.sleep(0)
            return stuck

        try:
            stuck = self.run(drain(), timeout_s=5)
            left.clear()
            gc.collect()  # "Task exception was never retrieved" is reported here
        finally:
            self.loop.close()
            asyncio.set_event_loop(None)
        if stuck:
            pytest.fail(f"tasks that would not be cancelled: {_names(stuck)}")
        self._errors.check()


@pytest.fixture
def ui(qapp: Any) -> Iterator[Ui]:
    """The driver of a test with widgets; see Ui."""
    qapp.setQuitOnLastWindowClosed(False)  # else closing the last window would end the loop
    driver = Ui(qapp)
    yield driver
    driver.close()


# ---------------------------------------------------------------------------------------------- small things


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """`free_port()` gives a loopback port that nothing listens on, another one at each call.

    The ports lie below those that the kernel hands to outgoing connections, and each worker of a parallel run
    has its own, so a server can be stopped and come back on the same port.
    """
    worker = int(re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "")) or 0) % 8
    first, count = 20_000 + worker * 1_000, 1_000
    position = os.getpid() * 37 % count

    def take() -> int:
        nonlocal position
        for _ in range(count):
            position = (position + 1) % count
            with socket.socket() as probe:
                if sys.platform != "win32":
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", first + position))
                except OSError:
                    continue
                return first + position
        raise RuntimeError("no free port")

    return take


@pytest.fixture
def profile_dir(tmp_path: Path) -> Path:
    """An empty profile folder, readable by its owner only."""
    folder = tmp_path / "profile"
    folder.mkdir(mode=0o700)
    return folder
