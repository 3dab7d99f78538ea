"""Conversations, messages and a moment that the tests of the lists make up."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QCoreApplication
from PySide6.QtTest import QSignalSpy

from chatdesk.domain.desk import Snapshot
from chatdesk.domain.entities import Conversation, Snippet
from chatdesk.domain.ids import AccountId, ConversationId, RemoteId
from chatdesk.domain.kinds import DeliveryState, MessageKind
from chatdesk.ui.lists.conversations import ConversationModel

MINUTE_US = 60_000_000
NOW_US = 1_795_000_000_000_000


def a_conversation(number: int, **values: Any) -> Conversation:
    """A conversation that is told apart by its number; `account` is its account's number."""
    known = {
        "account_id": AccountId(values.pop("account", 1)),
        "remote_id": RemoteId(f"r{number}"),
        "title": f"Person {number}",
        "activity_at_us": NOW_US - number * MINUTE_US,
    }
    return Conversation(id=ConversationId(number), **{**known, **values})


def a_snippet(text: str = "Hello", **values: Any) -> Snippet:
    known = {
        "own": False,
        "kind": MessageKind.TEXT,
        "state": DeliveryState.ACCEPTED,
        "at_us": NOW_US - MINUTE_US,
    }
    return Snippet(text=text, **{**known, **values})


def a_model(*rows: Conversation, commit: int = 1, whole: bool = False) -> ConversationModel:
    """A model that shows these; `whole`: as after the full read, else as after the first read."""
    model = ConversationModel(Snapshot(commit, rows), lambda: NOW_US)
    if whole:
        complete(model, Snapshot(commit, rows))
    return model


def complete(model: Any, snapshot: Snapshot[Any]) -> None:
    """Let a model take over a full read; the turns of the event loop that it needs pass meanwhile."""
    taken = QSignalSpy(model.completed)
    model.complete(snapshot)
    for _ in range(10_000):
        if taken.count():
            return
        QCoreApplication.processEvents()
    raise AssertionError("the full read never ends")
