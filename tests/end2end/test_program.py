"""The program from the outside: its command line, the demo without a display, and its log."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chatdesk import __version__
from chatdesk.demo.report import Part, Report, Shown
from chatdesk.demo.seats import Seat
from chatdesk.demo.show import lacking
from chatdesk.desktop import logfile
from chatdesk.domain.kinds import Platform
from chatdesk.server.demo.seats import SEATS
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
        timeout=300,
        check=False,
    )


def test_the_demo_shows_what_it_promises(tmp_path: Path) -> None:
    """Without a display the demo plays its journey: every platform does its part, and is in the pictures."""
    done = run("demo", "--out", "shown", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    report = msgspec.json.decode((tmp_path / "shown" / "report.json").read_bytes(), type=Report)
    assert set(report.platforms) == set(SEATS)
    assert report.total.sent == sum(part.sent for part in report.platforms.values())
    assert (report.total.lost, report.total.duplicated) == (0, 0)
    for platform in SEATS:
        assert f"{platform}: " in done.stdout
        assert any(name.endswith(f"-dark-{platform}.png") for name in report.shots)
    for name in report.shots:
        assert (tmp_path / "shown" / name).read_bytes().startswith(b"\x89PNG")


GOOD = Part(
    sent=4,
    sent_offline=2,
    accepted=4,
    lost=0,
    duplicated=0,
    received=6,
    answered=4,
    read=2,
    seen=3,
    typing_noticed=2,
    reading_noticed=1,
    shown=Shown(not_shown=0, shown_twice=0, typing_shown=1, reads_shown=2, came_back=True),
)


@pytest.mark.parametrize(
    ("spoilt", "lack"),
    [
        ({"sent": 3, "accepted": 3, "answered": 3}, "sends"),
        ({"accepted": 3}, "sends"),
        ({"sent_offline": 1}, "sends what was written offline"),
        ({"lost": 1}, "loses nothing"),
        ({"duplicated": 1}, "doubles nothing"),
        ({"answered": 3}, "receives"),
        ({"received": 3}, "receives"),
        ({"typing_noticed": 0}, "types"),
        ({"read": 0}, "reads"),
        ({"reading_noticed": 0}, "reads"),
        ({"seen": 0}, "shows what was read"),
        ({"shown": None}, "goes offline and comes back"),
    ],
    ids=str,
)
def test_a_platform_that_did_less_does_not_pass(spoilt: dict[str, Any], lack: str) -> None:
    """Each figure can fail the demo by itself, and the sentence says whose and what."""
    assert sentences(GOOD) == []
    assert f"it was not shown that omw {lack}" in sentences(msgspec.structs.replace(GOOD, **spoilt))


@pytest.mark.parametrize("spoilt", ["not_shown", "shown_twice", "typing_shown", "reads_shown", "came_back"])
def test_what_the_window_did_not_show_does_not_pass(spoilt: str) -> None:
    """What was stored is not enough: it has to be seen."""
    assert GOOD.shown is not None
    wrong: dict[str, Any] = {spoilt: 1 if spoilt.startswith(("not_", "shown_")) else 0}
    shown = msgspec.structs.replace(GOOD.shown, **wrong)
    assert len(sentences(msgspec.structs.replace(GOOD, shown=shown))) == 1


def test_a_platform_without_marks_of_reading_is_not_asked_for_them() -> None:
    """And one that took no part does not pass."""
    unread = msgspec.structs.replace(GOOD, read=0, seen=0, reading_noticed=0)
    assert sentences(unread, Platform.FAKOMAME) == []
    assert lacking(Report(platforms={}, total=GOOD, seconds=1, shots=[]), [seat(Platform.OMW)]) == [
        "omw took no part"
    ]


def seat(platform: Platform) -> Seat:
    return Seat(platform=platform, login="somebody", password="")


def sentences(part: Part, platform: Platform = Platform.OMW) -> list[str]:
    report = Report(platforms={platform.value: part}, total=part, seconds=1, shots=[])
    return lacking(report, [seat(platform)])


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
