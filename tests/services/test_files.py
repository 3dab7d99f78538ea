"""Files that an action brings are measured before the server is asked."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from chatdesk.domain.actions import Action, ActionKind, Result
from chatdesk.domain.errors import NotDone
from chatdesk.domain.ids import AccountId
from chatdesk.services.desk import Desk


@pytest.fixture
def asked() -> list[Action]:
    """What the engines were asked for."""
    return []


@pytest.fixture
def desk(asked: list[Action]) -> Desk:
    """A desk whose engines note what they are asked for, and do it at once."""

    def act(_account: AccountId, action: Action) -> Future[Result]:
        asked.append(action)
        done: Future[Result] = Future()
        done.set_result(Result())
        return done

    engines: Any = SimpleNamespace(act=act)
    nothing: Any = None
    return Desk(nothing, engines, nothing)


def test_a_file_is_measured(desk: Desk, asked: list[Action], tmp_path: Path, aio: Any) -> None:
    """The adapter knows the size, so it can refuse what is too large before a byte leaves."""
    path = tmp_path / "permit.pdf"
    path.write_bytes(b"x" * 1_234)
    aio(desk.act(AccountId(1), Action(kind=ActionKind.ADD_FILE, path=str(path))))
    assert asked[0].size_bytes == 1_234


def test_a_file_that_is_gone_is_told_and_nothing_is_asked(
    desk: Desk, asked: list[Action], tmp_path: Path, aio: Any
) -> None:
    """A file that can't be read is the person's to know; the server hears nothing of it."""
    with pytest.raises(NotDone) as told:
        aio(desk.act(AccountId(1), Action(kind=ActionKind.UPLOAD, path=str(tmp_path / "gone.pdf"))))
    assert told.value.server_words == "disk"
    assert asked == []


def test_other_actions_go_as_they_are(desk: Desk, asked: list[Action], aio: Any) -> None:
    """What brings no file is not looked at."""
    action = Action(kind=ActionKind.END_CHAT)
    aio(desk.act(AccountId(1), action))
    assert asked == [action]
