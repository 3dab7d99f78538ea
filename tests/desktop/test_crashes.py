"""A program that has crashed at its start twice comes up with the data alone, and offers a report."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from chatdesk import program
from chatdesk.desktop import crashfile, report
from chatdesk.desktop.memory_vault import MemoryVault
from chatdesk.domain.health import Recovery, StartKind
from chatdesk.store import crashes
from chatdesk.store.recovery import open_store
from chatdesk.ui.dialogs.crash_report import CrashReportDialog
from tests.conftest import AllowLog, Ui
from tests.store.making import WAIT_S, Desk

ROOT = Path(__file__).parents[2]
LEFT = Qt.MouseButton.LeftButton
SECRETS = (
    "me@example.test",
    "orders.example",
    "Dana",
    "waiting words",
    "draft words",
    "4930123456789",
    "q8Zr5Tn2Lk9Vw3Xy7Bc1Df6G",
)
LOG = """2026-11-20 10:42:00,001 INFO chatdesk.sync.host: signed in as me@example.test at https://orders.example/a?t=1
2026-11-20 10:42:00,002 CRITICAL chatdesk: unexpected ValueError
Traceback (most recent call last):
  File "{home}/lib/chatdesk/ui/x.py", line 7, in show
    raise ValueError(text)
ValueError: waiting words
of Dana, who calls +49 30 123456789
2026-11-20 10:42:00,003 WARNING chatdesk.x: 4930123456789 has q8Zr5Tn2Lk9Vw3Xy7Bc1Df6G, attempt 3 of 40 ms
"""


def fill(folder: Path) -> None:
    store = open_store(folder)
    desk = Desk(store)
    desk.press("waiting words")
    store.save_draft(desk.other, 0, "draft words").result(WAIT_S)
    store.close()


def wait(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def crash(folder: Path, sign: signal.Signals, number: int) -> None:
    """Start the real program on a folder, and let it crash once it has opened it."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "src"),
        "QT_QPA_PLATFORM": "offscreen",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }
    child = subprocess.Popen(
        [sys.executable, "-m", "chatdesk", "--data", str(folder)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait(lambda: crashes.count(folder) == number or child.poll() is not None, "the start")
        child.send_signal(sign)
        assert child.wait(30) == -sign
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_after_two_crashes_of_the_real_program_a_report_is_offered(
    ui: Ui, qapp: Any, profile_dir: Path, tmp_path: Path, allow_log: AllowLog
) -> None:
    """Killed once and aborted once: the third start has all data, and shows a report that names nobody."""
    allow_log("WARNING chatdesk.sync.host: account 1: platform dispatcher is not spoken here")
    fill(profile_dir)
    logs = profile_dir / "log"
    crash(profile_dir, signal.SIGKILL, 1)
    crash(profile_dir, signal.SIGABRT, 2)
    with (logs / "chatdesk.log").open("a") as file:
        file.write(LOG.format(home=Path.home()))
    # What a start of the program does with its trace, without tracing this process.
    (logs / crashfile.FILE_NAME).replace(logs / crashfile.BEFORE_NAME)
    saved = tmp_path / "report.txt"

    async def story() -> None:
        around = program.Surroundings(logs=logs)
        store = await program._open_store(qapp, profile_dir, around)
        assert store is not None
        running = program.Program(qapp, store, {}, MemoryVault(), around=around)
        running.show()
        asks = running.window.asks
        await ui.until(lambda: asks.isVisible(), what="the offer")
        assert asks.shown() is not None
        assert "crashed twice" in asks.accessibleName()
        assert [one.text for one in store.outbox().result(WAIT_S).rows] == ["waiting words"]
        QTest.mouseClick(asks.act, LEFT)
        (dialog,) = running.window.findChildren(CrashReportDialog)
        await ui.until(dialog.copy.isEnabled, timeout_s=30, what="the report")
        text = dialog.text.toPlainText()
        assert "crashed in a row: 2" in text
        assert "Fatal Python error: Aborted" in text
        assert "The database is sound." in text
        assert "raise ValueError(text)" in text
        assert "attempt 3 of 40 ms" in text
        assert [one for one in (*SECRETS, str(Path.home()) + "/") if one in text] == []
        QTest.mouseClick(dialog.copy, LEFT)
        assert QGuiApplication.clipboard().text() == text
        dialog.save_to(str(saved))
        await ui.until(lambda: "Saved" in dialog.words(), what="the file")
        assert saved.read_text("utf-8") == text
        dialog.save_to(str(saved / "not a folder"))
        await ui.until(lambda: "another folder" in dialog.words(), what="the refusal")
        dialog.reject()
        QTest.mouseClick(asks.dismiss, LEFT)
        assert not asks.isVisible()
        await running.close()

    ui.run(story(), timeout_s=60)


def test_a_first_crash_asks_for_nothing(ui: Ui, qapp: Any, profile_dir: Path, allow_log: AllowLog) -> None:
    """Once is told in a sentence, as ever; no report is offered."""
    allow_log("WARNING chatdesk.sync.host: account 1: platform dispatcher is not spoken here")
    fill(profile_dir)
    (profile_dir / crashes.FILE_NAME).write_text("1\n")

    async def story() -> None:
        around = program.Surroundings(logs=profile_dir / "log")
        store = await program._open_store(qapp, profile_dir, around)
        assert store is not None
        running = program.Program(qapp, store, {}, MemoryVault(), around=around)
        running.show()
        await ui.until(lambda: running.window.isVisible())
        running._start_engines()
        assert running.window.asks.shown() is None
        await running.close()

    ui.run(story(), timeout_s=30)


def test_a_trace_is_kept_for_the_next_start(tmp_path: Path) -> None:
    """Two processes: the first crashes, the second finds its trace beside the log, and begins its own."""
    code = "import sys, os, pathlib; from chatdesk.desktop import crashfile; "
    code += "crashfile.start(pathlib.Path(sys.argv[1])); "
    for more in ("os.abort()", "pass"):
        subprocess.run(
            [sys.executable, "-c", code + more, str(tmp_path)],
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
            capture_output=True,
            timeout=60,
            check=False,
        )
    trace, at_s = crashfile.last_trace(tmp_path)
    assert "Fatal Python error: Aborted" in trace
    assert at_s == (tmp_path / crashfile.BEFORE_NAME).stat().st_mtime
    assert f"at {time.strftime('%Y-%m-%d', time.gmtime(at_s))}" in "\n".join(report._trace(tmp_path))
    assert (tmp_path / crashfile.FILE_NAME).read_bytes() == b""
    assert crashfile.last_trace(tmp_path / "elsewhere") == ("", 0.0)


def test_without_anything_there_still_is_a_report(tmp_path: Path) -> None:
    """No log, no trace, no database: the report says so."""
    text = report.compose(tmp_path / "none", tmp_path, Recovery(kind=StartKind.UNCLEAN), 3)
    assert "crashed in a row: 3" in text
    assert "this start found: unclean" in text
    assert "no trace" in text
    assert "there is no data folder yet" in text


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("to me@example.test now", "to <e-mail> now"),
        ("GET https://orders.example/api/x?token=1 failed", "GET https://… failed"),
        ("wss://orders.example/socket", "wss://…"),
        ("+49 (30) 123 45 67 called", "<number> called"),
        ("Bearer eyJhbGciOiJIUzI1NiJ9abcdef.eyJzdWIiOiIxIn0xyz", "Bearer <secret>"),
        ("took 1200 ms at 3.14, 12 of 4000", "took 1200 ms at 3.14, 12 of 4000"),
        (
            "Thread 0x00007f3c2b7fe6c0 (most recent call first):",
            "Thread 0x00007f3c2b7fe6c0 (most recent call first):",
        ),
        ("python-socketio 5.18.1, apsw 3.54.1.0", "python-socketio 5.18.1, apsw 3.54.1.0"),
    ],
)
def test_what_is_personal_is_left_out(said: str, kept: str) -> None:
    """Addresses, hosts, tokens and phone numbers go; numbers that help stay."""
    assert report.cleaned(said) == kept


def test_the_home_is_not_named() -> None:
    """Paths are shown from the home on."""
    assert report.cleaned(f'File "{Path.home()}/x.py", line 3') == 'File "~/x.py", line 3'
