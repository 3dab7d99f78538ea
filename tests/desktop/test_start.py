"""What a start imports and in which order it paints: the real program in a process of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chatdesk.desktop.lean import _KNOWN
from chatdesk.domain.desk import NewAccount
from chatdesk.domain.entities import Capabilities
from chatdesk.domain.events import ConversationSeen, ListsRead, MessageSeen, Stamped, StoredEvent
from chatdesk.domain.ids import Cursor, RemoteId
from chatdesk.domain.kinds import MessageKind, Platform, Source
from chatdesk.domain.ordering import Stamp
from chatdesk.store import Store

TALK = RemoteId("talk")

CHILD = """
import builtins, json, sys
from chatdesk import main
from chatdesk.desktop import stopwatch

real = stopwatch.Stopwatch.mark


def mark(self, stage):
    real(self, stage)
    hook = builtins.__import__ is getattr(builtins, "__feature_import__", None)
    widgets = sorted(vars(sys.modules.get("PySide6.QtWidgets", sys)))
    told = {"stage": stage, "hook": hook, "modules": sorted(sys.modules), "widgets": widgets}
    told["late"] = len(sys.modules["chatdesk.desktop.lean"]._late)
    print(json.dumps(told))


stopwatch.Stopwatch.mark = mark
sys.exit(main.main(["--data", sys.argv[1], "--profile-startup"]))
"""
LATE = re.compile(
    r"""(socketio|engineio|aiohttp|httpx|httpcore|h11|anyio|requests|keyring|secretstorage|jeepney|dbus\w*
    |sqlalchemy|alembic|starlette|uvicorn|fastapi|hypothesis|numpy|PIL|sqlite3|ctypes
    |PySide6\.Qt(Network|DBus|Multimedia\w*|Qml|Quick\w*|WebEngine\w*|PrintSupport|Test|Sql|Xml|OpenGL\w*)
    |chatdesk\.(server|demo)
    |chatdesk\.sync\.(engine|pump|supervisor|backfill|reconcile|liveness|presence)
    |chatdesk\.platforms\.\w+\.(client|translate|adapter)
    |chatdesk\.desktop\.(commands|doctor|report|ground)
    |chatdesk\.ui\.dialogs\.(?!sheet)\w+
    |chatdesk\.ui\.asking\.(finder|notices|hits|page|dialog|files|position|order_part)
    |chatdesk\.ui\.orders\.(page|table)
    |chatdesk\.ui\.(moment|timeline\.(info|report))
    )(\.|$)""",
    re.VERBOSE,
)
"""What no first paint needs: the network, the keyring, dialogs and pages, and other ways to run chatdesk."""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[dict[str, Any]], str]:
    """What a start over a conversation with messages told of itself: stages with modules, and the report."""
    folder = tmp_path_factory.mktemp("data")
    store = Store.open(folder)
    try:
        account = store.add_account(
            NewAccount(
                platform=Platform.DISPATCHER,
                server_url="http://127.0.0.1:9",
                login="desk@northline.example",
                user_id=RemoteId("me"),
                role="moderator",
                name="Desk",
                plain_http_consent=False,
                capabilities=Capabilities(),
            )
        ).result()
        seen = [
            MessageSeen(
                conversation=TALK,
                remote_id=RemoteId(f"m{n}"),
                cursor=Cursor(f"{n:04d}"),
                sender_id=RemoteId("them"),
                sender_name="Northline Transport",
                own=False,
                kind=MessageKind.TEXT,
                text=f"beam {n}",
                sent_at_us=1_750_000_000_000_000 + n,
                source=Source.STORED,
            )
            for n in range(80)
        ]
        events: list[StoredEvent] = [
            ListsRead(),
            ConversationSeen(remote_id=TALK, title="Northline Transport"),
            *seen,
        ]
        store.apply(account.id, [Stamped(Stamp(1, n), event) for n, event in enumerate(events, 1)]).result()
        talk = store.conversation_of(account.id, TALK).result()
        store.put_setting("last_conversation", str(talk)).result()
    finally:
        store.close()
    source = str(Path(__file__).parents[2] / "src")
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(folder)],
        # What counts lines brings in modules of its own.
        env={name: value for name, value in os.environ.items() if not name.startswith("COV")}
        | {"PYTHONPATH": source},
        stdout=subprocess.PIPE,
        text=True,
        timeout=120,
        check=True,
    )
    lines = done.stdout.splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")], done.stdout


def test_the_stages_come_in_the_order_in_which_a_person_sees_them(
    told: tuple[list[dict[str, Any]], str],
) -> None:
    """The last conversation is painted from the store; the network is started after that."""
    stages, report = told
    assert [one["stage"] for one in stages] == [
        "imports",
        "Qt application",
        "database opened",
        "window built",
        "first paint",
        "content painted",
        "network started",
    ]
    for words in ("interpreter and command line", "in all", "imports by package", "PySide6", "chatdesk.ui"):
        assert re.search(rf"^{re.escape(words)}", report, re.MULTILINE), words


def test_nothing_is_imported_that_the_first_paint_does_not_need(
    told: tuple[list[dict[str, Any]], str],
) -> None:
    """Up to the paint of the content: no network, no keyring, no dialog and no page that nobody opened."""
    content = next(one for one in told[0] if one["stage"] == "content painted")
    assert "chatdesk.ui.timeline.view" in content["modules"]
    assert [name for name in content["modules"] if LATE.match(name)] == []


def test_imports_are_not_slowed_by_a_hook_that_reads_every_source(
    told: tuple[list[dict[str, Any]], str],
) -> None:
    """PySide6 hooks itself into `import`; nothing of chatdesk is imported through that."""
    assert {one["hook"] for one in told[0]} == {False}
    ours = [one["modules"] for one in told[0] if one["stage"] == "imports"]
    assert "chatdesk.program" in ours[0]


def test_pyside_makes_no_class_and_words_no_signature_that_the_first_paint_does_not_need(
    told: tuple[list[dict[str, Any]], str],
) -> None:
    """No widget comes to Python of which PySide6 must find out what it is: it would make every class."""
    content = next(one for one in told[0] if one["stage"] == "content painted")
    assert "QListView" in content["widgets"]
    assert {"QWizard", "QCalendarWidget", "QFontDialog", "QMdiArea"}.isdisjoint(content["widgets"])
    assert content["late"] == len(_KNOWN)
