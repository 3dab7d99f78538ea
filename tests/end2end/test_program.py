"""The program from the outside: its command line, the demo without a display, and its log."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatdesk import __version__
from chatdesk.demo.show import passes
from chatdesk.desktop import logfile
from tests.server.process import ROOT


def run(*arguments: str, folder: Path, display: bool = False) -> subprocess.CompletedProcess[str]:
    unwanted = () if display else ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    environment = {name: value for name, value in os.environ.items() if name not in unwanted}
    environment["PYTHONPATH"] = str(ROOT / "src")
    return subprocess.run(
        [sys.executable, "-m", "chatdesk", *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment,
        timeout=120,
        check=False,
    )


def test_the_demo_shows_what_it_promises(tmp_path: Path) -> None:
    """Without a display the demo plays its journey: at least ten sent, two of them offline, ten received."""
    done = run("demo", "--out", "shown", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "shown" / "report.json").read_text(encoding="utf-8"))
    assert passes(report)
    assert report["seconds"] < 60
    assert report["shots"]
    for name in report["shots"]:
        assert (tmp_path / "shown" / name).read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "spoilt",
    [
        {"sent": 9, "accepted": 9},
        {"accepted": 10},
        {"lost": 1},
        {"duplicated": 1},
        {"sent_offline": 1},
        {"received": 9},
        {"not_shown": 1},
        {"shown_twice": 1},
        {"lost": None},
    ],
    ids=str,
)
def test_a_report_that_shows_less_does_not_pass(spoilt: dict[str, int | None]) -> None:
    """Each figure of the report can fail the demo by itself."""
    good: dict[str, object] = {
        "sent": 11,
        "sent_offline": 2,
        "accepted": 11,
        "received": 10,
        "lost": 0,
        "duplicated": 0,
        "not_shown": 0,
        "shown_twice": 0,
    }
    assert passes(good)
    assert not passes(good | spoilt)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for processes in /proc")
@pytest.mark.parametrize("in_the_window", [False, True], ids=["while starting", "in the window"])
def test_ending_the_demo_ends_its_server_and_customers(tmp_path: Path, in_the_window: bool) -> None:
    """SIGTERM to the demo leaves no process and no folder behind, at whatever moment it comes."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "TMPDIR": str(tmp_path)}
    demo = subprocess.Popen(
        [sys.executable, "-m", "chatdesk", "demo", "--offscreen", "--out", str(tmp_path / "out")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=tmp_path,
        env=environment,
    )
    try:
        awaited = "profile/*" if in_the_window else "server/*"
        end = time.monotonic() + 30
        while not list(tmp_path.glob(f"chatdesk-demo-*/{awaited}")):
            assert time.monotonic() < end, "the demo did not come so far"
            assert demo.poll() is None
            time.sleep(0.02)
        children = _children(demo.pid)
        assert len(children) >= (2 if in_the_window else 1), "server, and customers once it is there"
        demo.terminate()
        assert demo.wait(30) == 128 + signal.SIGTERM
    finally:
        demo.kill()
        demo.wait()
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]
    assert not list(tmp_path.glob("chatdesk-demo-*"))


def _children(parent: int) -> list[int]:
    """The processes that a process has started and that are still there."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(stat.parent.name))
    return found


def test_wrong_use_is_two(tmp_path: Path) -> None:
    """A word that is no command ends with status 2 and says what there is."""
    done = run("nonsense", folder=tmp_path)
    assert done.returncode == 2
    assert "demo" in done.stderr


def test_the_version_is_told(tmp_path: Path) -> None:
    """`--version` names the program and its version."""
    assert run("--version", folder=tmp_path).stdout.strip() == f"chatdesk {__version__}"


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="there always is a display there")
def test_without_a_display_the_window_says_so(tmp_path: Path) -> None:
    """Where no window can be shown one plain sentence says so and what to do; the status is 1."""
    done = run("--data", str(tmp_path / "data"), folder=tmp_path)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "demo --offscreen" in done.stderr
    assert not (tmp_path / "data").exists()


@pytest.fixture
def quiet_hooks() -> Iterator[None]:
    """Everything that starting the log changes is put back."""
    root, own = logging.getLogger(), logging.getLogger("chatdesk")
    handlers, level, own_level = list(root.handlers), root.level, own.level
    hook, thread_hook = sys.excepthook, threading.excepthook
    yield
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)
    own.setLevel(own_level)
    sys.excepthook, threading.excepthook = hook, thread_hook


def test_what_nobody_expected_ends_in_the_log(tmp_path: Path, quiet_hooks: None, allow_log: object) -> None:
    """An error that nobody caught, on any thread, leaves its traceback in a file that rotates."""
    assert callable(allow_log)
    seen = allow_log(r"CRITICAL chatdesk: unexpected")
    file = logfile.start(tmp_path / "log")
    try:
        raise LookupError("main")
    except LookupError as error:
        sys.excepthook(type(error), error, error.__traceback__)

    def fail() -> None:
        raise OverflowError("elsewhere")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    text = file.read_text(encoding="utf-8")
    assert "unexpected LookupError" in text
    assert "unexpected OverflowError" in text
    assert "test_program.py" in text
    assert len(seen) == 2
