"""Journeys that end badly: a kill, a swallowed answer, a second start; and what is never written down."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chatdesk.domain.errors import ProfileInUse
from chatdesk.domain.kinds import Platform
from chatdesk.domain.ports import vault_key
from chatdesk.server.demo.cast import DESK_EMAIL, PASSWORD
from chatdesk.store import Store
from tests.end2end.proxy import proxy_to
from tests.end2end.seat import Seat, server_texts
from tests.server.process import ROOT, ServerProcess

ORDER = "ORD-204117"
WRITTEN = "A body that no log may hold, 7f3a"
DRAFT = "a draft that outlives a kill"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path / "server", seed="demo") as process:
        yield process


def _child(folder: Path, url: str) -> subprocess.Popen[str]:
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    return subprocess.Popen(
        [sys.executable, "-m", "tests.end2end.child", str(folder), url, ORDER, WRITTEN, DRAFT],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": paths},
    )


def test_a_kill_loses_neither_draft_nor_message_and_nothing_secret_is_on_disk(
    ui: Any, qapp: Any, profile_dir: Path, server: ServerProcess
) -> None:
    """Half a second after the last key a kill costs nothing; no log holds a body, no file a secret.

    While the first one runs, a second start over the same folder is refused and says why.
    """
    child = _child(profile_dir, server.url)
    assert child.stdout is not None
    assert child.stderr is not None
    try:
        line = child.stdout.readline()
        assert line.strip() == "typed", child.stderr.read()
        with pytest.raises(ProfileInUse):
            Store.open(profile_dir)
    finally:
        child.kill()
        child.wait(10)
        child.stdout.close()
        child.stderr.close()

    async def next_start() -> None:
        seat = Seat(qapp, profile_dir)
        await seat.open(ORDER)
        assert seat.edit.toPlainText() == DRAFT
        assert seat.is_settled(ORDER, WRITTEN)
        await seat.close()

    ui.run(next_start(), timeout_s=30)
    assert server_texts(server.data_dir, ORDER).count(WRITTEN) == 1
    logs = [file for file in (profile_dir / "log").iterdir() if file.is_file()]
    assert logs, "the program keeps a log"
    for file in logs:
        text = file.read_text(encoding="utf-8")
        assert WRITTEN not in text
        assert DRAFT not in text
    for file in [path for path in profile_dir.rglob("*") if path.is_file()]:
        content = file.read_bytes()
        assert PASSWORD.encode() not in content, file.name
        assert b"eyJ" not in content, f"{file.name} holds a token"


@pytest.mark.parametrize("recognised", [True, False], ids=["ids recognised", "by history"])
def test_a_swallowed_answer_neither_loses_nor_doubles(
    ui: Any, qapp: Any, profile_dir: Path, server: ServerProcess, recognised: bool
) -> None:
    """The server has stored a message, its answer never came: it ends up accepted, and stands there once.

    Where the server recognises our ids by sending again; elsewhere by looking into the history.
    """
    texts = ["the answer to this one is swallowed", "and this one follows it"]

    async def story(url: str, arm: Any) -> None:
        seat = Seat(qapp, profile_dir)
        await seat.sign_in(url)
        await seat.open(ORDER)
        arm()
        for text in texts:
            await seat.write(text)
        await seat.accepted(ORDER, *texts, timeout_s=45)
        shown = [m.text for m in seat.messages(ORDER) if m.text in texts]
        assert shown == texts
        first = seat.message(ORDER, texts[0])
        assert first is not None
        codes = " ".join(code for _, code in await seat.program.desk.message_info(first.id))
        assert "no answer" in codes, codes
        assert "found" in codes, codes
        assert ("repeating" in codes) is recognised, codes
        await seat.close()

    with proxy_to(server.port) as proxy:
        proxy.hides_client_ids = not recognised

        def arm() -> None:
            proxy.swallow = b"POST /api/chat/messages"

        ui.run(story(proxy.url, arm), timeout_s=90)
        assert proxy.swallowed == 1, "the fault did happen"
    assert [text for text in server_texts(server.data_dir, ORDER) if text in texts] == texts


def test_the_token_is_kept_under_the_account(
    ui: Any, qapp: Any, profile_dir: Path, server: ServerProcess
) -> None:
    """After sign-in the vault holds both tokens; signing out empties it and keeps the messages readable."""

    async def story() -> None:
        seat = Seat(qapp, profile_dir)
        await seat.sign_in(server.url)
        key = vault_key(server.url, Platform.DISPATCHER, DESK_EMAIL)
        kept = await seat.vault.load(key)
        assert kept is not None
        assert kept.access
        assert kept.refresh
        assert "access" not in repr(kept)
        await seat.open(ORDER)
        account = seat.program.reader.accounts().rows[0]
        await seat.program.desk.sign_out(account.id)
        assert await seat.vault.load(key) is None
        assert seat.messages(ORDER), "what is here can still be read"
        await seat.close()

    ui.run(story(), timeout_s=60)
