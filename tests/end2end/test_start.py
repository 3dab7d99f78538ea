"""How the program starts: from the store alone, and with words where the store can't be opened."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QLabel, QPushButton

from chatdesk import program
from chatdesk.demo import hands
from chatdesk.store import Store
from chatdesk.ui.dialogs.trouble import TroubleWindow
from tests.end2end.seat import Seat
from tests.server.process import ROOT, ServerProcess

ORDER = "ORD-204117"

FIRST_PAINT = """
import asyncio, json, sys
from pathlib import Path
import qasync
from chatdesk import program
from chatdesk.desktop.memory_vault import MemoryVault
from chatdesk.platforms.registry import PLUGINS
from chatdesk.store import Store

app = program.make_app(["chatdesk"])

async def main():
    plugins = {plugin.platform: plugin for plugin in PLUGINS}
    made = program.Program(app, Store.open(Path(sys.argv[1])), plugins, MemoryVault())
    started, start = asyncio.Event(), made.engines.start
    def note():
        network = {"httpx", "httpcore", "aiohttp", "socketio", "engineio"} & set(sys.modules)
        rules = [name for name in sys.modules if name.endswith(".adapter")]
        rows = made.window.chat.timeline.model().rowCount()
        print(json.dumps({"rows": rows, "network": sorted(network), "rules": rules}), flush=True)
        start()
        started.set()
    made.engines.start = note
    made.show()
    await asyncio.wait_for(started.wait(), 20)
    await made.close()

with asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(app)) as runner:
    runner.run(main())
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path / "server", seed="demo") as process:
        yield process


def test_the_last_conversation_is_painted_before_the_network_is_loaded(
    ui: Any, qapp: Any, profile_dir: Path, server: ServerProcess
) -> None:
    """When the engines are started, messages stand there; neither network nor platform rules are loaded."""

    async def before() -> None:
        seat = Seat(qapp, profile_dir)
        await seat.sign_in(server.url)
        await seat.open(ORDER)
        await hands.until(lambda: len(seat.shown_texts()) >= 20, "the conversation")
        await seat.close()

    ui.run(before(), timeout_s=60)
    done = subprocess.run(
        [sys.executable, "-c", FIRST_PAINT, str(profile_dir)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout.splitlines()[0])
    assert seen["rows"] >= 20
    assert seen["network"] == []
    assert seen["rules"] == []


def test_a_second_start_says_so_and_goes_on_once_the_first_has_ended(
    ui: Any, qapp: Any, profile_dir: Path, allow_log: Any
) -> None:
    """While another window has the folder, a start tells it in words; Try again opens it afterwards."""

    async def story() -> None:
        allow_log("WARNING chatdesk.program: the database did not open: ProfileInUse")
        first = Store.open(profile_dir)
        opening = asyncio.create_task(program._open_store(qapp, profile_dir))
        await hands.until(lambda: hands.open_dialog(TroubleWindow), "the trouble in words")
        window = hands.open_dialog(TroubleWindow)
        assert window is not None
        words = " ".join(label.text() for label in window.findChildren(QLabel))
        assert "already open" in words
        assert "ProfileInUse" not in words
        again = hands.find(window, QPushButton, "Try again")
        hands.click(again)
        await hands.settle()
        assert not opening.done(), "the first one still runs"
        first.close()
        await hands.until(lambda: hands.open_dialog(TroubleWindow), "being told again")
        window = hands.open_dialog(TroubleWindow)
        assert window is not None
        hands.click(hands.find(window, QPushButton, "Try again"))
        store = await opening
        assert store is not None
        store.close()

    ui.run(story(), timeout_s=30)


def test_giving_up_ends_the_start(ui: Any, qapp: Any, profile_dir: Path, allow_log: Any) -> None:
    """Whoever does not try again ends the program, and the folder is left as it was."""

    async def story() -> None:
        allow_log("WARNING chatdesk.program: the database did not open: ProfileInUse")
        first = Store.open(profile_dir)
        opening = asyncio.create_task(program._open_store(qapp, profile_dir))
        await hands.until(lambda: hands.open_dialog(TroubleWindow), "the trouble in words")
        window = hands.open_dialog(TroubleWindow)
        assert window is not None
        hands.click(hands.find(window, QPushButton, "Quit"))
        assert await opening is None
        first.close()

    ui.run(story(), timeout_s=30)
