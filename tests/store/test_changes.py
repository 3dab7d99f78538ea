"""Change records tell a view all that it needs, and nothing that it knows already."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from chatdesk.domain.changes import Commit
from chatdesk.domain.events import ReadSeen
from chatdesk.domain.outbox import Later
from chatdesk.store import Store
from tests.store.actions import Actor, actions
from tests.store.making import CONVERSATION, CUSTOMER, WAIT_S, Desk, message, short_lived_folder
from tests.store.replay import Replay, snapshot


@settings(max_examples=50)
@given(st.lists(actions, min_size=1, max_size=25))
def test_replaying_commits_equals_reading_anew(done: list[tuple[Any, ...]]) -> None:
    """Whatever is done, a view that replays the commits holds what a fresh read of the store gives, every
    record tells something new, and commit numbers have no hole.
    """
    with short_lived_folder() as folder:
        store = Store.open(folder)
        try:
            replay = Replay(store)
            actor = Actor(Desk(store))
            for action in done:
                actor.do(*action)
                assert replay.tables == snapshot(store), action
                assert not replay.faults, action
        finally:
            store.close()


def kinds_of(desk: Desk, work: Callable[[], object]) -> list[str]:
    """Names of the records of all that `work` commits."""
    commits: list[Commit] = []
    end = desk.store.subscribe(commits.append)
    work()
    end()
    return sorted(type(change).__name__ for commit in commits for change in commit.changes)


def test_each_step_tells_what_it_touches_and_no_more(desk: Desk) -> None:
    """A list row is told when it looks different, a message when it does, an intention at every step."""
    store = desk.store
    assert kinds_of(desk, lambda: desk.apply(3, message(1))) == ["ConversationsPut", "MessagesPut"]
    assert kinds_of(desk, lambda: desk.apply(4, message(1))) == []
    item = desk.press("hello")
    told = kinds_of(desk, lambda: desk.start(item))
    assert told == ["ConversationsPut", "MessagesPut", "OutboxPut"]  # the arrow in its snippet
    told = kinds_of(desk, lambda: desk.advance(item, Later(0)))
    assert told == ["ConversationsPut", "MessagesPut", "OutboxPut"]
    told = kinds_of(desk, lambda: desk.advance(item, Later(99)))
    assert told == ["MessagesPut", "OutboxPut"]  # an expected time is not seen in the list
    assert kinds_of(desk, lambda: desk.apply(5, message(0))) == ["MessagesPut"]
    seen = ReadSeen(conversation=CONVERSATION, person_id=CUSTOMER, by_self=False)
    assert kinds_of(desk, lambda: desk.apply(6, seen)) == []
    told = kinds_of(desk, lambda: store.save_draft(desk.other, 0, "dear").result(WAIT_S))
    assert told == ["ConversationsPut", "DraftPut"]
    assert kinds_of(desk, lambda: store.put_setting("a", "b").result(WAIT_S)) == []
    assert kinds_of(desk, lambda: store.set_muted(desk.other, True).result(WAIT_S)) == ["ConversationsPut"]
